"""SQS events: the rules Q01 to Q05, FIFO queues, chains, and Powertools as a reader."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
from itertools import pairwise

import pytest
from aws_lambda_powertools.utilities.data_classes import SQSEvent as SqsReader
from aws_lambda_powertools.utilities.parser.models import S3SqsEventNotificationModel, SnsNotificationModel, SqsModel
from hypothesis import given
from hypothesis import strategies as st
from moto.sqs.models import Message as MotoMessage

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError

pytestmark = pytest.mark.usefixtures("stamp")

# What SQS can carry: the characters of XML 1.0.
BODIES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r"),
    min_size=1,
    max_size=60,
)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{3,20}", fullmatch=True).filter(lambda name: not name.lower().startswith("aws"))
MOMENT_MILLISECONDS = "1774745998123"


def only(event: events.sqs.SqsEvent) -> events.sqs.SqsEventRecord:
    """The only record of an event."""
    [record] = event["Records"]
    return record


@pytest.mark.fidelity("Q01", "Q05")
def test_a_message_has_aws_shape() -> None:
    """Keys come in AWS's order, attributes are all text, and the digest is that of the body."""
    record = only(events.sqs.messages("hello", queue="orders"))
    assert re.fullmatch(r"AQEB[A-Za-z0-9+/]{256}", record["receiptHandle"])
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", record["messageId"])
    assert record == {
        "messageId": record["messageId"],
        "receiptHandle": record["receiptHandle"],
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": MOMENT_MILLISECONDS,
            "SenderId": events.sqs.SENDER_ID,
            "ApproximateFirstReceiveTimestamp": MOMENT_MILLISECONDS,
        },
        "messageAttributes": {},
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:210987654321:orders",
        "awsRegion": "eu-west-1",
    }
    assert list(only(events.sqs.message("hello", message_attributes={"a": "b"}))) == [
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfMessageAttributes", "md5OfBody",
        "eventSource", "eventSourceARN", "awsRegion",
    ]  # fmt: skip


@given(st.lists(BODIES | st.dictionaries(BODIES, st.integers()), min_size=1, max_size=5))
def test_powertools_reads_messages(bodies: list[str | dict[str, int]]) -> None:
    """Both readers of Powertools find each body, in order, and its digest holds."""
    event = events.sqs.messages(*bodies)
    assert len(SqsModel.model_validate(event).Records) == len(bodies)
    for record, body in zip(SqsReader(dict(event)).records, bodies, strict=True):
        assert (record.body if isinstance(body, str) else record.json_body) == body
        assert record.md5_of_body == hashlib.md5(record.body.encode(), usedforsecurity=False).hexdigest()
        assert record.queue_url == "https://sqs.eu-west-1.amazonaws.com/210987654321/my-queue"


@pytest.mark.fidelity("Q03", "Q04")
def test_attributes_have_the_recorded_digest() -> None:
    """The vector that AWS answered with, and the shape of each attribute."""
    event = events.sqs.message(
        "x", message_attributes={"Title": "The Whistler", "Author": "John Grisham", "WeeksOn": 6}
    )
    record = only(event)
    assert record["md5OfMessageAttributes"] == "d25a6aea97eb8f585bfa92d314504a92"
    assert record["messageAttributes"]["WeeksOn"] == {
        "stringValue": "6",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "Number",
    }


@pytest.mark.parametrize(
    ("attributes", "digest"),
    [
        ({"attr1": 19.12}, "1f07082409022a373fa2a2601f82b3cb"),
        ({"attr1": 99.12}, "d302007e9aa062660afc85fd0a482472"),
        ({"attr2": 109.12, "attr1": 99.12}, "9b720b3af309c1c4b0d395c53b08c502"),
        ({"attribName1": "attribValue 1"}, "19e27d4e946b072f3f58da80d94fd778"),
        ({"binaryAttribute": b"Hello binary world!"}, "31a92b15d92f8db860eda32aceb656c3"),
        (
            {
                "attribName1": "attribValue 1",
                "customNumberTypeAttrib": {
                    "DataType": "Number.float",
                    "StringValue": "4563442423554324324264524243.32543234",
                },
                "binaryAttribute": b"Hello binary world!",
            },
            "c932db14a896c663f83c260297d594ff",
        ),
    ],
)
def test_further_digests_that_others_published(attributes: dict[str, object], digest: str) -> None:
    """Numbers as AWS recorded them, text, bytes and labelled types as published with other implementations."""
    record = only(events.sqs.message("x", message_attributes=attributes))  # type: ignore[arg-type]
    assert record["md5OfMessageAttributes"] == digest


