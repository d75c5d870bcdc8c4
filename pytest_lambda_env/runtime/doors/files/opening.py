"""Opening files: the built-in ``open``, ``os.open`` and ``io.FileIO``; and the limit of what is written to ``/tmp``."""

from __future__ import annotations

import functools
import io
import os
import weakref
from abc import ABCMeta
from itertools import permutations
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.belongings import noted, noted_descriptor
from pytest_lambda_env.runtime.doors.files.paths import Function, check_life
from pytest_lambda_env.runtime.doors.lookalike import Lookalike
from pytest_lambda_env.runtime.state.descriptors import is_guarded
from pytest_lambda_env.runtime.storage import Storage

_RealFile = io.FileIO
_real_write = os.write
_ONLY_READING = frozenset({"r", "rb", "rt", "br", "tr"})
_RAW_MODES = {
    "".join(letters): mode.replace("b", "")
    for mode in ("wb", "wb+", "ab", "ab+", "xb", "xb+", "rb+")
    for letters in permutations(mode)
}
"""Every spelling of a mode for writing bytes, and the raw file's own word for it."""


def open_door(original: Function) -> Function:
    """A door for the built-in ``open``.

    What it makes is what it always made; only the raw file at the bottom of it has methods of its own to write with. (A
    raw file that a caller gets itself must be a :class:`LimitedFile`: ``open(...).write`` has to keep its file open.)
    """

    @functools.wraps(original)
    def door(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Function | None = None,
    ) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        check_life(files)
        # A caller's own opener comes back through os.open.
        if opener is None and not isinstance(file, int):
            opener = files.opener
        closefd = closefd and not is_guarded(file)
        if buffering == 0 and mode in _RAW_MODES and encoding is errors is newline is None:
            limited = LimitedFile(file, _RAW_MODES[mode], closefd, opener)
            return noted(limited) if closefd else limited
        opened: Any = original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if mode not in _ONLY_READING:
            buffer: Any = getattr(opened, "buffer", opened)
            _limit(buffer.raw, files.storage)
        return noted(opened) if closefd else opened

    return door


def descriptor_door(original: Function) -> Function:
    """A door for ``os.open``."""

    @functools.wraps(original)
    def door(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(path, flags, mode, dir_fd=dir_fd)
        check_life(files)
        return noted_descriptor(files.open(path, flags, mode, dir_fd=dir_fd))

    return door


def _limit(raw: Any, storage: Storage) -> None:
    """Let the writes of a buffer's raw file ask ``storage`` first.

    They are set on the one object, where the buffer looks for them. They must not hold the file, or it would no longer
    be closed when its last user lets go.
    """
    descriptor = raw.fileno()
    status = storage.counted(descriptor)
    if status is None:
        return
    inode = (status.st_dev, status.st_ino)
    this = weakref.ref(raw)

    def write(data: Any, /) -> int | None:
        file = this()
        if file is not None:
            return limited_write(file, data, storage)
        # Collected in a cycle with its buffer, which is still to be written; references are cleared before that.
        now = os.fstat(descriptor)
        if (now.st_dev, now.st_ino) != inode:
            raise ValueError("I/O operation on closed file")
        return _real_write(descriptor, memoryview(data)[: storage.room(descriptor, len(data))])

    def truncate(size: int | None = None, /) -> int:
        file = this()
        if file is None:
            raise ValueError("I/O operation on closed file")
        return limited_truncate(file, size, storage)

    raw.write = write
    raw.truncate = truncate


def limited_write(file: io.FileIO, data: Any, storage: Storage) -> int | None:
    """``FileIO.write`` of as much as there is room for."""
    try:
        view = memoryview(data)
    except TypeError:
        return _RealFile.write(file, data)  # which says it best
    room = storage.room(file.fileno(), view.nbytes)
    return _RealFile.write(file, data if room >= view.nbytes else view.cast("B")[:room])


def limited_truncate(file: io.FileIO, size: int | None, storage: Storage) -> int:
    """``FileIO.truncate``, which may also make the file longer."""
    status = storage.counted(file.fileno())
    if status is not None:
        storage.extend(status, file.tell() if size is None else size)
    return _RealFile.truncate(file, size)


class _LookalikeFile(Lookalike, ABCMeta):
    """So that a class may derive from it and from an abstract one, as from the real one."""


class LimitedFile(_RealFile, metaclass=_LookalikeFile):
    """``io.FileIO`` as handler code sees it; everybody else gets the real one."""

    _real = _RealFile
    _storage: Storage | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        if cls is LimitedFile and current.files is None:
            return _RealFile(*args, **kwargs)
        return _RealFile.__new__(cls)

    def __init__(self, file: Any, mode: str = "r", closefd: bool = True, opener: Function | None = None) -> None:
        __tracebackhide__ = True
        files = current.files
        if files is not None:
            check_life(files)
            self._storage = files.storage
            if opener is None and not isinstance(file, int):
                opener = files.opener
        super().__init__(file, mode, closefd, opener)

    def write(self, data: Any, /) -> Any:  # noqa: D102
        return super().write(data) if self._storage is None else limited_write(self, data, self._storage)

    def truncate(self, size: int | None = None, /) -> int:  # noqa: D102
        if self._storage is None:
            return super().truncate(size)
        return limited_truncate(self, size, self._storage)

    def __repr__(self) -> str:
        # Python 3.13 leaves out the module of a class that is not its own.
        return super().__repr__().replace("<FileIO ", "<_io.FileIO ", 1)


LimitedFile.__module__, LimitedFile.__name__, LimitedFile.__qualname__ = "_io", "FileIO", "FileIO"
