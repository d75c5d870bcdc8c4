"""Functions that change an open file by its descriptor: they keep to the room in ``/tmp``."""

from __future__ import annotations

import errno
import functools
import os
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.files.paths import Function
from pytest_lambda_env.runtime.write_access import Change


def _write_door(original: Function) -> Function:
    """``write`` and ``pwrite``."""

    @functools.wraps(original)
    def door(descriptor: int, data: Any, /, *offset: int) -> Any:
        files = current.files
        if files is not None and files.storage.counted(descriptor) is not None:
            view = memoryview(data).cast("B")
            data = view[: files.storage.room(descriptor, view.nbytes, *offset)]
        return original(descriptor, data, *offset)

    return door


def _writev_door(original: Function) -> Function:
    """``writev`` and ``pwritev``."""

    @functools.wraps(original)
    def door(descriptor: int, buffers: Any, /, *offset_and_flags: int) -> Any:
        files = current.files
        if files is not None and files.storage.counted(descriptor) is not None:
            wanted = sum(memoryview(buffer).nbytes for buffer in buffers)
            room = files.storage.room(descriptor, wanted, *offset_and_flags[:1])
            if room < wanted:
                buffers = [b"".join(buffers)[:room]]
        return original(descriptor, buffers, *offset_and_flags)

    return door


def _ftruncate_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(fd: int, length: int) -> Any:
        _extend(fd, length)
        return original(fd, length)

    return door


def _fallocate_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(fd: int, offset: int, length: int, /) -> Any:
        _extend(fd, offset + length)
        return original(fd, offset, length)

    return door


def _extend(descriptor: int, size: int) -> None:
    files = current.files
    status = None if files is None else files.storage.counted(descriptor)
    if files is not None and status is not None:
        files.storage.extend(status, size)


def _sendfile_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(out_fd: int, in_fd: int, offset: Any, count: int, *args: Any, **kwargs: Any) -> Any:
        start = os.lseek(in_fd, 0, os.SEEK_CUR) if offset is None and _is_counted(out_fd) else offset
        return original(out_fd, in_fd, offset, _copied(in_fd, out_fd, count, start, None), *args, **kwargs)

    return door


def _copy_door(original: Function) -> Function:
    """``copy_file_range`` and ``splice``."""

    @functools.wraps(original)
    def door(src: int, dst: int, count: int, offset_src: Any = None, offset_dst: Any = None, **flags: Any) -> Any:
        start = offset_src
        if start is None and _is_counted(dst):
            try:
                start = os.lseek(src, 0, os.SEEK_CUR)
            except OSError:  # a pipe
                start = 0
        return original(src, dst, _copied(src, dst, count, start, offset_dst), offset_src, offset_dst, **flags)

    return door


def _is_counted(descriptor: int) -> bool:
    files = current.files
    return files is not None and files.storage.counted(descriptor) is not None


def _copied(source: int, target: int, count: int, start: Any, at: int | None) -> int:
    """How many bytes may be copied: as many as there are, at most."""
    files = current.files
    if files is None or files.storage.counted(target) is None:
        return count
    available = os.fstat(source).st_size - start
    wanted = min(count, available) if available > 0 else count
    return files.storage.room(target, wanted, at) if available > 0 else count


def fcopyfile_door(original: Function) -> Function:
    """A door for macOS's copying in one call: where the room is limited, ``shutil`` is told to copy piece by piece."""

    @functools.wraps(original)
    def door(in_fd: int, out_fd: int, flags: int, /) -> Any:
        if _is_counted(out_fd):
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        return original(in_fd, out_fd, flags)

    return door


def _attribute_door(original: Function) -> Function:
    """``fchmod`` and ``fchown``: also of a file that is open for reading only."""

    @functools.wraps(original)
    def door(fd: int, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is not None:
            files.access.check(fd, fd, None, Change.CHANGED)
        return original(fd, *args, **kwargs)

    return door


MAKERS = {
    "copy_file_range": _copy_door,
    "fchmod": _attribute_door,
    "fchown": _attribute_door,
    "ftruncate": _ftruncate_door,
    "posix_fallocate": _fallocate_door,
    "pwrite": _write_door,
    "pwritev": _writev_door,
    "sendfile": _sendfile_door,
    "splice": _copy_door,
    "write": _write_door,
    "writev": _writev_door,
}
"""Functions of ``os``."""
