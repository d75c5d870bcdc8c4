"""The engine of schedules: each firing is an appointment on the timeline, at exactly its instant.

AWS runs a schedule somewhere within the minute that it names; here it is the minute's first instant, so that tests can
say when. A firing of a rule or of a recurring schedule is housekeeping for the timeline, because there is always
another one, and ``drain`` would never end. That of a one-time schedule is work: a test that drains means to see it run,
and where it lies too far ahead, ``drain`` says so and names it.

Delivery hands the event to the target, which for Lambda is the asynchronous queue and does not fail; so Scheduler's
retry policy, for targets that it can't reach, is not modelled.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from itertools import chain, count
from typing import TypeAlias

from pytest_lambda_env.delivery.schedules.events import schedule_event
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.schedule.definition import RuleDefinition, ScheduleDefinition
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of
from pytest_lambda_env.simulation.timeline import Appointment, Timeline

Definition: TypeAlias = "RuleDefinition | ScheduleDefinition"
Deliver: TypeAlias = Callable[[bytes], object]


class Schedule:
    """A rule or a schedule that exists: what it has done and will do. ``Schedules.add`` makes it."""

    def __init__(
        self, definition: Definition, arn: str, deliver: Deliver, *, timeline: Timeline, entropy: Entropy
    ) -> None:
        self.arn = arn
        """Its ARN."""
        self.enabled = True
        """Whether it runs when its time comes."""
        self.deleted = False
        """Whether ``delete`` has removed it."""
        self._definition = definition
        self._deliver = deliver
        self._timeline = timeline
        self._entropy = entropy
        self._created = timeline.now
        self._runs: list[Instant] = []
        self._appointment: Appointment | None = None
        self._plan(definition.first_firing(self._created))

    @property
    def name(self) -> str:
        """Its name."""
        return self._definition.name

    @property
    def expression(self) -> str:
        """Its schedule expression, as it was given."""
        return self._definition.schedule_expression

    @property
    def next_run(self) -> datetime.datetime | None:
        """When it will run next, in UTC; None if it is over, disabled or deleted.

        With a flexible time window this is the instant within the window that was drawn.
        """
        return datetime_of(self._appointment.when) if self._appointment else None

    @property
    def runs(self) -> tuple[datetime.datetime, ...]:
        """When it has run, in UTC, oldest first."""
        return tuple(datetime_of(run) for run in self._runs)

    def disable(self) -> None:
        """Let no firing run until ``enable``. None of them is made up for."""
        self.enabled = False
        if self._appointment is not None:
            self._appointment.cancel()
            self._appointment = None

    def enable(self) -> None:
        """Let the firings after this instant run. A rate keeps its rhythm, an ``at`` that has passed is over.

        AWS documents neither. Raises :class:`UsageError` after ``delete``.
        """
        if self.deleted:
            raise UsageError(f"{self.arn} was deleted; it can only be added again.")
        if not self.enabled:
            self.enabled = True
            self._plan(self._definition.next_firing(self._timeline.now, self._created))

    def delete(self) -> None:
        """Remove it for good. Deleting twice does nothing."""
        self.disable()
        self.deleted = True

    def _plan(self, scheduled: Instant | None) -> None:
        if scheduled is None:
            self._appointment = None
            return
        when = scheduled
        if window := self._definition.window_minutes:
            # Whole seconds, so that what a test prints reads well.
            when = Instant(when + self._entropy.stream(f"schedule/{self.arn}/window").randrange(60 * window) * SECOND)
        purpose = f"the one-time schedule {self.name}, {self.expression}" if self._definition.one_time else None
        self._appointment = self._timeline.call_at(when, lambda: self._run(scheduled), purpose=purpose)

    def _run(self, scheduled: Instant) -> None:
        self._runs.append(self._timeline.now)
        # Before delivery, which may delete this schedule or fail.
        self._plan(self._definition.next_firing(scheduled, self._created))
        self._deliver(schedule_event(self._definition, self.arn, scheduled, self._entropy))

    def __repr__(self) -> str:
        state = "deleted" if self.deleted else "enabled" if self.enabled else "disabled"
        return f"<Schedule {self.name} {self.expression} {state}, ran {len(self._runs)} times, next at {self.next_run}>"


class Schedules:
    """Every schedule of a service; iterating gives those that exist. Equal entropy gives equal ids and windows."""

    def __init__(self, timeline: Timeline, entropy: Entropy, *, region: str, account_id: str) -> None:
        self._timeline = timeline
        self._entropy = entropy
        self._region = region
        self._account_id = account_id
        self._schedules: dict[str, Schedule] = {}

    def add(self, definition: Definition, deliver: Deliver) -> Schedule:
        """Begin a schedule now. ``deliver`` is called at each firing with the event, JSON in UTF-8.

        Raises :class:`UsageError` while another one has its ARN, and what ``first_firing`` raises.
        """
        arn = str(definition.arn(self._region, self._account_id))
        if arn in self._schedules and not self._schedules[arn].deleted:
            raise UsageError(f"{arn} exists already; delete() it first, or give another name.")
        schedule = Schedule(definition, arn, deliver, timeline=self._timeline, entropy=self._entropy)
        self._schedules[arn] = schedule
        return schedule

    def free_name(self, base: str) -> str:
        """A name for a schedule of ``base``, with a number behind it if need be."""
        taken = {schedule.name for schedule in self}
        names = (f"{base[:50]}-schedule{number}" for number in chain([""], map(str, count(2))))
        return next(name for name in names if name not in taken)

    def __iter__(self) -> Iterator[Schedule]:
        return iter([schedule for schedule in self._schedules.values() if not schedule.deleted])
