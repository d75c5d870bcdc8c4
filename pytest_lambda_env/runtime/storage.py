"""How much room is left in ``/tmp``: ``ephemeral_storage``, and ``ENOSPC`` at the write that exceeds it.

A file takes its size, rounded up to whole blocks; hard links count once; directories and empty files count nothing.
Every write of handler code asks first, and pays from a budget: what was free when the directory was last surveyed.
Only when the budget runs out is it surveyed again, so removing files gives their room back when it matters.

What sees no door (a child process, SQLite, a test that has been told the real directory) pays nothing. From the
moment at which such a writer is known the budget is handed out in small lots, so that it is noticed soon after.

Tried and rejected: surveying at each write (a thousand files take 3 ms); counting ``st_blocks`` instead of sizes (they
come late or compressed on some file systems, and a quota would depend on the machine).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

# Captured before the doors open: these lead to the real file system whoever calls.
_real_scandir, _real_fstat, _real_listdir, _real_readlink = os.scandir, os.fstat, os.listdir, os.readlink
_real_stat, _real_lseek = os.stat, os.lseek

try:
    import fcntl
except ImportError:  # Windows
    _appends: Callable[[int], bool] = lambda _: False  # noqa: E731
else:
    _real_fcntl, _GET_FLAGS = fcntl.fcntl, fcntl.F_GETFL
    _appends = lambda descriptor: bool(_real_fcntl(descriptor, _GET_FLAGS) & os.O_APPEND)  # noqa: E731

BLOCK = 4096
_LOT_PER_FILE = 16 * 1024
"""What may be written between two surveys per file found, where others write too: it bounds what surveys cost."""
_OWN_DESCRIPTORS = "/proc/self/fd"
_NAMES_DELETED = os.path.isdir(_OWN_DESCRIPTORS)

Inode = tuple[int, int]


class Storage:
    """The room of one sandbox: ``size`` bytes for the files below ``directory`` (None: it is not made yet)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.directory: str | None = None
        self._budget = size
        self._inodes: set[Inode] = set()
        self._others_write = False

    @property
    def free(self) -> int:
        """Bytes that are free now, surveyed afresh; never negative."""
        return max(0, self._survey())

    def others_write(self) -> None:
        """Say that something writes, or has written, that does not ask here."""
        self._others_write = True
        self._budget = 0

    def admit(self, status: os.stat_result) -> None:
        """Count a file from now on: one that handler code has opened below the directory, to write to it."""
        self._inodes.add((status.st_dev, status.st_ino))

    def counted(self, descriptor: int) -> os.stat_result | None:
        """The status of an open file that counts here, or None."""
        if not self._inodes:
            return None
        status = _real_fstat(descriptor)
        return status if (status.st_dev, status.st_ino) in self._inodes else None

    def room(self, descriptor: int, wanted: int, at: int | None = None) -> int:
        """How many of ``wanted`` bytes may be written at a position (None: where the descriptor stands).

        Like the operating system it lets a write through in part; ``ENOSPC`` where nothing fits.
        """
        status = self.counted(descriptor)
        if status is None:
            return wanted
        size = status.st_size
        if at is None:
            at = size if _appends(descriptor) else _real_lseek(descriptor, 0, os.SEEK_CUR)
        room = self._room(status, at + wanted)
        return wanted if room is None else self._fitting(room - at, wanted)

    def extend(self, status: os.stat_result, size: int) -> None:
        """Pay for a file's growth to ``size`` bytes, holes included; ``ENOSPC`` where that does not fit."""
        room = self._room(status, size)
        if room is not None:
            self._fitting(0, size)

    def _room(self, status: os.stat_result, end: int) -> int | None:
        """None if the file may grow to ``end``, which is then paid for; otherwise the size to which it may grow."""
        present = _in_blocks(status.st_size)
        growth = _in_blocks(end) - present
        if growth <= 0:
            return None
        if growth <= self._budget:
            self._budget -= growth
            return None
        free = self._survey()
        if (status.st_dev, status.st_ino) not in self._inodes:
            return None  # it has left the directory since
        if growth <= free:
            self._budget = min(self._budget, free - growth)
            return None
        self._budget = 0
        return present + max(0, free)

    @staticmethod
    def _fitting(room: int, wanted: int) -> int:
        if room <= 0 < wanted:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return room

    def _survey(self) -> int:
        """Look at every file; the bytes that are free, negative where others have written too much."""
        found: dict[Inode, int] = {}
        if self.directory is not None:
            for status in (*_files_below(self.directory), *_deleted_files(self.directory)):
                found[status.st_dev, status.st_ino] = _in_blocks(status.st_size)
        self._inodes = set(found)
        free = self.size - sum(found.values())
        self._budget = max(0, min(free, len(found) * _LOT_PER_FILE) if self._others_write else free)
        return free


def _in_blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _files_below(directory: str) -> Iterator[os.stat_result]:
    with suppress(OSError), _real_scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path)
            elif entry.is_file(follow_symlinks=False):
                with suppress(OSError):  # a thread or a child has just removed it
                    # Not the entry's own status: Windows leaves out there which file it is.
                    yield _real_stat(entry.path)


def _deleted_files(directory: str) -> Iterator[os.stat_result]:
    """Files that take room without a name until they are closed, as ``TemporaryFile`` makes them. Only Linux tells."""
    if not _NAMES_DELETED:
        return
    for descriptor in _real_listdir(_OWN_DESCRIPTORS):
        with suppress(OSError):  # the one that listed them is closed again
            name = _real_readlink(f"{_OWN_DESCRIPTORS}/{descriptor}")
            if name.startswith(directory) and name.endswith(" (deleted)"):
                yield _real_fstat(int(descriptor))
