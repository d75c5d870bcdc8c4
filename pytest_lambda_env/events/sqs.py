"""Events of Amazon SQS: a batch of messages, as an event source mapping delivers it.

Shapes and values follow fidelity Q01 to Q05. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import re
from collections.abc import Mapping
from typing import TypedDict

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events import sns
from pytest_lambda_env.events.attributes import AttributeValue, MessageAttribute, attributes_of
from pytest_lambda_env.events.choice import at_least, resource
from pytest_lambda_env.events.payload import Payload, source_of, text_of
from pytest_lambda_env.events.stamp import Stamp, current_stamp, milliseconds
from pytest_lambda_env.model.arn import Arn, queue_arn

__all__ = ["SqsEvent", "SqsEventRecord", "SqsMessageAttribute", "batch", "message", "messages"]

SENDER_ID = "AIDAJEXAMPLESENDERID0"

_MAXIMUM_ATTRIBUTES = 10
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: all else is refused.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GROUP_OR_DEDUPLICATION_ID = re.compile(r"[!-~]{1,128}")
_FIRST_SEQUENCE_NUMBER = 18_849_496_460_467_696_128


class _SqsStandardAttributes(TypedDict):
    ApproximateReceiveCount: str
    SentTimestamp: str
    SenderId: str
    ApproximateFirstReceiveTimestamp: str


class SqsAttributes(_SqsStandardAttributes, total=False):
    """Every value is text (fidelity Q01). The rest is there for FIFO queues, for tracing, and after a redrive."""

    SequenceNumber: str
    MessageGroupId: str
    MessageDeduplicationId: str
    AWSTraceHeader: str
    DeadLetterQueueSourceArn: str


class _SqsAttributeLists(TypedDict):
    stringListValues: list[str]
    binaryListValues: list[str]
    dataType: str


class SqsMessageAttribute(_SqsAttributeLists, total=False):
    """Either ``stringValue``, or ``binaryValue`` in base64 (fidelity Q03)."""

    stringValue: str
    binaryValue: str


class _SqsAttributesDigest(TypedDict, total=False):
    md5OfMessageAttributes: str | None


class SqsEventRecord(_SqsAttributesDigest):
    """``md5OfMessageAttributes`` is absent, or null, where there are no attributes (fidelity Q02)."""

    messageId: str
    receiptHandle: str
    body: str
    attributes: SqsAttributes
    messageAttributes: dict[str, SqsMessageAttribute]
    md5OfBody: str
    eventSource: str
    eventSourceARN: str
    awsRegion: str


class SqsEvent(TypedDict):
    """A batch of one queue."""

    Records: list[SqsEventRecord]


def messages(
    *bodies: Payload,
    queue: str = "my-queue",
    message_attributes: Mapping[str, AttributeValue] | None = None,
    message_group_id: str | None = None,
    raw: bool = False,
    approximate_receive_count: int = 1,
    sent_timestamp: datetime.datetime | None = None,
    approximate_first_receive_timestamp: datetime.datetime | None = None,
    sender_id: str = SENDER_ID,
    maximum_batching_window_in_seconds: int = 0,
) -> SqsEvent:
    """A batch of messages from one queue, each with an id and a receipt handle of its own.

    Options mean what they mean for :func:`message` and hold for every message. For messages that differ, join several
    events with :func:`batch`.

    >>> from pytest_lambda_env import events
    >>> event = events.sqs.messages("hello", {"order": 7}, queue="orders")
    >>> [record["body"] for record in event["Records"]]
    ['hello', '{"order":7}']
    >>> event["Records"][0]["md5OfBody"]
    '5d41402abc4b2a76b9719d911017c592'

    A chain nests as AWS nests it:

    >>> import json
    >>> upload = events.s3.object_created("photos", "cat.jpg")
    >>> event = events.sqs.messages(events.sns.notification(upload, topic="uploads"))
    >>> body = json.loads(event["Records"][0]["body"])
    >>> body["Subject"], json.loads(body["Message"]) == upload
    ('Amazon S3 Notification', True)
    """
    if not bodies:
        raise UsageError("sqs.messages takes at least one body: SQS never delivers an empty batch.")
    records: list[SqsEventRecord] = []
    for body in bodies:
        records += message(
            body,
            queue=queue,
            message_attributes=message_attributes,
            message_group_id=message_group_id,
            raw=raw,
            approximate_receive_count=approximate_receive_count,
            sent_timestamp=sent_timestamp,
            approximate_first_receive_timestamp=approximate_first_receive_timestamp,
            sender_id=sender_id,
            maximum_batching_window_in_seconds=maximum_batching_window_in_seconds,
        )["Records"]
    return {"Records": records}


def message(
    body: Payload,
    *,
    queue: str = "my-queue",
    message_attributes: Mapping[str, AttributeValue] | None = None,
    message_group_id: str | None = None,
    message_deduplication_id: str | None = None,
    sequence_number: str | None = None,
    raw: bool = False,
    message_id: str | None = None,
    receipt_handle: str | None = None,
    approximate_receive_count: int = 1,
    sent_timestamp: datetime.datetime | None = None,
    approximate_first_receive_timestamp: datetime.datetime | None = None,
    sender_id: str = SENDER_ID,
    aws_trace_header: str | None = None,
    dead_letter_queue_source: str | None = None,
    maximum_batching_window_in_seconds: int = 0,
) -> SqsEvent:
    """A batch of one message.

    ``body`` is text, or a JSON value such as another builder's event, dumped compactly. An SNS event becomes the
    notification as SNS delivers it to a queue; with ``raw`` it becomes the bare message, and its attributes become the
    message's. ``queue`` and ``dead_letter_queue_source`` are names or ARNs. An attribute is text, a number or bytes.

    A FIFO queue (a name that ends in ``.fifo``) needs ``message_group_id``; the deduplication id is the body's SHA-256
    unless given, and sequence numbers grow. ``approximate_first_receive_timestamp`` is ``sent_timestamp`` unless given.
    ``maximum_batching_window_in_seconds`` is the mapping's: from 1 on, ``md5OfMessageAttributes`` is null instead of
    absent (fidelity Q02).

    >>> from pytest_lambda_env import events
    >>> event = events.sqs.message("pay", queue="orders.fifo", message_group_id="customer-7")
    >>> record = event["Records"][0]
    >>> record["attributes"]["MessageGroupId"], record["eventSourceARN"]
    ('customer-7', 'arn:aws:sqs:us-east-1:123456789012:orders.fifo')
    >>> events.sqs.message("pay", message_attributes={"n": 6})["Records"][0]["messageAttributes"]["n"]
    {'stringValue': '6', 'stringListValues': [], 'binaryListValues': [], 'dataType': 'Number'}
    """
    stamp = current_stamp()
    arn = resource("queue", queue, "sqs", stamp, queue_arn)
    text, given_attributes = _content(body, message_attributes, raw=raw)
    attributes = attributes_of(given_attributes, arrays=False)
    if len(attributes) > _MAXIMUM_ATTRIBUTES:
        raise UsageError(f"A message has at most {_MAXIMUM_ATTRIBUTES} attributes; this one has {len(attributes)}.")
    record: SqsEventRecord = {
        "messageId": message_id if message_id is not None else stamp.uuid("sqs-message-id"),
        "receiptHandle": receipt_handle if receipt_handle is not None else _receipt_handle(stamp),
        "body": text,
        "attributes": _attributes(
            stamp, approximate_receive_count, sent_timestamp, approximate_first_receive_timestamp, sender_id
        ),
        "messageAttributes": {name: _in_event(attribute) for name, attribute in attributes.items()},
        **_attributes_digest(attributes, maximum_batching_window_in_seconds),
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": str(arn),
        "awsRegion": arn.region,
    }
    _add_fifo(record, arn, stamp, message_group_id, message_deduplication_id, sequence_number)
    if aws_trace_header is not None:
        record["attributes"]["AWSTraceHeader"] = aws_trace_header
    if dead_letter_queue_source is not None:
        source = resource("dead_letter_queue_source", dead_letter_queue_source, "sqs", stamp, queue_arn)
        record["attributes"]["DeadLetterQueueSourceArn"] = str(source)
    return {"Records": [record]}


def batch(*events: SqsEvent) -> SqsEvent:
    """One event with the messages of several, in their order. All must come from one queue.

    >>> from pytest_lambda_env import events
    >>> event = events.sqs.batch(events.sqs.message("new"), events.sqs.message("old", approximate_receive_count=3))
    >>> [record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]]
    ['1', '3']
    """
    if not events or any(source_of(event) != "aws:sqs" for event in events):
        raise UsageError("sqs.batch takes one or more events of sqs.message or sqs.messages.")
    queues = sorted({record["eventSourceARN"] for event in events for record in event["Records"]})
    if len(queues) > 1:
        raise UsageError(f"A batch comes from one queue; these come from {', '.join(queues)}.")
    return {"Records": [copy.deepcopy(record) for event in events for record in event["Records"]]}


def md5_of_message_attributes(attributes: Mapping[str, MessageAttribute]) -> str:
    """The digest by which a client checks attributes (fidelity Q04).

    The attributes go in by name; of each its name, its type, one byte for text (1) or bytes (2), and its value, every
    part but that byte after its length in four bytes. "Calculating the MD5 message digest for message attributes" in
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        value = attribute.value
        content = value.encode() if isinstance(value, str) else value
        digest.update(_with_length(name.encode()) + _with_length(attribute.data_type.encode()))
        digest.update((b"\x01" if isinstance(value, str) else b"\x02") + _with_length(content))
    return digest.hexdigest()


