"""What belongs to the whole operating-system process and must be given back after handler code has run."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

_chdir, _getcwd, _umask = os.chdir, os.getcwd, os.umask

_MASK = 0o022

_warnings: Any = warnings  # what tells the interpreter of changed filters is private, and renamed in Python 3.14
_filters_changed = (
    _warnings._filters_mutated if hasattr(warnings, "_filters_mutated") else _warnings._filters_mutated_lock_held
)


class ProcessState:
    """Working directory, file mode mask, recursion limit and warning filters of one process of an environment.

    A warm handler finds its own as it left them; the test finds its own untouched. Warning filters begin as the
    test's, so that ``-W error`` still finds what is deprecated.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._mask = _MASK
        self._recursion_limit: int | None = None
        self._filters: list[Any] | None = None
        self._outside: list[tuple[str | None, int, int, Any, list[Any]]] = []

    def enter(self) -> None:
        """Put the handler's state in force."""
        filters: Any = warnings.filters
        directory, limit = _getcwd_or_none(), sys.getrecursionlimit()
        self._outside.append((directory, _umask(self._mask), limit, filters, list(filters)))
        if directory != self._directory:
            _chdir(self._directory)
        if self._recursion_limit is not None:
            sys.setrecursionlimit(self._recursion_limit)
        if self._filters is not None:
            warnings.filters = self._filters
            _filters_changed()

    def leave(self) -> None:
        """Put the test's state in force."""
        directory, mask, limit, filters, filters_before = self._outside.pop()
        inside = _getcwd_or_none()
        self._directory = inside or self._directory
        if directory is not None and inside != directory:
            _chdir(directory)
        self._mask = _umask(mask)
        if sys.getrecursionlimit() != limit:
            self._recursion_limit = sys.getrecursionlimit()
            sys.setrecursionlimit(limit)
        current: Any = warnings.filters
        if current is not filters or current != filters_before:
            self._filters = list(current)
            filters[:] = filters_before
            warnings.filters = filters
            _filters_changed()


def _getcwd_or_none() -> str | None:
    try:
        return _getcwd()
    except FileNotFoundError:  # the directory has been removed under us
        return None
