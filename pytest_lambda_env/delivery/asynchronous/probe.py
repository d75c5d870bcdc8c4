"""An in-memory stand-in for what Lambda sends to: a queue, a topic, an event bus, a bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pytest_lambda_env.delivery.asynchronous.message import DeliveryFailed, Message
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.arn import Arn, bucket_arn, partition_of, queue_arn, topic_arn
from pytest_lambda_env.simulation.instant import Instant, datetime_of

ProbedService = Literal["sqs", "sns", "events", "s3"]


def probe_arn(region: str, account_id: str, name: str, service: ProbedService) -> str:
    """The ARN of a probe that stands for a resource of a service."""
    if service == "sqs":
        return str(queue_arn(region, account_id, name))
    if service == "sns":
        return str(topic_arn(region, account_id, name))
    if service == "s3":
        return str(bucket_arn(region, name))
    if service != "events":
        raise UsageError(f"service={service!r}; it must be 'sqs', 'sns', 'events' or 's3'.")
    partition = partition_of(region)
    resource = f"event-bus/{name}"
    return str(Arn(partition=partition, service="events", region=region, account_id=account_id, resource=resource))


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One thing that has arrived: its text, and for a dead letter its attributes by name, as text (fidelity A40)."""

    at: datetime
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> Any:
        """The text read as JSON."""
        return json.loads(self.body)


class Probe:
    """Takes what Lambda sends and shows it to the test; made by ``aws_lambda.create_probe``.

    Give it, or its ``arn``, as a destination or a dead-letter target. It keeps everything, and hides nothing after it
    was read, as a queue would.
    """

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.messages: list[Received] = []
        """Everything that has arrived, oldest first."""
        self._refuses: str | None = None

    def received(self) -> list[Any]:
        """Every message read as JSON, oldest first: a destination's records, or the events that are dead letters."""
        return [message.payload for message in self.messages]

    def refuse(self, error: str | None = "AccessDeniedException") -> None:
        """Let deliveries fail from now on, with that error; None ends it."""
        self._refuses = error

    def deliver(self, message: Message, at: Instant) -> None:
        """What Lambda calls. Raises :class:`.DeliveryFailed` while the probe refuses."""
        if self._refuses is not None:
            raise DeliveryFailed(self._refuses)
        attributes = {name: value for name, (_, value) in message.attributes.items()}
        self.messages.append(Received(at=datetime_of(at), body=message.body, attributes=attributes))

    def __repr__(self) -> str:
        return f"<Probe {self.arn}: {len(self.messages)} received>"
