"""The engine of schedules: appointments, what they deliver, and what a schedule tells."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.delivery.schedules.engine import Schedules
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.stamp import current_stamp
from pytest_lambda_env.model.schedule.definition import RuleDefinition, ScheduleDefinition
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import SECOND, Instant, parse_instant
from pytest_lambda_env.simulation.timeline import Timeline

START = parse_instant("2026-03-01T00:00:00Z")
MINUTE = 60 * SECOND


class Account:
    """Schedules on a timeline, and the events that they have delivered."""

    def __init__(self, seed: int = 0) -> None:
        self.timeline = Timeline(START)
        self.schedules = Schedules(self.timeline, Entropy(seed), region="eu-west-1", account_id="210987654321")
        self.events: list[Any] = []

    def deliver(self, event: bytes) -> None:
        """Take an event."""
        self.events.append(json.loads(event))

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.timeline.run_until(Instant(self.timeline.now + timedelta(**duration) // timedelta(microseconds=1)))


@pytest.fixture
def account() -> Account:
    """An account on March 1st 2026, a Sunday, at midnight."""
    return Account()


def test_a_schedule_tells_about_itself(account: Account) -> None:
    """Its name, ARN and expression; what it has done and will do."""
    schedule = account.schedules.add(
        ScheduleDefinition(name="lunch", schedule_expression="cron(30 12 * * ? *)", group_name="meals"), account.deliver
    )
    assert schedule.name == "lunch"
    assert schedule.arn == "arn:aws:scheduler:eu-west-1:210987654321:schedule/meals/lunch"
    assert schedule.expression == "cron(30 12 * * ? *)"
    account.advance(days=2)
    assert schedule.runs == tuple(datetime(2026, 3, day, 12, 30, tzinfo=timezone.utc) for day in (1, 2))
    assert schedule.next_run == datetime(2026, 3, 3, 12, 30, tzinfo=timezone.utc)
    assert [event["time"] for event in account.events] == ["2026-03-01T12:30:00Z", "2026-03-02T12:30:00Z"]
    assert "lunch cron(30 12 * * ? *) enabled, ran 2 times" in repr(schedule)
    assert list(account.schedules) == [schedule]


def test_a_month_of_minutes(account: Account) -> None:
    """43,200 firings: as many events, in order, each with its own minute and id."""
    account.schedules.add(RuleDefinition(name="m", schedule_expression="rate(1 minute)"), account.deliver)
    account.advance(days=30)
    assert len(account.events) == len({event["id"] for event in account.events}) == 43_200
    times = [parse_instant(event["time"]) for event in account.events]
    assert times == [START + number * MINUTE for number in range(1, 43_201)]


def test_only_a_one_time_schedule_is_work(account: Account) -> None:
    """Nothing waits for a recurring one; an ``at`` is named, until it has run."""
    account.schedules.add(RuleDefinition(name="r", schedule_expression="rate(1 minute)"), account.deliver)
    account.schedules.add(ScheduleDefinition(name="s", schedule_expression="cron(0 0 1 1 ? 2027)"), account.deliver)
    assert account.timeline.work() is None
    once = ScheduleDefinition(name="once", schedule_expression="at(2026-03-01T00:10:00)", maximum_window_in_minutes=5)
    schedule = account.schedules.add(once, account.deliver)
    work = account.timeline.work()
    assert work is not None
    assert work.purpose == "the one-time schedule once, at(2026-03-01T00:10:00)"
    account.timeline.run_until(work.when)
    assert len(schedule.runs) == 1
    assert account.timeline.work() is None
    assert schedule.next_run is None


def test_disabled_and_enabled_again(account: Account) -> None:
    """What falls in between does not run, and the rhythm stays."""
    schedule = account.schedules.add(RuleDefinition(name="r", schedule_expression="rate(10 minutes)"), account.deliver)
    account.advance(minutes=15)
    schedule.disable()
    schedule.disable()
    assert not schedule.enabled
    assert schedule.next_run is None
    account.advance(minutes=30)
    assert len(account.events) == 1
    schedule.enable()
    schedule.enable()
    account.advance(minutes=10)
    assert [run.minute for run in schedule.runs] == [10, 50]


def test_an_at_that_passes_while_disabled_is_over(account: Account) -> None:
    """It does not run late."""
    schedule = account.schedules.add(
        ScheduleDefinition(name="once", schedule_expression="at(2026-03-01T00:10:00)"), account.deliver
    )
    schedule.disable()
    assert account.timeline.work() is None
    account.advance(minutes=5)
    schedule.enable()
    assert schedule.next_run == datetime(2026, 3, 1, 0, 10, tzinfo=timezone.utc)
    schedule.disable()
    account.advance(minutes=5)
    schedule.enable()
    account.advance(days=1)
    assert account.events == []


def test_a_deleted_schedule_is_gone(account: Account) -> None:
    """It runs no more, makes room for another one of its name, and can't be enabled."""
    definition = RuleDefinition(name="r", schedule_expression="rate(1 minute)")
    schedule = account.schedules.add(definition, account.deliver)
    with pytest.raises(UsageError, match="rule/r exists already"):
        account.schedules.add(definition, account.deliver)
    schedule.delete()
    schedule.delete()
    account.advance(minutes=5)
    assert account.events == []
    assert list(account.schedules) == []
    with pytest.raises(UsageError, match="was deleted"):
        schedule.enable()
    again = account.schedules.add(definition, account.deliver)
    assert list(account.schedules) == [again]


