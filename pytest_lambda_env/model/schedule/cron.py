"""``cron(...)`` in AWS's dialect: six fields, read into the minutes that they mean.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based describe it; it is Quartz's
without seconds. AWS takes what Quartz's parser takes also where the pages are silent (``SAT#3``, ``0/5,``), and refuses
what that refuses (``*/60``). So Quartz decides the rest: ``LW``, ``FRIL``, ``L-3``, ranges that go past the end
(``20-2``, ``FRI-MON``), no letter within a list.

Tried and rejected, as of November 2026: aws-croniter 2.1 (fails on ``LW``, on ``L`` as a weekday and on ``0/5,``;
UTC only; up to 120 µs a firing), pyawscron 1.0 (takes ``cron(71 8 1 * ? *)``, fails on February 29th), croniter 7.0 and
cronsim 2.8 (Unix's dialect: Sunday is 0, no ``?``, no ``5/15``, no ``15W``, no years in the sixth field; and cronsim's
daylight saving is that of Debian's cron, not AWS's). cronsim is an oracle in the tests.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_lambda_env.model.schedule.day_rules import (
    SATURDAY,
    DayRule,
    DaysOfMonth,
    DaysOfWeek,
    LastDayOfMonth,
    LastDayOfWeek,
    Month,
    NearestWeekday,
    NthDayOfWeek,
    month_of,
)
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of

MINUTES_A_DAY = 24 * 60
_DAY = MINUTES_A_DAY * 60 * SECOND
_NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class _Field:
    """What one field may hold. ``longest_step`` is Quartz's; ranges of a field without ``wraps`` must rise."""

    first: int
    last: int
    names: tuple[str, ...] = ()
    longest_step: int | None = None
    wraps: bool = True

    def number(self, text: str) -> int:
        """One value, by number or by name."""
        if text in self.names:
            return self.first + self.names.index(text)
        if not _NUMBER.fullmatch(text) or not self.first <= int(text) <= self.last:
            raise ValueError(text)
        return int(text)

    def values(self, text: str) -> tuple[int, ...]:
        """Every value of a list, in order."""
        return tuple(sorted({value for item in text.split(",") for value in self._item(item)}))

    def _item(self, item: str) -> Iterator[int]:
        base, slash, step_text = item.partition("/")
        step = int(step_text) if _NUMBER.fullmatch(step_text) else 0 if slash else 1
        if step < 1 or step > (self.longest_step or step):
            raise ValueError(item)
        if base == "*":
            first, last = self.first, self.last
        elif "-" in base:
            first, last = map(self.number, base.split("-", 1))
        else:
            first = self.number(base)
            last = self.last if slash else first
        size = self.last - self.first + 1
        if last < first:
            if not self.wraps:
                raise ValueError(item)
            last += size
        return ((value - self.first) % size + self.first for value in range(first, last + 1, step))


_MINUTE = _Field(0, 59, longest_step=59)
_HOUR = _Field(0, 23, longest_step=23)
_DAY_OF_MONTH = _Field(1, 31, longest_step=31)
_MONTH = _Field(
    1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), longest_step=12
)
_DAY_OF_WEEK = _Field(1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), longest_step=7)
_YEAR = _Field(1970, 2199, wraps=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """What a cron expression means: on these days, at these times (in minutes since midnight). All in order."""

    times: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    @classmethod
    def parse(cls, fields: str) -> Cron:
        """What is between the parentheses. Raises ``ValueError`` for what AWS refuses.

        >>> Cron.parse("0/30 8-9 ? * MON-FRI *").times
        (480, 510, 540, 570)
        """
        # Quartz skips what is empty in a list, and so AWS takes `cron(0/5, 9-18, ?, *, MON-FRI, *)`.
        parts = [",".join(item for item in part.split(",") if item) for part in fields.upper().split()]
        if fields != fields.strip() or len(parts) != 6:
            raise ValueError(fields)
        minute, hour, day_of_month, month, day_of_week, year = parts
        if (day_of_month == "?") == (day_of_week == "?"):
            raise ValueError("one of day-of-month and day-of-week must be ?, and only one")
        return cls(
            times=tuple(60 * hours + minutes for hours in _HOUR.values(hour) for minutes in _MINUTE.values(minute)),
            days=_days_of_week(day_of_week) if day_of_month == "?" else _days_of_month(day_of_month),
            months=_MONTH.values(month),
            years=_YEAR.values(year),
        )

    def next_minute(self, after: int) -> int | None:
        """The first minute later than ``after`` that is meant, or None. Both are counted on a wall clock since 1970."""
        day, minute = divmod(after, MINUTES_A_DAY)
        today = datetime_of(Instant(day * _DAY))
        if today.year in self.years and today.month in self.months:
            place = bisect_right(self.times, minute)
            if place < len(self.times) and today.day in self.days.days_of(month_of(today.year, today.month)):
                return day * MINUTES_A_DAY + self.times[place]
        for month in self._months_from(today.year, today.month):
            for number in self.days.days_of(month):
                later = month.first_day + number - 1
                if later > day:
                    return later * MINUTES_A_DAY + self.times[0]
        return None

    def _months_from(self, first_year: int, first_month: int) -> Iterator[Month]:
        for year in self.years[bisect_left(self.years, first_year) :]:
            for month in self.months:
                if (year, month) >= (first_year, first_month):
                    yield month_of(year, month)


def _days_of_month(text: str) -> DayRule:
    if text == "L":
        return LastDayOfMonth()
    if text == "LW":
        return NearestWeekday(None)
    if text.startswith("L-"):
        before = int(text[2:]) if _NUMBER.fullmatch(text[2:]) else 31
        if before > 30:
            raise ValueError(text)
        return LastDayOfMonth(before)
    if text.endswith("W"):
        return NearestWeekday(_DAY_OF_MONTH.number(text[:-1]))
    return DaysOfMonth(_DAY_OF_MONTH.values(text))


def _days_of_week(text: str) -> DayRule:
    if text == "L":
        return DaysOfWeek((SATURDAY,))
    if text.endswith("L"):
        return LastDayOfWeek(_DAY_OF_WEEK.number(text[:-1]))
    if "#" in text:
        weekday, number = text.split("#", 1)
        if number not in {"1", "2", "3", "4", "5"}:
            raise ValueError(text)
        return NthDayOfWeek(_DAY_OF_WEEK.number(weekday), int(number))
    return DaysOfWeek(_DAY_OF_WEEK.values(text))
