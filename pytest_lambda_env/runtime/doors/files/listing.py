"""Listing a directory: the entries have paths below the one that the caller gave."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.files.paths import Function, path_door


class _Entry:
    """An ``os.DirEntry`` whose path begins as the caller's did."""

    __slots__ = ("_entry", "path")

    def __init__(self, entry: os.DirEntry[Any], directory: Any) -> None:
        self._entry = entry
        self.path = os.path.join(directory, entry.name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return repr(self._entry)


class _Entries:
    """The iterator of ``os.scandir``."""

    def __init__(self, entries: Any, directory: Any) -> None:
        self._entries = entries
        self._directory = directory
        self.close = entries.close

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._entries), self._directory)

    def __enter__(self) -> _Entries:  # noqa: PYI034 - typing.Self is Python 3.11's
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def scandir_door(original: Function) -> Function:
    """A door for ``os.scandir``."""
    list_directory = path_door(original)

    @functools.wraps(original)
    def door(path: Any = None) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(path)
        entries = list_directory(path)
        return entries if files.real(path) is path else _Entries(entries, os.fspath(path))

    return door
