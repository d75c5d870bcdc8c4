"""The functions that take a path, as handler code sees them: ``/tmp`` is the environment's own (fidelity V40, V42).

Inside an environment a door translates the path, calls the original and puts the caller's own path into what comes
back: file names, directory entries, link targets, errors. So nothing shows the real place. Once the environment's
process is dead, every door unwinds its caller instead.

Not covered, because no function of Python's leads there: ``io.FileIO``, subprocesses, ``AF_UNIX`` sockets, and C
libraries that open paths by themselves.
"""

from __future__ import annotations

import builtins
import functools
import glob
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, ModuleType
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.files import EnvironmentFiles, name_as_asked

_Function = Callable[..., Any]

_ONE_PATH = (
    "access", "chflags", "chdir", "chmod", "chown", "getxattr", "lchflags", "lchmod", "lchown", "listdir", "listxattr",
    "lstat", "mkdir", "mkfifo", "mknod", "pathconf", "remove", "removexattr", "rmdir", "setxattr", "stat", "statvfs",
    "truncate", "unlink", "utime",
)  # fmt: skip
"""Functions of ``os`` whose first parameter is ``path``; what else ``os`` offers is Python on top of these."""

_TWO_PATHS = ("link", "rename", "replace", "symlink")

_PATH_TESTS = ("exists", "isdir", "isfile", "isjunction", "islink", "ismount", "lexists")
"""Functions of ``os.path`` that some versions write in C, past ``os.stat``."""


def _check_life(files: EnvironmentFiles) -> None:
    life = current.life
    if life is not None and life.over:
        # To say where the code was, check() may read its source: that is not the handler's doing.
        current.files = None
        try:
            life.check()
        finally:
            current.files = files


def _path_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(*args, **kwargs)
        _check_life(files)
        if not args:
            if "path" not in kwargs:
                return original(**kwargs)
            args = (kwargs.pop("path"),)
        path = args[0]
        target = files.real(path, kwargs.get("dir_fd"))
        if target is path:
            return original(*args, **kwargs)
        try:
            return original(target, *args[1:], **kwargs)
        except OSError as error:
            name_as_asked(error, target, path)
            raise

    return door


