"""How many requests run at once: reservations, the account, growth, requests in flight (I50 to I53, V20 to V23)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    ResourceNotFoundException,
    TooManyRequestsException,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.facts import EnvironmentRetired, EnvironmentStarted, InvocationThrottled

Deploy = Callable[..., LambdaFunction]

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT = "ConcurrentInvocationLimitExceeded"


def sleeps(seconds: float, context: Any) -> float:
    """Takes that many seconds."""
    time.sleep(seconds)
    return seconds


def admitted(service: LambdaService, function: LambdaFunction, number: int, **options: Any) -> int:
    """How many of so many requests at once find capacity."""
    results = service.invoke_concurrently(function, [0] * number, return_exceptions=True, **options)
    return number - sum(isinstance(each, TooManyRequestsException) for each in results)


def versioned(service: LambdaService, **options: Any) -> LambdaFunction:
    """A function with version 1 and an alias for it."""
    function = service.create_function(sleeps, timeout=900, **options)
    function.create_alias("live", function.publish_version())
    return function


# -- reservations and the account -------------------------------------------------------------------------------------


@pytest.mark.fidelity("V22", "I51", "P-27")
def test_a_reservation_is_the_functions_not_a_versions(aws_lambda: LambdaService) -> None:
    """Requests for ``$LATEST``, versions and aliases share it; what exceeds it is throttled with its reason."""
    function = versioned(aws_lambda, reserved_concurrent_executions=3)
    with function.in_flight(), function.in_flight(qualifier=1), function.in_flight(qualifier="live"):
        for qualifier in (None, 1, "live"):
            with pytest.raises(TooManyRequestsException) as throttled:
                function.invoke(0, qualifier=qualifier)
            assert (throttled.value.status_code, throttled.value.body) == (
                429,
                {"Reason": RESERVED, "Type": "User", "message": "Rate Exceeded."},
            )
    assert function.invoke(0, qualifier="live").payload == 0
    facts = aws_lambda.journal.of(InvocationThrottled)
    assert [(fact.qualifier, fact.version, fact.reason) for fact in facts] == [
        (None, "$LATEST", RESERVED),
        ("1", "1", RESERVED),
        ("live", "1", RESERVED),
    ]


@pytest.mark.fidelity("V22")
def test_a_reservation_is_kept_from_others(aws_lambda: LambdaService) -> None:
    """Others find it taken, used or not; without it, it is theirs."""
    function = aws_lambda.create_function(sleeps, reserved_concurrent_executions=900)
    other = aws_lambda.create_function(sleeps)
    assert admitted(aws_lambda, other, 101) == 100
    assert function.reserved_concurrent_executions == 900
    function.put_concurrency(2)
    assert admitted(aws_lambda, function, 3) == 2
    function.delete_concurrency()
    function.delete_concurrency()
    assert function.reserved_concurrent_executions is None
    assert admitted(aws_lambda, function, 3) == 3


@pytest.mark.fidelity("V23")
def test_what_must_stay_unreserved(aws_lambda: LambdaService) -> None:
    """100 of the account's, whichever functions the others are reserved for; a function's own reservation is free."""
    one, two = (
        aws_lambda.create_function(sleeps),
        aws_lambda.create_function(sleeps, reserved_concurrent_executions=400),
    )
    one.put_concurrency(500)
    one.put_concurrency(500)
    for ask in (
        lambda: one.put_concurrency(501),
        lambda: two.put_concurrency(401),
        lambda: aws_lambda.create_function(sleeps, function_name="three", reserved_concurrent_executions=1),
    ):
        with pytest.raises(InvalidParameterValueException, match=r"below its minimum value of \[100\]\.$"):
            ask()
    with pytest.raises(ResourceNotFoundException):
        aws_lambda.function("three")
    two.delete()
    one.put_concurrency(900)
    with pytest.raises(ValidationException, match=r"'reservedConcurrentExecutions' .* greater than or equal to 0"):
        one.put_concurrency(-1)
    with pytest.raises(UsageError, match="must be a whole number, not '5'"):
        one.put_concurrency("5")  # type: ignore[arg-type]


@pytest.mark.fidelity("V23")
@pytest.mark.lambda_service(concurrency=10)
def test_a_new_account_can_reserve_nothing(aws_lambda: LambdaService) -> None:
    """It has ten executions, and all of them must stay unreserved; a reservation of 0 takes nothing."""
    function = aws_lambda.create_function(sleeps)
    with pytest.raises(InvalidParameterValueException, match=r"below its minimum value of \[10\]\.$"):
        function.put_concurrency(1)
    function.put_concurrency(0)
    function.delete_concurrency()
    assert admitted(aws_lambda, function, 11) == 10


@pytest.mark.fidelity("I53")
@pytest.mark.lambda_service(concurrency=3)
def test_functions_share_the_accounts_concurrency(aws_lambda: LambdaService) -> None:
    """The reason is another one than a reservation's."""
    one, two = versioned(aws_lambda), aws_lambda.create_function(sleeps, function_name="two")
    with one.in_flight(), one.in_flight(qualifier="live"), two.in_flight():
        with pytest.raises(TooManyRequestsException) as throttled:
            two.invoke(0)
        assert throttled.value.reason == ACCOUNT
    assert two.invoke(0).payload == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency must be a number of concurrent executions, 1 or more, not 0"),
        ({"concurrency": "many"}, "not 'many'"),
        ({"scaling": "regional"}, "scaling must be 'function' or 'region', not 'regional'"),
    ],
)
def test_a_service_says_what_it_takes(options: dict[str, Any], message: str) -> None:
    """A wrong value is refused, and not taken for another one."""
    with pytest.raises(UsageError, match=message):
        LambdaService(**options)