@pytest.mark.fidelity("Q03", "Q04")
@given(st.dictionaries(NAMES, BODIES | st.integers() | st.binary(min_size=1, max_size=40), min_size=1, max_size=10))
def test_attributes_round_trip_and_moto_agrees_on_the_digest(attributes: dict[str, str | int | bytes]) -> None:
    """Every attribute is read back by Powertools, and moto computes the same digest from the event."""
    event = events.sqs.message("x", message_attributes=attributes)
    reader = next(SqsReader(dict(event)).records)
    SqsModel.model_validate(event)
    moto = MotoMessage("id", "x", {})
    for name, value in attributes.items():
        attribute = reader["messageAttributes"][name]
        if isinstance(value, bytes):
            assert (attribute["dataType"], base64.b64decode(attribute["binaryValue"])) == ("Binary", value)
            assert "stringValue" not in attribute
            moto.message_attributes[name] = {"DataType": "Binary", "BinaryValue": value}
        else:
            kind = "String" if isinstance(value, str) else "Number"
            assert (attribute["dataType"], attribute["stringValue"]) == (kind, str(value))
            assert "binaryValue" not in attribute
            moto.message_attributes[name] = {"DataType": kind, "StringValue": str(value)}
    assert only(event)["md5OfMessageAttributes"] == moto.attribute_md5


@pytest.mark.fidelity("Q02")
def test_the_window_decides_between_absent_and_null() -> None:
    """Without attributes their digest is absent, or null where the mapping has a batching window."""
    assert "md5OfMessageAttributes" not in only(events.sqs.message("x"))
    windowed = only(events.sqs.messages("x", maximum_batching_window_in_seconds=1))
    assert windowed["md5OfMessageAttributes"] is None
    assert list(windowed)[5:7] == ["md5OfMessageAttributes", "md5OfBody"]
    attributed = events.sqs.message("x", message_attributes={"a": "b"}, maximum_batching_window_in_seconds=1)
    assert only(attributed)["md5OfMessageAttributes"]


@pytest.mark.fidelity("Q01")
def test_a_fifo_message_has_its_group_and_place() -> None:
    """A FIFO message has a group, a deduplication id from its body, and a growing sequence number."""
    event = events.sqs.messages("a", "b", "a", queue="orders.fifo", message_group_id="g")
    SqsModel.model_validate(event)
    attributes = [record["attributes"] for record in event["Records"]]
    assert {attribute["MessageGroupId"] for attribute in attributes} == {"g"}
    ids = [attribute["MessageDeduplicationId"] for attribute in attributes]
    assert ids == [hashlib.sha256(body.encode()).hexdigest() for body in "aba"]
    numbers = [attribute["SequenceNumber"] for attribute in attributes]
    assert all(len(number) == 20 for number in numbers)
    assert all(earlier < later for earlier, later in pairwise(numbers))
    assert all(isinstance(value, str) for attribute in attributes for value in attribute.values())


def test_a_standard_message_has_no_fifo_attributes() -> None:
    """What belongs to FIFO queues, tracing and redrives is absent elsewhere."""
    assert list(only(events.sqs.message("x"))["attributes"]) == [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    ]


