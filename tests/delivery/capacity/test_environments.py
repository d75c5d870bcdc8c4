"""Which environment serves a request, and when one is retired."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import NeverSettled, TooManyRequestsException, UsageError
from pytest_lambda_env.model.facts import EnvironmentRetired


def sleeps(event: float, context: Any) -> float:
    """Takes that many seconds."""
    time.sleep(event)
    return event


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service whose environments are retired after a minute."""
    with LambdaService(idle_timeout=timedelta(minutes=1)) as aws_lambda:
        yield aws_lambda


def test_an_idle_environment_is_retired(service: LambdaService) -> None:
    """An environment used within the idle timeout stays warm; one that was not is gone, and the journal says why."""
    function = service.create_function(sleeps, timeout=10)
    function.invoke(1)
    service.advance(seconds=59)
    assert not function.invoke(1).cold_start
    service.advance(seconds=60)
    assert function.environments == []
    [retired] = service.journal.of(EnvironmentRetired)
    assert retired.reason == "idle"
    assert function.invoke(0).cold_start


@pytest.mark.fidelity("V20")
def test_overlapping_requests_have_environments_of_their_own(service: LambdaService) -> None:
    """Requests at one instant overlap, also those that take no time; afterwards the last used is preferred."""
    function = service.create_function(sleeps, timeout=10)
    responses = service.invoke_concurrently(function, [0, 3, 1])
    assert [response.payload for response in responses] == [0, 3, 1]
    assert len({id(response.environment) for response in responses}) == 3
    assert service.clock.elapsed == timedelta(seconds=3)
    assert function.invoke(0).environment is responses[1].environment


@pytest.mark.fidelity("I51", "V22")
def test_what_exceeds_the_reservation_is_throttled(service: LambdaService) -> None:
    """Of three requests at once to a function with two reserved executions, the third is refused."""
    function = service.create_function(sleeps, reserved_concurrent_executions=2)
    *served, throttled = service.invoke_concurrently(function, [1, 1, 1], return_exceptions=True)
    assert isinstance(throttled, TooManyRequestsException)
    assert throttled.body["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert len(served) == 2
    with pytest.raises(TooManyRequestsException):
        service.invoke_concurrently(function, [1, 1, 1])
    service.advance(seconds=1)  # the two that did fit run on to their end
    assert function.invoke(0).payload == 0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(1, 8))
def test_never_more_environments_than_requests_at_once(seconds: list[int], reserved: int) -> None:
    """Environments never outnumber the requests that overlap, nor the reservation."""
    with LambdaService() as service:
        function = service.create_function(sleeps, timeout=10, reserved_concurrent_executions=reserved)
        results = service.invoke_concurrently(function, seconds, return_exceptions=True)
        throttled = [each for each in results if isinstance(each, TooManyRequestsException)]
        assert len(function.environments) == len(seconds) - len(throttled) == min(len(seconds), reserved)


def test_an_update_retires_and_the_configuration_follows(service: LambdaService) -> None:
    """After ``update_configuration`` the next invoke is cold and sees the change; a mistake changes nothing."""
    function = service.create_function(lambda event, context: context.memory_limit_in_mb)
    assert function.invoke().payload == "128"
    with pytest.raises(UsageError, match="did you mean 'memory_size'"):
        function.update_configuration(memorysize=256)
    assert not function.invoke().cold_start
    function.update_configuration(memory_size=256)
    response = function.invoke()
    assert (response.payload, response.cold_start) == ("256", True)


def test_drain_names_what_keeps_it_going(service: LambdaService) -> None:
    """A queue that is never done raises ``NeverSettled`` after the given time, with the work's purpose."""

    def again(event: Any, context: Any) -> None:
        time.sleep(1)
        service.function("forever").invoke_async(event)

    forever = service.create_function(again, function_name="forever", timeout=10)
    forever.put_recursion_config("Allow")
    forever.invoke_async({})
    with pytest.raises(NeverSettled, match="an asynchronous event for forever"):
        service.drain(within=timedelta(minutes=1))
    assert len(forever.invocations) > 10
