"""S3 events, against recordings of AWS and read by Powertools."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from itertools import pairwise
from urllib.parse import unquote_plus

import pytest
from aws_lambda_powertools.utilities.data_classes import S3Event as S3Reader
from aws_lambda_powertools.utilities.parser.models import S3Model
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError

pytestmark = pytest.mark.usefixtures("stamp")

md5 = partial(hashlib.md5, usedforsecurity=False)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def entry_of(event: events.s3.S3Event) -> dict[str, object]:
    """The object of an event's only record."""
    [record] = event["Records"]
    return dict(record["s3"]["object"])


def test_a_created_object_has_aws_shape() -> None:
    """Every key of AWS's recording is there, in AWS's order, with consistent values."""
    [record] = events.s3.object_created("photos", "cat.jpg", body=b"meow", version_id="v1")["Records"]
    response, entity = record["responseElements"], record["s3"]
    assert re.fullmatch(r"[0-9A-F]{16}", response["x-amz-request-id"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{75}=", response["x-amz-id-2"])
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-03-29T00:59:58.123Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": events.s3.PRINCIPAL_ID},
        "requestParameters": {"sourceIPAddress": "203.0.113.10"},
        "responseElements": response,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": entity["configurationId"],
            "bucket": {
                "name": "photos",
                "ownerIdentity": {"principalId": events.s3.OWNER_PRINCIPAL_ID},
                "arn": "arn:aws:s3:::photos",
            },
            "object": {
                "key": "cat.jpg",
                "size": 4,
                "eTag": md5(b"meow").hexdigest(),
                "versionId": "v1",
                "sequencer": entity["object"]["sequencer"],
            },
        },
    }
    assert list(record) == [
        "eventVersion", "eventSource", "awsRegion", "eventTime", "eventName", "userIdentity", "requestParameters",
        "responseElements", "s3",
    ]  # fmt: skip
    assert list(entity["object"]) == ["key", "size", "eTag", "versionId", "sequencer"]


