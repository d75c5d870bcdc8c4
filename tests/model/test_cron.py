"""Cron expressions: what they mean, against a scan of the calendar and against cronsim."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.model.schedule.cron import MINUTES_A_DAY, Cron
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, instant_of

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SCANNED_DAYS = 9 * 366  # a leap day may be eight years off

minutes = st.integers(0, 200 * 366 * MINUTES_A_DAY)


class Part(NamedTuple):
    """A field as text, and the values that it means."""

    text: str
    values: frozenset[int]


class Days(NamedTuple):
    """The fields of day-of-month and day-of-week as text, and whether a date is meant."""

    of_month: str
    of_week: str
    meant: Callable[[datetime.date], bool]


def written(value: int, first: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A value by its number or its name, in any case."""
    if not names:
        return st.just(str(value))
    name = names[value - first]
    return st.sampled_from([str(value), name, name.lower(), name.title()])


@st.composite
def items(draw: st.DrawFn, first: int, last: int, names: tuple[str, ...]) -> Part:
    """``*``, ``5``, ``5-9``, ``9-5``, each with or without a step."""
    step = draw(st.integers(1, last - first))
    low, high = draw(st.integers(first, last)), draw(st.integers(first, last))
    low_text, high_text = draw(written(low, first, names)), draw(written(high, first, names))
    every = list(range(first, last + 1))
    span = every[low - first : high - first + 1] if low <= high else every[low - first :] + every[: high - first + 1]
    text, base = draw(st.sampled_from([("*", every), (low_text, [low]), (f"{low_text}-{high_text}", span)]))
    if not draw(st.booleans()):
        return Part(text, frozenset(base))
    return Part(f"{text}/{step}", frozenset((every[low - first :] if text == low_text else base)[::step]))


@st.composite
def fields(draw: st.DrawFn, first: int, last: int, names: tuple[str, ...] = ()) -> Part:
    """A list of one to three such items."""
    parts = draw(st.lists(items(first, last, names), min_size=1, max_size=3))
    return Part(",".join(part.text for part in parts), frozenset().union(*(part.values for part in parts)))


