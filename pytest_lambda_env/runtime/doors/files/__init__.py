"""The functions that take a path, as handler code sees them: ``/tmp`` is the environment's own (fidelity V40 to V43).

Inside an environment a door translates the path, asks whether it may be written, calls the original and puts the
caller's own path into what comes back: file names, directory entries, link targets, errors. So nothing shows the real
place. Once the environment's process is dead, every door unwinds its caller instead.

Not covered, because no function of Python's leads there: C libraries that open paths by themselves, ``ctypes``, and
what a child process does (:mod:`.subprocesses` translates what it is told).
"""

from __future__ import annotations

import builtins
import glob
import io
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType
from typing import Any

from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.files import databases, descriptors, imports, opening, paths, sockets, temporary
from pytest_lambda_env.runtime.doors.files.listing import scandir_door
from pytest_lambda_env.runtime.doors.files.paths import Function


class _Unbound:
    """A function that a class does not bind to its instances; functions written in C behave like that."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


_MAKERS: dict[str, Callable[[Function], Function]] = {
    **dict.fromkeys(paths.READING, paths.path_door),
    **dict.fromkeys(paths.CHANGING, paths.changing_door),
    **dict.fromkeys(paths.TWO_PATHS, paths.two_paths_door),
    "access": paths.access_door,
    "getcwd": paths.shown_path_door,
    "getcwdb": paths.shown_path_door,
    "open": opening.descriptor_door,
    "readlink": paths.shown_path_door,
    "scandir": scandir_door,
    "statvfs": paths.statvfs_door,
    "symlink": paths.symlink_door,
    "truncate": paths.truncate_door,
    **descriptors.MAKERS,
}

# Captured when this module is imported, before any door is open.
_os_originals: dict[str, Function] = {name: getattr(os, name) for name in _MAKERS if hasattr(os, name)}
_path_tests: dict[str, Function] = {name: getattr(os.path, name) for name in paths.PATH_TESTS if hasattr(os.path, name)}
_real_open = io.open
_real_open_code = io.open_code
_real_file = io.FileIO
_real_disk_usage = shutil.disk_usage
_real_gettempdir: Function = tempfile._gettempdir  # type: ignore[attr-defined]
_posix: Any = sys.modules.get("posix")


def doors() -> Iterable[Door]:
    """Every function of the standard library, on this version and platform, that takes the path of a file."""
    replacements = {_real_open: opening.open_door(_real_open)}
    yield Door(builtins, "open", _real_open, replacements[_real_open])
    yield Door(io, "open", _real_open, replacements[_real_open])
    for name, original in _os_originals.items():
        # A staticmethod, because the original does not bind either: `class X: remove = os.remove`.
        replacements[original] = staticmethod(_MAKERS[name](original))
        _declare_support(original, replacements[original])
        yield Door(os, name, original, replacements[original])
    for name, original in _path_tests.items():
        if isinstance(original, BuiltinFunctionType):
            yield Door(os.path, name, original, paths.path_door(original))
    yield Door(io, "open_code", _real_open_code, paths.path_door(_real_open_code))
    yield Door(io, "FileIO", _real_file, opening.LimitedFile)
    yield Door(shutil, "disk_usage", _real_disk_usage, temporary.disk_usage_door(_real_disk_usage))
    yield Door(tempfile, "_gettempdir", _real_gettempdir, temporary.temporary_directory_door(_real_gettempdir))
    if hasattr(_posix, "_fcopyfile"):  # macOS
        yield Door(_posix, "_fcopyfile", _posix._fcopyfile, descriptors.fcopyfile_door(_posix._fcopyfile))
    yield from databases.doors()
    yield from imports.doors()
    yield from sockets.doors()
    yield from _captured(replacements)


def _declare_support(original: Function, replacement: Function) -> None:
    """``shutil`` asks ``os.stat in os.supports_follow_symlinks``. The sets keep the replacement: it harms nobody."""
    for group in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
        if original in group:
            group.add(replacement)


def _captured(replacements: dict[Function, Function]) -> Iterator[Door]:
    """Where the standard library holds these functions in an object, a class, a default argument or a module."""
    accessor = getattr(pathlib, "_normal_accessor", None)  # Python 3.10
    globber = getattr(glob, "_StringGlobber", None)  # Python 3.13 and later
    for owner in (accessor, globber):
        for name in dir(owner):
            original = getattr(owner, name)
            if isinstance(original, BuiltinFunctionType) and original in replacements:
                yield Door(owner, name, original, _Unbound(replacements[original]))
    for module in (tarfile, sys.modules.get("bz2")):  # Not every interpreter has bz2; shutil imports it if it can.
        for name in ("bltn_open", "_builtin_open"):
            if hasattr(module, name):
                yield Door(module, name, _real_open, replacements[_real_open])
    for function in vars(tempfile._TemporaryFileCloser).values():  # type: ignore[attr-defined]
        defaults = getattr(function, "__defaults__", None) or ()
        if _os_originals["unlink"] in defaults:
            yield Door(function, "__defaults__", defaults, tuple(replacements.get(d, d) for d in defaults))