def _attributes_digest(attributes: Mapping[str, MessageAttribute], window: int) -> _SqsAttributesDigest:
    at_least("maximum_batching_window_in_seconds", window, 0)
    if attributes:
        return {"md5OfMessageAttributes": md5_of_message_attributes(attributes)}
    return {"md5OfMessageAttributes": None} if window else {}


def _with_length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _content(
    body: Payload, message_attributes: Mapping[str, AttributeValue] | None, *, raw: bool
) -> tuple[str, Mapping[str, AttributeValue] | None]:
    if isinstance(body, Mapping) and source_of(body) == "aws:sns":
        notification = sns.message_of(body)
        if not raw:
            return sns.queue_body(notification), message_attributes
        if message_attributes:
            raise UsageError("With raw=True the attributes come from the notification; leave message_attributes out.")
        text, message_attributes = notification["Message"], sns.published_attributes(notification)
    elif raw:
        raise UsageError("raw=True is about how SNS delivers; body must be an event of sns.notification.")
    else:
        text = text_of(body, "body")
    forbidden = _FORBIDDEN.search(text)
    if not text or forbidden:
        problem = f"holds {forbidden[0]!r}" if forbidden else "is empty"
        raise UsageError(f"body {problem}; SQS takes one or more characters that XML 1.0 allows.")
    return text, message_attributes


