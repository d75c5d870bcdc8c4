"""Schedule expressions: ``rate(...)``, ``cron(...)`` and ``at(...)``, as each of the two services takes them.

EventBridge's rules: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from pytest_lambda_env.errors import UsageError, ValidationException
from pytest_lambda_env.model.schedule.cron import Cron
from pytest_lambda_env.simulation.instant import SECOND, Instant, parse_instant

LONGEST_EXPRESSION = 256

_RATE = re.compile(r"rate\(([0-9]+) +(minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_UNITS = {"minute": 60 * SECOND, "hour": 3_600 * SECOND, "day": 86_400 * SECOND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``rate(5 minutes)``: the same interval again and again, in microseconds. A day is always 24 hours."""

    interval: int

    def next_after(self, after: Instant, origin: Instant) -> Instant:
        """The first instant later than ``after`` that is a whole number of intervals from ``origin``."""
        return Instant(origin + ((after - origin) // self.interval + 1) * self.interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """``at(2026-03-29T02:30:00)``: once, when a wall clock shows this. ``wall`` is written as if that were in UTC."""

    wall: Instant


Expression: TypeAlias = Rate | Cron | At


def rule_expression(text: str) -> Rate | Cron:
    """The schedule of a rule (``PutRule``). Raises AWS's ``ValidationException`` for what that refuses.

    A rate's unit is singular for 1 and plural otherwise.

    >>> rule_expression("rate(5 minutes)")
    Rate(interval=300000000)
    """
    _check_text(text)
    parsed = _parse(text)
    if parsed is None or isinstance(parsed, At) or _has_wrong_number(text):
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    return parsed


def scheduler_expression(text: str) -> Expression:
    """The schedule of EventBridge Scheduler (``CreateSchedule``), which also takes ``rate(1 minutes)``.

    Raises AWS's ``ValidationException`` for what that refuses.

    >>> scheduler_expression("every day")
    Traceback (most recent call last):
    pytest_lambda_env.errors.ValidationException: Invalid Schedule Expression every day.
    """
    _check_text(text)
    parsed = _parse(text)
    if parsed is None:
        raise ValidationException(f"Invalid Schedule Expression {text}.")
    return parsed


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise UsageError(f"schedule_expression={text!r}; it must be text such as 'rate(5 minutes)'.")
    if len(text) > LONGEST_EXPRESSION:
        raise ValidationException(
            f"1 validation error detected: Value '{text}' at 'scheduleExpression' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_EXPRESSION}"
        )


def _parse(text: str) -> Expression | None:
    try:
        if rate := _RATE.fullmatch(text):
            value = int(rate[1])
            return Rate(interval=value * _UNITS[rate[2]]) if value else None
        if cron := _CRON.fullmatch(text):
            return Cron.parse(cron[1])
        if at := _AT.fullmatch(text):
            return At(wall=parse_instant(at[1]))
    except ValueError:
        pass
    return None


def _has_wrong_number(text: str) -> bool:
    rate = _RATE.fullmatch(text)
    return rate is not None and (int(rate[1]) == 1) == (rate[3] == "s")
