"""Two things that a new process has not set: asyncio's policy, with its current event loop, and how to start processes.

Both are made by the library that wants them, so a process begins with none. The loop of a test that is a coroutine
itself stays the running one: a handler in it is called as any function is.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

_table = sys.modules


class Unset:
    """The policy and the start method as handler code finds and changes them."""

    def __init__(self) -> None:
        self._policy: Any = None
        self._start_method: Any = None
        self._outside: tuple[Any, Any] = (None, None)
        self._events: Any = None
        self._multiprocessing: Any = None

    def put_in(self) -> None:
        """The process's own are in force."""
        # Kept: handler code may forget them before its own are taken out again.
        self._events = _table.get("asyncio.events")
        self._multiprocessing = _table.get("multiprocessing.context")
        self._outside = self._exchange(self._policy, self._start_method)

    def take_out(self) -> None:
        """The test's are in force."""
        self._policy, self._start_method = self._exchange(*self._outside)

    def end(self) -> None:
        """Close the current loop of the ended process: nobody else will."""
        loop = getattr(getattr(self._policy, "_local", None), "_loop", None)
        if loop is not None:
            with suppress(Exception):
                loop.close()
        self._policy = None

    def _exchange(self, policy: Any, start_method: Any) -> tuple[Any, Any]:
        events: Any = self._events or _table.get("asyncio.events")
        if events is not None:
            policy, events._event_loop_policy = events._event_loop_policy, policy
        multiprocessing: Any = self._multiprocessing or _table.get("multiprocessing.context")
        if multiprocessing is not None:
            context = multiprocessing._default_context
            start_method, context._actual_context = context._actual_context, start_method
        return policy, start_method
