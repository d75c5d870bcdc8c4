"""What the service around a function does, as text: a line of the timeline, without its time."""

from __future__ import annotations

from pytest_lambda_env.model.facts import (
    EventEnded,
    InvocationRefused,
    InvocationThrottled,
    ProvisionedConcurrencyChanged,
    RecordSent,
    TrafficShifted,
)


def around(
    fact: InvocationThrottled
    | InvocationRefused
    | EventEnded
    | RecordSent
    | ProvisionedConcurrencyChanged
    | TrafficShifted,
) -> str:
    """The line of a fact that has no environment."""
    if isinstance(fact, InvocationThrottled):
        return _said(
            fact.function_name, "THROTTLED", fact.reason, version(fact.version, fact.qualifier), fact.request_id
        )
    if isinstance(fact, InvocationRefused):
        return _said(fact.function_name, "REFUSED", fact.error, _named(fact.qualifier), fact.request_id)
    if isinstance(fact, EventEnded):
        attempts = "1 attempt" if fact.attempts == 1 else f"{fact.attempts} attempts"
        copy = f"copy {fact.copy}" if fact.copy else ""
        return _said(
            fact.function_name, "EVENT", fact.condition, attempts, copy, _named(fact.qualifier), fact.request_id
        )
    if isinstance(fact, RecordSent):
        what = "NOT SENT" if fact.error else "SENT"
        return _said(
            fact.function_name, what, fact.purpose, f"to {_target(fact.target)}", fact.error or "", fact.request_id
        )
    if isinstance(fact, ProvisionedConcurrencyChanged):
        has = f"{fact.allocated} of {fact.requested}" if fact.requested else "none"
        status = fact.status if fact.requested else ""
        reason = fact.status_reason or ""
        return _said(
            f"{fact.function_name}:{fact.qualifier}", "PROVISIONED", has, status, version(fact.version), reason
        )
    share = f"{fact.weight * 100:g} % to version {fact.version}"
    return _said(f"{fact.function_name}:{fact.alias}", "TRAFFIC", share, fact.why)


def version(number: str, qualifier: str | None = None) -> str:
    """``version 2``, ``version 2 (live)`` where an alias was asked for; nothing for ``$LATEST`` that nobody named."""
    if qualifier is None or qualifier == number:
        return "" if number == "$LATEST" else f"version {number}"
    return f"version {number} ({qualifier})"


def _named(qualifier: str | None) -> str:
    return f"({qualifier})" if qualifier else ""


def _said(*words: str) -> str:
    who, *said = filter(None, words)
    return f"{who}     {'  '.join(said)}"


def _target(arn: str) -> str:
    """A queue's, a topic's, a bus's or a function's name: the end of its ARN."""
    resource = arn.split(":", 5)[-1]
    return resource.removeprefix("function:").rpartition("/")[2]