@pytest.mark.fidelity("Q01")
def test_everything_can_be_given() -> None:
    """Explicit values reach the event as they are: what a mapping read from a queue fits through."""
    sent = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    record = only(
        events.sqs.message(
            "x",
            queue="arn:aws-cn:sqs:cn-north-1:999999999999:orders.fifo",
            message_group_id="g",
            message_deduplication_id="d",
            sequence_number="7",
            message_id="m",
            receipt_handle="r",
            approximate_receive_count=3,
            sent_timestamp=sent,
            approximate_first_receive_timestamp=sent + datetime.timedelta(seconds=2),
            sender_id="AIDA",
            aws_trace_header="Root=1-5e1b4151-5ac6c58239c1e5b4",
            dead_letter_queue_source="source.fifo",
        )
    )
    assert (record["messageId"], record["receiptHandle"]) == ("m", "r")
    assert record["eventSourceARN"] == "arn:aws-cn:sqs:cn-north-1:999999999999:orders.fifo"
    assert record["awsRegion"] == "cn-north-1"
    assert record["attributes"] == {
        "ApproximateReceiveCount": "3",
        "SentTimestamp": "1767225600000",
        "SenderId": "AIDA",
        "ApproximateFirstReceiveTimestamp": "1767225602000",
        "SequenceNumber": "7",
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
        "AWSTraceHeader": "Root=1-5e1b4151-5ac6c58239c1e5b4",
        "DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:210987654321:source.fifo",
    }


def test_an_upload_through_a_queue() -> None:
    """S3 to SQS: the body is the S3 event itself."""
    upload = events.s3.object_created("photos", "my cat.jpg", size=1)
    event = events.sqs.messages(upload)
    assert json.loads(only(event)["body"]) == upload
    assert next(SqsReader(dict(event)).records).decoded_nested_s3_event.object_key == "my cat.jpg"
    nested = S3SqsEventNotificationModel.model_validate(event).Records[0].body
    assert nested.Records[0].s3.bucket.name == "photos"


def test_an_upload_through_a_topic_and_a_queue() -> None:
    """S3 to SNS to SQS: URL is spelled for queues, S3's subject is there, no attributes means no key."""
    upload = events.s3.object_created("photos", "cat.jpg", size=1)
    published = events.sns.notification(upload, topic="uploads")
    event = events.sqs.messages(published, queue="uploads")
    text, message = only(event)["body"], published["Records"][0]["Sns"]
    body = json.loads(text)
    assert list(body) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertURL", "UnsubscribeURL",
    ]  # fmt: skip
    assert body["SigningCertURL"] == message["SigningCertUrl"]
    assert body["UnsubscribeURL"] == message["UnsubscribeUrl"]
    assert json.loads(body["Message"]) == upload
    assert text.startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')
    assert next(SqsReader(dict(event)).records).decoded_nested_sns_event.message == message["Message"]
    assert SnsNotificationModel.model_validate(body).TopicArn == "arn:aws:sns:eu-west-1:210987654321:uploads"


def test_a_notification_in_a_queue_has_no_null_subject() -> None:
    """Recordings of SNS to SQS have no subject where none was set, and attributes where some were."""
    body = json.loads(only(events.sqs.messages(events.sns.notification("x")))["body"])
    assert "Subject" not in body
    assert "MessageAttributes" not in body
    attributed = events.sns.notification("x", message_attributes={"attr1": 99.12, "b": "ü"})
    text = only(events.sqs.messages(attributed))["body"]
    assert json.loads(text)["MessageAttributes"] == attributed["Records"][0]["Sns"]["MessageAttributes"]
    assert '\n  "MessageAttributes" : {\n    "attr1" : {"Type":"Number","Value":"99.12"},\n' in text
    assert only(events.sqs.messages(attributed))["messageAttributes"] == {}


def test_raw_delivery_hands_over_message_and_attributes() -> None:
    """With raw delivery the body is the bare message, and the notification's attributes are the message's."""
    published = events.sns.notification("hello", message_attributes={"attr1": 99.12, "store": b"\x02\x03\x04"})
    record = only(events.sqs.messages(published, raw=True))
    assert record["body"] == "hello"
    assert record["messageAttributes"]["attr1"]["stringValue"] == "99.12"
    assert record["messageAttributes"]["store"]["binaryValue"] == "AgME"
    only_number = events.sns.notification("hello", message_attributes={"attr1": 99.12})
    raw = only(events.sqs.messages(only_number, raw=True))
    assert raw["md5OfMessageAttributes"] == "d302007e9aa062660afc85fd0a482472"


