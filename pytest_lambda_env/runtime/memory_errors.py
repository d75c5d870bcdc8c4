"""A ``MemoryError`` where it is raised, before any ``except`` of the handler's: from Python 3.12 on.

``sys.monitoring`` tells of every exception as it is raised, costs nothing until one is, and what its callback raises
takes the exception's place. Turning it on and off for a run takes a microsecond. It needs a number of its own beside
those of debuggers, coverage and profilers; where all are taken, a handler may catch the ``MemoryError``, as on older
Pythons.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, NoReturn

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.life import ProcessLife

_monitoring: Any = getattr(sys, "monitoring", None)
_NUMBERS = (4, 3)
"""Tool numbers that no kind of tool has for itself."""


class RaisedMemoryErrors:
    """Ends the process of ``life`` where one is raised in its code; ``ran_out`` raises what ends it."""

    def __init__(self, life: ProcessLife, ran_out: Callable[[], NoReturn]) -> None:
        self._life = life
        self._ran_out = ran_out
        self._number: int | None = None

    def watch(self) -> None:
        """The process's code is about to run."""
        if _monitoring is None:
            return
        for number in _NUMBERS:
            if _monitoring.get_tool(number) is None:
                _monitoring.use_tool_id(number, "pytest-lambda-env")
                self._number = number
                _monitoring.register_callback(number, _monitoring.events.RAISE, self._raised)
                _monitoring.set_events(number, _monitoring.events.RAISE)
                return

    def ignore(self) -> None:
        """The code has run."""
        number, self._number = self._number, None
        if number is not None:
            _monitoring.set_events(number, 0)
            _monitoring.register_callback(number, _monitoring.events.RAISE, None)
            _monitoring.free_tool_id(number)

    def _raised(self, _code: CodeType, _offset: int, error: BaseException) -> None:
        if isinstance(error, MemoryError) and current.life is self._life:
            self._ran_out()
