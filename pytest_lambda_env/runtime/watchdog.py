"""The real-time guard: stops a handler that computes, or blocks, without ever looking at a clock.

A thread looks now and then whether code of an environment has run for too long in real time, and so does the kernel's
timer (:mod:`.pulse`). From then on the process is dead, so that doors raise; and the thread that runs it is sent
pulses until it is in a place where it can be unwound (:mod:`.landing`). Arming is a few assignments.

What can't be interrupted is C code that neither gives the interpreter's lock away nor asks for signals (``sum`` of a
huge range), or that waits in a library of its own. It ends when it ends; the response then says how late that was.

In another thread than the main one, and on Windows, only bytecode can be interrupted: a handler that blocks there for
ever blocks the test, which no exception could help (the thread that would have to raise it is the blocked one).
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import ClassVar, NamedTuple

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.debuggers import debugger_active
from pytest_lambda_env.runtime.doors.clocks import real_monotonic
from pytest_lambda_env.runtime.exception_elsewhere import raise_where_seen
from pytest_lambda_env.runtime.landing import Landing
from pytest_lambda_env.runtime.life import ProcessKilled, ProcessLife
from pytest_lambda_env.runtime.package_files import is_package_file
from pytest_lambda_env.runtime.pulse import pulse
from pytest_lambda_env.simulation.virtual_clock import Waiter

_start_new_thread = _thread.start_new_thread  # captured before the doors open: the watching thread is nobody's

_LONGEST_DEFERRAL = 5.0
_PACE = 0.1
_RETRY = 0.01
_ORPHAN_PATIENCE = 0.2


class _Watch(NamedTuple):
    """One run of handler code. ``limit``: real seconds that it may take."""

    life: ProcessLife
    is_user_code: Callable[[FrameType], bool]
    since: float
    limit: float
    thread: int


class Watchdog:
    """One per service. ``limit``: real seconds that one run of handler code may take; None or 0: no limit."""

    suspended: ClassVar[bool] = False
    """True while a person debugs: then time spent is theirs, not the handler's."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit or None
        self._watch: _Watch | None = None
        self._fired_at: float | None = None
        self._dead_since: float | None = None
        self._landing: Landing | None = None
        self._listens = False
        self._running = False
        self._stop = threading.Lock()
        self._ended = threading.Lock()

    def arm(self, life: ProcessLife, is_user_code: Callable[[FrameType], bool], limit: float | None = None) -> object:
        """Watch ``life`` from now on; returns what ``disarm`` needs to go back to an outer invocation.

        ``limit`` replaces the watchdog's own: an invocation in real time ends at its deadline.
        """
        before = self._watch
        limit = limit or self._limit
        if not self._listens and pulse.possible():
            # Also without a limit: a handler's own signals arrive with pulses.
            pulse.listen(self._on_pulse)
            self._listens = True
        self._fired_at = self._dead_since = None
        if limit is None or self.suspended or debugger_active():
            self._watch = None
            return before
        if not self._running:
            self._begin()
        if not pulse.ticking:
            pulse.tick()
        self._watch = _Watch(life, is_user_code, real_monotonic(), limit, _thread.get_ident())
        return before

    def disarm(self, before: object) -> None:
        """The code has returned."""
        self._watch = before  # type: ignore[assignment]
        self._fired_at = self._dead_since = None

    def close(self) -> None:
        """End the watching thread and give the signal back."""
        if self._running:
            self._running = False
            self._stop.release()
            # A pulse sent after nobody listens would end the test run: the thread goes first.
            self._ended.acquire()
            self._ended.release()
        if self._listens:
            self._listens = False
            pulse.leave(self._on_pulse)

    # -- the watching thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._running = True
        self._stop.acquire()
        self._ended.acquire()
        # Not a threading.Thread: code of an environment is about to run, and the thread would be taken for its own.
        _start_new_thread(self._look, ())

    def _look(self) -> None:
        while not self._stop.acquire(timeout=self._pause()):
            watch = self._watch
            if watch is None or self.suspended or not self._is_late(watch):
                continue
            self._condemn(watch)
            watch.life.wake()
            # One of them may compute with a lock held that the thread is to take back before it can be unwound.
            watch.life.unwind_busy_threads()
            if self._listens and watch.thread == threading.main_thread().ident:
                pulse.send(watch.thread)
            elif watch is self._watch and (frame := sys._current_frames().get(watch.thread)) is not None:
                # Not the main thread, or no such signals on this platform: only bytecode can be interrupted.
                instruction = frame.f_lasti
                if self._may_land(frame, watch):
                    raise_where_seen(watch.thread, frame, instruction, ProcessKilled)
        self._stop.release()
        self._ended.release()

    def _pause(self) -> float:
        watch = self._watch
        if self._fired_at is not None:
            return _RETRY
        return _PACE if watch is None else min(_PACE, watch.limit / 4)

    # -- both threads ---------------------------------------------------------------------------------------------

    def _is_late(self, watch: _Watch) -> bool:
        now = real_monotonic()
        if watch.life.over and self._dead_since is None:
            self._dead_since = now
        # Killed by another thread's wait: this one is blocked where no door sees it.
        orphaned = self._dead_since is not None and now - self._dead_since > _ORPHAN_PATIENCE
        return self._fired_at is not None or orphaned or now - watch.since >= watch.limit

    def _condemn(self, watch: _Watch) -> None:
        """The process is dead, though its code may have to finish something first."""
        if self._fired_at is None:
            self._landing = Landing(watch.is_user_code)
            self._fired_at = real_monotonic()
        watch.life.end("timeout")

    def _may_land(self, frame: FrameType | None, watch: _Watch) -> bool:
        landing, fired_at = self._landing, self._fired_at
        if landing is None or fired_at is None:
            return False
        overdue = real_monotonic() - fired_at > _LONGEST_DEFERRAL
        return landing.allowed(frame, watch.life.anchored, overdue=overdue)

    # -- the interrupted thread -----------------------------------------------------------------------------------

    def _on_pulse(self, frame: FrameType | None) -> None:
        if frame is None or frame.f_globals.get("__name__") in _LOOKING:
            return  # sent while an earlier pulse was looked at
        life = current.life
        if isinstance(life, ProcessLife) and life.signals.handed and not _is_at_work(frame):
            life.signals.take(frame)
        watch = self._watch
        if watch is None or self.suspended or watch.life.anchored is None:
            return
        if not pulse.ticking:
            pulse.tick()
        # moto at work for the handler, or a function that it invokes, is not its process's code.
        if not self._is_late(watch) or life is not watch.life:
            return
        self._condemn(watch)
        if not self._may_land(frame, watch):
            return
        late = real_monotonic() - watch.since - watch.limit
        if late > _LONGEST_DEFERRAL:
            watch.life.remark = (
                f"    (stopped {late:.0f} s too late, {late + watch.limit:.0f} s after it began: "
                "until then code ran that can't be interrupted)\n"
            )
        watch.life.unwind()


_LOOKING = frozenset({__name__, pulse.__class__.__module__, Landing.__module__})


def _is_at_work(frame: FrameType) -> bool:
    """Whether this package's own code is interrupted, with a clock's mutex held, perhaps; blocked, it holds none."""
    return is_package_file(frame.f_code.co_filename) and frame.f_code is not Waiter.block.__code__
