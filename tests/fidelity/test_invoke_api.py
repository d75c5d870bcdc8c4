"""The answers of ``Invoke``: their fields, the payload limits, and what the API refuses before a function runs."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    InvalidRequestContentException,
    RequestTooLargeException,
    ResourceNotFoundException,
    ServiceError,
    TooManyRequestsException,
)
from pytest_lambda_env.model.facts import InvocationThrottled

Deploy = Callable[..., LambdaFunction]

ECHO = """
    def handler(event, context):
        return event
"""
COUNT = """
    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        return calls
"""
SYNCHRONOUS_LIMIT = 6_291_456
ASYNCHRONOUS_LIMIT = 1_048_576
RESPONSE_LIMIT = 6_291_556


def payload_of(size: int) -> bytes:
    """A JSON string of that many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


# -- the response matrix ----------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I01")
def test_a_synchronous_success(deploy: Deploy) -> None:
    """A synchronous call answers with status 200, the version that ran, the payload, and no function error."""
    response = deploy(ECHO).invoke({"a": [1, "é"]})
    assert response.status_code == 200
    assert response.executed_version == "$LATEST"
    assert response.function_error is None
    assert response.payload == {"a": [1, "é"]}


@pytest.mark.fidelity("I02", "P-22")
def test_an_event_is_accepted_and_runs_later(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An Event answers 202 at once, empty and without a version; the handler runs when time comes to it."""
    function = deploy(ECHO)
    response = function.invoke({}, invocation_type="Event")
    assert (response.status_code, response.raw_payload, response.payload) == (202, b"", None)
    assert (response.executed_version, response.function_error) == (None, None)
    assert function.invocations == []
    aws_lambda.drain()
    [invocation] = function.invocations
    assert invocation.request_id == response.request_id


@pytest.mark.fidelity("I03", "P-22")
def test_a_dry_run_runs_nothing(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A DryRun answers 204, empty and without a version, and neither the handler nor an INIT runs."""
    function = deploy(ECHO)
    response = function.invoke({}, invocation_type="DryRun")
    assert (response.status_code, response.raw_payload) == (204, b"")
    assert (response.executed_version, response.function_error) == (None, None)
    aws_lambda.drain()
    assert function.invocations == []
    assert function.environments == []


@pytest.mark.fidelity("I04")
def test_no_return_value(deploy: Deploy) -> None:
    """A handler that returns nothing has answered ``null``."""
    response = deploy("def handler(event, context): pass").invoke({})
    assert (response.status_code, response.raw_payload, response.payload) == (200, b"null", None)


@pytest.mark.fidelity("I05", "I06")
def test_a_failed_handler(deploy: Deploy) -> None:
    """A handler that raises still answers status 200 and its version; the function error is ``Unhandled``."""
    response = deploy("def handler(event, context): raise ValueError('x')").invoke({})
    assert (response.status_code, response.executed_version) == (200, "$LATEST")
    assert response.function_error == "Unhandled"
    assert response.payload["errorMessage"] == "x"


@pytest.mark.fidelity("I08")
def test_log_result_is_this_invocations_log(deploy: Deploy) -> None:
    """``log_type="Tail"`` gives the log of this invocation, from START to REPORT, in base64."""
    function = deploy("def handler(event, context): print('hello', event)")
    function.invoke("first")
    response = function.invoke("second", log_type="Tail")
    assert response.log_result is not None
    lines = base64.b64decode(response.log_result).decode().splitlines()
    assert lines[:3] == [
        f"START RequestId: {response.request_id} Version: $LATEST",
        "hello second",
        f"END RequestId: {response.request_id}",
    ]
    assert len(lines) == 4
    assert lines[3].startswith(f"REPORT RequestId: {response.request_id}\t")


@pytest.mark.fidelity("I08")
def test_log_result_is_the_last_four_kilobytes(deploy: Deploy) -> None:
    """A longer log loses its beginning: exactly the last 4 KB are given."""
    function = deploy("def handler(event, context): print('begin'); print('x' * 10_000)")
    response = function.invoke({}, log_type="Tail")
    assert response.log_result is not None
    tail = base64.b64decode(response.log_result)
    assert len(tail) == 4096
    assert tail == response.logs.encode()[-4096:]


@pytest.mark.fidelity("I08")
def test_log_result_only_on_request(deploy: Deploy) -> None:
    """Without ``log_type="Tail"``, and for an Event, there is no log in the answer."""
    function = deploy(ECHO)
    assert function.invoke({}).log_result is None
    assert function.invoke({}, invocation_type="Event", log_type="Tail").log_result is None


CLIENT_CONTEXT = """
    seen = []

    def handler(event, context):
        client = context.client_context
        seen.append(None if client is None else [client.custom, client.env, client.client.app_title])
        return seen
"""


@pytest.mark.fidelity("I09")
@pytest.mark.parametrize("encoded", [False, True], ids=["a dictionary", "base64, as the API takes it"])
def test_client_context_reaches_a_synchronous_call(deploy: Deploy, *, encoded: bool) -> None:
    """The client context of a synchronous call is the handler's ``context.client_context``."""
    client: dict[str, Any] = {"client": {"app_title": "shop"}, "custom": {"k": "v"}, "env": {"locale": "de"}}
    given = base64.b64encode(json.dumps(client).encode()).decode() if encoded else client
    response = deploy(CLIENT_CONTEXT).invoke({}, client_context=given)
    assert response.payload == [[{"k": "v"}, {"locale": "de"}, "shop"]]


@pytest.mark.fidelity("I09")
def test_client_context_does_not_reach_an_event(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An Event carries no client context to the handler."""
    function = deploy(CLIENT_CONTEXT)
    function.invoke({}, invocation_type="Event", client_context={"custom": {"k": "v"}})
    aws_lambda.drain()
    assert function.invoke({}).payload == [None, None]


@pytest.mark.fidelity("I09")
def test_client_context_limit(deploy: Deploy) -> None:
    """A client context may have 3,583 bytes in base64, and no more."""
    function = deploy(CLIENT_CONTEXT)
    largest = base64.b64encode(b"{}" + b" " * (3_583 // 4 * 3 - 2)).decode()
    function.invoke({}, client_context=largest)
    with pytest.raises(InvalidRequestContentException, match="3583"):
        function.invoke({}, client_context=largest + "IA==")


@pytest.mark.fidelity("I10", "C17")
def test_request_id(deploy: Deploy) -> None:
    """Each request has an id of its own, a version 4 UUID, and the handler sees the one of the answer."""
    function = deploy("def handler(event, context): return context.aws_request_id")
    first, second = function.invoke({}), function.invoke({})
    assert (first.payload, second.payload) == (first.request_id, second.request_id)
    assert first.request_id != second.request_id
    assert str(uuid.UUID(first.request_id, version=4)) == first.request_id


@pytest.mark.fidelity("I11")
@pytest.mark.parametrize("arguments", [(), (b"",)], ids=["no argument", "no bytes"])
def test_an_empty_payload_is_an_empty_object(deploy: Deploy, arguments: tuple[bytes, ...]) -> None:
    """Without a payload the event is ``{}``."""
    assert deploy(ECHO).invoke(*arguments).raw_payload == b"{}"


@pytest.mark.fidelity("C18")
@pytest.mark.parametrize(("qualifier", "suffix"), [(None, ""), ("$LATEST", ":$LATEST")])
def test_invoked_function_arn(deploy: Deploy, qualifier: str | None, suffix: str) -> None:
    """The handler sees the ARN as it was called: qualified only if the call was."""
    function = deploy("def handler(event, context): return context.invoked_function_arn", function_name="fn")
    response = function.invoke({}, qualifier=qualifier)
    assert response.payload == f"arn:aws:lambda:us-east-1:123456789012:function:fn{suffix}"
    assert response.executed_version == "$LATEST"


# -- payload limits ---------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I20", "I23")
def test_the_largest_request(deploy: Deploy) -> None:
    """A synchronous request of 6,291,456 bytes passes, and so does a response of that many."""
    response = deploy(ECHO).invoke(payload_of(SYNCHRONOUS_LIMIT))
    assert response.function_error is None
    assert len(response.raw_payload) == SYNCHRONOUS_LIMIT


@pytest.mark.fidelity("I21", "I22")
@pytest.mark.parametrize(
    ("invocation_type", "limit"), [("RequestResponse", SYNCHRONOUS_LIMIT), ("Event", ASYNCHRONOUS_LIMIT)]
)
def test_a_request_too_large(aws_lambda: LambdaService, deploy: Deploy, invocation_type: Any, limit: int) -> None:
    """One byte above its type's limit a request is refused with status 413, and the handler does not run."""
    function = deploy(COUNT)
    with pytest.raises(RequestTooLargeException) as refusal:
        function.invoke(payload_of(limit + 1), invocation_type=invocation_type)
    assert str(refusal.value) == (
        f"{limit + 1} byte payload is too large for the {invocation_type} invocation type (limit {limit} bytes)"
    )
    assert refusal.value.status_code == 413
    aws_lambda.drain()
    assert function.invocations == []


@pytest.mark.fidelity("I22")
def test_the_largest_event(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An Event of 1,048,576 bytes passes."""
    function = deploy("def handler(event, context): print(len(event))")
    function.invoke(payload_of(ASYNCHRONOUS_LIMIT), invocation_type="Event")
    aws_lambda.drain()
    [environment] = function.environments
    assert f"\n{ASYNCHRONOUS_LIMIT - 2}\n" in environment.log.text()


SIZED = """
    def handler(size, context):
        print("generating")
        return "x" * (size - 2)
"""


@pytest.mark.fidelity("I23", "I26")
@pytest.mark.parametrize("size", [SYNCHRONOUS_LIMIT + 2, RESPONSE_LIMIT])
def test_a_large_response(deploy: Deploy, size: int) -> None:
    """A response may have up to 6,291,556 bytes, that number included."""
    response = deploy(SIZED).invoke(size)
    assert response.function_error is None
    assert len(response.raw_payload) == size


@pytest.mark.fidelity("I24", "I25", "I26")
def test_a_response_too_large(deploy: Deploy) -> None:
    """Above that the answer is AWS's error of two keys; prints are logged and the environment stays."""
    function = deploy(SIZED)
    first, second = function.invoke(RESPONSE_LIMIT + 1), function.invoke(RESPONSE_LIMIT + 1)
    for response in (first, second):
        assert (response.status_code, response.function_error) == (200, "Unhandled")
        assert response.raw_payload == (
            b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
            b'"errorType":"Function.ResponseSizeTooLarge"}'
        )
        assert "\ngenerating\n" in response.logs
    assert second.environment is first.environment
    assert not second.cold_start


# -- errors before the function runs ----------------------------------------------------------------------------------


def assert_not_found(error: ServiceError, arn: str) -> None:
    """The error is the API's own for an unknown function, its body included (fidelity I96)."""
    message = f"Function not found: {arn}"
    assert isinstance(error, ResourceNotFoundException)
    assert (error.code, error.status_code, error.message) == ("ResourceNotFoundException", 404, message)
    assert error.body == {"Type": "User", "Message": message}


@pytest.mark.fidelity("I30", "I96")
def test_an_unknown_function(aws_lambda: LambdaService) -> None:
    """An unknown function is not found, by its ARN with ``:$LATEST``."""
    with pytest.raises(ResourceNotFoundException) as refusal:
        aws_lambda.function("doesnotexist")
    assert_not_found(refusal.value, "arn:aws:lambda:us-east-1:123456789012:function:doesnotexist:$LATEST")


@pytest.mark.fidelity("I31", "I32", "I96")
@pytest.mark.parametrize("qualifier", ["non-existent-alias", "7", "$latest"])
def test_an_unknown_qualifier(deploy: Deploy, qualifier: str) -> None:
    """An alias or version that does not exist is not found, by its own ARN; ``$latest`` is no ``$LATEST``."""
    function = deploy(COUNT, function_name="fn")
    with pytest.raises(ResourceNotFoundException) as refusal:
        function.invoke({}, qualifier=qualifier)
    assert_not_found(refusal.value, f"arn:aws:lambda:us-east-1:123456789012:function:fn:{qualifier}")
    assert function.invocations == []


NOT_JSON = "Could not parse request body into json: Could not parse payload into json: "
SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}]"


@pytest.mark.fidelity("I36", "I37", "I96")
@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event", "DryRun"])
@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (
            b"\x99",
            "Unexpected character ((CTRL-CHAR, code 153)): "
            "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            + SOURCE.format(1),
        ),
        (b'"\x87"', "Invalid UTF-8 start byte 0x87" + SOURCE.format(3)),
    ],
    ids=["no value", "invalid UTF-8"],
)
def test_a_payload_that_is_not_json(deploy: Deploy, payload: bytes, complaint: str, invocation_type: Any) -> None:
    """Bytes that are not JSON are refused with status 400 and AWS's message, whatever the invocation type."""
    function = deploy(COUNT)
    with pytest.raises(InvalidRequestContentException) as refusal:
        function.invoke(payload, invocation_type=invocation_type)
    assert refusal.value.status_code == 400
    assert refusal.value.body == {"Type": "User", "message": NOT_JSON + complaint}
    assert function.invocations == []