def aws_weekday(date: datetime.date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return date.isoweekday() % 7 + 1


def last_day(date: datetime.date) -> int:
    """The length of the date's month."""
    return calendar.monthrange(date.year, date.month)[1]


def is_nearest_weekday(date: datetime.date, day: int) -> bool:
    """Whether the date is the day from Monday to Friday, in its month, that is nearest to a day of its month."""
    if day > last_day(date):
        return False
    candidates = [date.replace(day=number) for number in range(1, last_day(date) + 1)]
    return date == min((each for each in candidates if each.weekday() < 5), key=lambda each: abs(each.day - day))


numbers = st.integers(1, 31)
weekdays = st.integers(1, 7)
day_rules: st.SearchStrategy[Days] = st.one_of(
    fields(1, 31).map(lambda part: Days(part.text, "?", lambda date: date.day in part.values)),
    fields(1, 7, WEEKDAYS).map(lambda part: Days("?", part.text, lambda date: aws_weekday(date) in part.values)),
    st.just(Days("L", "?", lambda date: date.day == last_day(date))),
    st.integers(0, 30).map(lambda n: Days(f"L-{n}", "?", lambda date: date.day == last_day(date) - n)),
    st.just(Days("LW", "?", lambda date: is_nearest_weekday(date, last_day(date)))),
    numbers.map(lambda n: Days(f"{n}W", "?", lambda date: is_nearest_weekday(date, n))),
    st.just(Days("?", "L", lambda date: aws_weekday(date) == 7)),
    weekdays.map(lambda n: Days("?", f"{n}L", lambda date: aws_weekday(date) == n and date.day > last_day(date) - 7)),
    st.tuples(weekdays, st.integers(1, 5)).map(
        lambda pair: Days(
            "?",
            f"{WEEKDAYS[pair[0] - 1]}#{pair[1]}",
            lambda date: aws_weekday(date) == pair[0] and (date.day - 1) // 7 == pair[1] - 1,
        )
    ),
)


@given(fields(0, 59), fields(0, 23), fields(1, 12, MONTHS), day_rules, minutes, st.integers(1970, 2199))
def test_the_next_minute_is_the_first_that_is_meant(
    minute: Part, hour: Part, month: Part, days: Days, after: int, from_year: int
) -> None:
    """A scan of every day after it finds the same minute, and so nothing is skipped, early or late."""
    text = f"{minute.text} {hour.text} {days.of_month} {month.text} {days.of_week} {from_year}-2199"
    found = Cron.parse(text).next_minute(after)
    times = sorted(60 * hours + minutes for hours in hour.values for minutes in minute.values)
    first = max(after // MINUTES_A_DAY, (datetime.date(from_year, 1, 1) - datetime.date(1970, 1, 1)).days)
    expected = None
    for day in range(first, first + SCANNED_DAYS):
        date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
        if date.year < 2200 and date.month in month.values and days.meant(date):
            later = [day * MINUTES_A_DAY + time for time in times if day * MINUTES_A_DAY + time > after]
            if later:
                expected = later[0]
                break
    if expected is None:
        assert found is None or found >= (first + SCANNED_DAYS) * MINUTES_A_DAY
    else:
        assert found == expected


@given(fields(0, 59), fields(0, 23), fields(1, 12, MONTHS), day_rules, minutes, minutes)
def test_later_never_means_earlier(minute: Part, hour: Part, month: Part, days: Days, one: int, other: int) -> None:
    """The next minute only grows with the instant that it is asked for."""
    cron = Cron.parse(f"{minute.text} {hour.text} {days.of_month} {month.text} {days.of_week} *")
    sooner, later = (cron.next_minute(after) for after in sorted((one, other)))
    assert later is None or (sooner is not None and sooner <= later)


# What Unix's cron and AWS's write alike, but for the weekdays' numbers.
ranges = st.sampled_from(["*", "*/7", "5", "3-20", "4-18/5", "1,9,11-17"])
unix_days = st.sampled_from(
    [("*", "?"), ("L", "?"), ("LW", "?"), ("29-31", "?"), ("1-31/10", "?")]
    + [("?", text) for text in ("MON-FRI", "SUN", "TUE,SAT", "FRI#3", "MON#5", "1L", "7L")]
)


@given(ranges, ranges, unix_days, st.sampled_from(["*", "FEB", "2-12/5", "JAN,jul"]), minutes)
def test_cronsim_agrees(minute: str, hour: str, days: tuple[str, str], month: str, after: int) -> None:
    """Three firings in a row are those of an independent implementation, where its dialect is the same."""
    of_month, of_week = days
    unix_week = f"{int(of_week[0]) - 1}L" if of_week.endswith("L") else of_week
    unix = f"{minute} {hour} {of_month} {month} {unix_week}".replace("?", "*").upper()
    expected = islice(CronSim(unix, datetime_of(Instant(after * 60 * SECOND))), 3)
    cron = Cron.parse(f"{minute} {hour} {of_month} {month} {of_week} *")
    for moment in expected:
        found = cron.next_minute(after)
        assert found == instant_of(moment) // (60 * SECOND)
        after = found


@pytest.mark.parametrize(
    ("fields", "meaning"),
    [
        ("0 0 1 1 ? 2199", "2199-01-01T00:00"),
        ("0 0 29 2 ? *", "2028-02-29T00:00"),
        ("59 23 31 12 ? *", "2026-12-31T23:59"),
        ("0 9 31W * ? *", "2026-03-31T09:00"),  # February has no 31st; May's is a Sunday
        ("0 9 1W AUG ? *", "2026-08-03T09:00"),  # August 1st is a Saturday, and July is another month
        ("0 9 31W MAY ? *", "2026-05-29T09:00"),
        ("0 9 ? * FRI-MON *", "2026-02-02T09:00"),
    ],
)
def test_corners_of_the_calendar(fields: str, meaning: str) -> None:
    """What is meant after Sunday, February 1st 2026, 12:00."""
    after = instant_of(datetime.datetime(2026, 2, 1, 12, tzinfo=datetime.timezone.utc))
    found = Cron.parse(fields).next_minute(after // (60 * SECOND))
    assert found is not None
    assert f"{datetime_of(Instant(found * 60 * SECOND)):%Y-%m-%dT%H:%M}" == meaning


def test_what_never_comes_is_none() -> None:
    """Years that are over, and days that no year has."""
    for fields in ("0 0 * * ? 1999", "0 0 30 2 ? *"):
        assert Cron.parse(fields).next_minute(56 * 366 * MINUTES_A_DAY) is None
