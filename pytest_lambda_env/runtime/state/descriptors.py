"""The descriptors that the test process had when its first service opened: standard streams, pytest's capture, a log.

Handler code may close them, or put others in their place, without harm to the test: ``os.close`` leaves them open,
``os.dup2`` is undone when the code has returned. A number counts only while it still names the same file.
``os.closerange`` closes nothing at all: what it meets may just as well be the test's, opened since. A file made of such
a number (``open(1)``, ``os.fdopen``) does not close it. Not covered: ``io.FileIO``, ``socket.close`` and C code.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door

_close, _closerange, _dup, _dup2, _fstat = os.close, os.closerange, os.dup, os.dup2, os.fstat
_test_process = os.getpid()

_guarded: dict[int, tuple[int, int]] = {}
_changed: dict[int, str] = {}
"""By descriptor, what the code that runs now has done to it."""
_saved: dict[int, int] = {}
"""By descriptor that has been overwritten, a duplicate of what it was."""


def guard() -> None:
    """Note which descriptors are the test process's own, before any handler runs."""
    _guarded.clear()
    directory = next((each for each in ("/proc/self/fd", "/dev/fd") if os.path.isdir(each)), None)
    for name in os.listdir(directory) if directory else ("0", "1", "2"):
        identity = _identity(int(name))
        if identity is not None:
            _guarded[int(name)] = identity


def is_guarded(descriptor: object) -> bool:
    """Whether code of an environment asks for a descriptor that is the test process's, and not a forked child's."""
    return (
        current.life is not None
        and isinstance(descriptor, int)
        and descriptor in _guarded
        and os.getpid() == _test_process
        and (descriptor in _saved or _identity(descriptor) == _guarded[descriptor])
    )


def take_out() -> list[Leftover]:
    """Put back what was overwritten; tells what was done to which descriptor."""
    if not _changed:
        return []
    for descriptor, saved in _saved.items():
        if _identity(descriptor) == _identity(saved):
            _changed.pop(descriptor, None)  # put back by the code itself, as one does
        with suppress(OSError):
            _dup2(saved, descriptor)
            os.set_inheritable(descriptor, descriptor < 3)
        _close(saved)
    leftovers = [
        Leftover(kind="state", what=f"descriptor {number} {what}") for number, what in sorted(_changed.items())
    ]
    _saved.clear()
    _changed.clear()
    return leftovers


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = _fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _close_door(fd: int) -> None:
    if is_guarded(fd):
        _changed.setdefault(fd, "of the test process closed")
    else:
        if current.leftovers is not None:
            current.leftovers.descriptor_closed(fd)
        _close(fd)


def _closerange_door(fd_low: int, fd_high: int, /) -> None:
    if current.life is None or os.getpid() != _test_process:
        _closerange(fd_low, fd_high)
        return
    for descriptor in range(max(fd_low, 0), min(fd_high, max(_guarded, default=0) + 1)):
        if is_guarded(descriptor):
            _changed.setdefault(descriptor, "of the test process closed")


def _dup2_door(fd: int, fd2: int, inheritable: bool = True) -> int:
    if is_guarded(fd2) and fd != fd2:
        if fd2 not in _saved:
            _saved[fd2] = _dup(fd2)
        _changed[fd2] = "of the test process redirected"
    return _dup2(fd, fd2, inheritable)


def doors() -> Iterable[Door]:
    """What closes or overwrites a descriptor by its number."""
    replacements: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "close": (_close, _close_door),
        "closerange": (_closerange, _closerange_door),
        "dup2": (_dup2, _dup2_door),
    }
    for name, (original, replacement) in replacements.items():
        # A staticmethod, because the original does not bind either.
        yield Door(os, name, original, staticmethod(functools.wraps(original)(replacement)))
