"""The functions that make something which outlives its call: what handler code makes is noted (:mod:`..leftovers`).

``open`` and ``os.open`` have doors already (:mod:`.files`), and so have threads (:mod:`.waits`). What ``asyncio`` and
``multiprocessing`` make is tapped, because neither is imported for it.

Not noted: what ``multiprocessing`` opens for itself. It owns the descriptors of its connections and of its children,
and one of them, the resource tracker's, serves the whole test process.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door

_Function = Callable[..., Any]

_ONE_DESCRIPTOR = ("dup", "eventfd", "memfd_create")
_TWO_DESCRIPTORS = ("openpty", "pipe", "pipe2")
_FORKS = ("fork", "forkpty")
_SPAWNS = ("posix_spawn", "posix_spawnp")

_real: dict[str, _Function] = {
    name: getattr(os, name) for name in (*_ONE_DESCRIPTOR, *_TWO_DESCRIPTORS, *_FORKS, *_SPAWNS) if hasattr(os, name)
}
_real_socket = socket.socket.__init__


def _is_for_multiprocessing() -> bool:
    """Whether ``multiprocessing`` has called the door that asks."""
    return str(sys._getframe(2).f_globals.get("__name__", "")).startswith("multiprocessing.")


def _descriptor_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        leftovers = current.leftovers
        if leftovers is not None and not _is_for_multiprocessing():
            for descriptor in made if isinstance(made, tuple) else (made,):
                leftovers.descriptor_opened(descriptor)
        return made

    return door


def _fork_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def fork() -> Any:
        leftovers = current.leftovers
        if current.life is None:
            return original()
        with warnings.catch_warnings():
            # Of the threads of the test process, which on Lambda are not there.
            warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
            made = original()
        if leftovers is not None:
            leftovers.forked(made[0] if isinstance(made, tuple) else made, f"os.{original.__name__}")
        return made

    return fork


def _spawn_door(original: _Function) -> _Function:
    @functools.wraps(original)
    def spawn(path: Any, *args: Any, **kwargs: Any) -> int:
        pid: int = original(path, *args, **kwargs)
        if current.leftovers is not None:
            current.leftovers.forked(pid, f"os.{original.__name__} of {os.fsdecode(path)}")
        return pid

    return spawn


def _make_socket(self: socket.socket, *args: Any, **kwargs: Any) -> None:
    _real_socket(self, *args, **kwargs)
    if current.leftovers is not None:
        current.leftovers.opened(self)


def doors() -> Iterable[Door]:
    """Descriptors, sockets and forked children."""
    makers = {
        **dict.fromkeys((*_ONE_DESCRIPTOR, *_TWO_DESCRIPTORS), _descriptor_door),
        **dict.fromkeys(_FORKS, _fork_door),
        **dict.fromkeys(_SPAWNS, _spawn_door),
    }
    for name, original in _real.items():
        yield Door(os, name, original, staticmethod(makers[name](original)))
    yield Door(socket.socket, "__init__", _real_socket, functools.wraps(_real_socket)(_make_socket))


# What other doors hand over: it is given back.


def noted(opened: Any) -> Any:
    """A file object that ``open`` has made."""
    if current.leftovers is not None:
        current.leftovers.opened(opened)
    return opened


def noted_descriptor(descriptor: int) -> int:
    """A descriptor that ``os.open`` has made."""
    if current.leftovers is not None:
        current.leftovers.descriptor_opened(descriptor)
    return descriptor


def noted_connection(connection: Any) -> Any:
    """A connection that ``sqlite3.connect`` has made."""
    if current.leftovers is not None:
        current.leftovers.connected(connection)
    return connection


# What others put in place: each makes a replacement of the method that it is given.


def command_started(real_init: _Function) -> _Function:
    """For ``subprocess.Popen.__init__``."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        leftovers, current.leftovers = current.leftovers, None  # how it makes its child is its own business
        try:
            real_init(self, *args, **kwargs)
        finally:
            current.leftovers = leftovers
        if leftovers is not None:
            leftovers.command_started(self)

    return init


def loop_made(real_init: _Function) -> _Function:
    """For ``BaseEventLoop.__init__``."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        real_init(self, *args, **kwargs)
        if current.leftovers is not None:
            current.leftovers.loop_made(self)

    return init


def task_made(real_create: _Function) -> _Function:
    """For ``BaseEventLoop.create_task``."""

    def create_task(self: Any, *args: Any, **kwargs: Any) -> Any:
        task = real_create(self, *args, **kwargs)
        if current.leftovers is not None:
            current.leftovers.task_made(task)
        return task

    return create_task


def transport_made(real_init: _Function) -> _Function:
    """For ``asyncio``'s ``BaseSubprocessTransport.__init__``."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        real_init(self, *args, **kwargs)
        if current.leftovers is not None:
            current.leftovers.transport_made(self)

    return init


def connection_made(real_init: _Function) -> _Function:
    """For ``multiprocessing``'s ``_ConnectionBase.__init__``."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        real_init(self, *args, **kwargs)
        if current.leftovers is not None:
            current.leftovers.opened(self)

    return init


def worker_started(real_start: _Function) -> _Function:
    """For ``multiprocessing``'s ``BaseProcess.start``."""

    def start(self: Any) -> None:
        leftovers, current.leftovers = current.leftovers, None  # how it makes its child is its own business
        try:
            real_start(self)
        finally:
            current.leftovers = leftovers
        if leftovers is not None:
            leftovers.worker_started(self)

    return start