def test_delivery_may_delete_the_schedule(account: Account) -> None:
    """From within its own event: that one is the last."""
    schedule = account.schedules.add(
        RuleDefinition(name="r", schedule_expression="rate(1 minute)"), lambda _: schedule.delete()
    )
    account.advance(minutes=5)
    assert len(schedule.runs) == 1


def test_a_failed_delivery_does_not_end_the_schedule(account: Account) -> None:
    """The error reaches whoever moves time, and the next firing is planned."""

    def fail(_: bytes) -> None:
        raise ZeroDivisionError

    schedule = account.schedules.add(RuleDefinition(name="r", schedule_expression="rate(1 minute)"), fail)
    for minute in (1, 2):
        with pytest.raises(ZeroDivisionError):
            account.advance(minutes=1)
        assert len(schedule.runs) == minute


def test_a_rate_that_no_calendar_holds(account: Account) -> None:
    """It never runs, and nothing overflows."""
    schedule = account.schedules.add(
        RuleDefinition(name="r", schedule_expression=f"rate({10**20} days)"), account.deliver
    )
    assert schedule.next_run is None


@given(st.integers(0, 2**32), st.integers(1, 1440), st.sampled_from(["rate(1 minute)", "cron(0/7 * * * ? *)"]))
def test_windows(seed: int, window: int, expression: str) -> None:
    """Each firing runs once, within its window, in order; and equal seeds give equal runs."""
    histories = []
    for _ in range(2):
        account = Account(seed)
        definition = ScheduleDefinition(
            name="w",
            schedule_expression=expression,
            maximum_window_in_minutes=window,
            input=["<aws.scheduler.scheduled-time>"],
        )
        schedule = account.schedules.add(definition, account.deliver)
        account.advance(days=1.5)
        histories.append((schedule.runs, account.events))
        scheduled = [datetime.fromisoformat(event[0].replace("Z", "+00:00")) for event in account.events]
        assert scheduled == sorted(set(scheduled))
        for run, time in zip(schedule.runs, scheduled, strict=True):
            assert time <= run < time + timedelta(minutes=window)
    assert histories[0] == histories[1]


def test_firings_leave_the_ids_of_handmade_events_alone(account: Account) -> None:
    """A test that builds events gets the same ids, whatever has fired."""
    stamp = current_stamp()
    stamp.restart("here")
    expected = stamp.uuid("eventbridge-id")
    stamp.restart("here")
    account.schedules.add(RuleDefinition(name="r", schedule_expression="rate(1 minute)"), account.deliver)
    account.schedules.add(ScheduleDefinition(name="s", schedule_expression="rate(1 minute)"), account.deliver)
    account.advance(minutes=2)
    assert len(account.events) == 5
    assert stamp.uuid("eventbridge-id") == expected


@pytest.mark.parametrize(
    ("definition", "options", "complaint"),
    [
        (RuleDefinition, {"input": "not JSON"}, "input='not JSON'; it must be JSON text"),
        (ScheduleDefinition, {"input": {1: object()}}, "it must be JSON text or a value"),
        (ScheduleDefinition, {"input": float("nan")}, "it must be JSON text or a value"),
        (ScheduleDefinition, {"maximum_window_in_minutes": 1.5}, "a whole number, 1 to 1440"),
        (ScheduleDefinition, {"maximum_window_in_minutes": True}, "a whole number, 1 to 1440"),
        (ScheduleDefinition, {"schedule_expression_timezone": "Berlin"}, "'Europe/Berlin'"),
        (
            ScheduleDefinition,
            {"start_date": datetime(2026, 3, 2), "end_date": datetime(2026, 3, 1, tzinfo=timezone.utc)},
            "end_date=.* later than start_date",
        ),
    ],
)
def test_wrong_values_are_refused(definition: Any, options: dict[str, Any], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        definition(name="x", schedule_expression="rate(1 minute)", **options)


def test_a_name_that_aws_refuses_is_refused(account: Account) -> None:
    """When the schedule is added, since its ARN needs the region and the account."""
    for definition in (RuleDefinition, ScheduleDefinition):
        with pytest.raises(UsageError, match=r"(rule|schedule) name"):
            account.schedules.add(definition(name="a b", schedule_expression="rate(1 minute)"), account.deliver)
