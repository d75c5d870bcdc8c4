"""What Lambda itself sends of an asynchronous event that has ended: the records that destinations get.

A function that is another one's destination is invoked with such a record, a queue gets it as its message's body.
Shapes follow recordings of AWS (fidelity A20 to A24).
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import datetime
from typing import Any, Literal, TypedDict

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.choice import at_least, one_of, resource
from pytest_lambda_env.events.stamp import current_stamp, iso_milliseconds
from pytest_lambda_env.model.arn import function_arn

__all__ = ["DestinationRecord", "record"]

_CONDITIONS = ("Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency", "RecursiveInvocation")


class RequestContext(TypedDict):
    """Which event of which function this was, how it ended, and after how many attempts."""

    requestId: str
    functionArn: str
    condition: str
    approximateInvokeCount: int


class _ResponseContext(TypedDict):
    statusCode: int
    executedVersion: str


class ResponseContext(_ResponseContext, total=False):
    """What ran, and whether it failed; ``functionError`` is absent after a success."""

    functionError: str


class _DestinationRecord(TypedDict):
    version: str
    timestamp: str
    requestContext: RequestContext
    requestPayload: Any


class DestinationRecord(_DestinationRecord, total=False):
    """The whole record; the response's parts are absent if no attempt ever reached the function."""

    responseContext: ResponseContext
    responsePayload: Any


NO_RESPONSE: Any = object()
"""The response of an event that never reached its function."""


def record(
    request_payload: Any = None,
    response_payload: Any = None,
    *,
    condition: Literal[
        "Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency", "RecursiveInvocation"
    ] = "Success",
    function: str = "my-function",
    executed_version: str = "$LATEST",
    approximate_invoke_count: int | None = None,
    request_id: str | None = None,
    timestamp: datetime.datetime | None = None,
) -> DestinationRecord:
    """The record of one event.

    ``function`` is a name or an ARN; the record's is always qualified (``:$LATEST`` where nothing else is). The
    ``response_payload`` of a failure is the error object of the last attempt. ``approximate_invoke_count`` defaults to
    what the condition means: 3 attempts where retries are exhausted, none with a reservation of 0, else 1.

    >>> from pytest_lambda_env import events
    >>> failed = events.destinations.record(
    ...     {"order": 7}, {"errorMessage": "poison", "errorType": "ValueError"}, condition="RetriesExhausted"
    ... )
    >>> failed["requestContext"]["functionArn"], failed["requestContext"]["approximateInvokeCount"]
    ('arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST', 3)
    >>> failed["responseContext"]
    {'statusCode': 200, 'executedVersion': '$LATEST', 'functionError': 'Unhandled'}
    """
    one_of("condition", condition, _CONDITIONS)
    stamp = current_stamp()
    arn = resource("function", function, "lambda", stamp, function_arn)
    parts = arn.resource.split(":")
    if parts[0] != "function" or len(parts) > 3:
        raise UsageError(f"function={function!r} is not the ARN of a function.")
    if approximate_invoke_count is None:
        approximate_invoke_count = {"RetriesExhausted": 3, "ZeroReservedConcurrency": 0}.get(condition, 1)
    count = at_least("approximate_invoke_count", approximate_invoke_count, 0)
    made: DestinationRecord = {
        "version": "1.0",
        "timestamp": iso_milliseconds(stamp.instant(timestamp)),
        "requestContext": {
            "requestId": request_id if request_id is not None else stamp.uuid("request-id"),
            "functionArn": str(arn) if len(parts) == 3 else f"{arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": {} if request_payload is None else request_payload,
    }
    if condition == "ZeroReservedConcurrency" or response_payload is NO_RESPONSE:
        return made
    made["responseContext"] = {"statusCode": 200, "executedVersion": executed_version}
    if condition != "Success":
        made["responseContext"]["functionError"] = "Unhandled"
    made["responsePayload"] = response_payload
    return made
