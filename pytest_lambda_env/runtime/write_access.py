"""Which places handler code may write to: its ``/tmp``, and nothing else unless it was said (fidelity V43).

On Lambda the rest of the file system is mounted read-only. Here a door that is about to change something asks first,
and raises what the kernel would: ``EROFS``, unless something else is wrong already (the file exists, its directory does
not), and ``EXDEV`` for a rename or hard link between ``/tmp`` and a place outside, which are different file systems.

Symbolic links are followed once handler code has made one; before that a name tells enough. A link that somebody
else has put into ``/tmp`` (a child process, the test) is not looked at.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from pytest_lambda_env.runtime.current import real_files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Captured before the doors open: these lead to the real file system whoever calls.
_real_stat, _real_lstat, _real_readlink, _real_getcwd = os.stat, os.lstat, os.readlink, os.getcwd

_OWN_DESCRIPTORS = "/proc/self/fd"
_DESCRIPTORS_HAVE_LINKS = os.path.isdir(_OWN_DESCRIPTORS)
_ALWAYS = ("/dev/fd/", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc/")
"""What is open already, and what is no file system of anybody's: the operating system decides."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_UNNAMED: int = getattr(os, "O_TMPFILE", 0)


class Change(Enum):
    """What is done to a name, so far as it decides which error comes first."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"


class WriteAccess:
    """The writable places of one sandbox.

    ``writable`` holds for everything below; ``scratch`` (pytest's own temporary directory) for everything but the
    function's code, where a test has put that there.
    """

    def __init__(self, *, task_root: Path, writable: Sequence[Path], scratch: Sequence[Path]) -> None:
        first = [(place, True) for each in writable for place in _spellings(each)]
        then = [(place, True) for each in scratch for place in _spellings(each)]
        then += [(place, False) for place in _spellings(task_root)]
        then.sort(key=lambda rule: -len(rule[0]))
        self._rules = (*first, *then)
        self._tmp: str | None = None
        self._links = False

    def open_tmp(self, tmp: str) -> None:
        """Let the real directory behind ``/tmp`` be written to."""
        self._tmp = tmp + os.sep
        self._rules = ((self._tmp, True), *self._rules)

    def link_made(self) -> None:
        """Say that handler code has made a symbolic link: from now on names alone don't tell where they lead."""
        self._links = True

    def is_tmp(self, place: str) -> bool:
        """Whether this is a place in ``/tmp``, or ``/tmp`` itself."""
        return self._tmp is not None and (place + os.sep).startswith(self._tmp)

    def permits(self, target: Any, dir_fd: int | None = None, *, follow: bool = True) -> bool:
        """Whether what ``target`` names may be written: a real path, relative to ``dir_fd``, or a descriptor."""
        if target.__class__ is str and self._tmp and target.startswith(self._tmp) and not self._links:
            return True
        place = absolute_name(target, dir_fd)
        return place is None or self._permits(place, follow=follow)

    def check(self, path: Any, target: Any, dir_fd: int | None, change: Change, *, follow: bool = True) -> None:
        """Raise what the kernel raises if ``target`` may not be changed; ``path`` is what handler code calls it."""
        if self.permits(target, dir_fd, follow=follow):
            if change is Change.REMOVED and isinstance(target, (str, bytes)):
                self._keep_tmp(path, os.fsdecode(target))
            return
        problem = _problem(absolute_name(target, dir_fd) or "", change, follow=follow)
        raise OSError(problem, os.strerror(problem), os.fspath(path) if not isinstance(path, int) else path)

    def check_open(self, path: Any, target: Any, flags: int, dir_fd: int | None) -> bool:
        """Whether a file is being opened to write to it; raise what the kernel raises where it may not."""
        if not flags & _WRITING:
            return False
        follow = not flags & getattr(os, "O_NOFOLLOW", 0)
        if not self.permits(target, dir_fd, follow=follow):
            problem = _problem_of_opening(absolute_name(target, dir_fd) or "", flags)
            if problem:
                raise OSError(problem, os.strerror(problem), os.fspath(path))
        return True

    def check_pair(self, paths: tuple[Any, Any], targets: tuple[Any, Any], dir_fds: tuple[Any, Any], name: str) -> None:
        """Check both names of ``rename``, ``replace`` or ``link``."""
        source, target = targets
        source_ok = self.permits(source, dir_fds[0], follow=False)
        target_ok = self.permits(target, dir_fds[1], follow=False)
        problem: int | None = None
        if name == "link":
            if not target_ok:
                problem = _problem(absolute_name(target, dir_fds[1]) or "", Change.CREATED, follow=False)
            elif not source_ok:
                problem = _problem(absolute_name(source, dir_fds[0]) or "", Change.CHANGED, follow=False)
        elif not (source_ok and target_ok):
            problem = _problem(absolute_name(source, dir_fds[0]) or "", Change.REMOVED, follow=False)
            if problem == errno.EROFS:
                problem = _problem(absolute_name(target, dir_fds[1]) or "", Change.REMOVED, follow=False)
        else:
            self._keep_tmp(paths[0], os.fsdecode(source))
        if problem == errno.EROFS and source_ok != target_ok and (name != "link" or target_ok):
            problem = errno.EXDEV
        if problem:
            raise OSError(problem, os.strerror(problem), os.fspath(paths[0]), None, os.fspath(paths[1]))

    def _keep_tmp(self, path: Any, target: str) -> None:
        if self._tmp is not None and target.rstrip("/\\") + os.sep == self._tmp:
            # It is a mount point.
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), os.fspath(path))

    def _permits(self, place: str, *, follow: bool) -> bool:
        if place.startswith(_ALWAYS):
            return True
        if not self._links and ".." not in place and self._rule(place):
            return True
        # A name outside may still lead to a place inside: macOS's own /tmp is a link.
        with real_files():
            if follow:
                resolved = os.path.realpath(place)
            else:
                directory, name = os.path.split(place.rstrip("/\\"))
                resolved = os.path.join(os.path.realpath(directory), name)
        return self._rule(resolved)

    def _rule(self, place: str) -> bool:
        place = os.path.normcase(place) + os.sep
        for prefix, allowed in self._rules:
            if place.startswith(prefix):
                return allowed
        return False


