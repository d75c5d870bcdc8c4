"""Real time behind the same face as the virtual clock, for ``clock="real"``."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_lambda_env.simulation.instant import SECOND, Instant

_time_ns, _sleep = time.time_ns, time.sleep


def real_now() -> Instant:
    """The machine's present."""
    return Instant(_time_ns() // 1000)


def real_sleep(duration: int) -> None:
    """Really wait that many microseconds."""
    _sleep(max(0, duration) / SECOND)


class RealClock:
    """The clock of one process of an environment in real time. The deadline is the watchdog's business."""

    virtual_waits = False
    threads = 1
    unsettled = 0  # no thread is frozen between invocations

    def __init__(self, *, deadline_reached: Callable[[], None], check: Callable[[], None]) -> None:
        self._check = check

    @property
    def now(self) -> Instant:
        """The machine's present."""
        return real_now()

    def begin(self, start: Instant, deadline: Instant) -> None:
        """Nothing to do: time runs by itself."""

    def end(self) -> Instant:
        """The instant at which the code has returned."""
        return real_now()

    def waits(self, thread: int) -> bool:
        """True: there is nothing to say of a thread that runs on, because all do."""
        return True

    def wake_all(self) -> None:
        """Nothing waits on this clock."""

    def read(self, site: object) -> Instant:
        """The machine's present."""
        return real_now()

    def sleep(self, duration: int) -> None:
        """Really sleep; a process that died meanwhile is unwound."""
        real_sleep(duration)
        self._check()
