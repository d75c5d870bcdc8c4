"""SNS events, against recordings of AWS and read by Powertools."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from aws_lambda_powertools.utilities.data_classes import SNSEvent as SnsReader
from aws_lambda_powertools.utilities.parser.models import SnsModel
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import NotModelled, UsageError

pytestmark = pytest.mark.usefixtures("stamp")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{3,20}", fullmatch=True)


def test_a_notification_has_aws_shape() -> None:
    """Every key of AWS's recording is there in order; the subject is null, the attributes empty."""
    event = events.sns.notification("hello", topic="orders", subscription_id="21be56ed", signature="sig")
    [record] = event["Records"]
    message = record["Sns"]
    subscription = "arn:aws:sns:eu-west-1:210987654321:orders:21be56ed"
    assert message["SigningCertUrl"].startswith("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": message["MessageId"],
            "TopicArn": "arn:aws:sns:eu-west-1:210987654321:orders",
            "Subject": None,
            "Message": "hello",
            "Timestamp": "2026-03-29T00:59:58.123Z",
            "SignatureVersion": "1",
            "Signature": "sig",
            "SigningCertUrl": message["SigningCertUrl"],
            "UnsubscribeUrl": f"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription}",
            "MessageAttributes": {},
        },
    }
    assert list(message) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes",
    ]  # fmt: skip


@given(TEXT, st.dictionaries(NAMES, TEXT | st.integers() | st.binary(min_size=1) | st.lists(TEXT), max_size=5))
def test_powertools_reads_notifications(text: str, attributes: dict[str, object]) -> None:
    """Both readers of Powertools find the message and each attribute's value."""
    event = events.sns.notification(text, subject="S", message_attributes=attributes)  # type: ignore[arg-type]
    reader = SnsReader(dict(event))
    assert reader.sns_message == text
    assert SnsModel.model_validate(event).Records[0].Sns.Subject == "S"
    found = reader.record.sns.message_attributes
    assert list(found) == list(attributes)
    for name, value in attributes.items():
        kind, content = found[name].get_type, found[name].value
        if isinstance(value, bytes):
            assert (kind, base64.b64decode(content)) == ("Binary", value)
        elif isinstance(value, list):
            assert (kind, json.loads(content)) == ("String.Array", value)
        elif isinstance(value, int):
            assert (kind, int(content)) == ("Number", value)
        else:
            assert (kind, content) == ("String", value)


def test_further_attribute_types_are_given_as_boto3_takes_them() -> None:
    """A labelled type goes through as it is, and decimals and floats are numbers."""
    event = events.sns.notification(
        "x",
        message_attributes={
            "celsius": {"DataType": "Number.celsius", "StringValue": "21.5"},
            "blob": {"DataType": "Binary.png", "BinaryValue": b"\x02\x03"},
            "price": Decimal("99.10"),
            "ratio": 0.5,
            "mixed": ["a", 1, True, None],
        },
    )
    assert event["Records"][0]["Sns"]["MessageAttributes"] == {
        "celsius": {"Type": "Number.celsius", "Value": "21.5"},
        "blob": {"Type": "Binary.png", "Value": "AgM="},
        "price": {"Type": "Number", "Value": "99.10"},
        "ratio": {"Type": "Number", "Value": "0.5"},
        "mixed": {"Type": "String.Array", "Value": '["a",1,true,null]'},
    }


def test_a_json_value_is_dumped_compactly() -> None:
    """A dict or a list becomes JSON without blanks, and other letters stay themselves."""
    message = events.sns.notification({"名": [1, 2]})["Records"][0]["Sns"]["Message"]
    assert message == '{"名":[1,2]}'


def test_an_upload_is_published_as_s3_publishes_it() -> None:
    """An S3 event is the message, compact, and S3 names its subject; a given subject wins."""
    upload = events.s3.object_created("photos", "cat.jpg")
    message = events.sns.notification(upload)["Records"][0]["Sns"]
    assert message["Subject"] == "Amazon S3 Notification"
    assert message["Message"] == json.dumps(upload, separators=(",", ":"))
    test_message = events.sns.notification(events.s3.test_event("photos"))["Records"][0]["Sns"]
    assert test_message["Subject"] == "Amazon S3 Notification"
    assert events.sns.notification(upload, subject="mine")["Records"][0]["Sns"]["Subject"] == "mine"


def test_one_topic_has_one_subscription() -> None:
    """Notifications of one topic reach the function through one subscription."""

    def subscription(topic: str) -> str:
        return events.sns.notification("x", topic=topic)["Records"][0]["EventSubscriptionArn"]

    assert subscription("orders") == subscription("orders") != subscription("refunds")


def test_an_arn_decides_where_the_topic_is() -> None:
    """A topic's ARN brings its own region and account, and China its own domain."""
    arn = "arn:aws-cn:sns:cn-north-1:999999999999:orders"
    record = events.sns.notification("x", topic=arn)["Records"][0]
    assert record["Sns"]["TopicArn"] == arn
    assert record["EventSubscriptionArn"].startswith(arn + ":")
    assert record["Sns"]["SigningCertUrl"].startswith("https://sns.cn-north-1.amazonaws.com.cn/")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"message": ""}, "no empty message"),
        ({"message": b"x"}, "text or a JSON value"),
        ({"message": {"a": {1}}}, "set is not JSON serializable"),
        ({"message": float("nan")}, "JSON value"),
        ({"subject": ""}, "1 to 100 characters"),
        ({"subject": "a\nb"}, "no line breaks"),
        ({"subject": "x" * 101}, "1 to 100 characters"),
        ({"signature_version": "3"}, "'1', '2'"),
        ({"topic": "a b"}, "topic name"),
        ({"topic": "arn:aws:sqs:us-east-1:123456789012:orders"}, "ARN of 'sqs'; it must be one of 'sns'"),
        ({"topic": "arn:aws:sns:::orders"}, "a region and an account id"),
        ({"topic": 7}, "a name or an ARN"),
        ({"message_attributes": {"a": True}}, "a list"),
        ({"message_attributes": {"a": None}}, "text, a number, bytes"),
        ({"message_attributes": {"a": ""}}, "no empty value"),
        ({"message_attributes": {"a": [{}]}}, "text, numbers, booleans or None"),
        ({"message_attributes": {"a": [float("inf")]}}, "finite"),
        ({"message_attributes": {"a": float("nan")}}, "finite number"),
        ({"message_attributes": {"a b": "x"}}, "attribute's name: 'a b'"),
        ({"message_attributes": {"a..b": "x"}}, "attribute's name"),
        ({"message_attributes": {"AWS.x": "x"}}, "must not start with 'AWS.'"),
        ({"message_attributes": {"a": {"DataType": "Text", "StringValue": "x"}}}, "String, Number or Binary"),
        ({"message_attributes": {"a": {"DataType": "String", "BinaryValue": b"x"}}}, "needs StringValue, as str"),
        ({"message_attributes": {"a": {"DataType": "Binary", "BinaryValue": "x"}}}, "needs BinaryValue, as bytes"),
        ({"message_attributes": {"a": {"DataType": "Number.x", "StringValue": "six"}}}, "finite number"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.sns.notification(**{"message": "x", **options})  # type: ignore[arg-type]


def test_a_fifo_topic_is_not_modelled() -> None:
    """A FIFO topic delivers to queues only, and the error says what to build instead."""
    with pytest.raises(NotModelled, match=r"events\.sqs\.message"):
        events.sns.notification("x", topic="orders.fifo")
