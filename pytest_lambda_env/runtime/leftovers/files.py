"""Files, sockets and descriptors that an invocation has opened and not closed.

Objects are known by weak references: one that was collected is closed. A descriptor is a number, and numbers are used
again; so it counts only while it leads where it led when it was made.

Connections of ``sqlite3`` can't be known by weak references. They are held for as long as an invocation runs, which
changes little: each is part of a reference cycle of its own, and stays until that is collected.

Not seen: ``select.epoll``, ``mmap``, and what C libraries open.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.leftovers.site import Site, Sites

# Captured before the doors open.
_open, _close, _fstat, _dup2 = os.open, os.close, os.fstat, os.dup2

_Identity = tuple[int, int]


class Files:
    """What one process holds open."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._made: WeakKeyDictionary[Any, Site | None] = WeakKeyDictionary()
        self._older: WeakKeyDictionary[Any, Site | None] = WeakKeyDictionary()
        self._connections: list[tuple[Any, Site | None]] = []
        self._connections_of_init: list[tuple[Any, Site | None]] = []
        self._descriptors: dict[int, tuple[Site | None, _Identity]] = {}
        self._older_descriptors: dict[int, tuple[Site | None, _Identity]] = {}

    def note(self, opened: Any) -> None:
        """A file object or socket was made; a descriptor inside it is its own from now on."""
        if self._descriptors or self._older_descriptors:
            self.forget_descriptor(opened.fileno())
        self._made[opened] = self._sites.here()

    def note_connection(self, connection: Any) -> None:
        """A database connection was made."""
        self._connections.append((connection, self._sites.here()))

    def note_descriptor(self, descriptor: int) -> None:
        """A descriptor was made."""
        status = _fstat(descriptor)
        self._descriptors[descriptor] = self._sites.here(), (status.st_dev, status.st_ino)

    def forget_descriptor(self, descriptor: int) -> None:
        """A descriptor is closed, or belongs to an object."""
        if self._descriptors.pop(descriptor, None) is None:
            self._older_descriptors.pop(descriptor, None)

    def settle(self, *, of_init: bool) -> None:
        """What there is now was made on purpose, ``of_init``, or has been told of."""
        if of_init:
            self._connections_of_init = self._connections
        self._connections = []
        for opened, site in list(self._made.items()):
            if _is_open(opened):
                self._older[opened] = site
        self._made.clear()
        self._older_descriptors.update(self._descriptors)
        self._descriptors.clear()

    def left(self, implied: Container[int]) -> Iterator[Leftover]:
        """What this run has left open, but for objects whose ``id`` is among the ``implied``."""
        for opened, site in list(self._made.items()):
            if id(opened) not in implied and _is_open(opened):
                yield Leftover(kind="file", what=_described(opened), site=self._sites.text(site))
        for connection, site in self._connections:
            if _is_connected(connection):
                yield Leftover(kind="file", what="a connection of sqlite3", site=self._sites.text(site))
        for descriptor, (site, identity) in self._descriptors.items():
            if _identity(descriptor) == identity:
                yield Leftover(kind="file", what=f"descriptor {descriptor}", site=self._sites.text(site))

    def cut_off(self, *, older: bool) -> None:
        """Let every socket and descriptor lead nowhere, so that threads wake which are blocked on one.

        Nothing is closed: a number that is free could be given to somebody else while the thread still uses it.
        """
        opened = [*self._made.items(), *(self._older.items() if older else ())]
        nowhere = _open(os.devnull, os.O_RDWR)
        try:
            for each, site in opened:
                with suppress(OSError, ValueError):
                    if not (site is not None and site.by_library) and _is_open(each):
                        if hasattr(each, "shutdown"):
                            each.shutdown(socket.SHUT_RDWR)
                        else:
                            _dup2(nowhere, each.fileno(), inheritable=False)
            for descriptor, (_, identity) in {
                **(self._older_descriptors if older else {}),
                **self._descriptors,
            }.items():
                if _identity(descriptor) == identity:
                    _dup2(nowhere, descriptor, inheritable=False)
        finally:
            _close(nowhere)

    def finish(self, *, older: bool) -> None:
        """Close what this run has left open, with ``older`` also what was there before; what is buffered is lost (I69).

        Objects that an installed library made stay: it may keep one in a module that environments share.
        """
        for connection, _ in (*self._connections, *(self._connections_of_init if older else ())):
            with suppress(Exception):  # it may be another thread's
                connection.close()
        self._connections.clear()
        nowhere = _open(os.devnull, os.O_RDWR)
        try:
            objects = [*self._made.items(), *(self._older.items() if older else ())]
            for opened, site in objects:
                if not (site is not None and site.by_library) and _is_open(opened):
                    _discard(opened, nowhere)
            descriptors = {**(self._older_descriptors if older else {}), **self._descriptors}
            # A file that was below /tmp leads nowhere by now (EnvironmentFiles.cut_off).
            void = _identity(nowhere)
            for descriptor, (_, identity) in descriptors.items():
                if _identity(descriptor) in (identity, void):
                    with suppress(OSError):
                        _close(descriptor)
        finally:
            _close(nowhere)
        self._made.clear()
        self._descriptors.clear()
        if older:
            self._older.clear()
            self._older_descriptors.clear()


def _is_open(opened: Any) -> bool:
    if hasattr(opened, "closed"):
        return not opened.closed
    return bool(opened.fileno() != -1)  # a socket


def _is_connected(connection: Any) -> bool:
    try:
        return bool(connection.total_changes >= 0)
    except Exception:  # noqa: BLE001 - sqlite3 is not imported for its errors; closed, or another thread's
        return False


def _discard(opened: Any, nowhere: int) -> None:
    with suppress(OSError, ValueError):
        # What is still in its buffers must not be written: the process was killed. A socket has none.
        if _writes(opened):
            _dup2(nowhere, opened.fileno(), inheritable=False)
        opened.close()


def _writes(opened: Any) -> bool:
    writable: Callable[[], bool] | bool | None = getattr(opened, "writable", None)
    return bool(writable() if callable(writable) else writable)


def _described(opened: Any) -> str:
    name, mode = getattr(opened, "name", None), getattr(opened, "mode", None)
    if isinstance(name, int):
        return f"descriptor {name}, opened with mode {mode!r}"
    if name is not None:
        return f"{os.fsdecode(name)}, opened with mode {mode!r}"
    return f"a {type(opened).__name__} (descriptor {opened.fileno()})"


def _identity(descriptor: int) -> _Identity | None:
    try:
        status = _fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino
