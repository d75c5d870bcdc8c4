"""Which days of a month a cron expression means: one class for each way of saying it.

Weekdays have AWS's numbers, 1 for Sunday to 7 for Saturday. What AWS's page leaves open follows Quartz
(https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from pytest_lambda_env.simulation.instant import Instant, datetime_of

SUNDAY, SATURDAY = 1, 7
_EPOCH = datetime_of(Instant(0))  # not made from the datetime module's names: a test may have frozen those
_EPOCH_DAY = _EPOCH.toordinal()


class Month(NamedTuple):
    """A month of the calendar. ``first_day`` counts from 1970-01-01, ``first_weekday`` is AWS's number."""

    first_day: int
    length: int
    first_weekday: int

    def weekday(self, day: int) -> int:
        """The weekday of a day of this month."""
        return (self.first_weekday + day - 2) % 7 + 1

    def on(self, weekday: int) -> range:
        """The days of this month that are such a weekday."""
        return range((weekday - self.first_weekday) % 7 + 1, self.length + 1, 7)


@lru_cache(maxsize=1_000)
def month_of(year: int, month: int) -> Month:
    """The month of that number, 1 to 12."""
    first = _EPOCH.replace(year=year, month=month).toordinal()
    after = _EPOCH.replace(year=year + month // 12, month=month % 12 + 1).toordinal()
    return Month(first_day=first - _EPOCH_DAY, length=after - first, first_weekday=first % 7 + 1)


class DayRule(Protocol):
    """A rule for the days of any month."""

    def days_of(self, month: Month) -> Sequence[int]:
        """The days that are meant, in order; none where the month has no such day."""


@dataclass(frozen=True, slots=True)
class DaysOfMonth:
    """``1``, ``1-15``, ``1/7``, ``*``: days by their numbers, in order."""

    days: tuple[int, ...]

    def days_of(self, month: Month) -> Sequence[int]:
        """Those that the month has."""
        return self.days if self.days[-1] <= month.length else [day for day in self.days if day <= month.length]


@dataclass(frozen=True, slots=True)
class LastDayOfMonth:
    """``L``, and as in Quartz ``L-3``: three days before the last one."""

    before: int = 0

    def days_of(self, month: Month) -> Sequence[int]:
        """The one day."""
        return [month.length - self.before] if self.before < month.length else []


@dataclass(frozen=True, slots=True)
class NearestWeekday:
    """``15W``: of Monday to Friday, the day nearest to the 15th, in the same month. None stands for ``LW``."""

    day: int | None

    def days_of(self, month: Month) -> Sequence[int]:
        """The one day; none where the month has no such day at all."""
        day = self.day if self.day is not None else month.length
        if day > month.length:
            return []
        weekday = month.weekday(day)
        if weekday == SATURDAY:
            return [day - 1 if day > 1 else 3]
        if weekday == SUNDAY:
            return [day + 1 if day < month.length else day - 2]
        return [day]


@dataclass(frozen=True, slots=True)
class DaysOfWeek:
    """``MON-FRI``, ``2,4,6``, ``L``: weekdays by their numbers."""

    weekdays: tuple[int, ...]

    def days_of(self, month: Month) -> Sequence[int]:
        """Every day that is one of them."""
        return sorted(day for weekday in self.weekdays for day in month.on(weekday))


@dataclass(frozen=True, slots=True)
class LastDayOfWeek:
    """``6L``: the month's last Friday."""

    weekday: int

    def days_of(self, month: Month) -> Sequence[int]:
        """The one day."""
        return month.on(self.weekday)[-1:]


@dataclass(frozen=True, slots=True)
class NthDayOfWeek:
    """``3#2``: the month's second Tuesday."""

    weekday: int
    number: int

    def days_of(self, month: Month) -> Sequence[int]:
        """The one day; none where the month has no fifth one."""
        return month.on(self.weekday)[self.number - 1 : self.number]
