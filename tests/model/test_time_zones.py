"""Cron expressions on wall clocks that are changed in spring and in autumn."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.schedule.cron import Cron
from pytest_lambda_env.model.schedule.time_zones import instant_at, next_firing, time_zone, wall_of
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, parse_instant

MINUTE = 60 * SECOND
# Half-hour changes, a day that was left out, changes at midnight, and none at all.
CHANGES = [
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-04"),
    ("Australia/Lord_Howe", "2026-10-03"),
    ("Africa/Cairo", "2026-04-23"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kathmandu", "2026-03-08"),
]


@cache
def minutes_around(zone: str, day: str) -> list[tuple[Instant, int, int, bool]]:
    """Each minute from a day before to two after it: the instant, the wall clock's hour and minute, the first time."""
    first = parse_instant(f"{day}T00:00:00Z") - 1440 * MINUTE
    found = []
    for number in range(3 * 1440):
        instant = Instant(first + number * MINUTE)
        wall = datetime_of(instant).astimezone(ZoneInfo(zone))
        found.append((instant, wall.hour, wall.minute, not wall.fold))
    return found


@given(
    st.sampled_from(CHANGES),
    st.sets(st.integers(0, 59), min_size=1, max_size=8),
    st.sets(st.integers(0, 23), min_size=1, max_size=24),
)
def test_each_time_of_a_wall_clock_fires_once(change: tuple[str, str], minutes: set[int], hours: set[int]) -> None:
    """What a scan of every minute finds: times that are left out never fire, those that come twice the first time."""
    scanned = minutes_around(*change)
    expected = [instant for instant, hour, minute, first in scanned if first and hour in hours and minute in minutes]
    cron = Cron.parse(f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * ? *")
    zone = ZoneInfo(change[0])
    fired, after = [], Instant(scanned[0][0] - 1)
    while (firing := next_firing(cron, after, zone)) is not None and firing <= scanned[-1][0]:
        assert firing > after
        fired.append(firing)
        after = firing
    assert fired == expected


@given(st.sampled_from(CHANGES), st.integers(0, 3 * 1440 * 60))
def test_wall_clocks_and_instants_agree(change: tuple[str, str], second: int) -> None:
    """Back from what the wall clock shows comes the same instant, or the first of two that it shows alike."""
    zone = ZoneInfo(change[0])
    instant = Instant(minutes_around(*change)[0][0] + second * SECOND)
    again = instant_at(wall_of(instant, zone), zone)
    assert again == instant or (again < instant and wall_of(again, zone) == wall_of(instant, zone))


def test_utc_needs_no_conversion() -> None:
    """Its instants are what the clock shows."""
    assert time_zone("UTC") is None
    assert wall_of(Instant(5), None) == instant_at(Instant(5), None) == 5


@pytest.mark.parametrize("name", ["Berlin", "", "../etc/passwd", "Europe/", 1])
def test_another_zone_is_refused(name: str) -> None:
    """The error says what a zone looks like, and what to do where it is one."""
    with pytest.raises(UsageError, match=r"'Europe/Berlin'.*tzdata"):
        time_zone(name)
