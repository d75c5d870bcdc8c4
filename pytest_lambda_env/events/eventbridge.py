"""Events of Amazon EventBridge: those of a bus, of a rule that runs on a schedule, and of EventBridge Scheduler.

Shapes follow fidelity 6.1, "EventBridge" and "Scheduled", and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.choice import resource
from pytest_lambda_env.events.payload import text_of
from pytest_lambda_env.events.stamp import current_stamp, iso_seconds
from pytest_lambda_env.model.arn import check_account_id, check_region, rule_arn, schedule_arn

__all__ = ["EventBridgeEvent", "SchedulerEvent", "event", "scheduled", "scheduler"]

_Envelope = TypedDict(
    "_Envelope",
    {
        "version": str,
        "id": str,
        "detail-type": str,
        "source": str,
        "account": str,
        "time": str,
        "region": str,
        "resources": list[str],
    },
)
_Replayed = TypedDict("_Replayed", {"replay-name": str}, total=False)


class EventBridgeEvent(_Envelope, _Replayed):
    """One event. Only one that a replay of an archive delivers has a ``replay-name``."""

    detail: dict[str, Any]


class SchedulerEvent(_Envelope):
    """What EventBridge Scheduler sends where a schedule has no input of its own: its detail is text."""

    detail: str


def event(
    detail_type: str,
    detail: Mapping[str, object] | None = None,
    *,
    source: str = "my.application",
    resources: Sequence[str] = (),
    time: datetime.datetime | None = None,
    event_id: str | None = None,
    account_id: str | None = None,
    region: str | None = None,
    replay_name: str | None = None,
) -> EventBridgeEvent:
    """An event of a bus, as a rule delivers it.

    ``detail`` is a JSON object, by default an empty one. ``source`` may also be an AWS service, such as ``"aws.ec2"``.
    ``resources`` are ARNs, as they are. The time is in whole seconds.

    >>> from pytest_lambda_env import events
    >>> event = events.eventbridge.event("Order Placed", {"order": 7}, source="shop.orders")
    >>> event["detail-type"], event["source"], event["detail"]
    ('Order Placed', 'shop.orders', {'order': 7})
    """
    stamp = current_stamp()
    for option, value in (("detail_type", detail_type), ("source", source)):
        if not isinstance(value, str) or not value:
            raise UsageError(f"{option}={value!r}; it must be text.")
    if isinstance(resources, str):
        raise UsageError(f"resources={resources!r}; it must be a list of ARNs.")
    if detail is not None and not isinstance(detail, Mapping):
        raise UsageError(f"detail={detail!r}; it must be a JSON object.")
    built: EventBridgeEvent = {
        "version": "0",
        "id": event_id if event_id is not None else stamp.uuid("eventbridge-id"),
        "detail-type": detail_type,
        "source": source,
        "account": check_account_id(account_id) if account_id is not None else stamp.account_id,
        "time": iso_seconds(stamp.instant(time)),
        "region": check_region(region) if region is not None else stamp.region,
        "resources": list(resources),
        "detail": json.loads(text_of(detail or {}, "detail")),
    }
    if replay_name is not None:
        built["replay-name"] = replay_name
    return built


def scheduled(
    *,
    rule: str = "my-rule",
    time: datetime.datetime | None = None,
    event_id: str | None = None,
) -> EventBridgeEvent:
    """The event of a rule that runs on a schedule (fidelity EB20). ``rule`` is its name or its ARN.

    >>> from pytest_lambda_env import events
    >>> event = events.eventbridge.scheduled(rule="nightly")
    >>> event["detail-type"], event["source"], event["resources"]
    ('Scheduled Event', 'aws.events', ['arn:aws:events:us-east-1:123456789012:rule/nightly'])
    """
    arn = resource("rule", rule, "events", current_stamp(), rule_arn)
    return event(
        "Scheduled Event",
        source="aws.events",
        resources=[str(arn)],
        time=time,
        event_id=event_id,
        account_id=arn.account_id,
        region=arn.region,
    )


def scheduler(
    *,
    schedule: str = "my-schedule",
    time: datetime.datetime | None = None,
    event_id: str | None = None,
) -> SchedulerEvent:
    """What EventBridge Scheduler sends by default (fidelity EB21).

    ``schedule`` is a name in the default group, or an ARN.

    >>> from pytest_lambda_env import events
    >>> event = events.eventbridge.scheduler(schedule="nightly")
    >>> event["source"], event["detail"], event["resources"]
    ('aws.scheduler', '{}', ['arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly'])
    """
    arn = resource("schedule", schedule, "scheduler", current_stamp(), schedule_arn)
    sent = event(
        "Scheduled Event",
        source="aws.scheduler",
        resources=[str(arn)],
        time=time,
        event_id=event_id,
        account_id=arn.account_id,
        region=arn.region,
    )
    return {
        "version": sent["version"],
        "id": sent["id"],
        "detail-type": sent["detail-type"],
        "source": sent["source"],
        "account": sent["account"],
        "time": sent["time"],
        "region": sent["region"],
        "resources": sent["resources"],
        "detail": "{}",
    }
