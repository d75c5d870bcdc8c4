"""Tasks of ``asyncio`` that an invocation has left pending, and event loops that it has not closed.

A pending task goes on when its loop runs again: with a loop that lives in a module's global, in a later invocation.
``asyncio.run`` leaves none. Loops that don't derive from ``asyncio``'s own (``uvloop``) are not seen.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.leftovers.site import Site, Sites


class Tasks:
    """The tasks and loops of one process."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._made: WeakKeyDictionary[Any, Site | None] = WeakKeyDictionary()
        self._loops: WeakKeyDictionary[Any, Site | None] = WeakKeyDictionary()
        self._older: WeakSet[Any] = WeakSet()
        self._older_loops: WeakSet[Any] = WeakSet()
        self._transports: WeakSet[Any] = WeakSet()

    def note(self, task: Any) -> None:
        """A loop's ``create_task`` has made a task, or whatever its task factory makes."""
        self._made[task] = self._sites.here()

    def note_loop(self, loop: Any) -> None:
        """A loop was made."""
        self._loops[loop] = self._sites.here()

    def note_transport(self, transport: Any) -> None:
        """What stands for a child process was made."""
        self._transports.add(transport)

    def settle(self) -> None:
        """What there is now was made on purpose, or has been told of."""
        self._older.update(task for task in self._made if not task.done())
        self._older_loops.update(loop for loop in self._loops if not loop.is_closed())
        self._made.clear()
        self._loops.clear()

    def left(self) -> Iterator[Leftover]:
        """The pending tasks and the open loops of this run."""
        for task, site in list(self._made.items()):
            if not task.done():
                yield Leftover(kind="task", what=self._described(task), site=self._sites.text(site))
        for loop, site in list(self._loops.items()):
            if not loop.is_closed():
                yield Leftover(kind="task", what="an event loop that was not closed", site=self._sites.text(site))

    def sockets(self) -> Iterator[object]:
        """What the open loops of this run use to wake themselves: it goes with them."""
        for loop in self._loops:
            yield from (getattr(loop, "_ssock", None), getattr(loop, "_csock", None))

    def finish(self, *, older: bool) -> None:
        """Close the loops, with ``older`` also those from before; their tasks end without a word."""
        for task in (*self._made, *(self._older if older else ())):
            # Otherwise asyncio logs "Task was destroyed but it is pending!" into whatever test runs then.
            if hasattr(task, "_log_destroy_pending"):
                task._log_destroy_pending = False
        for transport in self._transports:
            # Its finalizer would want to tell its loop, which is closed by then.
            with suppress(Exception):
                transport.close()
            for protocol in transport._pipes.values():
                pipe: Any = getattr(protocol, "pipe", None)
                if getattr(pipe, "_pipe", None) is not None:
                    pipe._pipe.close()
                    pipe._pipe = None
        for loop in (*self._loops, *(self._older_loops if older else ())):
            if not loop.is_running():
                loop.close()
        self._made.clear()
        self._loops.clear()
        if older:
            self._older.clear()
            self._older_loops.clear()

    def _described(self, task: Any) -> str:
        coroutine = task.get_coro()
        name = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
        what = f"{task.get_name()} of {name}"
        # Where it stands, for one that waits; before its first step there is nothing to tell.
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED:
            what += f", waiting at {self._sites.file(frame.f_code.co_filename)}:{frame.f_lineno}"
        return what
