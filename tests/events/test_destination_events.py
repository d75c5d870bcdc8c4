"""Records of ended asynchronous events, built by hand: the same as Lambda's own."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from pytest_lambda_env import LambdaService, events
from pytest_lambda_env.errors import UsageError

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@pytest.mark.fidelity("A20", "A21", "A22", "A23", "A26")
@pytest.mark.parametrize(
    ("condition", "configuration"),
    [
        ("Success", {}),
        ("RetriesExhausted", {"maximum_retry_attempts": 2}),
        ("EventAgeExceeded", {"maximum_event_age_in_seconds": 60}),
        ("ZeroReservedConcurrency", {}),
    ],
)
def test_what_is_built_is_what_is_delivered(
    aws_lambda: LambdaService, condition: Condition, configuration: dict[str, int]
) -> None:
    """Key by key and in the same order, whichever way the event has ended."""
    received: list[Any] = []
    target = aws_lambda.create_function(lambda event, _: received.append(event))

    def handler(event: Any, context: Any) -> str:
        if condition != "Success":
            raise ValueError("poison")
        return "done"

    function = aws_lambda.create_function(handler, function_name="orders")
    function.put_event_invoke_config(**configuration, on_success=target, on_failure=target)
    if condition == "ZeroReservedConcurrency":
        function.put_concurrency(0)
    accepted = function.invoke_async({"order": 7})
    aws_lambda.drain()
    [delivered] = received
    built = events.destinations.record(
        {"order": 7},
        delivered.get("responsePayload"),
        condition=condition,
        function="orders",
        request_id=accepted.request_id,
    )
    built["timestamp"] = delivered["timestamp"]
    assert json.dumps(built) == json.dumps(delivered)


def test_a_record_of_a_version() -> None:
    """An ARN keeps its qualifier, and a version that ran can be given."""
    arn = "arn:aws:lambda:eu-west-1:210987654321:function:orders:live"
    record = events.destinations.record({}, 1, function=arn, executed_version="7", approximate_invoke_count=2)
    assert record["requestContext"]["functionArn"] == arn
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "7"}


def test_ids_are_new_and_repeat_with_the_seed() -> None:
    """Each record has a request id of its own."""
    first, second = (events.destinations.record()["requestContext"]["requestId"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "Failed"}, "condition='Failed'; it must be one of 'Success'"),
        ({"approximate_invoke_count": -1}, "approximate_invoke_count=-1; it must be a whole number, 0 or more"),
        ({"function": "arn:aws:sqs:us-east-1:123456789012:q"}, "is an ARN of 'sqs'; it must be one of 'lambda'"),
        ({"function": "arn:aws:lambda:us-east-1:123456789012:layer:x"}, "is not the ARN of a function"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    """The message names the option, and what would be right."""
    with pytest.raises(UsageError, match=message):
        events.destinations.record(**options)
