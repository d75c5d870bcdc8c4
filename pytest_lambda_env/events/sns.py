"""Events of Amazon SNS: a notification, as a function subscribed to a topic gets it.

Shapes follow recordings of AWS (fidelity 6.1, SNS row). :func:`queue_body` gives the same notification as a queue gets
it, for :mod:`.sqs`. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping
from typing import TypedDict

from pytest_lambda_env.errors import NotModelled, UsageError
from pytest_lambda_env.events.attributes import AttributeValue, MessageAttribute, attributes_of
from pytest_lambda_env.events.choice import one_of, resource
from pytest_lambda_env.events.payload import Payload, source_of, text_of
from pytest_lambda_env.events.stamp import current_stamp, iso_milliseconds
from pytest_lambda_env.model.arn import Arn, dns_suffix_of, topic_arn

__all__ = ["SnsEvent", "SnsEventRecord", "SnsMessage", "SnsMessageAttribute", "notification"]

S3_SUBJECT = "Amazon S3 Notification"
"""What S3 writes as the subject of everything it publishes."""

_MAXIMUM_SUBJECT_LENGTH = 100


class SnsMessageAttribute(TypedDict):
    """A typed value, as text; a ``Binary`` in base64."""

    Type: str
    Value: str


class SnsMessage(TypedDict):
    """The notification itself."""

    Type: str
    MessageId: str
    TopicArn: str
    Subject: str | None
    Message: str
    Timestamp: str
    SignatureVersion: str
    Signature: str
    SigningCertUrl: str
    UnsubscribeUrl: str
    MessageAttributes: dict[str, SnsMessageAttribute]


class SnsEventRecord(TypedDict):
    """The notification, and the subscription it came by."""

    EventSource: str
    EventVersion: str
    EventSubscriptionArn: str
    Sns: SnsMessage


class SnsEvent(TypedDict):
    """What SNS invokes a function with: one record, always."""

    Records: list[SnsEventRecord]


def notification(
    message: Payload,
    *,
    topic: str = "my-topic",
    subject: str | None = None,
    message_attributes: Mapping[str, AttributeValue] | None = None,
    message_id: str | None = None,
    timestamp: datetime.datetime | None = None,
    subscription_id: str | None = None,
    signature: str | None = None,
    signature_version: str = "1",
) -> SnsEvent:
    """One notification. SNS invokes a function once per message, so there is always one record.

    ``message`` is text, or a JSON value such as another builder's event, dumped compactly. An S3 event gets the
    subject that S3 gives it. ``topic`` is a name or an ARN. An attribute is text (String), a number (Number), a list
    (String.Array) or bytes (Binary, base64 in the event). The signature has the right form and verifies nothing.

    >>> from pytest_lambda_env import events
    >>> event = events.sns.notification({"order": 7}, topic="orders", message_attributes={"tags": ["a", "b"]})
    >>> sns = event["Records"][0]["Sns"]
    >>> sns["TopicArn"], sns["Message"], sns["Subject"]
    ('arn:aws:sns:us-east-1:123456789012:orders', '{"order":7}', None)
    >>> sns["MessageAttributes"]["tags"]
    {'Type': 'String.Array', 'Value': '["a","b"]'}
    """
    stamp = current_stamp()
    arn = resource("topic", topic, "sns", stamp, topic_arn)
    if arn.resource.endswith(".fifo"):
        raise NotModelled(
            f"topic={topic!r}: a FIFO topic delivers to queues only. Build the queue's message with "
            "events.sqs.message(body, queue='….fifo', message_group_id=…)."
        )
    one_of("signature_version", signature_version, ("1", "2"))
    if subject is None and _is_from_s3(message):
        subject = S3_SUBJECT
    if subject is not None:
        _check_subject(subject)
    text = text_of(message, "message")
    if not text:
        raise UsageError("message is empty; SNS publishes no empty message.")
    subscription = f"{arn}:{subscription_id or stamp.resource_uuid('sns-subscription', str(arn))}"
    endpoint = _endpoint(arn)
    certificate = stamp.resource_hex("sns-certificate", arn.region, 32)
    attributes = attributes_of(message_attributes, arrays=True)
    record: SnsEventRecord = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": message_id if message_id is not None else stamp.uuid("sns-message-id"),
            "TopicArn": str(arn),
            "Subject": subject,
            "Message": text,
            "Timestamp": iso_milliseconds(stamp.instant(timestamp)),
            "SignatureVersion": signature_version,
            "Signature": signature if signature is not None else stamp.base64("sns-signature", 256),
            "SigningCertUrl": f"{endpoint}/SimpleNotificationService-{certificate}.pem",
            "UnsubscribeUrl": f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}",
            "MessageAttributes": {name: _in_event(attribute) for name, attribute in attributes.items()},
        },
    }
    return {"Records": [record]}


def message_of(event: Mapping[str, object]) -> SnsMessage:
    """The notification inside an SNS event."""
    records = event["Records"]
    if not isinstance(records, list) or len(records) != 1:
        raise UsageError("An SNS event holds exactly one notification: make one message of each.")
    message: SnsMessage = records[0]["Sns"]
    return message


def queue_body(message: SnsMessage) -> str:
    """The body of the SQS message by which SNS delivers a notification to a queue (not raw).

    ``URL`` is spelled so (fidelity 6.1), and the subject and the attributes are absent when there are none, as in
    recordings. The layout, blanks and line breaks included, is that of captured deliveries.
    """
    fields: dict[str, object] = {
        {"SigningCertUrl": "SigningCertURL", "UnsubscribeUrl": "UnsubscribeURL"}.get(key, key): value
        for key, value in message.items()
        if key != "MessageAttributes" and value is not None
    }
    lines = [f"  {_json(key)} : {_json(value)}" for key, value in fields.items()]
    if message["MessageAttributes"]:
        entries = [f"    {_json(name)} : {_json(value)}" for name, value in message["MessageAttributes"].items()]
        lines.append('  "MessageAttributes" : {\n' + ",\n".join(entries) + "\n  }")
    return "{\n" + ",\n".join(lines) + "\n}"


def published_attributes(message: SnsMessage) -> dict[str, AttributeValue]:
    """The attributes of a notification as a queue gets them when delivery is raw."""
    attributes: dict[str, AttributeValue] = {}
    for name, attribute in message["MessageAttributes"].items():
        if attribute["Type"].startswith("Binary"):
            attributes[name] = {"DataType": attribute["Type"], "BinaryValue": base64.b64decode(attribute["Value"])}
        else:
            attributes[name] = {"DataType": attribute["Type"], "StringValue": attribute["Value"]}
    return attributes


def _is_from_s3(message: Payload) -> bool:
    is_test_event = isinstance(message, Mapping) and message.get("Event") == "s3:TestEvent"
    return is_test_event or source_of(message) == "aws:s3"


def _check_subject(subject: str) -> None:
    # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: no line breaks or control characters.
    if not 0 < len(subject) <= _MAXIMUM_SUBJECT_LENGTH or not subject.isprintable():
        raise UsageError(f"subject={subject!r}; it must have 1 to 100 characters and no line breaks.")


def _endpoint(topic: Arn) -> str:
    return f"https://sns.{topic.region}.{dns_suffix_of(topic.region)}"


def _in_event(attribute: MessageAttribute) -> SnsMessageAttribute:
    value = attribute.value
    text = base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
    return {"Type": attribute.data_type, "Value": text}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
