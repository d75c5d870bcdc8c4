"""Facts written by hand: times are seconds after ``START``, which is a full minute."""

from __future__ import annotations

from typing import Any

from pytest_lambda_env.model.facts import (
    EventAccepted,
    EventEnded,
    Invocation,
    InvocationThrottled,
    ProvisionedConcurrencyChanged,
    RecordSent,
)
from pytest_lambda_env.simulation.instant import SECOND, Instant, parse_instant

START = "2026-03-29T01:00:00Z"


def at(seconds: float) -> Instant:
    """So many seconds after the start."""
    return Instant(parse_instant(START) + round(seconds * SECOND))


def run(started: float = 0, seconds: float = 0, **values: Any) -> Invocation:
    """An invocation, for ``orders`` and in environment 1 unless told otherwise; ``init`` is in seconds."""
    init = values.pop("init", None)
    defaults: dict[str, Any] = {
        "request_id": "r",
        "function_name": "orders",
        "executed_version": "$LATEST",
        "environment": 1,
        "accepted": at(values.pop("accepted", started)),
        "started": at(started),
        "ended": at(started + seconds),
        "status": "success",
        "cold_start": init is not None,
        "init_duration": None if init is None else round(init * SECOND),
    }
    return Invocation(**{**defaults, **values})


def throttled(when: float = 0, **values: Any) -> InvocationThrottled:
    """A request without capacity."""
    return InvocationThrottled(
        **{"at": at(when), "function_name": "orders", "reason": "ConcurrentInvocationLimitExceeded", **values}
    )


def accepted(when: float = 0, **values: Any) -> EventAccepted:
    """An event that was queued."""
    return EventAccepted(**{"at": at(when), "function_name": "orders", "request_id": "r", **values})


def ended(when: float = 0, **values: Any) -> EventEnded:
    """An event that the queue is done with."""
    defaults = {"function_name": "orders", "request_id": "r", "accepted": at(0), "attempts": 1, "condition": "Success"}
    return EventEnded(**{"at": at(when), **defaults, **values})


def sent(when: float = 0, **values: Any) -> RecordSent:
    """A record on its way to a destination."""
    target = "arn:aws:sqs:us-east-1:123456789012:failures"
    defaults = {"function_name": "orders", "request_id": "r", "purpose": "OnFailure", "target": target}
    return RecordSent(**{"at": at(when), **defaults, **values})


def provisioned(when: float, allocated: int, **values: Any) -> ProvisionedConcurrencyChanged:
    """Provisioned concurrency of ``orders:live`` (version 1), all that was asked for."""
    defaults = {
        "function_name": "orders",
        "qualifier": "live",
        "version": "1",
        "requested": allocated,
        "allocated": allocated,
        "status": "READY",
    }
    return ProvisionedConcurrencyChanged(**{"at": at(when), **defaults, **values})
