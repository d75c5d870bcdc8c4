"""Schedules of a function, through the whole service."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from pytest_lambda_env import LambdaService, events
from pytest_lambda_env.errors import NeverSettled, ResourceNotFoundException, ValidationException
from pytest_lambda_env.model.facts import EventAccepted, InvocationRefused, ProvisionedConcurrencyChanged

pytestmark = pytest.mark.lambda_service(start="2026-03-27T00:00:00Z")


@pytest.fixture
def received() -> list[Any]:
    """What the handler got."""
    return []


@pytest.fixture
def function(aws_lambda: LambdaService, received: list[Any]) -> Any:
    """A function that remembers its events."""
    return aws_lambda.create_function(lambda event, _: received.append(event), function_name="nightly")


def test_a_day_is_what_a_day_would_run(aws_lambda: LambdaService, function: Any, received: list[Any]) -> None:
    """Exactly at its instants, with the event that EventBridge sends."""
    schedule = function.schedule("rate(6 hours)", name="sweep")
    aws_lambda.advance(days=1)
    accepted = [fact.at for fact in aws_lambda.journal.of(EventAccepted)]
    assert [(at - accepted[0]) // 3_600_000_000 for at in accepted] == [0, 6, 12, 18]
    assert [event["time"] for event in received] == [
        "2026-03-27T06:00:00Z",
        "2026-03-27T12:00:00Z",
        "2026-03-27T18:00:00Z",
        "2026-03-28T00:00:00Z",
    ]
    expected = dict(events.eventbridge.scheduled(rule="sweep"), id=received[0]["id"], time=received[0]["time"])
    assert received[0] == expected
    assert schedule.next_run == aws_lambda.clock.now + datetime.timedelta(hours=6)


def test_clocks_that_go_forward(aws_lambda: LambdaService, function: Any) -> None:
    """Half past two does not exist in Berlin on the 29th of March 2026: no run on that night."""
    schedule = function.schedule("cron(30 2 * * ? *)", timezone="Europe/Berlin")
    aws_lambda.advance(days=4)
    assert [run.isoformat() for run in schedule.runs] == [
        "2026-03-27T01:30:00+00:00",
        "2026-03-28T01:30:00+00:00",
        "2026-03-30T00:30:00+00:00",
    ]


def test_an_input_for_an_alias(aws_lambda: LambdaService, function: Any, received: list[Any]) -> None:
    """The alias's version runs, with the input in place of the event."""
    function.create_alias("live", function.publish_version())
    function.schedule("rate(1 hour)", input={"mode": "full"}, qualifier="live")
    aws_lambda.advance(hours=1)
    assert received == [{"mode": "full"}]
    [run] = function.invocations
    assert (run.executed_version, run.qualifier, run.invocation_type) == ("1", "live", "Event")
    with pytest.raises(ResourceNotFoundException):
        function.schedule("rate(1 hour)", qualifier="nowhere")


def test_a_rule_needs_its_permission(aws_lambda: LambdaService, function: Any, received: list[Any]) -> None:
    """It is given with the rule; taken away, EventBridge fails silently, and the journal says so."""
    schedule = function.schedule("rate(1 hour)")
    assert function.policy().document["Statement"][0]["Condition"] == {"ArnLike": {"AWS:SourceArn": schedule.arn}}
    function.remove_permission(schedule.name)
    aws_lambda.advance(hours=1)
    assert received == []
    [refused] = aws_lambda.journal.of(InvocationRefused)
    assert (refused.error, refused.invocation_type) == ("AccessDeniedException", "Event")


def test_drain_waits_for_a_one_time_schedule_only(
    aws_lambda: LambdaService, function: Any, received: list[Any]
) -> None:
    """Recurring ones never end; one that lies too far ahead is named."""
    function.schedule("rate(1 minute)")
    function.schedule("at(2026-03-27T03:00:00)", input={"once": True})
    aws_lambda.drain()
    assert {"once": True} in received
    assert aws_lambda.clock.now == datetime.datetime(2026, 3, 27, 3, tzinfo=datetime.timezone.utc)
    function.schedule("at(2026-05-01T00:00:00)", name="far")
    with pytest.raises(NeverSettled, match=r"the one-time schedule far, at\(2026-05-01T00:00:00\)"):
        aws_lambda.drain()


def test_a_wrong_expression_leaves_nothing_behind(aws_lambda: LambdaService, function: Any) -> None:
    """AWS's error, and neither a schedule nor a permission."""
    with pytest.raises(ValidationException, match="Parameter ScheduleExpression is not valid"):
        function.schedule("cron(0 12 * * * *)")
    with pytest.raises(ResourceNotFoundException):
        function.policy()
    assert list(aws_lambda._engine.schedules) == []


def test_a_deleted_function_is_not_run(aws_lambda: LambdaService, function: Any, received: list[Any]) -> None:
    """Its schedules stay, and find nobody."""
    schedule = function.schedule("rate(1 hour)")
    function.delete()
    aws_lambda.advance(hours=2)
    assert (received, len(schedule.runs)) == ([], 2)


def test_provisioned_concurrency_by_the_clock(aws_lambda: LambdaService, function: Any) -> None:
    """Up in the morning, down in the evening, by the wall clock of a time zone."""
    function.create_alias("live", function.publish_version())
    function.schedule_provisioned_concurrency("cron(0 8 * * ? *)", 3, qualifier="live", timezone="Europe/Berlin")
    function.schedule_provisioned_concurrency("cron(0 18 * * ? *)", 0, qualifier="live", timezone="Europe/Berlin")
    aws_lambda.advance(hours=24)
    changes = [
        (datetime.timedelta(microseconds=fact.at - 1_774_569_600_000_000), fact.requested, fact.status)
        for fact in aws_lambda.journal.of(ProvisionedConcurrencyChanged)
    ]
    assert changes == [
        (datetime.timedelta(hours=7), 3, "IN_PROGRESS"),
        (datetime.timedelta(hours=7, minutes=1), 3, "READY"),
        (datetime.timedelta(hours=17), 0, "READY"),
    ]
