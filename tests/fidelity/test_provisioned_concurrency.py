"""Environments that are initialised ahead (fidelity V24 to V31, I52, I74)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    ProvisionedConcurrencyConfigNotFoundException,
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceError,
    TooManyRequestsException,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    Fact,
    InitEnded,
    ProvisionedConcurrencyChanged,
)
from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig
from pytest_lambda_env.simulation.instant import SECOND

Deploy = Callable[..., LambdaFunction]

TYPE = """
    import os
    print("INIT", os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])
    def handler(event, context):
        return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


def sleeps(seconds: float, context: Any) -> float:
    """Takes that many seconds."""
    time.sleep(seconds)
    return seconds


def versioned(service: LambdaService, **options: Any) -> LambdaFunction:
    """A function with version 1 and the alias ``live`` for it."""
    function = service.create_function(sleeps, timeout=900, **options)
    function.create_alias("live", function.publish_version())
    return function


def next_version(function: LambdaFunction) -> str:
    """Another version of the same code."""
    function.update_configuration(description=f"{function.configuration.description}.")
    return str(function.publish_version())


def seconds_of(service: LambdaService, facts: list[Any]) -> list[float]:
    """When they were, after the start of the service."""
    start = service.clock.start.timestamp()
    return [fact.at / SECOND - start for fact in facts]


def environments_of(function: LambdaFunction, version: str = "1") -> int:
    """How many provisioned environments a version has."""
    return sum(
        each.version == version and each.initialization_type == "provisioned-concurrency"
        for each in function.environments
    )