@pytest.mark.parametrize("operation", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_powertools_reads_every_creation(operation: str) -> None:
    """Both readers of Powertools accept each operation and find what went in."""
    event = events.s3.object_created("photos", "my cat@home.jpg", size=9, operation=operation)  # type: ignore[arg-type]
    reader = S3Reader(dict(event))
    assert (reader.bucket_name, reader.object_key) == ("photos", "my cat@home.jpg")
    assert reader.record.event_name == f"ObjectCreated:{operation}"
    assert reader.record.s3.get_object.size == 9
    parsed = S3Model.model_validate(event).Records[0]
    assert parsed.eventTime.isoformat() == "2026-03-29T00:59:58.123000+00:00"
    assert parsed.s3.bucket.arn == "arn:aws:s3:::photos"


def test_a_delete_holds_the_key_and_the_sequencer() -> None:
    """An object that is gone has no size and no tag; a version id only where a version was deleted."""
    assert list(entry_of(events.s3.object_removed("photos", "cat.jpg"))) == ["key", "sequencer"]
    one_version = entry_of(events.s3.object_removed("photos", "cat.jpg", version_id="v1"))
    assert list(one_version) == ["key", "versionId", "sequencer"]


def test_a_delete_marker_is_an_empty_version() -> None:
    """A delete marker has the entity tag of nothing and always a version id."""
    event = events.s3.object_removed("photos", "cat.jpg", operation="DeleteMarkerCreated")
    entry = entry_of(event)
    assert event["Records"][0]["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
    assert list(entry) == ["key", "eTag", "versionId", "sequencer"]
    assert entry["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert re.fullmatch(r"[A-Za-z0-9._]{32}", str(entry["versionId"]))


@pytest.mark.parametrize("operation", ["Delete", "DeleteMarkerCreated"])
def test_powertools_reads_every_removal(operation: str) -> None:
    """Both readers of Powertools accept each operation."""
    event = events.s3.object_removed("photos", "a b", operation=operation)  # type: ignore[arg-type]
    assert S3Reader(dict(event)).object_key == "a b"
    parsed = S3Model.model_validate(event)
    assert parsed.Records[0].eventName == f"ObjectRemoved:{operation}"


@pytest.mark.parametrize(
    ("key", "encoded"),
    [("a@b", "a%40b"), ("testupload/dir1/testfile.txt", "testupload/dir1/testfile.txt"), ("red flower", "red+flower")],
)
def test_keys_are_encoded_as_recorded(key: str, encoded: str) -> None:
    """AWS's recordings encode an at sign, write a space as a plus, and keep the slash."""
    assert entry_of(events.s3.object_created("photos", key))["key"] == encoded


@given(KEYS)
def test_unquote_plus_gives_the_key_back(key: str) -> None:
    """The advice of AWS's page, ``unquote_plus``, recovers every key, and the event is ASCII."""
    encoded = entry_of(events.s3.object_created("photos", key))["key"]
    assert str(encoded).isascii()
    assert unquote_plus(str(encoded)) == key
    assert entry_of(events.s3.object_removed("photos", key))["key"] == encoded


@given(st.binary(max_size=100))
def test_a_body_gives_size_and_tag(body: bytes) -> None:
    """Size and entity tag are those of the bytes; a multipart upload's tag counts its one part."""
    entry = entry_of(events.s3.object_created("photos", "k", body=body))
    assert (entry["size"], entry["eTag"]) == (len(body), md5(body).hexdigest())
    multipart = entry_of(events.s3.object_created("photos", "k", body=body, operation="CompleteMultipartUpload"))
    assert multipart["eTag"] == md5(md5(body).digest()).hexdigest() + "-1"


def test_sequencers_grow() -> None:
    """The later event has the greater sequencer, as text too, whatever kind of event it is."""
    sequencers = []
    for _ in range(500):
        sequencers.append(str(entry_of(events.s3.object_created("photos", "k"))["sequencer"]))
        sequencers.append(str(entry_of(events.s3.object_removed("photos", "k"))["sequencer"]))
    assert all(re.fullmatch(r"[0-9A-F]{18}", sequencer) for sequencer in sequencers)
    assert all(earlier < later for earlier, later in pairwise(sequencers))


def test_one_bucket_has_one_configuration() -> None:
    """Events of one bucket come from one notification configuration, those of another from another."""

    def configuration(bucket: str) -> str:
        return events.s3.object_created(bucket, "k")["Records"][0]["s3"]["configurationId"]

    assert configuration("photos") == configuration("photos") != configuration("videos")


def test_everything_can_be_given() -> None:
    """Explicit values reach the event as they are."""
    [record] = events.s3.object_created(
        "photos", "k", size=0, etag="tag", sequencer="0A", region="cn-north-1", configuration_id="c",
        principal_id="p", owner_principal_id="o", source_ip_address="198.51.100.7", request_id="r", host_id="h",
        event_version="2.5",
    )["Records"]  # fmt: skip
    assert record["s3"]["object"] == {"key": "k", "size": 0, "eTag": "tag", "sequencer": "0A"}
    assert (record["awsRegion"], record["s3"]["bucket"]["arn"]) == ("cn-north-1", "arn:aws-cn:s3:::photos")
    assert (record["eventVersion"], record["s3"]["configurationId"]) == ("2.5", "c")
    assert (record["userIdentity"]["principalId"], record["s3"]["bucket"]["ownerIdentity"]["principalId"]) == ("p", "o")
    assert record["responseElements"] == {"x-amz-request-id": "r", "x-amz-id-2": "h"}
    assert record["requestParameters"] == {"sourceIPAddress": "198.51.100.7"}


def test_the_test_event_has_no_records() -> None:
    """The message of a new notification is no event with records (fidelity 6.1)."""
    event = events.s3.test_event("photos", request_id="R", host_id="H")
    assert event == {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2026-03-29T00:59:58.123Z",
        "Bucket": "photos",
        "RequestId": "R",
        "HostId": "H",
    }


def test_a_batch_keeps_the_order_and_shares_nothing() -> None:
    """Joined records are copies: changing one leaves the event it came from alone."""
    first, second = events.s3.object_created("photos", "a"), events.s3.object_removed("photos", "b")
    both = events.s3.batch(first, second)
    assert both["Records"] == first["Records"] + second["Records"]
    both["Records"][0]["s3"]["object"]["key"] = "changed"
    assert entry_of(first)["key"] == "a"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"operation": "PutObject"}, "'Put', 'Post', 'Copy', 'CompleteMultipartUpload'"),
        ({"size": -1}, "size=-1.*0 or more"),
        ({"size": 1.5}, "size=1.5"),
        ({"size": 3, "body": b"meow"}, "size=3 but body has 4 bytes"),
        ({"body": "meow"}, "body='meow'; it must be bytes"),
        ({"region": "mars"}, "region: 'mars'"),
        ({"key": ""}, "1 to 1024 bytes"),
        ({"key": "é" * 513}, "1 to 1024 bytes"),
        ({"key": "\ud800"}, "UTF-8"),
        ({"bucket": "My Photos"}, "bucket name"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.s3.object_created(**{"bucket": "photos", "key": "k", **options})  # type: ignore[arg-type]


def test_other_wrong_calls_are_refused() -> None:
    """A removal has operations of its own, and a batch holds S3 events only."""
    with pytest.raises(UsageError, match="'Delete', 'DeleteMarkerCreated'"):
        events.s3.object_removed("photos", "k", operation="Put")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="one or more events"):
        events.s3.batch()
    with pytest.raises(UsageError, match=r"s3\.object_created"):
        events.s3.batch(events.sqs.messages("x"))  # type: ignore[arg-type]