def test_raw_delivery_carries_an_array() -> None:
    """A String.Array of a notification stays one, as text, when delivery is raw."""
    published = events.sns.notification("hello", message_attributes={"tags": ["a", "b"]})
    attribute = only(events.sqs.messages(published, raw=True))["messageAttributes"]["tags"]
    assert (attribute["dataType"], attribute["stringValue"]) == ("String.Array", '["a","b"]')


def test_a_batch_keeps_the_order_and_shares_nothing() -> None:
    """Joined records are copies: changing one leaves the event it came from alone."""
    first, second = events.sqs.messages("a", "b"), events.sqs.message("c", approximate_receive_count=2)
    both = events.sqs.batch(first, second)
    assert both["Records"] == first["Records"] + second["Records"]
    both["Records"][0]["attributes"]["SenderId"] = "changed"
    assert first["Records"][0]["attributes"]["SenderId"] == events.sqs.SENDER_ID


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"body": ""}, "body is empty"),
        ({"body": "a\0b"}, r"body holds '\\x00'"),
        ({"body": "\uffff"}, "XML 1.0"),
        ({"body": "\ud800"}, "UTF-8"),
        ({"body": b"x"}, "text or a JSON value"),
        ({"body": None}, "text or a JSON value"),
        ({"body": {"when": datetime.date(2026, 1, 1)}}, "date is not JSON serializable"),
        ({"raw": True}, "an event of sns.notification"),
        ({"queue": "my queue"}, "queue name"),
        ({"queue": "orders.fifo"}, "need message_group_id"),
        ({"message_group_id": "g"}, "message_group_id is for a FIFO queue.*'.fifo'"),
        ({"message_deduplication_id": "d"}, "message_deduplication_id is for a FIFO queue"),
        ({"sequence_number": "1"}, "sequence_number is for a FIFO queue"),
        ({"queue": "orders.fifo", "message_group_id": "a b"}, "message_group_id='a b'"),
        ({"queue": "o.fifo", "message_group_id": "g", "message_deduplication_id": ""}, "message_deduplication_id=''"),
        ({"approximate_receive_count": 0}, "1 or more"),
        ({"approximate_receive_count": True}, "whole number"),
        ({"maximum_batching_window_in_seconds": -1}, "0 or more"),
        (
            {"approximate_first_receive_timestamp": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)},
            "approximate_first_receive_timestamp is before sent_timestamp",
        ),
        ({"message_attributes": {f"a{n}": "x" for n in range(11)}}, "at most 10 attributes; this one has 11"),
        ({"message_attributes": {"tags": ["a"]}}, "text, a number, bytes or"),
        ({"dead_letter_queue_source": "a b"}, "queue name"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.sqs.message(**{"body": "x", **options})  # type: ignore[arg-type]


def test_other_wrong_calls_are_refused() -> None:
    """Batches are never empty or mixed, and raw attributes have one source."""
    with pytest.raises(UsageError, match="at least one body"):
        events.sqs.messages()
    with pytest.raises(UsageError, match="one or more events"):
        events.sqs.batch()
    with pytest.raises(UsageError, match="one or more events"):
        events.sqs.batch(events.kinesis.records("x"))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"one queue; these come from .*:a, .*:b"):
        events.sqs.batch(events.sqs.message("x", queue="b"), events.sqs.message("x", queue="a"))
    with pytest.raises(UsageError, match="leave message_attributes out"):
        events.sqs.messages(events.sns.notification("x"), raw=True, message_attributes={"a": "b"})
    twice = {"Records": events.sns.notification("x")["Records"] * 2}
    with pytest.raises(UsageError, match="exactly one notification"):
        events.sqs.messages(twice)
