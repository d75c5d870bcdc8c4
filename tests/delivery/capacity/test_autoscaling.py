"""Provisioned concurrency that follows its use."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import InvalidParameterValueException, UsageError
from pytest_lambda_env.model.facts import EnvironmentRetired, ProvisionedConcurrencyChanged


@pytest.fixture
def function(aws_lambda: LambdaService) -> LambdaFunction:
    """A function whose alias has between 2 and 20 environments, which are to be 70% busy."""
    function = aws_lambda.create_function(lambda event, context: None)
    function.create_alias("live", function.publish_version())
    scale(function)
    aws_lambda.advance(minutes=1)
    return function


def scale(function: LambdaFunction, **values: Any) -> None:
    """With the usual bounds."""
    function.scale_provisioned_concurrency(**{"qualifier": "live", "min_capacity": 2, "max_capacity": 20, **values})


def requested(function: LambdaFunction) -> int:
    """What there is to be now."""
    return function.provisioned_concurrency("live").requested


def use(service: LambdaService, function: LambdaFunction, at_once: int, minutes: int) -> list[int]:
    """So many requests at once in each of the next minutes; what there was to be at the end of each."""
    capacities = []
    for _ in range(minutes):
        service.advance(seconds=30)
        service.invoke_concurrently(function, [0] * at_once, qualifier="live")
        service.advance(seconds=30)
        capacities.append(requested(function))
    return capacities


def test_it_begins_with_the_least(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """Of both bounds, if nothing was provisioned; what is within them stays."""
    config = function.provisioned_concurrency("live")
    assert (config.requested, config.status) == (2, "READY")
    function.put_provisioned_concurrency(9, qualifier="live")
    scale(function, min_capacity=5)
    assert requested(function) == 9
    scale(function, min_capacity=10)
    assert requested(function) == 10
    scale(function, min_capacity=1, max_capacity=4)
    assert requested(function) == 4


def test_more_after_three_busy_minutes(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """As many as bring the use back to the target, up to the most there may be."""
    assert use(aws_lambda, function, 2, 2) == [2, 2]
    assert use(aws_lambda, function, 2, 1) == [3]
    aws_lambda.advance(minutes=1)
    assert function.provisioned_concurrency("live").status == "READY"
    assert use(aws_lambda, function, 3, 3) == [3, 3, 5]
    assert use(aws_lambda, function, 5, 1) == [5]  # while they are allocated, no minute counts
    assert use(aws_lambda, function, 60, 20)[-1] == 20


def test_requests_in_flight_are_use(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """Also if none begins in a minute."""
    with function.in_flight(2, qualifier="live"):
        aws_lambda.advance(minutes=3)
        assert requested(function) == 3


def test_an_idle_minute_begins_the_count_anew(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """Three in a row must be busy."""
    for _ in range(3):
        assert use(aws_lambda, function, 2, 2) == [2, 2]
        aws_lambda.advance(minutes=1)
    assert requested(function) == 2


def test_fewer_after_fifteen_idle_minutes(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """Never fewer than the least; surplus environments end."""
    function.put_provisioned_concurrency(10, qualifier="live")
    aws_lambda.advance(minutes=1)
    assert use(aws_lambda, function, 4, 15) == [10] * 14 + [6]
    aws_lambda.advance(minutes=1)
    assert len(function.environments) == 6
    aws_lambda.advance(minutes=20)
    assert requested(function) == 2
    aws_lambda.advance(hours=2)
    assert requested(function) == 2
    assert {each.reason for each in aws_lambda.journal.of(EnvironmentRetired)} == {"provisioned concurrency reduced"}


def test_it_follows_its_alias(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """The use of the version that it leads to counts."""
    function.update_configuration(memory_size=256)
    function.update_alias("live", function.publish_version())
    aws_lambda.advance(minutes=1)
    assert use(aws_lambda, function, 2, 3) == [2, 2, 3]
    assert {each.version for each in function.environments} == {"2"}


@pytest.mark.parametrize("end", ["policy", "alias", "function"])
def test_it_ends_with_what_it_scales(aws_lambda: LambdaService, function: LambdaFunction, end: str) -> None:
    """Nothing is looked at any more, also where the same names come again."""
    if end == "policy":
        function.delete_provisioned_concurrency("live")
    elif end == "alias":
        function.delete_alias("live")
        function.create_alias("live", 1)
    else:
        function.delete()
        function = aws_lambda.create_function(lambda event, context: None, function_name=function.name)
        function.create_alias("live", function.publish_version())
    function.put_provisioned_concurrency(10, qualifier="live")
    aws_lambda.advance(hours=1)
    assert requested(function) == 10


def test_drain_does_not_wait_for_it(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """It looks once a minute for ever; only an allocation that goes on is work."""
    began = aws_lambda.clock.elapsed
    aws_lambda.drain()
    assert aws_lambda.clock.elapsed == began
    with function.in_flight(2, qualifier="live"):
        aws_lambda.advance(minutes=3)
    aws_lambda.drain()
    config = function.provisioned_concurrency("live")
    assert (config.status, config.allocated) == ("READY", 3)


def test_what_aws_refuses_is_not_done(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """A reservation leaves no room for more: the capacity stays, and the test goes on."""
    function.put_concurrency(2)
    with function.in_flight(2, qualifier="live"):
        aws_lambda.advance(minutes=10)
    assert requested(function) == 2
    changes = aws_lambda.journal.of(ProvisionedConcurrencyChanged)
    assert [each.requested for each in changes] == [2, 2]


def test_what_can_be_asked_for(function: LambdaFunction) -> None:
    """Wrong numbers are refused by name, and leave what is there."""
    with pytest.raises(UsageError, match="min_capacity=5, max_capacity=4"):
        scale(function, min_capacity=5, max_capacity=4)
    with pytest.raises(UsageError, match=r"target_utilization=1.5"):
        scale(function, target_utilization=1.5)
    with pytest.raises(InvalidParameterValueException, match="unpublished"):
        scale(function, qualifier="$LATEST")
    assert requested(function) == 2
