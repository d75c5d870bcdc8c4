"""What Lambda itself sends to queues, topics, event buses and buckets, on moto."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pytest_lambda_env.delivery.asynchronous.message import DeliveryFailed, Message
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.arn import Arn


class MotoCarrier:
    """Reaches what exists in the mocked account; without an active ``mock_aws`` there is nothing to reach.

    Clients are the service's own, with credentials that open nothing: a test's sessions and stubs don't matter.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._clients: dict[tuple[str, str], Any] = {}

    def knows(self, arn: str) -> bool:
        """Whether the resource exists in the mocked account."""
        if not _mock_is_active():
            raise UsageError(
                f"{arn} can't be reached: no mock_aws is active. Begin moto's mock_aws() first, or give a function or "
                "aws_lambda.create_probe(...)."
            )
        from botocore.exceptions import ClientError

        target = Arn.parse(arn)
        look = _LOOKS.get(target.service)
        try:
            return look is not None and bool(look(self._client(target), target))
        except ClientError:
            return False

    def deliver(self, arn: str, message: Message) -> None:
        """Send to the resource, as Lambda does."""
        if not _mock_is_active():
            raise DeliveryFailed("no mock_aws is active")
        from botocore.exceptions import BotoCoreError, ClientError

        target = Arn.parse(arn)
        send = _SENDS.get(target.service)
        if send is None:
            raise DeliveryFailed(f"Lambda does not send to {target.service}")
        try:
            send(self._client(target), target, message)
        except ClientError as error:
            raise DeliveryFailed(str(error.response.get("Error", {}).get("Code") or error)) from error
        except BotoCoreError as error:
            raise DeliveryFailed(str(error)) from error

    def _client(self, target: Arn) -> Any:
        import boto3

        key = target.service, target.region or self._region
        if key not in self._clients:
            make: Any = boto3.session.Session(
                aws_access_key_id="lambda",
                aws_secret_access_key="lambda",  # noqa: S106 - opens nothing
                region_name=key[1],
            ).client
            self._clients[key] = make(target.service)
        return self._clients[key]


def _mock_is_active() -> bool:
    stubber: Any = getattr(sys.modules.get("moto.core.models"), "botocore_stubber", None)
    return stubber is not None and bool(stubber.enabled)


def _queue_url(client: Any, target: Arn) -> str:
    url: str = client.get_queue_url(QueueName=target.resource, QueueOwnerAWSAccountId=target.account_id)["QueueUrl"]
    return url


def _bus_name(target: Arn) -> str:
    return target.resource.removeprefix("event-bus/")


_LOOKS: dict[str, Callable[[Any, Arn], object]] = {
    "sqs": _queue_url,
    "sns": lambda client, target: client.get_topic_attributes(TopicArn=str(target)),
    "events": lambda client, target: client.describe_event_bus(Name=_bus_name(target)),
    "s3": lambda client, target: client.head_bucket(Bucket=target.resource),
}


def _to_queue(client: Any, target: Arn, message: Message) -> None:
    client.send_message(
        QueueUrl=_queue_url(client, target), MessageBody=message.body, MessageAttributes=_attributes(message)
    )


def _to_topic(client: Any, target: Arn, message: Message) -> None:
    client.publish(TopicArn=str(target), Message=message.body, MessageAttributes=_attributes(message))


def _to_bus(client: Any, target: Arn, message: Message) -> None:
    """Fidelity A25."""
    entry = {
        "Source": "lambda",
        "DetailType": message.detail_type,
        "Detail": message.body,
        "Resources": list(message.resources),
        "EventBusName": _bus_name(target),
    }
    answer = client.put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise DeliveryFailed(answer["Entries"][0].get("ErrorCode", "InternalFailure"))


def _to_bucket(client: Any, target: Arn, message: Message) -> None:
    client.put_object(Bucket=target.resource, Key=message.key, Body=message.body.encode())


_SENDS: dict[str, Callable[[Any, Arn, Message], None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
    "s3": _to_bucket,
}


def _attributes(message: Message) -> dict[str, dict[str, str]]:
    return {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in message.attributes.items()}
