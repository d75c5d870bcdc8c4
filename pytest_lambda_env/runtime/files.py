"""The files of one sandbox: a directory of its own behind the literal ``/tmp``, and the task root behind ``/var/task``.

Handler code says ``/tmp``; the doors (:mod:`.doors.files`) ask here for the real place before they call the operating
system, and translate back what it answers. The directory survives timeouts and crashes, because they end the process
and not the sandbox (fidelity V40); a new environment starts empty.

Tried and rejected: ``TMPDIR`` alone (most handlers write ``"/tmp/x"``); swapping the real ``/tmp`` (pytest's own
``tmp_path`` lives there); a mount namespace (privileged, Linux only).
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_lambda_env.runtime.current import real_files
from pytest_lambda_env.runtime.machine_secrets import is_secret, may_be_secret
from pytest_lambda_env.runtime.storage import Storage
from pytest_lambda_env.runtime.write_access import WriteAccess, absolute_name

_TMP = "/tmp"
_TASK_ROOT = "/var/task"
_DESCRIPTORS = "/dev/fd"
_NOWHERE = "/nonexistent"

_WORD = re.compile(
    r"""(?:(?<![\w./~-])    # where a word begins: not in home/tmp, ./tmp or ~/tmp
        | (?<=file://)
        | (?<=^-\w) | (?<=\s-\w)  # -o/tmp/x
        )(?:/tmp|/var/task)(?![\w.~-])""",
    re.VERBOSE,
)

_IN_NAME = re.compile(r"[\w.~-]")

DEFAULT_STORAGE_SIZE = 512 * 1024 * 1024
"""Bytes in ``/tmp`` unless the configuration says otherwise (fidelity V42)."""

# Captured before the doors open: these lead to the real file system whoever calls.
_real_open = os.open
_real_fstat = os.fstat
_real_getcwd = os.getcwd
_WINDOWS = os.name == "nt"
_MACHINE_HAS_TASK_ROOT = os.path.isdir(_TASK_ROOT)
_MACHINE_LISTS_DESCRIPTORS = os.path.isdir(_DESCRIPTORS)


def process_directories() -> list[Path]:
    """Directories that stay readable although they may lie under ``/tmp``: ours, the interpreter's, its path's."""
    return [Path.cwd(), *(Path(place) for place in (sys.prefix, sys.base_prefix, *sys.path) if place)]


class EnvironmentFiles:
    """The writable directory of one sandbox, and where handler code's paths really lead.

    ``task_root`` is what ``/var/task`` shows, on machines that have no ``/var/task`` themselves. ``visible``
    directories may lie under the real ``/tmp`` and can be read there: the project, the interpreter. (``/tmp`` itself
    among them is ignored: the environment's own directory comes first.) Those of ``scratch`` can be written too:
    pytest's ``tmp_path``; so can those of ``writable``, wherever they are. ``storage_size`` is in bytes.
    """

    _tmp: str | None = None

    def __init__(
        self,
        *,
        task_root: Path,
        visible: Sequence[Path] = (),
        scratch: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        storage_size: int = DEFAULT_STORAGE_SIZE,
    ) -> None:
        self._task_root = None if _MACHINE_HAS_TASK_ROOT else str(task_root)
        self.access = WriteAccess(task_root=task_root, writable=writable, scratch=scratch)
        self.storage = Storage(storage_size)
        places = (_posix(str(place)).rstrip("/") + "/" for place in (task_root, *visible, *scratch, *writable))
        self._elsewhere = tuple({place for place in places if place.startswith(f"{_TMP}/") and place != f"{_TMP}/"})
        self._remove: weakref.finalize[..., Any] | None = None
        self._discarded = False

    @property
    def tmp(self) -> Path:
        """The real directory behind ``/tmp``, open to everybody as on Lambda (fidelity V42); made when first needed.

        It is never made again: after ``discard`` the path leads nowhere, or ``FileNotFoundError`` says there is none.
        """
        self.storage.others_write()  # Who is told the place may write there.
        return Path(self.real_tmp())

    def real_tmp(self) -> str:
        """The same for our own use, which keeps to the quota."""
        return self._tmp or self._create()

    def real(self, path: Any, dir_fd: int | None = None) -> Any:
        """Where a path of handler code really leads: a ``str`` or ``bytes`` path, or the very argument if unchanged.

        A relative path with ``dir_fd``, a descriptor and anything that is no path are left alone.
        """
        if path.__class__ is str:
            text = path
        elif path is None or isinstance(path, int):
            return path
        else:
            try:
                text = os.fsdecode(path)
            except TypeError:
                return path  # The function that wanted a path says it best.
        # Every path that is translated, however it is spelled, contains one of these; nearly no other does.
        if "tmp" not in text and "task" not in text and ".." not in text and not may_be_secret(text):
            return path
        if dir_fd is not None and not os.path.isabs(text):
            return path
        place = self._place(text)
        if place is None:
            return path
        return os.fsencode(place) if isinstance(os.fspath(path), bytes) else place

    def virtual(self, path: str) -> str:
        """The name by which handler code knows a real path: the inverse of :meth:`real` for ``/tmp``."""
        tmp = self._tmp
        if tmp is not None and (path == tmp or path.startswith(tmp + os.sep)):
            return _TMP + path[len(tmp) :]
        return path

    def in_words(self, text: str) -> str:
        """A command line, an option, a variable's value: with its words below ``/tmp`` or ``/var/task`` translated."""
        return _WORD.sub(lambda word: self._translated_word(word, text), text)

    def _translated_word(self, word: re.Match[str], text: str) -> str:
        name = word[0]
        if name == _TASK_ROOT:
            return self._task_root or name
        start = word.start()
        for place in self._elsewhere:
            if text.startswith(place[:-1], start) and not _IN_NAME.match(text, start + len(place) - 1):
                return name
        return self.real_tmp()

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """Open a descriptor. Every open of handler code passes here, by whatever function it began."""
        target = self.real(path, dir_fd)
        writes = self.access.check_open(path, target, flags, dir_fd)
        try:
            descriptor = _real_open(target, flags, mode, dir_fd=dir_fd)
        except OSError as error:
            name_as_asked(error, target, path)
            raise
        if writes:
            self._count(target, descriptor, dir_fd)
        return descriptor

    def _count(self, target: Any, descriptor: int, dir_fd: int | None) -> None:
        tmp = self._tmp
        if tmp is not None and self.access.is_tmp(absolute_name(target, dir_fd) or tmp):
            self.storage.admit(_real_fstat(descriptor))

    def opener(self, path: Any, flags: int) -> int:
        """The ``opener`` for the built-in ``open``: it keeps the caller's own path as the file's name."""
        return self.open(path, flags, 0o666)

    def cut_off(self) -> None:
        """Let every open descriptor below ``/tmp`` lead nowhere: a killed process loses what it still buffers (I69).

        Windows does not tell which descriptors are open; there they stay as they are.
        """
        if self._tmp is None or not _MACHINE_LISTS_DESCRIPTORS:
            return
        with real_files():
            ours = {(status.st_dev, status.st_ino) for status in map(os.lstat, _files_below(self._tmp))}
            nowhere = _real_open(os.devnull, os.O_RDWR)
            for descriptor in map(int, os.listdir(_DESCRIPTORS)):
                with suppress(OSError):  # the one that listed them is closed again
                    status = os.fstat(descriptor)
                    if (status.st_dev, status.st_ino) in ours:
                        os.dup2(nowhere, descriptor, inheritable=False)
            os.close(nowhere)

    def discard(self) -> None:
        """Remove the directory and everything in it, also what handler code made read-only. Again is harmless."""
        self._discarded = True
        if self._remove is not None:
            self._remove()

    def _create(self) -> str:
        if self._discarded:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), _TMP)
        with real_files():
            private = os.path.realpath(tempfile.mkdtemp(prefix="lambda-environment-"))
            remove = weakref.finalize(self, _remove_tree, private, os.getpid())
            tmp = os.path.join(private, "tmp")
            os.mkdir(tmp)
            os.chmod(tmp, 0o1777)  # noqa: S103 - as on Lambda; its parent is private
        # Two threads may be the first at once. setdefault is atomic; a lock could be left held by an interrupt.
        if vars(self).setdefault("_tmp", tmp) is not tmp:
            remove()
        else:
            self._remove = remove
            self._elsewhere += (_posix(private) + "/",)
            self.access.open_tmp(tmp)
            self.storage.directory = tmp
        return self._tmp or tmp

    def _place(self, text: str) -> str | None:
        """The real place of a path that may need translation, or None."""
        path = _posix(text) if _WINDOWS else text
        left_tmp = False
        if not path.startswith("/"):
            try:
                here = _real_getcwd()
            except OSError:
                return None
            shown = self.virtual(here)
            left_tmp = shown is not here and ".." in path
            path = f"{_posix(shown)}/{path}"
        if "/." in path or "//" in path:
            path = "/" + posixpath.normpath(path).lstrip("/")
        directory = path + "/"
        if directory.startswith("/tmp/"):
            return None if directory.startswith(self._elsewhere) else self.real_tmp() + path[4:]
        if self._task_root is not None and directory.startswith(f"{_TASK_ROOT}/"):
            return self._task_root + path[len(_TASK_ROOT) :]
        if is_secret(path):
            return _NOWHERE + path
        # From inside /tmp, ".." must not lead to the neighbours of the real directory.
        return path if left_tmp else None


def name_as_asked(error: OSError, target: Any, path: Any) -> None:
    """Let an error name the path that handler code used, not the place it was translated to."""
    if target is path:
        return
    if error.filename == target:
        error.filename = os.fspath(path)
    if error.filename2 == target:
        error.filename2 = os.fspath(path)


def _posix(path: str) -> str:
    """A path with forward slashes and no drive: on Windows ``abspath("/tmp")`` has both a backslash and a drive."""
    return os.path.splitdrive(path)[1].replace("\\", "/") if _WINDOWS else path


def _files_below(directory: str) -> Iterator[str]:
    for parent, _, files in os.walk(directory):
        yield from (os.path.join(parent, name) for name in files)


def _remove_tree(directory: str, owner: int) -> None:
    if os.getpid() != owner:
        return  # A forked child ends; the files are still its parent's.
    with real_files():
        try:
            shutil.rmtree(directory)
        except OSError:
            _make_writable(directory)
            shutil.rmtree(directory, ignore_errors=True)


def _make_writable(directory: str) -> None:
    # Top down: a directory must be opened before the walk can enter it.
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)
