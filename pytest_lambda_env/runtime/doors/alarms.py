"""One alarm of a process: a thread of its own that waits on the process's clock and then rings.

A thread, because time then passes for it as for any other: it rings when everybody else waits beyond its instant.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable
from typing import Any

from pytest_lambda_env.runtime.current import NOBODY, current
from pytest_lambda_env.runtime.life import ProcessKilled
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.virtual_clock import VirtualClock, Waiter

_start_new_thread = _thread.start_new_thread  # captured before the doors open: the alarm's thread is nobody's leftover


class Alarm:
    """Calls ``ring`` after a delay, then at each interval; both in microseconds of the process's clock."""

    def __init__(self, delay: int, interval: int, ring: Callable[[], None]) -> None:
        clock = current.clock
        assert clock is not None
        self._clock = clock
        self._due: Instant | None = Instant(clock.read(None) + delay)
        self._interval = interval
        self._ring = ring
        self._cancelled = _thread.allocate_lock()
        self._cancelled.acquire()
        self._waiter: Waiter | None = None
        if isinstance(clock, VirtualClock):
            self._waiter = Waiter(clock)
            clock.thread_started()
        # Not a threading.Thread: on Lambda there is none that the handler could see.
        _start_new_thread(self._run, (current.save(),))

    def left(self) -> tuple[float, float]:
        """Seconds until it rings, and its interval, as ``signal.getitimer`` gives them."""
        due = self._due
        if due is None:
            return (0.0, 0.0)
        return (max(1, due - self._clock.read(None)) / SECOND, self._interval / SECOND)

    def cancel(self) -> None:
        """It does not ring any more."""
        if self._due is not None:
            self._due = None
            self._cancelled.release()
            if self._waiter is not None:
                self._waiter.release()

    def _run(self, inherited: tuple[Any, ...]) -> None:
        current.restore(inherited)
        clock = self._clock
        if isinstance(clock, VirtualClock):
            clock.thread_runs()
        try:
            while self._due is not None and not self._wait(self._due):
                self._due = Instant(self._due + self._interval) if self._interval else None
                self._ring()
        except ProcessKilled:
            pass
        finally:
            current.restore(NOBODY)
            if isinstance(clock, VirtualClock):
                clock.thread_ended()

    def _wait(self, until: Instant) -> bool:
        """Wait until then; True if it was cancelled."""
        if isinstance(self._clock, VirtualClock):
            waiter = self._waiter or Waiter(self._clock)
            came = self._clock.wait(waiter, until)
            self._waiter = Waiter(self._clock)
            return came or self._due is None
        return self._cancelled.acquire(True, max(0, until - self._clock.read(None)) / SECOND)
