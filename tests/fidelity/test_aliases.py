"""Aliases: where they lead, by which weights, what is refused (fidelity section 5.4, V03, V08 to V10, V32, V33)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceError,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.alias import Alias

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"
WEIGHTS = "1 validation error detected: Value '{}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
VALUES = WEIGHTS + (
    "constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
    "Member must have value greater than or equal to 0.0, Member must not be null]"
)
KEYS = WEIGHTS + (
    "constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
    "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, "
    "Member must not be null]"
)


def answering(number: int) -> Callable[[Any, Any], Any]:
    """A handler that tells its number, and what it was invoked as."""
    return lambda event, context: [number, context.function_version, context.invoked_function_arn]


def two_versions(service: LambdaService) -> LambdaFunction:
    """``orders`` with the versions 1 and 2."""
    function = service.create_function(answering(1), function_name="orders")
    function.publish_version()
    function.update_code(answering(2))
    function.publish_version()
    function.update_code(answering(3))
    return function


@pytest.fixture
def orders(aws_lambda: LambdaService) -> LambdaFunction:
    """The same in the test's service."""
    return two_versions(aws_lambda)


@pytest.mark.fidelity("V03", "P-29")
def test_an_alias_runs_its_version(orders: LambdaFunction) -> None:
    """Under its own ARN, and when moved another version."""
    alias = orders.create_alias("live", 1, description="what customers see")
    assert (alias.name, alias.arn, alias.function_version) == ("live", f"{ARN}:live", "1")
    assert orders.invoke({}, qualifier="live").payload == [1, "1", f"{ARN}:live"]
    moved = orders.update_alias("live", 2)
    assert (moved.description, orders.alias("live"), orders.aliases) == ("what customers see", moved, [moved])
    response = orders.invoke({}, qualifier="live")
    assert (response.payload, response.executed_version) == ([2, "2", f"{ARN}:live"], "2")


@pytest.mark.fidelity("V32")
def test_an_alias_to_latest(orders: LambdaFunction) -> None:
    """Is allowed, without weights, and follows the code."""
    orders.create_alias("edge", "$LATEST", routing={})
    assert orders.invoke({}, qualifier="edge").payload == [3, "$LATEST", f"{ARN}:edge"]


def test_an_event_in_the_queue_follows_the_alias(aws_lambda: LambdaService, orders: LambdaFunction) -> None:
    """Where it leads is looked up when the event runs, and for each attempt."""
    orders.create_alias("live", 1)
    orders.invoke_async({}, qualifier="live")
    orders.update_alias("live", 2)
    aws_lambda.drain()
    assert [run.executed_version for run in orders.invocations] == ["2"]
    orders.invoke_async({}, qualifier="live")
    orders.delete_alias("live")
    aws_lambda.drain()
    assert len(orders.invocations) == 1


# -- weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V09")
@pytest.mark.parametrize("weight", [0.1, 0.5])
def test_requests_are_shared_by_weight(weight: float) -> None:
    """About so many, each by its own draw: the same ones with the same seed, others with another."""

    def versions(seed: int) -> str:
        with LambdaService(seed=seed) as service:
            orders = two_versions(service)
            orders.create_alias("live", 1, routing={2: weight})
            return "".join(orders.invoke({}, qualifier="live").executed_version or "" for _ in range(400))

    first = versions(1)
    assert first == versions(1) != versions(2)
    assert abs(first.count("2") / 400 - weight) < 0.08
    assert set(versions(3)[:40]) == {"1", "2"}


@pytest.mark.fidelity("V09")
def test_events_and_concurrent_requests_are_shared_too(aws_lambda: LambdaService, orders: LambdaFunction) -> None:
    """Each has its own draw; the answer, the handler and the journal agree on the version."""
    orders.create_alias("live", 1, routing={"2": 0.5})
    for response in aws_lambda.invoke_concurrently(orders, range(40), qualifier="live"):
        number, version, arn = response.payload
        assert (str(number), arn) == (version, f"{ARN}:live") == (response.executed_version, f"{ARN}:live")
    for _ in range(40):
        orders.invoke_async({}, qualifier="live")
    aws_lambda.drain()
    runs = Counter(run.executed_version for run in orders.invocations)
    assert min(runs["1"], runs["2"]) > 20
    assert runs["1"] + runs["2"] == 80


def test_all_or_nothing_is_certain(orders: LambdaFunction) -> None:
    """A weight of 0 never comes, one of 1 always."""
    for weight, version in ((0, "1"), (1, "2")):
        orders.create_alias(f"w{weight}", 1, routing={2: weight})
        assert {orders.invoke({}, qualifier=f"w{weight}").executed_version for _ in range(30)} == {version}


@given(weight=st.floats(0, 1))
def test_weights_sum_to_one(weight: float) -> None:
    """Whatever the share of the second version is."""
    weights = Alias(arn="", name="live", function_version="1", routing={"2": weight}).weights
    assert sum(weights.values()) == pytest.approx(1)
    assert all(0 <= each <= 1 for each in weights.values())


