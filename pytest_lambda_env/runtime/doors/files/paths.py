"""Functions that take the path of a file: a door translates it, asks whether it may be changed, and hides the place."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.files import EnvironmentFiles, name_as_asked
from pytest_lambda_env.runtime.write_access import Change, absolute_name

Function = Callable[..., Any]

READING = ("chdir", "getxattr", "listdir", "listxattr", "lstat", "pathconf", "stat")
"""Functions of ``os`` whose first parameter is ``path``; what else ``os`` offers is Python on top of these."""

CHANGING = {
    **dict.fromkeys(("mkdir", "mkfifo", "mknod"), Change.CREATED),
    **dict.fromkeys(("remove", "rmdir", "unlink"), Change.REMOVED),
    **dict.fromkeys(
        ("chflags", "chmod", "chown", "lchflags", "lchmod", "lchown", "removexattr", "setxattr", "utime"),
        Change.CHANGED,
    ),
}
"""The same, for those that change what the path names."""

TWO_PATHS = ("link", "rename", "replace")

PATH_TESTS = ("exists", "isdir", "isfile", "isjunction", "islink", "ismount", "lexists")
"""Functions of ``os.path`` that some versions write in C, past ``os.stat``."""

_real_stat = os.stat


def check_life(files: EnvironmentFiles) -> None:
    """Unwind the calling code if its process is dead."""
    life = current.life
    if life is not None and life.over:
        # To say where the code was, check() may read its source: that is not the handler's doing.
        current.files = None
        try:
            life.check()
        finally:
            current.files = files


def path_door(original: Function) -> Function:
    """A door for a function that only reads."""
    return _door(original, None)


def changing_door(original: Function) -> Function:
    """A door for one of ``CHANGING``."""
    return _door(original, CHANGING[original.__name__])


def _door(original: Function, change: Change | None) -> Function:
    follows = not original.__name__.startswith("l")

    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(*args, **kwargs)
        check_life(files)
        if not args:
            if "path" not in kwargs:
                return original(**kwargs)
            args = (kwargs.pop("path"),)
        path = args[0]
        dir_fd = kwargs.get("dir_fd")
        target = files.real(path, dir_fd)
        if change is not None:
            follow = follows and change is Change.CHANGED and kwargs.get("follow_symlinks", True)
            files.access.check(path, target, dir_fd, change, follow=follow)
        if target is path:
            return original(*args, **kwargs)
        try:
            return original(target, *args[1:], **kwargs)
        except OSError as error:
            name_as_asked(error, target, path)
            raise

    return door


def two_paths_door(original: Function) -> Function:
    """A door for a function that gives a file another name."""
    name = original.__name__

    @functools.wraps(original)
    def door(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(src, dst, *args, **kwargs)
        check_life(files)
        dir_fds = kwargs.get("src_dir_fd"), kwargs.get("dst_dir_fd")
        source, target = files.real(src, dir_fds[0]), files.real(dst, dir_fds[1])
        files.access.check_pair((src, dst), (source, target), dir_fds, name)
        return _with_names(original, (src, dst), (source, target), args, kwargs)

    return door


def symlink_door(original: Function) -> Function:
    """A door for ``symlink``."""

    @functools.wraps(original)
    def door(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(src, dst, *args, **kwargs)
        check_life(files)
        dir_fd = kwargs.get("dir_fd")
        # The operating system follows the text of a link, so that must be real; a relative one begins at the link.
        source, target = files.real(src, -1), files.real(dst, dir_fd)
        files.access.check(dst, target, dir_fd, Change.CREATED, follow=False)
        files.access.link_made()
        return _with_names(original, (src, dst), (source, target), args, kwargs)

    return door


def _with_names(
    original: Function, paths: tuple[Any, Any], targets: tuple[Any, Any], args: Any, kwargs: dict[str, Any]
) -> Any:
    __tracebackhide__ = True
    try:
        return original(*targets, *args, **kwargs)
    except OSError as error:
        for path, target in zip(paths, targets, strict=True):
            name_as_asked(error, target, path)
        raise


def shown_path_door(original: Function) -> Function:
    """A door for a function that answers with a path."""
    function = path_door(original)

    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(*args, **kwargs)
        path = function(*args, **kwargs)
        return os.fsencode(files.virtual(os.fsdecode(path))) if isinstance(path, bytes) else files.virtual(path)

    return door


def access_door(original: Function) -> Function:
    """A door for ``access``: nobody may write to a read-only file system."""
    function = path_door(original)

    @functools.wraps(original)
    def door(path: Any, mode: int, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        allowed = function(path, mode, **kwargs)
        if files is None or not allowed or not mode & os.W_OK:
            return allowed
        dir_fd = kwargs.get("dir_fd")
        try:
            files.access.check_open(path, files.real(path, dir_fd), os.O_WRONLY, dir_fd)
        except IsADirectoryError:
            return files.access.permits(files.real(path, dir_fd), dir_fd)
        except OSError:
            return False
        return True

    return door


def truncate_door(original: Function) -> Function:
    """A door for ``truncate``, which may also make a file longer."""
    function = _door(original, Change.CHANGED)

    @functools.wraps(original)
    def door(path: Any, length: int) -> None:
        __tracebackhide__ = True
        files = current.files
        if files is not None:
            check_life(files)
            status = files.storage.counted(path) if isinstance(path, int) else _counted(files, path)
            if status is not None:
                files.storage.extend(status, length)
        function(path, length)

    return door


def _counted(files: EnvironmentFiles, path: Any) -> os.stat_result | None:
    target = files.real(path)
    place = absolute_name(target, None)
    if place is None or not files.access.is_tmp(place):
        return None
    try:
        status = _real_stat(place)
    except OSError:
        return None  # truncate itself says why
    files.storage.admit(status)
    return status


def statvfs_door(original: Function) -> Function:
    """A door for ``statvfs``: ``/tmp`` is a file system of its own, of the configured size."""
    function = path_door(original)

    @functools.wraps(original)
    def door(path: Any) -> Any:
        __tracebackhide__ = True
        status = function(path)
        files = current.files
        if files is None:
            return status
        place = absolute_name(files.real(path), None)
        if place is None or not files.access.is_tmp(place):
            return status
        fields = list(status)
        fields[1] = fields[0] = block = 4096
        fields[2] = files.storage.size // block
        fields[3] = fields[4] = files.storage.free // block
        return os.statvfs_result(fields)

    return door
