"""Threads that an invocation has started and that have not ended.

A thread that waits is frozen with its environment and goes on in the next invocation's time (fidelity V41). One that
computes without waiting can't be frozen from outside: it is told of as what it is, and unwound when its process ends.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.leftovers.site import Site, Sites

_ASYNCIO_WAITS = "asyncio.unix_events"
"""Before Python 3.12 ``asyncio`` waits for each child process in a thread: what is left behind is the child."""


class Threads:
    """The threads of one process. ``waits`` tells of a thread, by its identifier, whether the clock has it frozen."""

    def __init__(self, sites: Sites, waits: Callable[[int], bool]) -> None:
        self._sites = sites
        self._waits = waits
        self._made: list[_Started] = []
        self._older: list[_Started] = []

    def note(self, thread: threading.Thread | None, ended: Callable[[], bool], function: Any) -> _Started:
        """A thread starts. ``thread`` is None for one of ``_thread``'s, which only has a ``function``."""
        started = _Started(thread, ended, function, self._sites.here())
        self._made.append(started)
        return started

    def settle(self) -> None:
        """What there is now was made on purpose."""
        self._older = [each for each in (*self._older, *self._made) if not each.ended()]
        self._made = []

    def left(self) -> Iterator[Leftover]:
        """The threads of this run that have not ended; the workers of one executor count as one leftover."""
        crews: dict[object, list[_Started]] = {}
        for each in self._made:
            if each.ended() or each.is_internal:
                continue
            crew = each.crew
            crews.setdefault(each if crew is None else crew, []).append(each)
        for crew, members in crews.items():
            yield self._leftover(members, is_crew=not isinstance(crew, _Started))

    def running(self) -> Iterator[int]:
        """The identifiers of those that have begun and not ended."""
        for each in (*self._made, *self._older):
            if each.identifier and not each.ended():
                yield each.identifier

    def undying(self) -> Iterator[Leftover]:
        """The threads of a dead process that still run: they have not come to a wait or a door since."""
        for each in (*self._made, *self._older):
            if not each.ended():
                what = f"{each.name}, which outlives its process: it never waits, or is blocked outside virtual time"
                yield Leftover(kind="thread", what=what, site=self._sites.text(each.site))

    def release_exit(self) -> None:
        """Executors join their workers when the interpreter exits; pytest must not wait for those of a dead process."""
        module = sys.modules.get("concurrent.futures.thread")
        for each in (*self._made, *self._older):
            if module is not None and each.thread is not None:
                module._threads_queues.pop(each.thread, None)

    def _leftover(self, members: list[_Started], *, is_crew: bool) -> Leftover:
        first = members[0]
        if is_crew:
            workers = "worker thread" if len(members) == 1 else "worker threads"
            what = f"{len(members)} {workers} of a ThreadPoolExecutor"
            executor: Any = first.crew
            if executor is not None and executor._idle_semaphore._value >= len(members):
                what += ", idle"
        else:
            what = first.name
        if not all(self._waits(each.identifier) for each in members):
            what += ", which does not wait: it can't be frozen here and runs on"
        return Leftover(kind="thread", what=what, site=self._sites.text(first.site))


class _Started:
    """One thread that was started."""

    __slots__ = ("_function", "ended", "identifier", "site", "thread")

    def __init__(
        self, thread: threading.Thread | None, ended: Callable[[], bool], function: Any, site: Site | None
    ) -> None:
        self.thread = thread
        self.ended = ended
        self.site = site
        self.identifier = 0
        self._function = function

    @property
    def name(self) -> str:
        if self.thread is None:
            return f"_thread.start_new_thread({getattr(self._function, '__qualname__', self._function)})"
        if isinstance(self.thread, threading.Timer):
            function = getattr(self.thread.function, "__qualname__", self.thread.function)
            return f"{self.thread.name}, a Timer of {self.thread.interval:g} s that calls {function}"
        return self.thread.name

    @property
    def is_internal(self) -> bool:
        target = getattr(self.thread, "_target", None)
        return getattr(target, "__module__", None) == _ASYNCIO_WAITS

    @property
    def crew(self) -> object:
        """The executor whose worker this is, or None."""
        module = sys.modules.get("concurrent.futures.thread")
        target, arguments = getattr(self.thread, "_target", None), getattr(self.thread, "_args", None)
        if module is None or target is not module._worker or not arguments:
            return None
        return arguments[0]()
