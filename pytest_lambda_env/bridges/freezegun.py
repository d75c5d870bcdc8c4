"""The only module that knows freezegun: how a test's own ``freeze_time`` and the virtual clock get on.

A freeze begun *before* the service gives the instant at which virtual time starts; moving it later moves the wall
clock along. A freeze begun *inside* decides what the wall clock shows; virtual waits add to it. Neither touches
deadlines, retries or schedules: those follow the timeline.

freezegun keeps a stack of frozen clocks. Ours goes onto it while a service is open, so that a freeze inside finds
itself nested (it then replaces nothing, and puts nothing back too early), and modules that hold freezegun's fakes
follow the virtual clock.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import freezegun.api

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.clocks import WallClock, wall_instant
from pytest_lambda_env.simulation.instant import Instant, datetime_of, instant_of


class _VirtualFactory:
    """What freezegun calls for the time, as long as no freeze of the test's own lies above."""

    def __call__(self) -> datetime.datetime:
        clock = current.clock
        if clock is None:
            return freezegun.api.real_datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        return datetime_of(FreezegunBridge.shift(clock.read(None))).replace(tzinfo=None)

    def tick(self, delta: object = None) -> None:
        """Never called: freezegun hands a factory out only to whoever froze."""

    move_to = tick


class FreezegunBridge:
    """Joins freezegun's stack while at least one service is open."""

    _ours: Any = _VirtualFactory()
    _users = 0
    _outer: Any = None
    _outer_at_start = Instant(0)
    _seen: ClassVar[dict[int, tuple[Any, Instant]]] = {}
    """Freezes that began inside, and the instants at which they were first looked at."""

    @staticmethod
    def frozen_instant() -> Instant | None:
        """The instant at which the test has frozen time, or None."""
        factories = freezegun.api.freeze_factories
        if not factories or FreezegunBridge._users:
            return None
        return instant_of(factories[-1]())

    @classmethod
    def freeze_outside(cls) -> bool:
        """Whether a freeze that began before the service is on: freezegun's fakes then stand under some names."""
        return cls._outer is not None

    @classmethod
    def open(cls) -> None:
        """A service opens."""
        cls._users += 1
        if cls._users > 1:
            return
        factories = freezegun.api.freeze_factories
        cls._outer = factories[-1] if factories else None
        if cls._outer is not None:
            cls._outer_at_start = instant_of(cls._outer())
        cls._seen = {}
        factories.append(cls._ours)
        freezegun.api.tz_offsets.append(datetime.timedelta(0))
        freezegun.api.ignore_lists.append(())
        freezegun.api.tick_flags.append(False)
        WallClock.shift = cls.shift

    @classmethod
    def close(cls) -> None:
        """A service closes. A freeze that began inside and is still on stays above; ours is taken out from below."""
        cls._users -= 1
        if cls._users:
            return
        index = freezegun.api.freeze_factories.index(cls._ours)
        cls._outer = None
        for stack in (
            freezegun.api.freeze_factories,
            freezegun.api.tz_offsets,
            freezegun.api.ignore_lists,
            freezegun.api.tick_flags,
        ):
            del stack[index]
        WallClock.shift = wall_instant

    @classmethod
    def shift(cls, instant: Instant) -> Instant:
        """What the wall clock shows at an instant of the timeline."""
        top: Any = freezegun.api.freeze_factories[-1]
        if top is not cls._ours:
            if id(top) not in cls._seen:
                clock = current.clock
                # Kept with its factory, so that the id is not given to another one.
                cls._seen[id(top)] = (top, instant if clock is None else clock.read(None))
            return Instant(instant_of(top()) + instant - cls._seen[id(top)][1])
        if cls._outer is not None:
            return Instant(instant + instant_of(cls._outer()) - cls._outer_at_start)
        return instant
