"""Wall clocks and instants, and what cron expressions do where clocks are changed.

EventBridge Scheduler's rules, from "Daylight saving time" on
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: what falls on a time that does not exist in
spring is skipped that day; what falls on one that comes twice in autumn runs once. Which of the two AWS takes it does
not say: here the first. So a schedule of every minute pauses for the hour that is repeated.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.schedule.cron import Cron
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, instant_of

UTC = "UTC"
_MINUTE = 60 * SECOND


def time_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None for UTC itself, which needs no conversion."""
    if name == UTC:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise UsageError(
            f"schedule_expression_timezone={name!r}; it must be an IANA name such as 'Europe/Berlin'. "
            "If it is one, this machine has no time zone data: install the package tzdata."
        ) from error


def wall_of(instant: Instant, zone: ZoneInfo | None) -> Instant:
    """What a wall clock shows then, written as if it were in UTC."""
    if zone is None:
        return instant
    return instant_of(datetime_of(instant).astimezone(zone).replace(tzinfo=None))


def instant_at(wall: Instant, zone: ZoneInfo | None) -> Instant:
    """When a wall clock shows that, the first time. One that never does is taken to have gone on unchanged.

    (So ``at(2026-03-29T02:30:00)`` in Berlin is 03:30 there. AWS does not say what it does.)
    """
    return wall if zone is None else instant_of(datetime_of(wall).replace(tzinfo=zone))


def next_firing(cron: Cron, after: Instant, zone: ZoneInfo | None) -> Instant | None:
    """The first instant later than ``after`` at which the expression fires in that zone."""
    minute: int | None = wall_of(after, zone) // _MINUTE
    while minute is not None and (minute := cron.next_minute(minute)) is not None:
        wall = Instant(minute * _MINUTE)
        instant = instant_at(wall, zone)
        if instant > after and wall_of(instant, zone) == wall:
            return instant
    return None
