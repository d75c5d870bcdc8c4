"""Deployments: traffic that is shifted step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    ResourceNotFoundException,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.facts import TrafficShifted
from pytest_lambda_env.simulation.instant import SECOND


@pytest.fixture
def function(aws_lambda: LambdaService) -> LambdaFunction:
    """``orders`` with the versions 1, 2 and 3, and ``live`` for the first."""
    return with_versions(aws_lambda)


def with_versions(service: LambdaService) -> LambdaFunction:
    """The same in any service."""

    def answering(number: int) -> Callable[[Any, Any], int]:
        return lambda event, context: number

    function = service.create_function(answering(1), function_name="orders")
    function.publish_version()
    for number in (2, 3):
        function.update_code(answering(number))
        function.publish_version()
    function.create_alias("live", 1)
    return function


def shifts(service: LambdaService) -> list[tuple[int, str, float, str]]:
    """After how many seconds, to which version, how much of the traffic, and why."""
    start = round(service.clock.start.timestamp() * SECOND)
    facts = service.journal.of(TrafficShifted)
    return [((fact.at - start) // SECOND, fact.version, fact.weight, fact.why) for fact in facts]


def share(function: LambdaFunction, requests: int = 200) -> float:
    """How much of the traffic version 2 gets."""
    versions = Counter(function.invoke({}, qualifier="live").executed_version for _ in range(requests))
    assert set(versions) <= {"1", "2"}
    return versions["2"] / requests


def test_all_at_once(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """It has succeeded before anything happens."""
    deployment = function.shift_traffic("live", to=2)
    assert (deployment.status, deployment.weight, share(function, 10)) == ("Succeeded", 1.0, 1.0)
    assert (deployment.from_version, deployment.to_version) == ("1", "2")
    assert function.alias("live").weights == {"2": 1}
    assert shifts(aws_lambda) == [(0, "2", 1.0, "done")]


def test_a_canary(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """A tenth at once, everything to the second ten minutes later."""
    deployment = function.shift_traffic("live", to=function.versions[2], preference="Canary10Percent10Minutes")
    assert function.alias("live").weights == {"1": 0.9, "2": 0.1}
    aws_lambda.advance(seconds=599.999999)
    assert (deployment.status, deployment.weight) == ("InProgress", 0.1)
    assert abs(share(function) - 0.1) < 0.07
    aws_lambda.advance(seconds=0.000001)
    assert (deployment.status, deployment.weight) == ("Succeeded", 1.0)
    assert share(function, 20) == 1
    assert shifts(aws_lambda) == [(0, "2", 0.1, "step"), (600, "2", 1.0, "done")]
    assert repr(deployment) == "<Deployment of live: 1 -> 2, 100%, Succeeded>"


def test_linear(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """At exact instants, though the test's own steps are others; drain lets it come to its end."""
    deployment = function.shift_traffic("live", to=2, preference="Linear25PercentEvery3Minutes")
    for _ in range(7):
        aws_lambda.advance(seconds=50)
    assert abs(share(function) - 0.5) < 0.12
    aws_lambda.drain()
    assert deployment.status == "Succeeded"
    assert shifts(aws_lambda) == [
        (0, "2", 0.25, "step"),
        (180, "2", 0.5, "step"),
        (360, "2", 0.75, "step"),
        (540, "2", 1.0, "done"),
    ]


