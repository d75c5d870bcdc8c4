"""The real-time guard: stops a handler that computes, or blocks, without ever looking at a clock.

A thread looks now and then whether code of an environment has run for too long in real time, and then signals the
thread that runs it. A signal interrupts what a Python-level exception can't: ``recv``, ``lock.acquire``. C code that
keeps the interpreter's lock, such as a regular expression that never ends, lets no thread look and is not stopped.
Arming is two assignments; ``SIGALRM`` and its timer are left alone, because pytest-timeout owns them.

The signal may arrive in the middle of a library's own bookkeeping, with a lock half taken (measured: without
deferral half of all stress runs ended with a lock held). So the handler looks at the stack first, and comes back a
little later while moto, botocore, the import system, locks, logging or this package are at work.
"""

from __future__ import annotations

import _thread
import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import ClassVar

from pytest_lambda_env.runtime.doors.clocks import real_monotonic
from pytest_lambda_env.runtime.life import ProcessKilled, ProcessLife

_start_new_thread = _thread.start_new_thread  # captured before the doors open: the watching thread is nobody's

_UNSAFE_PACKAGES = frozenset(
    {
        *("moto", "botocore", "boto3", "s3transfer", "urllib3", "responses", "werkzeug"),
        *("importlib", "_frozen_importlib", "_frozen_importlib_external", "zipimport"),
        *("threading", "queue", "logging", "concurrent", "weakref", "contextlib", "selectors"),
        *("pytest_lambda_env", "pluggy", "_pytest"),
    }
)
_LONGEST_DEFERRAL = 2.0
_PACE = 0.1
_RETRY = 0.01
_ORPHAN_PATIENCE = 0.2


class Watchdog:
    """One per service. ``limit``: real seconds that one run of handler code may take; None or 0: no limit."""

    suspended: ClassVar[bool] = False
    """True while a person debugs: then time spent is theirs, not the handler's."""

    def __init__(self, limit: float | None) -> None:
        self._default_limit = limit or None
        self._limit = self._default_limit
        self._watched: ProcessLife | None = None
        self._is_user_code: Callable[[FrameType], bool] = lambda _: False
        self._since = 0.0
        self._fired_at: float | None = None
        self._thread: int | None = None
        self._main = 0
        self._stop = threading.Lock()
        self._ended = threading.Lock()
        self._handler_before: object = None

    def arm(self, life: ProcessLife, is_user_code: Callable[[FrameType], bool], limit: float | None = None) -> object:
        """Watch ``life`` from now on; returns what ``disarm`` needs to go back to an outer invocation.

        ``limit`` replaces the watchdog's own: an invocation in real time ends at its deadline.
        """
        before = (self._watched, self._is_user_code, self._since, self._limit)
        self._limit = limit or self._default_limit
        self._is_user_code = is_user_code
        self._since = real_monotonic()
        self._fired_at = None
        self._watched = None if self.suspended or _debugger_active() else life
        if self._thread is None and self._limit is not None:
            self._begin()
        return before

    def disarm(self, before: object) -> None:
        """The code has returned."""
        self._watched, self._is_user_code, self._since, self._limit = before  # type: ignore[misc]
        self._fired_at = None

    def close(self) -> None:
        """End the watching thread and give the signal back."""
        if self._thread is None:
            return
        self._thread = None
        self._stop.release()
        # A signal sent after its handler is gone would end the test run: the thread goes first.
        self._ended.acquire()
        self._ended.release()
        if self._handler_before is not None:
            signal.signal(_SIGNAL, self._handler_before)  # type: ignore[arg-type]
            self._handler_before = None

    # -- the watching thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._main = threading.get_ident()
        if _SIGNAL and threading.current_thread() is threading.main_thread():
            self._handler_before = signal.signal(_SIGNAL, self._on_signal) or signal.SIG_DFL
        self._stop.acquire()
        self._ended.acquire()
        # Not a threading.Thread: code of an environment is about to run, and the thread would be taken for its own.
        self._thread = _start_new_thread(self._watch, ())

    def _watch(self) -> None:
        while not self._stop.acquire(timeout=_RETRY if self._fired_at else min(_PACE, (self._limit or 1) / 4)):
            life, limit = self._watched, self._limit
            if life is None or limit is None or self.suspended:
                continue
            late = real_monotonic() - self._since - limit
            if life.over and self._fired_at is None:
                # Killed by another thread's wait: this one is blocked where no door sees it.
                late = max(late, 0.0) if real_monotonic() - self._since > _ORPHAN_PATIENCE else late
            if late >= 0:
                self._fire(life)
        self._stop.release()
        self._ended.release()

    def _fire(self, life: ProcessLife) -> None:
        if self._fired_at is None:
            self._fired_at = real_monotonic()
        if self._handler_before is not None:
            signal.pthread_kill(self._main, _SIGNAL)
        elif life is self._watched:
            # Not the main thread, or no such signals on this platform: only bytecode can be interrupted.
            life.end("timeout")
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._main), ctypes.py_object(ProcessKilled))

    # -- the interrupted thread -----------------------------------------------------------------------------------

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        life, fired_at = self._watched, self._fired_at
        if life is None or fired_at is None or life.anchored is None:
            return
        overdue = real_monotonic() - fired_at > _LONGEST_DEFERRAL
        if not self._may_interrupt(frame, life) and not overdue:
            return
        life.end("timeout")
        life.unwind()

    def _may_interrupt(self, frame: FrameType | None, life: ProcessLife) -> bool:
        while frame is not None and frame is not life.anchored:
            if self._is_user_code(frame):
                return True
            if frame.f_globals.get("__name__", "").partition(".")[0] in _UNSAFE_PACKAGES:
                return False
            frame = frame.f_back
        return False


_SIGNAL = getattr(signal, "SIGUSR2", 0)

_DEBUGGERS = ("pydevd", "_pydevd_bundle", "bdb", "pdb", "debugpy", "pudb")


def _debugger_active() -> bool:
    """Whether a debugger traces the calling thread."""
    if "pydevd" in sys.modules:  # from Python 3.12 on it uses sys.monitoring and sets no trace function
        return True
    tracer = sys.gettrace()
    if tracer is None:
        return False
    module = getattr(tracer, "__module__", None) or ""
    return module.partition(".")[0] in _DEBUGGERS