def test_a_test_may_force_the_route(orders: LambdaFunction) -> None:
    """For the length of a block, nested too, and only to where the alias leads."""
    orders.create_alias("live", 1, routing={2: 0.5})

    def answers() -> set[str | None]:
        return {orders.invoke({}, qualifier="live").executed_version for _ in range(20)}

    with orders.routed("live", to=2):
        assert answers() == {"2"}
        with orders.routed("live", to="1"):
            assert answers() == {"1"}
        assert answers() == {"2"}
        orders.update_alias("live", 1, routing={})
        assert answers() == {"1"}  # it leads to 2 no more
        orders.update_alias("live", 1, routing={2: 0.5})
    assert answers() == {"1", "2"}
    with pytest.raises(UsageError, match=r"the alias 'live' leads to 1 and 2, not to 3"), orders.routed("live", to=3):
        pass
    with pytest.raises(ResourceNotFoundException), orders.routed("nobody", to=1):
        pass
    with pytest.raises(RuntimeError), orders.routed("live", to=2):
        raise RuntimeError
    assert answers() == {"1", "2"}


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V08", "V32")
@pytest.mark.parametrize(
    ("version", "routing", "error", "message"),
    [
        (
            "1",
            {"2": 0.1, "3": 0.1},
            InvalidParameterValueException,
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        ("1", {"2": 2}, ValidationException, VALUES.format("{2=2.0}")),
        ("1", {"2": -1.0}, ValidationException, VALUES.format("{2=-1.0}")),
        ("1", {"2": float("nan")}, ValidationException, VALUES.format("{2=nan}")),
        ("1", {"$LATEST": 0.5}, ValidationException, KEYS.format("{$LATEST=0.5}")),
        ("1", {"live": 0.5}, ValidationException, KEYS.format("{live=0.5}")),
        (
            "1",
            {"1": 0.5},
            InvalidParameterValueException,
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            "$LATEST",
            {"1": 0.5},
            InvalidParameterValueException,
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        ("10", {}, ResourceNotFoundException, f"Function not found: {ARN}:10"),
        ("1", {"10": 0.5}, ResourceNotFoundException, f"Function not found: {ARN}:10"),
        (
            "1",
            {"2": "half"},
            UsageError,
            "routing= gives another version a share of the requests, 0.0 to 1.0, not 'half'",
        ),
    ],
)
def test_where_an_alias_can_not_lead(
    orders: LambdaFunction, version: str, routing: dict[str, Any], error: type[Exception], message: str
) -> None:
    """In AWS's words, to the letter; nothing is made, and an alias that is there stays as it was."""
    with pytest.raises(error) as refused:
        orders.create_alias("new", version, routing=routing)
    assert str(refused.value) == message
    before = orders.create_alias("live", 2)
    with pytest.raises(error):
        orders.update_alias("live", version, routing=routing)
    assert orders.aliases == [before]


@pytest.mark.fidelity("V10")
@pytest.mark.parametrize("name", ["12", "0", "a b", "", "$LATEST", "live\n", "é"])
def test_names_that_are_none(orders: LambdaFunction, name: str) -> None:
    """Digits only would be a version."""
    with pytest.raises(ValidationException) as refused:
        orders.create_alias(name, 1)
    assert str(refused.value) == (
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
    )


@pytest.mark.fidelity("V10")
def test_the_longest_name(orders: LambdaFunction) -> None:
    """Has 128 characters; digits may be among them."""
    name = "1" * 127 + "a"
    orders.create_alias(name, 1)
    assert orders.invoke({}, qualifier=name).payload[2] == f"{ARN}:{name}"
    with pytest.raises(ValidationException, match=r"'name' .* have length less than or equal to 128"):
        orders.create_alias("a" * 129, 1)


@pytest.mark.fidelity("V32")
def test_unknown_and_duplicate_aliases(orders: LambdaFunction) -> None:
    """Each in its own words; deleting what is not there succeeds."""
    asks: list[Callable[[], object]] = [lambda: orders.alias("gone"), lambda: orders.update_alias("gone", 1)]
    for ask in asks:
        with pytest.raises(ResourceNotFoundException) as unknown:
            ask()
        assert str(unknown.value) == f"Cannot find alias arn: {ARN}:gone"
        assert unknown.value.body["Message"] == str(unknown.value)
    orders.delete_alias("gone")
    orders.create_alias("live", 1)
    with pytest.raises(ResourceConflictException) as duplicate:
        orders.create_alias("live", 2)
    assert (str(duplicate.value), duplicate.value.status_code) == (f"Alias already exists: {ARN}:live", 409)
    orders.delete_alias("live")
    assert orders.aliases == []
    with pytest.raises(ResourceNotFoundException, match=f"^Function not found: {ARN}:live$"):
        orders.invoke({}, qualifier="live")
    orders.create_alias("live", 2)


@pytest.mark.fidelity("V33")
def test_an_update_under_a_condition(orders: LambdaFunction) -> None:
    """Every update gives a new revision, also one that changes nothing; an old one is refused."""
    first = orders.create_alias("live", 1)
    second = orders.update_alias("live", revision_id=first.revision_id)
    assert first.revision_id != second.revision_id
    with pytest.raises(PreconditionFailedException) as refused:
        orders.update_alias("live", 2, revision_id=first.revision_id)
    assert str(refused.value) == (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )
    assert isinstance(refused.value, ServiceError)
    assert orders.alias("live") == second


def test_a_version_is_a_key_of_weights(aws_lambda: LambdaService) -> None:
    """With variables too, whose dictionary no key could be."""
    function = aws_lambda.create_function(lambda event, _: None, environment={"STAGE": "one"})
    first = function.publish_version()
    function.update_configuration(environment={"STAGE": "two"})
    second = function.publish_version()
    assert function.create_alias("live", first, routing={second: 0.25}).weights == {"1": 0.75, "2": 0.25}