# -- how it goes ------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V27", "V28")
def test_it_is_in_progress_and_then_ready(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """For a minute there is nothing, and requests run on demand; then INIT has run before any request came."""
    function = deploy(TYPE)
    function.create_alias("live", function.publish_version())
    in_progress = ProvisionedConcurrencyConfig(requested=2, allocated=0, status="IN_PROGRESS")
    assert function.put_provisioned_concurrency(2, qualifier="live") == in_progress
    aws_lambda.advance(seconds=59)
    assert function.provisioned_concurrency("live") == in_progress
    early = function.invoke({}, qualifier="live")
    assert (early.payload, early.cold_start) == ("on-demand", True)
    aws_lambda.advance(seconds=1)
    ready = ProvisionedConcurrencyConfig(requested=2, allocated=2, status="READY")
    assert function.provisioned_concurrency("live") == ready
    ahead = [each for each in function.environments if each.initialization_type == "provisioned-concurrency"]
    assert [each.log.text().count("INIT provisioned-concurrency\n") for each in ahead] == [1, 1]
    for qualifier in ("live", 1):
        response = function.invoke({}, qualifier=qualifier)
        assert (response.payload, response.cold_start, response.init_duration) == (
            "provisioned-concurrency",
            False,
            None,
        )
        assert response.environment in ahead
    assert function.invoke({}).payload == "on-demand"
    changes = aws_lambda.journal.of(ProvisionedConcurrencyChanged)
    assert [(each.qualifier, each.version, each.requested, each.allocated, each.status) for each in changes] == [
        ("live", "1", 2, 0, "IN_PROGRESS"),
        ("live", "1", 2, 2, "READY"),
    ]
    assert seconds_of(aws_lambda, changes) == [0, 60]


@pytest.mark.fidelity("V27")
def test_it_is_ready_when_the_longest_init_has_ended(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """INIT takes time ahead of requests; who comes before its end runs on demand."""
    function = deploy("import time; time.sleep(20)\ndef handler(event, context): pass", timeout=30)
    function.publish_version()
    function.put_provisioned_concurrency(1, qualifier=1)
    aws_lambda.advance(seconds=79)
    assert function.provisioned_concurrency(1).status == "IN_PROGRESS"
    aws_lambda.advance(seconds=1)
    assert function.provisioned_concurrency(1).status == "READY"
    assert not function.invoke({}, qualifier=1).cold_start
    [init] = aws_lambda.journal.of(InitEnded)
    assert (init.duration, init.phase, init.status) == (20 * SECOND, "init", "success")


@pytest.mark.fidelity("V27")
def test_drain_waits_for_it(aws_lambda: LambdaService) -> None:
    """Something is still to do until it is ready, and nothing afterwards."""
    function = versioned(aws_lambda)
    function.put_provisioned_concurrency(3, qualifier="live")
    aws_lambda.drain()
    assert function.provisioned_concurrency("live").status == "READY"
    assert aws_lambda.clock.elapsed.total_seconds() == 60


@pytest.mark.fidelity("I74")
@pytest.mark.parametrize(
    ("timeout", "seconds", "succeeds"), [(3, 129, True), (3, 131, False), (300, 299, True), (300, 301, False)]
)
def test_init_has_more_time(
    aws_lambda: LambdaService, deploy: Deploy, timeout: int, seconds: int, *, succeeds: bool
) -> None:
    """130 seconds, or the function's timeout if that is longer."""
    function = deploy(f"import time; time.sleep({seconds})\ndef handler(event, context): return 1", timeout=timeout)
    function.publish_version()
    function.put_provisioned_concurrency(1, qualifier=1)
    aws_lambda.drain()
    assert function.provisioned_concurrency(1).status == ("READY" if succeeds else "FAILED")
    assert {init.status for init in aws_lambda.journal.of(InitEnded)} == {"success" if succeeds else "timeout"}


@pytest.mark.fidelity("V28")
def test_what_exceeds_it_runs_on_demand(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """And the journal tells those that spilled over from those that came before there was anything to spill from."""
    function = deploy(TYPE)
    version = function.publish_version()
    function.put_provisioned_concurrency(2, qualifier=version)
    function.invoke({}, qualifier=version)
    aws_lambda.drain()
    responses = aws_lambda.invoke_concurrently(function, range(4), qualifier=version)
    assert [response.payload for response in responses] == ["provisioned-concurrency"] * 2 + ["on-demand"] * 2
    assert [response.cold_start for response in responses] == [False, False, False, True]
    spilled = [(run.initialization_type, run.spilled_over) for run in function.invocations]
    assert spilled == [
        ("on-demand", False),
        ("provisioned-concurrency", False),
        ("provisioned-concurrency", False),
        ("on-demand", True),
        ("on-demand", True),
    ]


@pytest.mark.fidelity("V28")
def test_provisioned_environments_are_never_idle_or_too_old(aws_lambda: LambdaService) -> None:
    """They stay until they are not wanted any more; a day later the next request is warm."""
    function = versioned(aws_lambda)
    function.put_provisioned_concurrency(2, qualifier="live")
    aws_lambda.advance(days=1)
    assert environments_of(function) == 2
    assert not function.invoke(0, qualifier="live").cold_start


def test_recycled_ones_are_replaced_at_once(aws_lambda: LambdaService) -> None:
    """Their INIT is ahead of requests again; the reservation is not taken by environments that are gone."""
    function = versioned(aws_lambda, reserved_concurrent_executions=2)
    function.put_provisioned_concurrency(2, qualifier="live")
    aws_lambda.drain()
    before = function.environments
    function.recycle_environments()
    assert all(each.retired for each in before)
    assert environments_of(function) == 2
    assert not function.invoke(0, qualifier="live").cold_start
    assert function.provisioned_concurrency("live").status == "READY"


def test_one_whose_files_change_is_replaced_at_once(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The files under a warm one change: a new one is initialised from the copy, ahead of requests too."""
    function = deploy(TYPE)
    version = function.publish_version()
    function.put_provisioned_concurrency(2, qualifier=version)
    aws_lambda.drain()
    deploy("def handler(event, context): return 'new'", function_name="other")
    function.update_code()
    assert environments_of(function) == 2
    aws_lambda.drain()
    assert function.provisioned_concurrency(version).allocated == 2
    response = function.invoke({}, qualifier=version)
    assert (response.payload, response.cold_start) == ("provisioned-concurrency", False)


# -- failure ----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V29")
def test_after_six_failed_inits_it_has_failed(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Each in a log stream of its own; requests meanwhile and afterwards run on demand."""
    function = deploy(
        """
        import os, time
        if os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency":
            time.sleep(5)
            raise ValueError("no licence")
        def handler(event, context):
            return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
        """
    )
    version = function.publish_version()
    function.put_provisioned_concurrency(2, qualifier=version)
    for seconds in (1, 61, 10):
        aws_lambda.advance(seconds=seconds)
        assert function.invoke({}, qualifier=version).payload == "on-demand"
    assert function.provisioned_concurrency(version) == ProvisionedConcurrencyConfig(
        requested=2, allocated=0, status="FAILED", status_reason="FUNCTION_ERROR_INIT_FAILURE"
    )
    failed = [init for init in aws_lambda.journal.of(InitEnded) if init.status == "error"]
    assert len(failed) == len({init.environment for init in failed}) == 6
    changes = aws_lambda.journal.of(ProvisionedConcurrencyChanged)
    assert [(each.status, each.status_reason) for each in changes] == [
        ("IN_PROGRESS", None),
        ("FAILED", "FUNCTION_ERROR_INIT_FAILURE"),
    ]
    assert seconds_of(aws_lambda, changes) == [0, 65]
    retired = aws_lambda.journal.of(EnvironmentRetired)
    assert [each.reason for each in retired] == ["provisioned INIT failed"] * 6
    assert environments_of(function) == 0


@pytest.mark.fidelity("V29")
def test_a_failure_may_be_asked_for_again(aws_lambda: LambdaService, tmp_path: Path, deploy: Deploy) -> None:
    """It claims no concurrency, and a fixed cause lets it succeed."""
    function = deploy(
        f"""
        import pathlib
        if not pathlib.Path({str(tmp_path / "fixed")!r}).exists():
            raise ValueError
        def handler(event, context): return 1
        """,
        reserved_concurrent_executions=1,
    )
    function.create_alias("live", function.publish_version())
    function.put_provisioned_concurrency(1, qualifier="live")
    aws_lambda.drain()
    assert function.provisioned_concurrency("live").status == "FAILED"
    (tmp_path / "fixed").touch()
    function.update_configuration(timeout=9)
    assert function.invoke({}).payload == 1
    function.update_alias("live", function.publish_version())
    aws_lambda.drain()
    assert function.provisioned_concurrency("live").status == "READY"


# -- changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V30")
def test_it_moves_with_its_alias(aws_lambda: LambdaService) -> None:
    """The old version's environments end, the new one's are made; where the alias stays, so do they."""
    function = versioned(aws_lambda)
    function.put_provisioned_concurrency(2, qualifier="live")
    aws_lambda.drain()
    second = next_version(function)
    function.update_alias("live", description="only words")
    assert (environments_of(function, "1"), function.provisioned_concurrency("live").status) == (2, "READY")
    function.update_alias("live", second)
    assert function.provisioned_concurrency("live") == ProvisionedConcurrencyConfig(requested=2)
    assert environments_of(function, "1") == 0
    assert function.invoke(0, qualifier="live").cold_start
    aws_lambda.drain()
    assert (environments_of(function, "1"), environments_of(function, second)) == (0, 2)
    assert function.invoke(0, qualifier="live").environment.initialization_type == "provisioned-concurrency"
    last = aws_lambda.journal.of(ProvisionedConcurrencyChanged)[-1]
    assert (last.qualifier, last.version, last.status) == ("live", second, "READY")


@pytest.mark.fidelity("V30")
def test_an_alias_that_moves_to_and_fro(aws_lambda: LambdaService) -> None:
    """Only what was asked for last counts."""
    function = versioned(aws_lambda)
    second = next_version(function)
    function.put_provisioned_concurrency(2, qualifier="live")
    aws_lambda.advance(seconds=30)
    function.update_alias("live", second)
    aws_lambda.advance(seconds=30)
    function.update_alias("live", 1)
    aws_lambda.advance(seconds=59)
    assert function.environments == []
    aws_lambda.drain()
    assert (environments_of(function, "1"), environments_of(function, second)) == (2, 0)


def test_more_and_fewer(aws_lambda: LambdaService) -> None:
    """More are added to those that are there; surplus ones go at once, idle ones first, busy ones at their end."""
    function = versioned(aws_lambda)
    function.put_provisioned_concurrency(2, qualifier=1)
    aws_lambda.drain()
    before = function.environments
    assert function.put_provisioned_concurrency(4, qualifier=1) == ProvisionedConcurrencyConfig(
        requested=4, allocated=2
    )
    aws_lambda.drain()
    assert function.environments[:2] == before
    assert environments_of(function) == 4
    with function.in_flight(2, qualifier=1) as busy:
        assert function.put_provisioned_concurrency(1, qualifier=1).allocated == 1
        assert [each.retired for each in busy] == [False, False]
        assert environments_of(function) == 1
        with pytest.raises(InvalidParameterValueException):
            function.put_concurrency(0)
    assert sorted(each.retired for each in busy) == [False, True]
    aws_lambda.drain()
    assert function.provisioned_concurrency(1) == ProvisionedConcurrencyConfig(requested=1, allocated=1, status="READY")
    assert {each.reason for each in aws_lambda.journal.of(EnvironmentRetired)} == {"provisioned concurrency reduced"}


@pytest.mark.fidelity("V31")
def test_it_is_deleted(aws_lambda: LambdaService) -> None:
    """Its environments end, also those that were still to come; deleting nothing succeeds."""
    function = versioned(aws_lambda)
    function.delete_provisioned_concurrency("live")
    for wait in (30, 90):
        function.put_provisioned_concurrency(2, qualifier="live")
        aws_lambda.advance(seconds=wait)
        function.delete_provisioned_concurrency("live")
        assert function.environments == []
        with pytest.raises(ProvisionedConcurrencyConfigNotFoundException):
            function.provisioned_concurrency("live")
    aws_lambda.advance(minutes=5)
    assert function.environments == []
    assert aws_lambda.journal.of(ProvisionedConcurrencyChanged)[-1].requested == 0


@pytest.mark.parametrize("wait", [30, 90])
@pytest.mark.parametrize("gone", ["function", "alias", "version"])
def test_it_ends_with_what_it_was_for(aws_lambda: LambdaService, gone: str, wait: int) -> None:
    """Before or after it is ready: no environment stays or comes, and the journal tells of its end."""
    function = versioned(aws_lambda, function_name="orders")
    second = next_version(function)
    qualifier = second if gone == "version" else "live"
    function.put_provisioned_concurrency(2, qualifier=qualifier)
    aws_lambda.advance(seconds=wait)
    if gone == "function":
        function.delete()
        function = versioned(aws_lambda, function_name="orders")
    elif gone == "alias":
        function.delete_alias("live")
    else:
        function.delete(second)
    aws_lambda.drain()
    assert function.environments == []
    last = aws_lambda.journal.of(ProvisionedConcurrencyChanged)[-1]
    assert (last.qualifier, last.requested, last.allocated) == (qualifier, 0, 0)
    with pytest.raises(ServiceError):
        function.provisioned_concurrency(qualifier)
    started = aws_lambda.journal.of(EnvironmentStarted)
    assert len(started) == (2 if wait == 90 else 0)
    assert len(aws_lambda.journal.of(EnvironmentRetired)) == len(started)


# -- with reservations ------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I52")
def test_it_counts_as_in_use(aws_lambda: LambdaService) -> None:
    """With all of the reservation provisioned for version 1, ``$LATEST`` finds nothing and version 1 does."""
    function = versioned(aws_lambda, reserved_concurrent_executions=1)
    function.put_provisioned_concurrency(1, qualifier=1)
    assert function.invoke(0).payload == 0  # as long as nothing is initialised
    aws_lambda.drain()
    with pytest.raises(TooManyRequestsException) as throttled:
        function.invoke(0)
    assert throttled.value.body == {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }
    assert function.invoke(0, qualifier=1).payload == 0
    with function.in_flight(qualifier=1), pytest.raises(TooManyRequestsException):
        function.invoke(0, qualifier=1)


@pytest.mark.fidelity("I52", "I53")
@pytest.mark.lambda_service(concurrency=103)
def test_it_is_taken_from_the_account(aws_lambda: LambdaService) -> None:
    """Other functions find it in use, busy or not; what spills over takes the account's."""
    function, other = versioned(aws_lambda), aws_lambda.create_function(sleeps, function_name="other")
    function.put_provisioned_concurrency(3, qualifier="live")
    aws_lambda.drain()
    with other.in_flight(99):
        with function.in_flight(4, qualifier="live"), pytest.raises(TooManyRequestsException) as throttled:
            other.invoke(0)
        assert throttled.value.reason == "ConcurrentInvocationLimitExceeded"
        assert other.invoke(0).payload == 0


@pytest.mark.fidelity("V24", "V25")
def test_reserved_and_provisioned(aws_lambda: LambdaService) -> None:
    """Neither a reservation below what is provisioned, nor more provisioned than is reserved; all versions count."""
    function = versioned(aws_lambda)
    second = next_version(function)
    function.put_provisioned_concurrency(2, qualifier="live")
    with pytest.raises(InvalidParameterValueException) as lower:
        function.put_concurrency(1)
    assert str(lower.value) == (
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."
    )
    function.put_concurrency(3)
    function.put_provisioned_concurrency(1, qualifier=second)
    for qualifier, executions in (("live", 3), (second, 2)):
        with pytest.raises(InvalidParameterValueException) as greater:
            function.put_provisioned_concurrency(executions, qualifier=qualifier)
        assert str(greater.value) == (
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )


def test_the_account_must_keep_a_hundred(aws_lambda: LambdaService) -> None:
    """Of what is neither reserved nor provisioned."""
    function, other = versioned(aws_lambda), versioned(aws_lambda, function_name="other")
    other.put_provisioned_concurrency(400, qualifier="live")
    function.put_provisioned_concurrency(500, qualifier="live")
    with pytest.raises(InvalidParameterValueException) as refused:
        function.put_provisioned_concurrency(501, qualifier="live")
    assert str(refused.value) == (
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
        "below its minimum value of [100]."
    )
    with pytest.raises(InvalidParameterValueException) as beyond:
        function.put_provisioned_concurrency(1_001, qualifier="live")
    assert str(beyond.value) == (
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]."
    )
    assert function.provisioned_concurrency("live").requested == 500
    with pytest.raises(InvalidParameterValueException, match=r"\[100\]"):
        aws_lambda.create_function(sleeps, reserved_concurrent_executions=1)


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V26", "V31")
def test_what_has_no_provisioned_concurrency(aws_lambda: LambdaService) -> None:
    """``$LATEST``, a qualifier without, and one that is not there."""
    function = versioned(aws_lambda, function_name="orders")
    with pytest.raises(InvalidParameterValueException) as unpublished:
        function.put_provisioned_concurrency(1, qualifier="$LATEST")
    assert str(unpublished.value) == (
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    )
    for ask in (function.provisioned_concurrency, function.delete_provisioned_concurrency):
        with pytest.raises(InvalidParameterValueException) as latest:
            ask("$LATEST")
        assert str(latest.value) == "The function resource provided must be an alias or a published version."
    with pytest.raises(ProvisionedConcurrencyConfigNotFoundException) as none:
        function.provisioned_concurrency("live")
    assert (str(none.value), none.value.status_code) == (
        "No Provisioned Concurrency Config found for this function",
        404,
    )
    for qualifier in ("7", "gone"):
        with pytest.raises(ResourceNotFoundException, match=f"function:orders:{qualifier}$"):
            function.put_provisioned_concurrency(1, qualifier=qualifier)


@pytest.mark.fidelity("V31")
def test_numbers_that_are_none(aws_lambda: LambdaService) -> None:
    """One is the least."""
    function = versioned(aws_lambda)
    with pytest.raises(ValidationException) as refused:
        function.put_provisioned_concurrency(0, qualifier=1)
    assert str(refused.value) == (
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    with pytest.raises(UsageError, match="must be a whole number, not True"):
        function.put_provisioned_concurrency(True, qualifier=1)


@pytest.mark.fidelity("V26")
def test_a_version_has_it_by_one_name(aws_lambda: LambdaService) -> None:
    """An alias of a provisioned version, a version of a provisioned alias, and an alias with weights are refused."""
    function = versioned(aws_lambda)
    second = next_version(function)
    function.put_provisioned_concurrency(1, qualifier=1)
    with pytest.raises(ResourceConflictException) as alias:
        function.put_provisioned_concurrency(1, qualifier="live")
    assert (str(alias.value), alias.value.status_code) == (
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        409,
    )
    function.delete_provisioned_concurrency(1)
    function.put_provisioned_concurrency(1, qualifier="live")
    function.put_provisioned_concurrency(2, qualifier="live")
    with pytest.raises(ResourceConflictException) as version:
        function.put_provisioned_concurrency(1, qualifier=1)
    assert str(version.value) == "Version is pointed by a Provisioned Concurrency alias"
    function.create_alias("canary", second, routing={1: 0.1})
    with pytest.raises(InvalidParameterValueException) as weighted:
        function.put_provisioned_concurrency(1, qualifier="canary")
    assert str(weighted.value) == "Alias with weights can not be used with Provisioned Concurrency"


def test_every_fact_of_it_is_in_order(aws_lambda: LambdaService) -> None:
    """The journal is a history: what is provisioned never exceeds what was asked for."""
    function = versioned(aws_lambda)
    for executions in (3, 1, 2):
        function.put_provisioned_concurrency(executions, qualifier="live")
        aws_lambda.advance(minutes=2)
    facts: list[Fact] = list(aws_lambda.journal)
    changes = [fact for fact in facts if isinstance(fact, ProvisionedConcurrencyChanged)]
    assert [(each.requested, each.allocated) for each in changes] == [(3, 0), (3, 3), (1, 1), (1, 1), (2, 1), (2, 2)]
    assert seconds_of(aws_lambda, changes) == [0, 60, 120, 180, 240, 300]