# -- growth -----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I53", "V22")
@pytest.mark.lambda_service(concurrency=5_000)
def test_a_function_gets_a_thousand_environments_in_ten_seconds(aws_lambda: LambdaService) -> None:
    """Each function by itself; warm environments don't count."""
    function, other = (aws_lambda.create_function(lambda event, _: None, function_name=name) for name in "ab")
    assert admitted(aws_lambda, function, 1_500) == 1_000
    assert admitted(aws_lambda, other, 10) == 10
    assert [throttled.reason for throttled in aws_lambda.journal.of(InvocationThrottled)] == [ACCOUNT] * 500
    aws_lambda.advance(seconds=1)
    assert admitted(aws_lambda, function, 1_500) == 1_100
    assert len(function.environments) == 1_100


@pytest.mark.lambda_service(region="sa-east-1", scaling="region", concurrency=5_000)
def test_the_older_burst_of_a_region(aws_lambda: LambdaService) -> None:
    """All functions together get so many, here 500, and then 500 a minute."""
    one, two = (aws_lambda.create_function(lambda event, _: None, function_name=name) for name in "ab")
    assert admitted(aws_lambda, one, 400) == 400
    assert admitted(aws_lambda, two, 200) == 100
    aws_lambda.advance(seconds=6)
    assert admitted(aws_lambda, two, 200) == 150