def _two_paths_door(original: _Function) -> _Function:
    is_symlink = original.__name__ == "symlink"
    dst_dir_fd = "dir_fd" if is_symlink else "dst_dir_fd"

    @functools.wraps(original)
    def door(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(src, dst, *args, **kwargs)
        _check_life(files)
        # The operating system follows the text of a link, so that must be real; a relative one begins at the link.
        source = files.real(src, -1 if is_symlink else kwargs.get("src_dir_fd"))
        target = files.real(dst, kwargs.get(dst_dir_fd))
        try:
            return original(source, target, *args, **kwargs)
        except OSError as error:
            name_as_asked(error, source, src)
            name_as_asked(error, target, dst)
            raise

    return door


def _shown_path_door(original: _Function) -> _Function:
    """A door for a function that answers with a path."""
    function = _path_door(original)

    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(*args, **kwargs)
        path = function(*args, **kwargs)
        return os.fsencode(files.virtual(os.fsdecode(path))) if isinstance(path, bytes) else files.virtual(path)

    return door


def _open_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def door(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: _Function | None = None,
    ) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is not None:
            _check_life(files)
            # A caller's own opener comes back through os.open.
            if opener is None and not isinstance(file, int):
                opener = files.opener
        return original(file, mode, buffering, encoding, errors, newline, closefd, opener)

    return door


def _descriptor_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def door(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(path, flags, mode, dir_fd=dir_fd)
        _check_life(files)
        return files.open(path, flags, mode, dir_fd=dir_fd)

    return door


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


def _scandir_door(original: _Function) -> _Function:
    list_directory = _path_door(original)

    @functools.wraps(original)
    def door(path: Any = None) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(path)
        entries = list_directory(path)
        return entries if files.real(path) is path else _Entries(entries, os.fspath(path))

    return door


def _temporary_directory_door(original: _Function) -> _Function:
    outside = original()

    @functools.wraps(original)
    def door() -> Any:
        files = current.files
        if files is None:
            return original()
        _check_life(files)
        # What the handler itself has set holds; what the machine said does not exist on Lambda.
        return "/tmp" if tempfile.tempdir in (None, outside) else tempfile.tempdir

    return door


def _sqlite_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def door(database: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(database, *args, **kwargs)
        _check_life(files)
        is_uri = args[6] if len(args) > 6 else kwargs.get("uri")
        if is_uri and isinstance(database, str) and database.startswith("file:"):
            uri = urllib.parse.urlsplit(database)
            path = urllib.parse.unquote(uri.path)
            target = files.real(path)
            if target is not path:
                database = uri._replace(path=urllib.parse.quote(target)).geturl()
        else:
            database = files.real(database)
        return original(database, *args, **kwargs)

    return door


class _SqliteDoor:
    """``sqlite3.connect``, now or as soon as somebody imports it: it is too much to import for those who never do.

    It acts as an import finder for ``_sqlite3``, from which the public modules copy the function.
    """

    AWAY, IN_PLACE = object(), object()
    _MODULES = ("_sqlite3", "sqlite3.dbapi2", "sqlite3")

    def __init__(self) -> None:
        self._state = self.AWAY
        self._original: _Function | None = None
        self._replacement: _Function | None = None
        self._note(sys.modules.get("_sqlite3"))

    @property
    def state(self) -> object:
        """``AWAY`` or ``IN_PLACE``; setting it moves the replacement there."""
        return self._state

    @state.setter
    def state(self, wanted: object) -> None:
        self._state = wanted
        if wanted is self.IN_PLACE:
            self._note(sys.modules.get("_sqlite3"))
            self._swap(self._original, self._replacement)
            if self._original is None:
                sys.meta_path.insert(0, self)
        else:
            self._swap(self._replacement, self._original)
            if self in sys.meta_path:
                sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """The real specification of ``_sqlite3``, with a loader that puts the door in place."""
        if name != "_sqlite3":
            return None
        sys.meta_path.remove(self)  # or find_spec would ask here again
        spec = importlib.util.find_spec(name)
        sys.meta_path.insert(0, self)
        if spec is not None:
            self._loader: Any = spec.loader
            spec.loader = self  # type: ignore[assignment]
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """What the real loader makes."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then put the door in place."""
        self._loader.exec_module(module)
        self._note(module)
        if self._state is self.IN_PLACE:
            self._swap(self._original, self._replacement)
            sys.meta_path.remove(self)

    def _note(self, module: ModuleType | None) -> None:
        if module is not None and self._original is None:
            self._original = module.__dict__["connect"]
            self._replacement = _sqlite_door(self._original)

    def _swap(self, present: _Function | None, wanted: _Function | None) -> None:
        for name in self._MODULES:
            module = sys.modules.get(name)
            if module is not None and present is not None and module.__dict__.get("connect") is present:
                module.__dict__["connect"] = wanted


class _Unbound:
    """A function that a class does not bind to its instances; functions written in C behave like that."""

    def __init__(self, function: _Function) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


_MAKERS: dict[str, Callable[[_Function], _Function]] = {
    **dict.fromkeys(_ONE_PATH, _path_door),
    **dict.fromkeys(_TWO_PATHS, _two_paths_door),
    "getcwd": _shown_path_door,
    "getcwdb": _shown_path_door,
    "open": _descriptor_door,
    "readlink": _shown_path_door,
    "scandir": _scandir_door,
}

# Captured when this module is imported, before any door is open.
_os_originals: dict[str, _Function] = {name: getattr(os, name) for name in _MAKERS if hasattr(os, name)}
_path_tests: dict[str, _Function] = {name: getattr(os.path, name) for name in _PATH_TESTS if hasattr(os.path, name)}
_real_open = io.open
_real_open_code = io.open_code
_real_disk_usage = shutil.disk_usage
_real_gettempdir: _Function = tempfile._gettempdir  # type: ignore[attr-defined]


def doors() -> Iterable[Door]:
    """Every function of the standard library, on this version and platform, that takes the path of a file."""
    replacements = {_real_open: _open_door(_real_open)}
    yield Door(builtins, "open", _real_open, replacements[_real_open])
    yield Door(io, "open", _real_open, replacements[_real_open])
    for name, original in _os_originals.items():
        # A staticmethod, because the original does not bind either: `class X: remove = os.remove`.
        replacements[original] = staticmethod(_MAKERS[name](original))
        _declare_support(original, replacements[original])
        yield Door(os, name, original, replacements[original])
    for name, original in _path_tests.items():
        if isinstance(original, BuiltinFunctionType):
            yield Door(os.path, name, original, _path_door(original))
    yield Door(io, "open_code", _real_open_code, _path_door(_real_open_code))
    yield Door(shutil, "disk_usage", _real_disk_usage, _path_door(_real_disk_usage))
    yield Door(tempfile, "_gettempdir", _real_gettempdir, _temporary_directory_door(_real_gettempdir))
    yield Door(_SqliteDoor(), "state", _SqliteDoor.AWAY, _SqliteDoor.IN_PLACE)
    yield from _captured(replacements)


def _declare_support(original: _Function, replacement: _Function) -> None:
    """``shutil`` asks ``os.stat in os.supports_follow_symlinks``. The sets keep the replacement: it harms nobody."""
    for group in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
        if original in group:
            group.add(replacement)


def _captured(replacements: dict[_Function, _Function]) -> Iterator[Door]:
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
