"""The asynchronous queue: when an event is tried again, and when it is given up (fidelity section 3.1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    RecursiveInvocationException,
    ServiceException,
    TooManyRequestsException,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.facts import EventAccepted, EventEnded, InvocationRefused

Deploy = Callable[..., LambdaFunction]

FAILS = "def handler(event, context): raise ValueError('poison')"
ECHO = "def handler(event, context): return event"


def seconds_of(function: LambdaFunction) -> list[float]:
    """When each attempt began, in seconds after its event was accepted."""
    return [invocation.started_after.total_seconds() for invocation in function.invocations]


def conditions(aws_lambda: LambdaService) -> list[str]:
    """How events have ended, in order."""
    return [ended.condition for ended in aws_lambda.journal.of(EventEnded)]


@pytest.mark.fidelity("A02", "P-35")
@pytest.mark.parametrize(("retries", "starts"), [(0, [0]), (1, [0, 60]), (2, [0, 60, 180])])
def test_as_many_retries_as_configured(
    aws_lambda: LambdaService, deploy: Deploy, retries: int, starts: list[int]
) -> None:
    """No retry, one or two; then the event has exhausted them."""
    function = deploy(FAILS)
    function.put_event_invoke_config(maximum_retry_attempts=retries)
    function.invoke_async({})
    aws_lambda.drain()
    assert seconds_of(function) == starts
    assert [invocation.attempt for invocation in function.invocations] == list(range(1, len(starts) + 1))
    assert conditions(aws_lambda) == ["RetriesExhausted"]


@pytest.mark.fidelity("A08")
@pytest.mark.parametrize(("age", "starts"), [(60, [0]), (90, [0, 60]), (240, [0, 60, 180])])
def test_the_age_is_checked_ahead(aws_lambda: LambdaService, deploy: Deploy, age: int, starts: list[int]) -> None:
    """With 60 seconds there is one attempt, with 90 there are two, and the event is gone as soon as that is known."""
    function = deploy(FAILS)
    function.put_event_invoke_config(maximum_event_age_in_seconds=age)
    function.invoke_async({})
    aws_lambda.advance(seconds=starts[-1])
    assert seconds_of(function) == starts
    assert conditions(aws_lambda) == ["RetriesExhausted" if len(starts) == 3 else "EventAgeExceeded"]


@pytest.mark.fidelity("A07")
def test_a_throttled_event_gets_too_old(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An event that never finds capacity has made no attempt when it is given up."""
    function = deploy(ECHO, reserved_concurrent_executions=1)
    function.put_event_invoke_config(maximum_event_age_in_seconds=60)
    with function.in_flight():
        function.invoke_async({})
        aws_lambda.drain()
    [ended] = aws_lambda.journal.of(EventEnded)
    assert (ended.condition, ended.attempts) == ("EventAgeExceeded", 0)
    assert (ended.at - ended.accepted) // 1_000_000 == 31  # after 1 + 2 + 4 + 8 + 16 s; 32 more would be too many
    assert function.invocations == []


