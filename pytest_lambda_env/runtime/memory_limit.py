"""``memory_limit="enforce"``: handler code that takes more than ``memory_size`` ends like one that Lambda kills (I82).

While handler code runs, and only then, the process has a soft ``RLIMIT_DATA``: what it has now, plus what the
environment may still take, plus a little. An allocation beyond that fails where it is made, so a runaway handler
takes neither the test run nor the machine with it. The limit comes first off and the verdict is made after, so that
nothing of ours or pytest's ever runs short. The exact judgement is the measured peak, when the code has returned; the
little on top (``_SLACK``) lets it see also the code that crept up to the limit and swallowed the ``MemoryError``. From
Python 3.12 on such code is ended on the spot.

Why DATA and not AS (the address space): eight threads reserve 576 MB of address space and use one; a mapped file of
500 MB counts whole; importing boto3 counts its shared libraries. In DATA the threads are 64 MB, all of it stacks, which
are added for each thread that is started; files are nothing.

What it can't do: C code that aborts where it gets no memory takes the test run with it; threads of the test itself
that allocate while a handler runs share the limit; on Python 3.10 and 3.11 a handler that catches the ``MemoryError``
of one big allocation (above ``_SLACK``) lives on, as its memory never grew.
"""

from __future__ import annotations

import ctypes
import functools
import math
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from pytest_lambda_env.errors import LambdaEnvWarning
from pytest_lambda_env.runtime.life import ProcessKilled, ProcessLife
from pytest_lambda_env.runtime.memory import MEBIBYTE, MemoryMeter
from pytest_lambda_env.runtime.memory_errors import RaisedMemoryErrors

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_SLACK = 8 * MEBIBYTE
_open, _pread = os.open, getattr(os, "pread", None)


class _DataLimit:
    """The soft limit of the process's data, in bytes."""

    def __init__(self) -> None:
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._open_file()
        os.register_at_fork(after_in_child=self._open_file)
        self.set = functools.partial(resource.setrlimit, resource.RLIMIT_DATA)
        self.stack = _stack_size()
        # The GNU C library's own. What earlier code has freed and the library has kept would be taken again unseen.
        self._trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)

    def _open_file(self) -> None:
        self._statm = _open("/proc/self/statm", os.O_RDONLY)

    def size(self) -> int:
        """The data that the process has now."""
        return int(_pread(self._statm, 128, 0).split()[5]) * self._page  # type: ignore[misc]

    def trim(self) -> None:
        """Give memory that nobody uses back to the system."""
        self._trim(0)

    @staticmethod
    def get() -> tuple[int, int]:
        """The soft limit and the hard one."""
        return resource.getrlimit(resource.RLIMIT_DATA)

    def works(self) -> bool:
        """Whether a mapping beyond the limit is refused: not before Linux 4.7, nor if the system was told not to."""
        import mmap

        before = self.get()
        self.set((self.size() + 16 * MEBIBYTE, before[1]))
        try:
            mmap.mmap(-1, 64 * MEBIBYTE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
        except OSError:
            return True
        finally:
            self.set(before)
        return False


def _stack_size() -> int:
    """What a new thread's stack takes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return threading.stack_size() or (8 * MEBIBYTE if soft == resource.RLIM_INFINITY else soft)


@functools.cache
def _data_limit() -> _DataLimit | None:
    if not sys.platform.startswith("linux") or resource is None:
        return None
    try:
        limit = _DataLimit()
        return limit if limit.works() else None
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def warn_unless_limited() -> None:
    """Say, where that is so, that this platform does not refuse memory beyond a limit."""
    if _data_limit() is None:
        _warn()


@functools.cache  # once: an option asks for the limit in every test
def _warn() -> None:
    warnings.warn(
        f"memory_limit='enforce': this platform ({sys.platform}) does not let a handler's memory be limited. A handler "
        "that takes more than memory_size is found out when it has returned, by its measured peak, where the platform "
        "tells one (Windows does not).",
        LambdaEnvWarning,
        stacklevel=2,
    )


class _InForce:
    """Which limit is. An instance: changing a class costs the interpreter its caches."""

    limit: MemoryLimit | None = None


in_force = _InForce()


class MemoryLimit:
    """The limit of one process of an environment, ``megabytes`` by its ``meter``; None: there is none."""

    def __init__(self, life: ProcessLife, meter: MemoryMeter, megabytes: int | None) -> None:
        self._life = life
        self._meter = meter
        self.bytes = math.inf if megabytes is None else megabytes * MEBIBYTE
        """What there is."""
        self._data = None if megabytes is None else _data_limit()
        self._raised = RaisedMemoryErrors(life, self._ran_out)
        if self._data is not None:
            self._data.trim()
        # A thread of the handler's may still be at it when the main one has returned.
        self._lock = threading.RLock()
        self._outside = (0, 0)
        self._room = 0
        self._threads = 0
        self._stacks = 0

    def limited(self, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """``work`` with the limit in force; running out of memory ends the process."""
        data = self._data
        if data is None:
            return work

        @functools.wraps(work)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            self._impose(max(0, int(self.bytes) - self._meter.held) + _SLACK)
            try:
                return work(*args, **kwargs)
            except MemoryError as error:
                # Its arguments are there already: nothing else works without memory.
                data.set(self._outside)
                self._life.end("memory", trace=error.__traceback__)
                raise ProcessKilled from None
            finally:
                self._lift()

        return run

    def suspend(self) -> None:
        """The handler invokes a function: what that takes is not the handler's."""
        assert self._data is not None
        soft, _ = self._data.get()
        size = self._data.size()
        self._lift()
        self._room = soft - size

    def resume(self) -> None:
        """The handler goes on."""
        self._impose(self._room)

    def thread_starts(self) -> None:
        """A thread of the environment is about to start: its stack is no memory of the handler's yet."""
        stacks = threading.active_count() + 1 - self._threads
        assert self._data is not None
        with self._lock:
            if stacks > self._stacks and in_force.limit is self:
                self._stacks = stacks
                soft, hard = self._data.get()
                self._data.set((self._within(soft + self._data.stack), hard))

    def _impose(self, room: int) -> None:
        assert self._data is not None
        self._outside = self._data.get()
        self._threads = threading.active_count()
        self._stacks = 0
        self._data.set((self._within(self._data.size() + room), self._outside[1]))
        in_force.limit = self
        self._raised.watch()

    def _lift(self) -> None:
        assert self._data is not None
        with self._lock:
            self._data.set(self._outside)
            in_force.limit = None
        self._raised.ignore()

    def _within(self, soft: int) -> int:
        """A limit that is not above one which somebody else has set."""
        return min([soft, *(limit for limit in self._outside if limit != resource.RLIM_INFINITY)])

    def _ran_out(self) -> NoReturn:
        """A ``MemoryError`` has just been raised: end the process, and raise its end instead."""
        data = self._data
        assert data is not None
        with self._lock:
            if in_force.limit is self:
                data.set(self._outside)
        try:
            self._life.end("memory")
            self._life.unwind()
        finally:
            with self._lock:
                # Code that swallows that, too, goes on for a while.
                if in_force.limit is self:
                    data.set((self._within(data.size() + _SLACK), self._outside[1]))
