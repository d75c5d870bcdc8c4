"""Events of Amazon Kinesis Data Streams: a batch of records of one shard, as an event source mapping delivers it.

Shapes follow fidelity 4.3, "Record". https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
The top-level keys of a tumbling window (fidelity N50) are not built here.
"""

from __future__ import annotations

import base64
import copy
import datetime
import re
from typing import TypedDict

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.choice import resource
from pytest_lambda_env.events.payload import Payload, bytes_of, source_of
from pytest_lambda_env.events.stamp import current_stamp, milliseconds
from pytest_lambda_env.model.arn import Arn, role_arn, stream_arn

__all__ = ["KinesisEvent", "KinesisEventRecord", "KinesisRecord", "batch", "record", "records"]

SHARD_ID = "shardId-000000000000"

# Real sequence numbers have 56 digits and start with 49.
_FIRST_SEQUENCE_NUMBER = 4959 * 10**52
_SHARD_ID = re.compile(r"shardId-[0-9]{12}")
_SEQUENCE_NUMBER = re.compile(r"0|[1-9][0-9]{0,128}")


class KinesisRecord(TypedDict):
    """What the stream holds: the data in base64, its key and its place."""

    kinesisSchemaVersion: str
    partitionKey: str
    sequenceNumber: str
    data: str
    approximateArrivalTimestamp: float


class KinesisEventRecord(TypedDict):
    """One record, and which shard of which stream it came from."""

    kinesis: KinesisRecord
    eventSource: str
    eventVersion: str
    eventID: str
    eventName: str
    invokeIdentityArn: str
    awsRegion: str
    eventSourceARN: str


class KinesisEvent(TypedDict):
    """A batch of one shard."""

    Records: list[KinesisEventRecord]


def records(
    *data: Payload | bytes,
    stream: str = "my-stream",
    partition_key: str = "partition-1",
    shard_id: str = SHARD_ID,
    approximate_arrival_timestamp: datetime.datetime | None = None,
    role: str = "lambda-role",
) -> KinesisEvent:
    """A batch of records of one shard, in order, with growing sequence numbers.

    Options mean what they mean for :func:`record` and hold for every record. For records that differ, join several
    events with :func:`batch`.

    >>> from pytest_lambda_env import events
    >>> event = events.kinesis.records(b"raw", "text", {"order": 7}, stream="orders")
    >>> [record["kinesis"]["data"] for record in event["Records"]]
    ['cmF3', 'dGV4dA==', 'eyJvcmRlciI6N30=']
    >>> event["Records"][0]["eventSourceARN"]
    'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
    """
    if not data:
        raise UsageError("kinesis.records takes the data of at least one record.")
    entries: list[KinesisEventRecord] = []
    for item in data:
        entries += record(
            item,
            stream=stream,
            partition_key=partition_key,
            shard_id=shard_id,
            approximate_arrival_timestamp=approximate_arrival_timestamp,
            role=role,
        )["Records"]
    return {"Records": entries}


def record(
    data: Payload | bytes,
    *,
    stream: str = "my-stream",
    partition_key: str = "partition-1",
    shard_id: str = SHARD_ID,
    sequence_number: str | None = None,
    approximate_arrival_timestamp: datetime.datetime | None = None,
    role: str = "lambda-role",
) -> KinesisEvent:
    """A batch of one record.

    ``data`` is bytes, text (UTF-8) or a JSON value such as another builder's event, dumped compactly; it may be empty
    (fidelity N07). ``stream`` and ``role``, the function's execution role, are names or ARNs. The arrival time is in
    seconds, to the millisecond.

    >>> from pytest_lambda_env import events
    >>> event = events.kinesis.record("hello", partition_key="customer-7", sequence_number="42")
    >>> event["Records"][0]["eventID"]
    'shardId-000000000000:42'
    """
    stamp = current_stamp()
    arn = resource("stream", stream, "kinesis", stamp, stream_arn)
    if not isinstance(partition_key, str) or not 1 <= len(partition_key) <= 256:
        raise UsageError(f"partition_key={partition_key!r}; it must have 1 to 256 characters.")
    if not _SHARD_ID.fullmatch(shard_id):
        raise UsageError(f"shard_id={shard_id!r}; it must look like {SHARD_ID!r}.")
    if sequence_number is None:
        sequence_number = str(stamp.rising("kinesis-sequence-number", start=_FIRST_SEQUENCE_NUMBER, step_bits=160))
    elif not _SEQUENCE_NUMBER.fullmatch(sequence_number):
        raise UsageError(f"sequence_number={sequence_number!r}; it must be a string of digits.")
    entry: KinesisEventRecord = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(bytes_of(data, "data")).decode("ascii"),
            "approximateArrivalTimestamp": milliseconds(stamp.instant(approximate_arrival_timestamp)) / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": _role(role, arn),
        "awsRegion": arn.region,
        "eventSourceARN": str(arn),
    }
    return {"Records": [entry]}


def batch(*events: KinesisEvent) -> KinesisEvent:
    """One event with the records of several, in their order. All must come from one shard of one stream.

    >>> from pytest_lambda_env import events
    >>> event = events.kinesis.batch(
    ...     events.kinesis.record("a", partition_key="x"), events.kinesis.record("b", partition_key="y")
    ... )
    >>> [record["kinesis"]["partitionKey"] for record in event["Records"]]
    ['x', 'y']
    """
    if not events or any(source_of(event) != "aws:kinesis" for event in events):
        raise UsageError("kinesis.batch takes one or more events of kinesis.record or kinesis.records.")
    entries = [entry for event in events for entry in event["Records"]]
    shards = sorted({f"{entry['eventSourceARN']} {entry['eventID'].split(':')[0]}" for entry in entries})
    if len(shards) > 1:
        raise UsageError(f"A batch comes from one shard of one stream; these come from {', '.join(shards)}.")
    return {"Records": copy.deepcopy(entries)}


def _role(role: str, stream: Arn) -> str:
    if role.startswith("arn:"):
        return str(Arn.parse(role))
    return str(role_arn(stream.region, stream.account_id, role))