def test_an_alarm_rolls_back_at_once(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """It is asked once a minute and at each step; the old version gets everything again."""
    asked: list[float] = []

    def alarm() -> bool:
        asked.append(aws_lambda.clock.elapsed.total_seconds())
        return len(asked) > 4

    deployment = function.shift_traffic("live", to=2, preference="Canary50Percent5Minutes", alarm=alarm)
    aws_lambda.advance(minutes=3, seconds=59)
    assert (deployment.status, asked) == ("InProgress", [0, 60, 120, 180])
    aws_lambda.drain()
    assert (deployment.status, deployment.weight, asked[-1]) == ("Stopped", 0, 240)
    assert (function.alias("live").weights, share(function, 20)) == ({"1": 1}, 0)
    aws_lambda.advance(hours=1)
    assert len(asked) == 5
    assert shifts(aws_lambda) == [(0, "2", 0.5, "step"), (240, "2", 0, "alarm")]


def test_an_alarm_may_be_made_of_what_has_happened(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """An error of the new version, for instance."""

    def fails(event: Any, context: Any) -> None:
        raise ValueError

    function.update_code(fails)
    bad = function.publish_version()
    deployment = function.shift_traffic(
        "live",
        to=bad,
        preference="Linear10PercentEvery1Minute",
        alarm=lambda: any(run.status == "error" for run in function.invocations),
    )
    aws_lambda.advance(minutes=2)
    assert deployment.weight == 0.3
    with function.routed("live", to=bad):
        assert function.invoke({}, qualifier="live").function_error == "Unhandled"
    aws_lambda.advance(seconds=60)
    assert deployment.status == "Stopped"
    assert function.invoke({}, qualifier="live").payload == 1


def test_an_alarm_that_is_on_already(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """Nothing is shifted, also not all at once."""
    for preference in ("AllAtOnce", "Canary10Percent5Minutes"):
        deployment = function.shift_traffic("live", to=2, preference=preference, alarm=lambda: True)
        assert (deployment.status, deployment.weight) == ("Stopped", 0)
        assert function.alias("live").weights == {"1": 1}


def test_a_second_deployment_takes_over(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """The first is stopped where it is; the old version is still the one that it has come from."""
    first = function.shift_traffic("live", to=2, preference="Canary10Percent10Minutes")
    aws_lambda.advance(minutes=5)
    second = function.shift_traffic("live", to=3, preference="Canary10Percent10Minutes")
    assert (first.status, second.from_version) == ("Stopped", "1")
    assert function.alias("live").weights == {"1": 0.9, "3": 0.1}
    aws_lambda.advance(minutes=6)
    assert (first.status, second.status) == ("Stopped", "InProgress")
    aws_lambda.drain()
    assert (second.status, function.alias("live").weights) == ("Succeeded", {"3": 1})


@pytest.mark.parametrize("alarm", [None, lambda: False], ids=["no alarm", "alarm"])
@pytest.mark.parametrize("change", ["deleted", "made again", "moved", "function deleted", "function made again"])
def test_who_changes_the_alias_ends_the_deployment(
    aws_lambda: LambdaService, function: LambdaFunction, change: str, alarm: Callable[[], object] | None
) -> None:
    """What somebody else has decided stays, and the test goes on."""
    deployment = function.shift_traffic("live", to=2, preference="Canary10Percent10Minutes", alarm=alarm)
    if change == "deleted":
        function.delete_alias("live")
    elif change == "made again":
        function.delete_alias("live")
        function.create_alias("live", 3)
    elif change == "moved":
        function.update_alias("live", 3, routing={})
        function.delete(1)
        function.delete(2)
    elif change == "function deleted":
        function.delete()
    else:
        function.delete()
        function = with_versions(aws_lambda)
    aliases = function.aliases
    aws_lambda.drain()
    assert (deployment.status, deployment.weight) == ("Stopped", 0.1)
    assert function.aliases == aliases
    assert len(shifts(aws_lambda)) == 1


def test_words_do_not_end_it(aws_lambda: LambdaService, function: LambdaFunction) -> None:
    """A new description leaves the alias where it leads; the deployment goes on."""
    deployment = function.shift_traffic("live", to=2, preference="Canary10Percent10Minutes")
    function.update_alias("live", description="in the middle of it")
    aws_lambda.drain()
    assert deployment.status == "Succeeded"
    assert function.alias("live").description == "in the middle of it"


@pytest.mark.parametrize(
    ("alias", "options", "error", "message"),
    [
        ("live", {"to": 2, "preference": "Slowly"}, UsageError, "preference='Slowly': give AllAtOnce, or a name"),
        ("gone", {"to": 2}, ResourceNotFoundException, "Cannot find alias arn: .*:gone$"),
        ("live", {"to": 9}, ResourceNotFoundException, "Function not found: .*:9$"),
        ("live", {"to": 1}, InvalidParameterValueException, "Function version 1 is already included"),
        ("live", {"to": "$LATEST"}, ValidationException, r"\[0-9\]\+"),
    ],
)
def test_what_is_refused_stops_nothing(
    aws_lambda: LambdaService,
    function: LambdaFunction,
    alias: str,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    """A deployment that is going on goes on."""
    deployment = function.shift_traffic("live", to=2, preference="Canary10Percent10Minutes")
    with pytest.raises(error, match=message):
        function.shift_traffic(alias, **options)
    assert shifts(aws_lambda) == [(0, "2", 0.1, "step")]
    aws_lambda.drain()
    assert deployment.status == "Succeeded"


def test_provisioned_concurrency_moves_when_all_has_been_shifted(
    aws_lambda: LambdaService, function: LambdaFunction
) -> None:
    """Until then the old version has it."""
    function.put_provisioned_concurrency(2, qualifier="live")
    aws_lambda.advance(minutes=1)
    function.shift_traffic("live", to=2, preference="Canary10Percent10Minutes")
    aws_lambda.advance(minutes=9)
    assert [environment.version for environment in function.environments] == ["1", "1"]
    aws_lambda.drain()
    assert [environment.version for environment in function.environments] == ["2", "2"]
