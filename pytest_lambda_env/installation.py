"""What a service puts in place in the test process while it is open, and takes back when it closes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pytest_lambda_env.bridges import boto3, botocore, escapes, moto, standard_library
from pytest_lambda_env.bridges.freezegun import FreezegunBridge
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.stamp import Stamp, set_stamp
from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors import (
    belongings,
    children,
    clocks,
    dates,
    files,
    lookups,
    network,
    process,
    signals,
    subprocesses,
    waits,
)
from pytest_lambda_env.runtime.doors.captured import CapturedNames
from pytest_lambda_env.runtime.doors.door import Doors
from pytest_lambda_env.runtime.logs import isolation
from pytest_lambda_env.runtime.state import descriptors, exits, setters
from pytest_lambda_env.runtime.timezone import TimeZone
from pytest_lambda_env.simulation.clock import ThreadClock
from pytest_lambda_env.simulation.instant import SECOND, Instant, instant_of, parse_instant
from pytest_lambda_env.simulation.real_clock import real_now

_UPTIME = 1_000 * SECOND
"""What monotonic clocks show when a service begins: some code takes zero for "never"."""

_TAPS = (boto3.TAP, botocore.TAP, *escapes.TAPS, *moto.TAPS, *standard_library.TAPS)


class Installation:
    """One open service's hold on the test process. Services nest; the last one to let go closes the doors."""

    _clock_doors: ClassVar[Doors] = Doors([*clocks.doors(), *dates.doors()])
    _file_doors: ClassVar[Doors] = Doors(files.doors())
    _network_doors: ClassVar[Doors] = Doors([*network.doors(), *lookups.doors(), *children.doors()])
    _other_doors: ClassVar[Doors] = Doors(
        [
            *(*waits.doors(), *process.doors(), *signals.doors(), *subprocesses.doors(), *isolation.doors()),
            *(*descriptors.doors(), *exits.doors(), *setters.doors(), *belongings.doors()),
        ]
    )
    captured_names: ClassVar[CapturedNames] = CapturedNames(
        [*_clock_doors.doors, *_file_doors.doors, *_network_doors.doors]
    )
    time_zone: ClassVar[TimeZone] = TimeZone()

    def __init__(self, stamp: Stamp, clock: ThreadClock | None, start: Instant) -> None:
        self._stamp = stamp
        self._clock = clock
        self._boot = Instant(start - _UPTIME)
        self._boot_before = clocks.WallClock.boot
        self._stamp_before: Stamp | None = None
        self._clock_before: ThreadClock | None = None

    def open(self) -> None:
        """Open the doors. ``clock`` is the opening thread's from now on; without one, time stays real."""
        self._stamp_before = set_stamp(self._stamp)
        self.time_zone.enter(":UTC")
        self._clock_before = current.clock
        if self._clock is not None:
            FreezegunBridge.open()
            self._clock_doors.open()
            self._boot_before, clocks.WallClock.boot = clocks.WallClock.boot, self._boot
        if self._other_doors.open():
            descriptors.guard()
        self._network_doors.open()
        if self._file_doors.open():
            for tap in _TAPS:
                tap.install()
            self.captured_names.replace(names_are_real=not FreezegunBridge.freeze_outside())
        if self._clock is not None:
            current.clock = self._clock

    def close(self) -> None:
        """Take everything back that ``open`` put in place."""
        current.clock = self._clock_before
        if self._clock is not None:
            self._clock_doors.close()
            clocks.WallClock.boot = self._boot_before
            FreezegunBridge.close()
        self._other_doors.close()
        self._network_doors.close()
        if self._file_doors.close():
            self.captured_names.restore()
            for tap in _TAPS:
                tap.remove()
        self.time_zone.leave()
        if self._stamp_before is not None:
            set_stamp(self._stamp_before)


def beginning(start: datetime | str | None) -> Instant:
    """When virtual time begins: as given, where the test has frozen time, or in the present second."""
    if isinstance(start, str):
        try:
            return parse_instant(start)
        except ValueError:
            raise UsageError(f"start must be ISO 8601, such as 2026-03-29T00:59:00Z, not {start!r}") from None
    if start is not None:
        return instant_of(start)
    frozen = FreezegunBridge.frozen_instant()
    return frozen if frozen is not None else Instant(real_now() // SECOND * SECOND)