def _spellings(directory: Path) -> set[str]:
    return {os.path.normcase(spelling).rstrip("/\\") + os.sep for spelling in (directory, os.path.realpath(directory))}


def absolute_name(target: Any, dir_fd: int | None) -> str | None:
    """A real path, which may be relative to ``dir_fd``, or a descriptor as one absolute name; None if it has none."""
    if isinstance(target, int):
        return _name_of_descriptor(target)
    try:
        text = os.fsdecode(target)
    except TypeError:
        return None  # The function that wanted a path says it best.
    if os.path.isabs(text):
        return text
    try:
        here = _real_getcwd() if dir_fd is None else _name_of_descriptor(dir_fd)
    except OSError:
        return None
    return None if here is None else os.path.join(here, text)


def _name_of_descriptor(descriptor: int) -> str | None:
    name: str | None = None
    try:
        if _DESCRIPTORS_HAVE_LINKS:
            name = _real_readlink(f"{_OWN_DESCRIPTORS}/{descriptor}")
        elif hasattr(fcntl, "F_GETPATH"):  # macOS
            name = os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    except OSError:
        return None
    return name if name and name.startswith("/") else None  # a pipe has no name


def _problem(place: str, change: Change, *, follow: bool) -> int:
    """The error of changing something on a read-only file system."""
    try:
        if change is Change.CHANGED:
            (_real_stat if follow else _real_lstat)(place)
        else:
            directory = _real_stat(os.path.dirname(place.rstrip("/\\")))
            if not stat.S_ISDIR(directory.st_mode):
                return errno.ENOTDIR
    except OSError as error:
        return error.errno or errno.EROFS
    if change is Change.CREATED and _exists(place):
        return errno.EEXIST
    return errno.EROFS


def _problem_of_opening(place: str, flags: int) -> int:
    """The error of opening something on a read-only file system; 0 where it may be opened all the same."""
    try:
        status = _real_stat(place)
    except OSError as error:
        if not flags & os.O_CREAT:
            return error.errno or errno.EROFS
        return _problem(place, Change.REMOVED, follow=False)
    if flags & os.O_CREAT and flags & os.O_EXCL:
        return errno.EEXIST
    if stat.S_ISDIR(status.st_mode):
        return errno.EROFS if _UNNAMED and flags & _UNNAMED == _UNNAMED else errno.EISDIR
    # What is left is a device or a pipe, which no file system holds, or a file that may be there to be read.
    changes = stat.S_ISREG(status.st_mode) and flags & (os.O_WRONLY | os.O_RDWR | os.O_TRUNC)
    return errno.EROFS if changes else 0


def _exists(place: str) -> bool:
    try:
        _real_lstat(place)
    except OSError:
        return False
    return True
