"""Instants: exact, and at home in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.simulation.instant import Instant, datetime_of, instant_of, microseconds, parse_instant


@given(st.datetimes(timezones=st.timezones()))
def test_datetimes_survive_the_round_trip(moment: datetime) -> None:
    """An aware datetime and its instant are the same moment, to the microsecond."""
    # The middle of a fold or a gap has no single UTC time to come back to.
    utc = moment.astimezone(timezone.utc)
    assert datetime_of(instant_of(utc)) == utc


def test_a_naive_datetime_is_utc() -> None:
    """Without an offset a datetime is taken as UTC."""
    assert instant_of(datetime(1970, 1, 1, 0, 0, 1)) == 1_000_000


@pytest.mark.parametrize("text", ["2026-03-29T00:59:00Z", "2026-03-29T00:59:00", "2026-03-29T02:59:00+02:00"])
def test_iso_text_is_read(text: str) -> None:
    """ISO 8601 with Z, without an offset, or with one."""
    assert datetime_of(parse_instant(text)) == datetime(2026, 3, 29, 0, 59, tzinfo=timezone.utc)


@given(st.floats(min_value=1e-12, max_value=1e6))
def test_a_wait_always_progresses(seconds: float) -> None:
    """A positive duration is at least one microsecond, and never less than was asked for."""
    assert microseconds(seconds) >= 1
    assert timedelta(microseconds=microseconds(seconds)).total_seconds() >= seconds - 1e-6


def test_instants_are_plain_integers() -> None:
    """Sums of instants don't drift."""
    assert sum([Instant(10_000)] * 20_000) == 200_000_000
