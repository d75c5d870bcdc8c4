"""What a schedule is made with: a rule of EventBridge, or a schedule of EventBridge Scheduler."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from pytest_lambda_env.errors import NotModelled, UsageError, ValidationException
from pytest_lambda_env.model.arn import Arn, rule_arn, schedule_arn
from pytest_lambda_env.model.schedule.cron import Cron
from pytest_lambda_env.model.schedule.expression import At, Expression, Rate, rule_expression, scheduler_expression
from pytest_lambda_env.model.schedule.time_zones import UTC, instant_at, next_firing, time_zone
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, instant_of

WINDOW_MINUTES = range(1, 1_440 + 1)
EARLIEST_START = 5 * 60 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefinition:
    """A rule on the default event bus that runs on a schedule, always in UTC (``PutRule``, ``PutTargets``).

    ``input`` is what the target gets in place of the event: JSON text, or a value that becomes JSON. Raises AWS's
    errors for expressions that AWS refuses. Input paths and transformers are not modelled.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
    """

    name: str
    schedule_expression: str
    input: Any = None
    expression: Rate | Cron = field(init=False)
    input_text: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", rule_expression(self.schedule_expression))
        object.__setattr__(self, "input_text", json_text(self.input))

    one_time = False
    window_minutes = 0

    def arn(self, region: str, account_id: str) -> Arn:
        """The rule's ARN."""
        return rule_arn(region, account_id, self.name)

    def first_firing(self, created: Instant) -> Instant | None:
        """When it fires first. A rate begins with the rule: one interval after it (as AWS was seen to do)."""
        return self.next_firing(created, created)

    def next_firing(self, after: Instant, created: Instant) -> Instant | None:
        """When it fires next after that instant."""
        if isinstance(self.expression, Rate):
            return representable(self.expression.next_after(after, created))
        return next_firing(self.expression, after, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDefinition:
    """A schedule of EventBridge Scheduler (``CreateSchedule``); names and defaults are those of the API.

    ``schedule_expression_timezone`` is where a wall clock shows the times of ``cron`` and ``at``. ``start_date`` and
    ``end_date`` bound the scheduled times, both inclusive (AWS: "on, or after", "on, or before"); ``at`` ignores them.
    ``maximum_window_in_minutes`` makes the time window flexible. ``input`` is what the target gets in place of the
    default event: JSON text, or a value that becomes JSON. ``ActionAfterCompletion``, retry policies and dead letters
    are not modelled. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    """

    name: str
    schedule_expression: str
    schedule_expression_timezone: str = UTC
    group_name: str = "default"
    start_date: datetime.datetime | None = None
    end_date: datetime.datetime | None = None
    maximum_window_in_minutes: int | None = None
    input: Any = None
    expression: Expression = field(init=False)
    input_text: str | None = field(init=False)
    zone: ZoneInfo | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", scheduler_expression(self.schedule_expression))
        object.__setattr__(self, "zone", time_zone(self.schedule_expression_timezone))
        object.__setattr__(self, "input_text", json_text(self.input))
        if self.start_date and self.end_date and instant_of(self.end_date) <= instant_of(self.start_date):
            raise UsageError(f"end_date={self.end_date}; it must be later than start_date, {self.start_date}.")
        _check_window(self.maximum_window_in_minutes)

    @property
    def one_time(self) -> bool:
        """Whether it fires only once, being an ``at``."""
        return isinstance(self.expression, At)

    @property
    def window_minutes(self) -> int:
        """How long after its time it may run; 0 without a flexible time window."""
        return self.maximum_window_in_minutes or 0

    def arn(self, region: str, account_id: str) -> Arn:
        """The schedule's ARN."""
        return schedule_arn(region, account_id, self.name, self.group_name)

    def first_firing(self, created: Instant) -> Instant | None:
        """When it fires first: a rate at its start date, or at once; the others as :meth:`next_firing` says.

        Raises AWS's error for a start date that lies too far back, and :class:`NotModelled` for an ``at`` in the past:
        AWS takes it and does not say whether it runs.
        """
        if isinstance(self.expression, At):
            if (at := instant_at(self.expression.wall, self.zone)) < created:
                raise NotModelled(
                    f"{self.schedule_expression} was over when the schedule was made, at {datetime_of(created)}: what "
                    "AWS does then is not documented. Give a later time, or begin the service earlier (start=...)."
                )
            return at
        if self.start_date and instant_of(self.start_date) < created - EARLIEST_START:
            raise ValidationException("The StartDate you specify cannot be earlier than 5 minutes ago.")
        # A rate may fire at the very instant; a cron expression means a later minute.
        return self.next_firing(Instant(created - isinstance(self.expression, Rate)), created)

    def next_firing(self, after: Instant, created: Instant) -> Instant | None:
        """When it fires next after that instant, if it does. Its end date counts for the time without the window."""
        if isinstance(self.expression, At):
            at = instant_at(self.expression.wall, self.zone)
            return at if at > after else None
        start = instant_of(self.start_date) if self.start_date else created
        firing: Instant | None
        if isinstance(self.expression, Rate):
            firing = representable(self.expression.next_after(max(after, Instant(start - 1)), start))
        else:
            earliest = Instant(start - 1) if self.start_date else start
            firing = next_firing(self.expression, max(after, earliest), self.zone)
        if firing is not None and self.end_date and firing > instant_of(self.end_date):
            return None
        return firing


def representable(firing: Instant) -> Instant | None:
    """The instant, or None for one that no calendar has: ``rate(999999999 days)``."""
    return firing if firing < _END_OF_CALENDAR else None


_END_OF_CALENDAR = instant_of(datetime_of(Instant(0)).replace(year=9999))


def json_text(given: Any) -> str | None:
    """An input as the API carries it: text is JSON already, anything else becomes JSON; None stays None."""
    if given is None:
        return None
    try:
        if isinstance(given, str):
            json.loads(given)
            return given
        return json.dumps(given, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"input={given!r}; it must be JSON text or a value that JSON can hold: {error}.") from None


def _check_window(minutes: int | None) -> None:
    if minutes is None:
        return
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise UsageError(f"maximum_window_in_minutes={minutes!r}; it must be a whole number, 1 to 1440.")
    if minutes in WINDOW_MINUTES:
        return
    bound = "greater than or equal to 1" if minutes < 1 else "less than or equal to 1440"
    raise ValidationException(
        f"1 validation error detected: Value '{minutes}' at 'flexibleTimeWindow.maximumWindowInMinutes' failed to "
        f"satisfy constraint: Member must have value {bound}"
    )