@pytest.mark.fidelity("A07")
def test_the_service_itself_fails(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A synchronous caller gets a ServiceException; the queue backs off and loses no attempt."""
    function = deploy(FAILS)
    function.inject_service_errors()
    with pytest.raises(ServiceException) as raised:
        function.invoke({})
    assert raised.value.status_code == 500
    function.inject_service_errors(2)
    function.invoke_async({})
    aws_lambda.drain()
    assert seconds_of(function) == [3, 63, 183]
    assert [refused.error for refused in aws_lambda.journal.of(InvocationRefused)] == ["ServiceException"] * 3


@pytest.mark.fidelity("A09")
@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"maximum_retry_attempts": 3}, "'maximumRetryAttempts' .* less than or equal to 2"),
        ({"maximum_retry_attempts": -1}, "'maximumRetryAttempts' .* greater than or equal to 0"),
        ({"maximum_event_age_in_seconds": 59}, "'maximumEventAgeInSeconds' .* greater than or equal to 60"),
        ({"maximum_event_age_in_seconds": 21_601}, "'maximumEventAgeInSeconds' .* less than or equal to 21600"),
    ],
)
def test_what_can_be_configured(deploy: Deploy, config: dict[str, Any], message: str) -> None:
    """Values beyond the ranges are refused in the API model's words."""
    with pytest.raises(ValidationException, match=message):
        deploy(ECHO).put_event_invoke_config(**config)


@pytest.mark.fidelity("A10")
def test_a_configuration_holds_for_its_qualifier(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """What is configured for ``$LATEST`` does not hold for an alias, nor the other way round."""
    function = deploy(FAILS)
    function.create_alias("live", function.publish_version())
    function.put_event_invoke_config(maximum_retry_attempts=0)
    function.put_event_invoke_config(maximum_retry_attempts=1, qualifier="live")
    for qualifier, attempts in ((None, 1), ("$LATEST", 1), ("live", 2), ("1", 3)):
        before = len(function.invocations)
        function.invoke_async({}, qualifier=qualifier)
        aws_lambda.drain()
        assert len(function.invocations) - before == attempts, qualifier


@pytest.mark.fidelity("A11")
@pytest.mark.lambda_service(duplicates=1.0)
def test_an_event_may_come_twice(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The second copy has the same request id, comes within a minute, and is retried and ends for itself."""
    function = deploy(ECHO)
    request_id = function.invoke_async({"charge": 7}).request_id
    aws_lambda.drain()
    first, second = function.invocations
    assert first.request_id == second.request_id == request_id
    assert 1 <= second.started_after.total_seconds() <= 60
    assert [accepted.copy for accepted in aws_lambda.journal.of(EventAccepted)] == [0, 1]
    assert [(ended.copy, ended.condition) for ended in aws_lambda.journal.of(EventEnded)] == [
        (0, "Success"),
        (1, "Success"),
    ]


@pytest.mark.fidelity("A11")
def test_which_events_come_twice_is_seeded(tmp_path: Path) -> None:
    """A share of the events comes twice, the same ones with the same seed, and others with another."""

    def doubled(seed: int) -> list[int]:
        runs: list[int] = []
        with LambdaService(seed=seed, duplicates=0.3) as service:
            function = service.create_function(lambda event, _: runs.append(event))
            for number in range(100):
                function.invoke_async(number)
            service.drain()
        return sorted(number for number in set(runs) if runs.count(number) == 2)

    assert doubled(1) == doubled(1) != doubled(2)
    assert 15 < len(doubled(1)) < 45


def test_a_share_is_between_nothing_and_everything() -> None:
    """Anything else is refused by name."""
    with pytest.raises(UsageError, match="duplicates must be a share from 0 to 1"):
        LambdaService(duplicates=2)


@pytest.mark.fidelity("A12")
def test_what_waits_meets_the_new_configuration(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A retry runs with the variables that hold when it is due."""
    function = deploy(
        "import os\ndef handler(event, context):\n    print(os.environ['STAGE'])\n    raise ValueError",
        environment={"STAGE": "old"},
    )
    function.invoke_async({})
    aws_lambda.advance(seconds=1)
    [old] = function.environments
    function.update_configuration(environment={"STAGE": "new"})
    aws_lambda.advance(minutes=1)
    [new] = function.environments
    assert ("old\n" in old.log.text(), "new\n" in new.log.text()) == (True, True)


@pytest.mark.fidelity("A12")
def test_what_runs_ends_on_the_old_configuration(aws_lambda: LambdaService) -> None:
    """An update in the middle of an invocation in virtual time lets it end; its environment is retired then."""

    def handler(event: Any, context: Any) -> str:
        time.sleep(10)
        return str(context.memory_limit_in_mb)

    function = aws_lambda.create_function(handler, timeout=30, memory_size=128)
    function.put_event_invoke_config(on_success=aws_lambda.create_probe("done"))
    function.invoke_async({})
    aws_lambda.advance(seconds=5)
    function.update_configuration(memory_size=256)
    aws_lambda.drain()
    assert [record["responsePayload"] for record in aws_lambda.create_probe("done").received()] == ["128"]
    assert function.invoke({}).payload == "256"


def test_events_of_a_deleted_function_are_dropped(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """They don't run, also not in a new function of the same name."""
    function = deploy(ECHO, function_name="orders")
    function.invoke_async({})
    function.delete()
    again = deploy(ECHO, function_name="orders")
    aws_lambda.drain()
    assert again.invocations == []
    assert conditions(aws_lambda) == ["FunctionDeleted"]


@pytest.mark.fidelity("I40")
def test_a_loop_of_asynchronous_invocations_is_stopped(aws_lambda: LambdaService) -> None:
    """A function that invokes itself again and again is stopped after sixteen invocations; its event is dropped."""
    failures = aws_lambda.create_probe("failures")

    def handler(event: int, context: Any) -> None:
        aws_lambda.function("again").invoke_async(event + 1)

    function = aws_lambda.create_function(handler, function_name="again")
    function.put_event_invoke_config(on_failure=failures)
    function.invoke_async(1)
    aws_lambda.drain()
    assert len(function.invocations) == 16
    assert conditions(aws_lambda) == ["Success"] * 16 + ["RecursiveInvocation"]
    [record] = failures.received()
    assert (record["requestContext"]["condition"], record["requestPayload"]) == ("RecursiveInvocation", 17)


@pytest.mark.fidelity("I40")
def test_a_loop_of_two_functions_is_stopped(aws_lambda: LambdaService) -> None:
    """Each function of the loop may run sixteen times."""

    def ping(event: Any, context: Any) -> None:
        aws_lambda.function("pong").invoke_async(event)

    def pong(event: Any, context: Any) -> None:
        aws_lambda.function("ping").invoke_async(event)

    first = aws_lambda.create_function(ping, function_name="ping")
    second = aws_lambda.create_function(pong, function_name="pong")
    first.invoke_async({})
    aws_lambda.drain()
    assert (len(first.invocations), len(second.invocations)) == (16, 16)


@pytest.mark.fidelity("I40")
def test_a_loop_of_synchronous_invocations_is_refused(aws_lambda: LambdaService) -> None:
    """The seventeenth call gets the API's error; with the loop allowed, concurrency is what ends it."""
    reasons: list[str] = []

    def handler(event: int, context: Any) -> int:
        try:
            return int(aws_lambda.function("deep").invoke(event + 1).payload)
        except (RecursiveInvocationException, TooManyRequestsException) as error:
            reasons.append(error.code)
            return event

    function = aws_lambda.create_function(handler, function_name="deep", reserved_concurrent_executions=20)
    assert function.invoke(1).payload == 16
    function.put_recursion_config("Allow")
    assert function.invoke(1).payload == 20
    assert reasons == ["RecursiveInvocationException", "TooManyRequestsException"]