# -- requests in flight -----------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V20", "I51")
def test_requests_in_flight_stay_there_while_time_passes(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """They run INIT and no handler, keep their environments busy, and are free again afterwards."""
    function = deploy(
        "import time; time.sleep(2); print('INIT')\ndef handler(event, context): print('handler')",
        reserved_concurrent_executions=3,
    )
    warm = function.invoke({}).environment
    began = aws_lambda.clock.elapsed
    with function.in_flight(2) as environments:
        assert environments[0] is warm
        assert aws_lambda.clock.elapsed - began == timedelta(seconds=2)  # the second one had an INIT
        assert "handler" not in environments[1].log.text()
        aws_lambda.advance(hours=1)
        third = function.invoke({})
        assert third.environment not in environments
        with function.in_flight(1), pytest.raises(TooManyRequestsException):
            function.invoke({})
    assert {function.invoke({}).environment for _ in range(3)} <= {*environments, third.environment}
    assert len(function.invocations) == 5
    assert [each.initialization_type for each in environments] == ["on-demand"] * 2


def test_requests_in_flight_end_with_an_exception(aws_lambda: LambdaService) -> None:
    """Of the block, or because there is no room for all of them."""
    function = aws_lambda.create_function(sleeps, reserved_concurrent_executions=2)
    with pytest.raises(RuntimeError), function.in_flight(2):
        raise RuntimeError
    with pytest.raises(TooManyRequestsException), function.in_flight(3):
        pass
    assert admitted(aws_lambda, function, 2) == 2
    with function.in_flight(0) as none:
        assert none == []
        assert admitted(aws_lambda, function, 2) == 2
    with pytest.raises(UsageError, match="not -1"), function.in_flight(-1):
        pass
    with pytest.raises(ResourceNotFoundException), function.in_flight(qualifier="gone"):
        pass


def test_an_environment_that_did_not_fit_is_busy_until_its_init_has_ended(
    aws_lambda: LambdaService, deploy: Deploy
) -> None:
    """Where the block is never reached the clock stands still, but INIT goes on."""
    function = deploy("import time; time.sleep(5)\ndef handler(event, context): pass", reserved_concurrent_executions=1)
    with pytest.raises(TooManyRequestsException), function.in_flight(2):
        pass
    with pytest.raises(TooManyRequestsException):
        function.invoke({})
    aws_lambda.advance(seconds=5)
    assert not function.invoke({}).cold_start


def test_an_init_that_fails_in_flight(deploy: Deploy) -> None:
    """The environment is there, without a process; the next request runs INIT again."""
    function = deploy("raise ValueError\ndef handler(event, context): pass", reserved_concurrent_executions=1)
    with function.in_flight() as [environment]:
        assert environment.process is None
    response = function.invoke({})
    assert response.environment is environment
    assert response.payload["errorType"] == "ValueError"


def test_what_is_deleted_in_flight_ends_first(aws_lambda: LambdaService) -> None:
    """The environment serves its request to the end, and is gone then."""
    function = versioned(aws_lambda)
    with function.in_flight(qualifier=1) as [environment]:
        function.delete()
        assert not environment.retired
        with pytest.raises(ResourceNotFoundException):
            function.invoke(0)
    assert environment.retired


def test_a_closed_service_takes_no_requests() -> None:
    """By no door."""
    with LambdaService() as service:
        function = service.create_function(sleeps)
        block = function.in_flight()
        [environment] = block.__enter__()
    assert environment.retired
    block.__exit__(None, None, None)
    for ask in (lambda: service.invoke_concurrently(function, [1]), lambda: function.in_flight().__enter__()):
        with pytest.raises(UsageError, match="the service is closed"):
            ask()


# -- what ends later counts until then --------------------------------------------------------------------------------


@pytest.mark.fidelity("V22", "V48")
@pytest.mark.parametrize(
    "change",
    [
        lambda function: function.update_configuration(memory_size=256),
        lambda function: function.update_code(),
        lambda function: function.recycle_environments(),
    ],
    ids=["configuration", "code", "recycled"],
)
def test_what_runs_on_after_an_update_still_counts(
    aws_lambda: LambdaService, change: Callable[[LambdaFunction], None]
) -> None:
    """An invocation that goes on in virtual time has its execution until it ends, and its environment is gone then."""
    function = aws_lambda.create_function(sleeps, timeout=60, reserved_concurrent_executions=1)
    function.invoke_async(10)
    aws_lambda.advance(seconds=4)
    change(function)
    with pytest.raises(TooManyRequestsException):
        function.invoke(0)
    assert aws_lambda.journal.of(EnvironmentRetired) == []
    aws_lambda.advance(seconds=6)
    [retired] = aws_lambda.journal.of(EnvironmentRetired)
    [run] = function.invocations
    assert retired.at == run.ended
    assert function.invoke(0).cold_start


# -- the life of an environment ---------------------------------------------------------------------------------------


def reasons(service: LambdaService) -> list[str]:
    """Why environments were retired, in order."""
    return [retired.reason for retired in service.journal.of(EnvironmentRetired)]


def test_an_environment_grows_old_however_busy() -> None:
    """Used every minute, it is replaced after its lifetime; the request that finds it too old gets another."""
    with LambdaService(environment_lifetime=timedelta(minutes=30)) as service:
        function = service.create_function(sleeps, timeout=900)
        first = function.invoke(0).environment
        for _ in range(29):
            service.advance(minutes=1)
            assert function.invoke(0).environment is first
        service.advance(minutes=1)
        assert (first.retired, reasons(service)) == (True, ["age"])
        assert function.invoke(0).cold_start
        second = function.invoke(850).environment  # after that, it has 15 minutes left
        assert function.invoke(850).environment is second
        assert function.invoke(850).environment is second
        assert (second.retired, function.environments) == (True, [])
        assert reasons(service) == ["age", "age"]


@pytest.mark.parametrize(("idle", "lifetime", "reason"), [(10, 30, "idle"), (60, 30, "age"), (30, 30, "idle")])
def test_an_unused_environment_goes_at_the_first_of_both(idle: int, lifetime: int, reason: str) -> None:
    """At the very instant, without anybody asking for it."""
    options = {"idle_timeout": timedelta(minutes=idle), "environment_lifetime": timedelta(minutes=lifetime)}
    with LambdaService(**options) as service:  # type: ignore[arg-type]
        function = service.create_function(sleeps)
        function.invoke(0)
        service.advance(hours=2)
        [started], [retired] = service.journal.of(EnvironmentStarted), service.journal.of(EnvironmentRetired)
        assert (retired.at - started.at) // 60_000_000 == min(idle, lifetime)
        assert retired.reason == reason
        service.drain()


def test_a_nested_request_in_the_future_leaves_idle_environments_to_others(aws_lambda: LambdaService) -> None:
    """A handler that sleeps for long and then invokes finds them too old; a request before that takes them."""
    inner = aws_lambda.create_function(sleeps, timeout=900, function_name="inner")
    warm = inner.invoke(0).environment

    def outer(event: Any, context: Any) -> bool:
        time.sleep(800)
        return inner.invoke(0).cold_start

    function = aws_lambda.create_function(outer, timeout=900)
    function.put_event_invoke_config(on_success=aws_lambda.create_probe("done"))
    function.invoke_async({})
    aws_lambda.advance(seconds=1)
    assert inner.invoke(0).environment is warm
    aws_lambda.drain()
    assert [record["responsePayload"] for record in aws_lambda.create_probe("done").received()] == [True]


def test_every_environment_lives_in_order(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """INIT, then INVOKE, then SHUTDOWN: in the journal nothing happens to one that is not there."""
    function = deploy("import time\ndef handler(event, context): time.sleep(event)", timeout=60)
    function.create_alias("live", function.publish_version())
    for seconds in (1, 0, 3):
        function.invoke_async(seconds)
        function.invoke_async(seconds, qualifier="live")
    aws_lambda.advance(seconds=2)
    function.update_configuration(memory_size=256)
    function.invoke(1)
    aws_lambda.advance(hours=3)
    function.invoke(0, qualifier=1)
    function.delete()
    lives: dict[int, list[str]] = {}
    for fact in aws_lambda.journal:
        if hasattr(fact, "environment"):
            lives.setdefault(fact.environment, []).append(type(fact).__name__)
    assert len(lives) > 5
    for life in lives.values():
        assert life[:2] == ["EnvironmentStarted", "InitEnded"]
        assert set(life[2:-1]) == {"Invocation"}
        assert life[-1] == "EnvironmentRetired"
    assert set(reasons(aws_lambda)) == {"configuration updated", "idle", "deleted"}


def test_requests_of_a_deleted_function_count_until_they_end(aws_lambda: LambdaService) -> None:
    """They go on, and take the account's executions as long as they do; AWS says nothing of it."""
    function = aws_lambda.create_function(lambda event, _: time.sleep(60), function_name="gone", timeout=100)
    other = aws_lambda.create_function(lambda event, _: "ran")
    with function.in_flight(999):
        function.delete()
        assert aws_lambda.invoke_concurrently(other, [{}])[0].payload == "ran"
        with pytest.raises(TooManyRequestsException):
            aws_lambda.invoke_concurrently(other, [{}, {}])
    assert len(aws_lambda.invoke_concurrently(other, [{}] * 1_000)) == 1_000


@pytest.mark.lambda_service(concurrency=103)
def test_a_reservation_below_what_runs(aws_lambda: LambdaService) -> None:
    """What runs of its function goes on to count: the account's quota holds while a reservation is lowered."""
    function, other = (aws_lambda.create_function(lambda event, _: "ran", function_name=name) for name in "ab")
    with function.in_flight(50):
        function.put_concurrency(1)
        answers = aws_lambda.invoke_concurrently(other, [{}] * 60, return_exceptions=True)
    assert sum(not isinstance(answer, TooManyRequestsException) for answer in answers) == 53