# -- throttling -------------------------------------------------------------------------------------------------------


def assert_throttled(error: TooManyRequestsException, reason: str) -> None:
    """The error is the API's own, its body included."""
    assert (error.code, error.status_code, error.reason) == ("TooManyRequestsException", 429, reason)
    assert error.body == {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}


@pytest.mark.fidelity("I50", "I96", "P-27")
def test_reserved_concurrency_zero(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """With a reservation of 0 every synchronous request is throttled, the handler does not run, and no time passes."""
    function = deploy(COUNT, reserved_concurrent_executions=0)
    with pytest.raises(TooManyRequestsException) as refusal:
        function.invoke({})
    assert_throttled(refusal.value, "ReservedFunctionConcurrentInvocationLimitExceeded")
    assert function.invocations == []
    assert aws_lambda.clock.elapsed == timedelta(0)
    [throttle] = aws_lambda.journal.of(InvocationThrottled)
    assert throttle.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.fidelity("I51", "V22")
def test_reserved_concurrency_taken(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """So many requests as are reserved run at once; one more is throttled, and later ones run again."""
    function = deploy(COUNT, reserved_concurrent_executions=2)
    assert [response.payload for response in aws_lambda.invoke_concurrently(function, [1, 2])] == [1, 1]
    with pytest.raises(TooManyRequestsException) as refusal:
        aws_lambda.invoke_concurrently(function, [1, 2, 3])
    assert_throttled(refusal.value, "ReservedFunctionConcurrentInvocationLimitExceeded")
    assert function.invoke({}).function_error is None


@pytest.mark.fidelity("I51")
def test_a_handler_can_not_invoke_itself_with_one_execution_reserved(aws_lambda: LambdaService) -> None:
    """A handler that calls its own function meets its own reservation of 1."""
    refusals: list[TooManyRequestsException] = []

    def handler(event: Any, context: Any) -> None:
        try:
            fn.invoke({})
        except TooManyRequestsException as refusal:
            refusals.append(refusal)

    fn = aws_lambda.create_function(handler, reserved_concurrent_executions=1)
    fn.invoke({})
    assert_throttled(refusals[0], "ReservedFunctionConcurrentInvocationLimitExceeded")
    assert len(fn.invocations) == 1


@pytest.mark.fidelity("I53")
def test_the_accounts_limit(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Functions without a reservation share what is left of the account's 1,000 executions."""
    deploy(ECHO, function_name="greedy", reserved_concurrent_executions=900)
    function = deploy(ECHO, function_name="other")
    assert len(aws_lambda.invoke_concurrently(function, range(100))) == 100
    with pytest.raises(TooManyRequestsException) as refusal:
        aws_lambda.invoke_concurrently(function, range(101))
    assert_throttled(refusal.value, "ConcurrentInvocationLimitExceeded")


@pytest.mark.fidelity("V23")
def test_a_hundred_executions_stay_unreserved(deploy: Deploy) -> None:
    """A reservation that leaves less than 100 executions to the others is refused with AWS's message."""
    function = deploy(ECHO, reserved_concurrent_executions=900)
    function.put_concurrency(900)
    with pytest.raises(InvalidParameterValueException) as refusal:
        function.put_concurrency(901)
    assert str(refusal.value) == (
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
        "below its minimum value of [100]."
    )


@pytest.mark.fidelity("I55")
@pytest.mark.parametrize(("invocation_type", "status"), [("Event", 202), ("DryRun", 204)])
def test_the_api_does_not_throttle_what_does_not_run(deploy: Deploy, invocation_type: Any, status: int) -> None:
    """Event and DryRun are accepted even with a reservation of 0."""
    function = deploy(ECHO, reserved_concurrent_executions=0)
    assert function.invoke({}, invocation_type=invocation_type).status_code == status


# -- environments -----------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V20", "P-28")
def test_overlapping_requests_have_environments_of_their_own(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """One environment serves one request at a time: two at once get two, with globals and log streams of their own."""
    function = deploy(COUNT)
    first, second = aws_lambda.invoke_concurrently(function, [1, 2])
    assert (first.payload, second.payload) == (1, 1)
    assert first.cold_start
    assert second.cold_start
    assert first.environment is not second.environment
    assert first.environment.log_stream_name != second.environment.log_stream_name
    third = function.invoke({})
    assert not third.cold_start
    assert third.payload == 2


@pytest.mark.fidelity("V20")
def test_overlap_is_in_virtual_time(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Two asynchronous events that sleep overlap: both begin at once, and both are done after one sleep."""
    function = deploy("import time\ndef handler(event, context): time.sleep(2)")
    for _ in range(2):
        function.invoke_async({})
    aws_lambda.drain()
    assert [invocation.started_after for invocation in function.invocations] == [timedelta(0)] * 2
    assert len({invocation.environment for invocation in function.invocations}) == 2
    assert aws_lambda.clock.elapsed == timedelta(seconds=2)


@pytest.mark.fidelity("V21", "V01")
def test_requests_in_turn_share_an_environment(deploy: Deploy) -> None:
    """The next request finds the environment warm, with the globals as the last one left them."""
    function = deploy(COUNT)
    responses = [function.invoke({}) for _ in range(3)]
    assert [response.payload for response in responses] == [1, 2, 3]
    assert [response.cold_start for response in responses] == [True, False, False]
    assert len({id(response.environment) for response in responses}) == 1
    assert {response.executed_version for response in responses} == {"$LATEST"}


# -- asynchronous retries ---------------------------------------------------------------------------------------------

ALWAYS_FAILS = """
    def handler(event, context):
        print("attempt", context.aws_request_id)
        raise RuntimeError("no")
"""


def started_after(function: LambdaFunction) -> list[float]:
    """When each attempt began, in seconds after its event was accepted."""
    return [invocation.started_after.total_seconds() for invocation in function.invocations]


@pytest.mark.fidelity("A01", "A03", "A04", "P10")
def test_three_attempts(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A failing event is run three times, after 0, 60 and 180 seconds, always with the same request id."""
    function = deploy(ALWAYS_FAILS)
    accepted = function.invoke_async({})
    aws_lambda.drain()
    assert started_after(function) == [0, 60, 180]
    assert {invocation.request_id for invocation in function.invocations} == {accepted.request_id}
    [environment] = function.environments
    assert re.findall("attempt (.*)", environment.log.text()) == [accepted.request_id] * 3


@pytest.mark.fidelity("A01", "A03")
def test_attempts_become_due_as_time_passes(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """``advance`` runs exactly those attempts that have become due."""
    function = deploy(ALWAYS_FAILS)
    function.invoke_async({})
    counts = []
    for seconds in (0, 59, 1, 119, 1, 86_400):
        aws_lambda.advance(seconds=seconds)
        counts.append(len(function.invocations))
    assert counts == [1, 1, 2, 2, 3, 3]


@pytest.mark.fidelity("A03")
def test_the_delay_counts_from_the_failure(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The wait before a retry begins when the attempt has ended."""
    function = deploy("import time\ndef handler(event, context): time.sleep(10); raise RuntimeError", timeout=20)
    function.invoke_async({})
    aws_lambda.drain()
    assert started_after(function) == [0, 70, 200]


@pytest.mark.fidelity("A05")
def test_an_attempt_may_find_its_environment_warm(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A handler that raises keeps its process: the retries are warm, in the same environment."""
    function = deploy(ALWAYS_FAILS)
    function.invoke_async({})
    aws_lambda.drain()
    assert [invocation.cold_start for invocation in function.invocations] == [True, False, False]
    assert len({invocation.environment for invocation in function.invocations}) == 1


@pytest.mark.fidelity("A06")
@pytest.mark.parametrize(
    ("source", "status"),
    [
        pytest.param("import time\ndef handler(event, context): time.sleep(60)", "timeout", id="timeout"),
        pytest.param("import sys\ndef handler(event, context): sys.exit(0)", "crash", id="exit"),
        pytest.param("1 / 0", "init-error", id="init"),
        pytest.param("def handler(event, context): return {1}", "error", id="marshalling"),
        pytest.param("def handler(event, context): return 'x' * 7_000_000", "error", id="response too large"),
    ],
)
def test_every_function_error_is_retried(aws_lambda: LambdaService, deploy: Deploy, source: str, status: str) -> None:
    """Timeouts, exits, failed inits and responses that can't be sent are retried like exceptions."""
    function = deploy(source)
    function.invoke_async({})
    aws_lambda.drain()
    assert [invocation.status for invocation in function.invocations] == [status] * 3


@pytest.mark.fidelity("A01")
def test_a_success_ends_the_retries(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An attempt that succeeds is the last one."""
    function = deploy(
        """
        calls = 0

        def handler(event, context):
            global calls
            calls += 1
            if calls < 2:
                raise RuntimeError
        """
    )
    function.invoke_async({})
    aws_lambda.drain()
    assert [invocation.status for invocation in function.invocations] == ["error", "success"]


@pytest.mark.fidelity("A07")
def test_a_throttled_event_waits_and_keeps_its_retries(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Refusals back off from 1 s to 5 min and are no attempts: once there is capacity, all three follow."""
    function = deploy(ALWAYS_FAILS, reserved_concurrent_executions=1)
    with function.in_flight():
        function.invoke_async({})
        aws_lambda.advance(minutes=30)
    throttles = [throttle.at for throttle in aws_lambda.journal.of(InvocationThrottled)]
    waits = [(later - earlier) // 1_000_000 for earlier, later in pairwise(throttles)]
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(waits[10:]) == {300}
    aws_lambda.drain()
    assert len(function.invocations) == 3


@pytest.mark.fidelity("A07")
def test_a_throttled_event_is_dropped_after_six_hours(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An event that finds no capacity for six hours never runs."""
    function = deploy(ECHO, reserved_concurrent_executions=1)
    with function.in_flight():
        function.invoke_async({})
        aws_lambda.advance(hours=6, minutes=1)
    aws_lambda.drain()
    assert function.invocations == []


@pytest.mark.fidelity("A13")
def test_with_one_execution_reserved_events_run_in_turn(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Several events with one execution reserved are all accepted, and run one after the other."""
    function = deploy("import time\ndef handler(event, context): time.sleep(2)", reserved_concurrent_executions=1)
    accepted: list[InvokeResponse] = [function.invoke_async(number) for number in range(3)]
    assert [response.status_code for response in accepted] == [202] * 3
    aws_lambda.drain()
    runs = sorted(function.invocations, key=lambda invocation: invocation.started)
    assert len(runs) == 3
    assert {invocation.status for invocation in runs} == {"success"}
    assert all(earlier.ended <= later.started for earlier, later in pairwise(runs))
    assert len(function.environments) == 1