def _attributes(
    stamp: Stamp,
    receive_count: int,
    sent: datetime.datetime | None,
    first_received: datetime.datetime | None,
    sender_id: str,
) -> SqsAttributes:
    sent_at = stamp.instant(sent)
    first_received_at = sent_at if first_received is None else stamp.instant(first_received)
    if first_received_at < sent_at:
        raise UsageError("approximate_first_receive_timestamp is before sent_timestamp; it must not be.")
    return {
        "ApproximateReceiveCount": str(at_least("approximate_receive_count", receive_count, 1)),
        "SentTimestamp": str(milliseconds(sent_at)),
        "SenderId": sender_id,
        "ApproximateFirstReceiveTimestamp": str(milliseconds(first_received_at)),
    }


def _add_fifo(
    record: SqsEventRecord,
    queue: Arn,
    stamp: Stamp,
    group_id: str | None,
    deduplication_id: str | None,
    sequence_number: str | None,
) -> None:
    options = {
        "message_group_id": group_id,
        "message_deduplication_id": deduplication_id,
        "sequence_number": sequence_number,
    }
    if not queue.resource.endswith(".fifo"):
        for option, value in options.items():
            if value is not None:
                raise UsageError(f"{option} is for a FIFO queue; queue={queue.resource!r} does not end in '.fifo'.")
        return
    if group_id is None:
        raise UsageError(f"queue={queue.resource!r} is a FIFO queue; its messages need message_group_id.")
    if deduplication_id is None:
        # What a queue with content-based deduplication does.
        deduplication_id = hashlib.sha256(record["body"].encode()).hexdigest()
    for option, value in (("message_group_id", group_id), ("message_deduplication_id", deduplication_id)):
        if not _GROUP_OR_DEDUPLICATION_ID.fullmatch(value):
            raise UsageError(f"{option}={value!r}; it must be 1 to 128 letters, digits or punctuation, without spaces.")
    if sequence_number is None:
        sequence_number = str(stamp.rising("sqs-sequence-number", start=_FIRST_SEQUENCE_NUMBER, step_bits=40))
    record["attributes"]["SequenceNumber"] = sequence_number
    record["attributes"]["MessageGroupId"] = group_id
    record["attributes"]["MessageDeduplicationId"] = deduplication_id


def _receipt_handle(stamp: Stamp) -> str:
    return "AQEB" + stamp.base64("sqs-receipt-handle", 192)


def _in_event(attribute: MessageAttribute) -> SqsMessageAttribute:
    lists: SqsMessageAttribute = {"stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type}
    if isinstance(attribute.value, str):
        return {"stringValue": attribute.value, **lists}
    return {"binaryValue": base64.b64encode(attribute.value).decode("ascii"), **lists}
