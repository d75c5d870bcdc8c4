"""Warnings of handler code: on Lambda they are lines on stderr, in a test pytest records them instead.

Here they are both, so the log reads as on Lambda and ``pytest.warns`` around an invocation still works. Which warnings
are shown at all is for the filters of the test, as ever; but pytest lets deprecations through that an ordinary
interpreter drops, and those stay out of the log unless handler code has put a filter of its own in front.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from typing import Any

_warnings: Any = warnings  # the function that all shown warnings come through is private

_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""What the filters of a plain interpreter ignore."""


class PrintedWarnings:
    """The part of a process that prints its warnings."""

    def __init__(self) -> None:
        self._outer: list[Any] = []
        self._test: Any = None
        self._first_filter: list[Any] | None = None

    def enter(self) -> None:
        """Handler code runs: its warnings go to its stderr, and to whoever records them in the test."""
        outer = _warnings._showwarnmsg_impl
        self._outer.append(outer)
        # A handler may be invoking this one: its log is not for the warnings of another function.
        caller = getattr(outer, "__self__", None)
        self._test = caller._test if isinstance(caller, PrintedWarnings) else outer
        if self._first_filter is None:
            self._first_filter = list(warnings.filters[:1])
        _warnings._showwarnmsg_impl = self._show

    def leave(self) -> None:
        """Handler code has returned."""
        _warnings._showwarnmsg_impl = self._outer.pop()

    def _show(self, message: Any) -> None:
        if not issubclass(message.category, _SILENT) or warnings.filters[:1] != self._first_filter:
            _print(message)
        if not _is_interpreters(self._test):
            self._test(message)


def _print(message: Any) -> None:
    """What the interpreter's own function does, which may be a recorder's by the time this module is imported."""
    with suppress(OSError):
        sys.stderr.write(_warnings._formatwarnmsg(message))


def _is_interpreters(show: Any) -> bool:
    return getattr(show, "__module__", None) in ("warnings", "_py_warnings")
