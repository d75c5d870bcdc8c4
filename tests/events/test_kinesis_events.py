"""Kinesis events, against recordings of AWS and read by Powertools."""

from __future__ import annotations

import base64
import datetime
import json
from itertools import pairwise

import pytest
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent as KinesisReader
from aws_lambda_powertools.utilities.parser.models import KinesisDataStreamModel
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError

pytestmark = pytest.mark.usefixtures("stamp")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def test_a_record_has_aws_shape() -> None:
    """Every key of AWS's recording is there in order, the id names shard and sequence number."""
    [record] = events.kinesis.records("hello", stream="clicks", partition_key="k")["Records"]
    number = record["kinesis"]["sequenceNumber"]
    assert len(number) == 56
    assert number.startswith("49")
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": number,
            "data": "aGVsbG8=",
            "approximateArrivalTimestamp": 1774745998.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::210987654321:role/lambda-role",
        "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:210987654321:stream/clicks",
    }
    assert list(record) == [
        "kinesis", "eventSource", "eventVersion", "eventID", "eventName", "invokeIdentityArn", "awsRegion",
        "eventSourceARN",
    ]  # fmt: skip
    assert list(record["kinesis"]) == [
        "kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp",
    ]  # fmt: skip


@pytest.mark.fidelity("N07")
@given(st.lists(st.binary(max_size=50) | TEXT | st.dictionaries(TEXT, st.integers()), min_size=1, max_size=5))
def test_powertools_reads_the_data_back(data: list[bytes | str | dict[str, int]]) -> None:
    """Both readers of Powertools give the data back, in order, empty data too."""
    event = events.kinesis.records(*data)
    parsed = KinesisDataStreamModel.model_validate(event).Records
    for record, model, item in zip(KinesisReader(dict(event)).records, parsed, data, strict=True):
        payload = record.kinesis.data_as_bytes()
        assert payload == model.kinesis.data == base64.b64decode(record.kinesis.data)
        if isinstance(item, dict):
            assert json.loads(payload) == item
        else:
            assert payload == (item if isinstance(item, bytes) else item.encode())


def test_sequence_numbers_grow() -> None:
    """Across events and batches, the later record has the greater number, as text too."""
    entries = [entry for _ in range(50) for entry in events.kinesis.records("a", "b")["Records"]]
    numbers = [entry["kinesis"]["sequenceNumber"] for entry in entries]
    assert {len(number) for number in numbers} == {56}
    assert all(earlier < later for earlier, later in pairwise(numbers))


def test_another_builders_event_is_the_data() -> None:
    """An event nests as its compact JSON."""
    upload = events.s3.object_created("photos", "cat.jpg")
    event = events.kinesis.records(upload)
    assert next(KinesisReader(dict(event)).records).kinesis.data_as_json() == upload


def test_everything_can_be_given() -> None:
    """Explicit values reach the event as they are, and an ARN brings its own region and account."""
    [record] = events.kinesis.record(
        b"\x00",
        stream="arn:aws-cn:kinesis:cn-north-1:999999999999:stream/clicks",
        partition_key="é",
        shard_id="shardId-000000000006",
        sequence_number="42",
        approximate_arrival_timestamp=datetime.datetime(2026, 1, 1, 0, 0, 0, 1999, tzinfo=datetime.timezone.utc),
        role="arn:aws-cn:iam::999999999999:role/service-role/reader",
    )["Records"]
    assert record["eventID"] == "shardId-000000000006:42"
    assert record["kinesis"]["partitionKey"] == "é"
    assert record["kinesis"]["approximateArrivalTimestamp"] == 1767225600.001
    assert record["invokeIdentityArn"] == "arn:aws-cn:iam::999999999999:role/service-role/reader"
    assert record["awsRegion"] == "cn-north-1"
    own_role = events.kinesis.record("x", stream="arn:aws-cn:kinesis:cn-north-1:999999999999:stream/clicks")
    assert own_role["Records"][0]["invokeIdentityArn"] == "arn:aws-cn:iam::999999999999:role/lambda-role"


def test_a_batch_keeps_the_order_and_shares_nothing() -> None:
    """Joined records are copies: changing one leaves the event it came from alone."""
    first, second = events.kinesis.records("a", "b"), events.kinesis.record("c", partition_key="other")
    both = events.kinesis.batch(first, second)
    assert both["Records"] == first["Records"] + second["Records"]
    both["Records"][0]["kinesis"]["data"] = "changed"
    assert first["Records"][0]["kinesis"]["data"] == "YQ=="


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"data": None}, "text or a JSON value"),
        ({"data": object()}, "object is not JSON serializable"),
        ({"stream": "a/b"}, "stream name"),
        ({"stream": "arn:aws:sqs:us-east-1:123456789012:q"}, "one of 'kinesis'"),
        ({"partition_key": ""}, "1 to 256 characters"),
        ({"partition_key": "x" * 257}, "1 to 256 characters"),
        ({"shard_id": "0"}, "shardId-000000000000"),
        ({"sequence_number": "next"}, "string of digits"),
        ({"role": "a/b"}, "role name"),
        ({"role": "arn:aws:iam"}, "3 of the 6 parts"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.kinesis.record(**{"data": "x", **options})  # type: ignore[arg-type]


def test_other_wrong_calls_are_refused() -> None:
    """Batches are never empty, and come from one shard of one stream."""
    with pytest.raises(UsageError, match="at least one record"):
        events.kinesis.records()
    with pytest.raises(UsageError, match="one or more events"):
        events.kinesis.batch()
    with pytest.raises(UsageError, match="one or more events"):
        events.kinesis.batch(events.sqs.messages("x"))  # type: ignore[arg-type]
    other = events.kinesis.record("x", shard_id="shardId-000000000001")
    with pytest.raises(UsageError, match=r"one shard of one stream; .*shardId-000000000000, .*shardId-000000000001"):
        events.kinesis.batch(other, events.kinesis.record("x"))
