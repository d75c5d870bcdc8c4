"""What a schedule hands to its target: the event of its service, or the input that it was given instead.

The attributes that EventBridge Scheduler fills into an input are those of
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

from __future__ import annotations

import json

from pytest_lambda_env.events import eventbridge
from pytest_lambda_env.events.stamp import iso_seconds
from pytest_lambda_env.model.schedule.definition import RuleDefinition, ScheduleDefinition
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant, datetime_of


def schedule_event(
    definition: RuleDefinition | ScheduleDefinition, arn: str, scheduled: Instant, entropy: Entropy
) -> bytes:
    """The JSON of one firing. Its time is the scheduled one, also where a flexible window delays the invocation.

    Ids come from ``entropy`` and not from the current stamp: a firing must not change the ids of hand-made events.
    """
    if isinstance(definition, RuleDefinition):
        if definition.input_text is not None:
            return definition.input_text.encode()
        event_id = entropy.uuid4(f"schedule/{arn}/event-ids")
        return _bytes(eventbridge.scheduled(rule=arn, time=datetime_of(scheduled), event_id=event_id))
    if definition.input_text is not None:
        return _filled(definition.input_text, arn, scheduled, entropy).encode()
    event_id = entropy.uuid4(f"schedule/{arn}/event-ids")
    return _bytes(eventbridge.scheduler(schedule=arn, time=datetime_of(scheduled), event_id=event_id))


def _filled(text: str, arn: str, scheduled: Instant, entropy: Entropy) -> str:
    if "<aws.scheduler." not in text:
        return text
    attributes = {
        "schedule-arn": arn,
        "scheduled-time": iso_seconds(scheduled),
        "execution-id": entropy.hex(f"schedule/{arn}/execution-ids", 16),
        "attempt-number": "1",  # Lambda's queue takes every event at the first attempt
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _bytes(event: object) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
