"""Events of Amazon S3: an object was created or removed, and the test message of a new notification.

Shapes follow recordings of AWS (fidelity 6.1, S3 rows). Structure version 2.1 is what those recordings hold; AWS's page
now describes 2.5, so ``event_version`` can be given.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import copy
import datetime
import hashlib
import string
from typing import Literal, TypedDict
from urllib.parse import quote_plus

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.choice import at_least, one_of
from pytest_lambda_env.events.payload import source_of, text_of
from pytest_lambda_env.events.stamp import Stamp, current_stamp, iso_milliseconds
from pytest_lambda_env.model.arn import bucket_arn, check_region

__all__ = ["S3Event", "S3EventRecord", "S3TestEvent", "batch", "object_created", "object_removed", "test_event"]

CreatedOperation = Literal["Put", "Post", "Copy", "CompleteMultipartUpload"]
RemovedOperation = Literal["Delete", "DeleteMarkerCreated"]

PRINCIPAL_ID = "AWS:AIDAJEXAMPLEUSERID"
OWNER_PRINCIPAL_ID = "A3NL1KOZZKEXAMPLE"
SOURCE_IP_ADDRESS = "203.0.113.10"

_DEFAULT_SIZE = 1024
_MAXIMUM_KEY_LENGTH = 1024
_EMPTY_E_TAG = hashlib.md5(b"", usedforsecurity=False).hexdigest()
_VERSION_ID_CHARACTERS = string.ascii_letters + string.digits + "._"


class S3Identity(TypedDict):
    principalId: str


class S3RequestParameters(TypedDict):
    sourceIPAddress: str


S3ResponseElements = TypedDict("S3ResponseElements", {"x-amz-request-id": str, "x-amz-id-2": str})


class S3Bucket(TypedDict):
    name: str
    ownerIdentity: S3Identity
    arn: str


class _S3ObjectKey(TypedDict):
    key: str


class S3Object(_S3ObjectKey, total=False):
    """``size`` and ``eTag`` are absent where an object was deleted, ``versionId`` where the bucket has no versions."""

    size: int
    eTag: str
    versionId: str
    sequencer: str


class S3Entity(TypedDict):
    s3SchemaVersion: str
    configurationId: str
    bucket: S3Bucket
    object: S3Object


class S3EventRecord(TypedDict):
    """One thing that happened to one object."""

    eventVersion: str
    eventSource: str
    awsRegion: str
    eventTime: str
    eventName: str
    userIdentity: S3Identity
    requestParameters: S3RequestParameters
    responseElements: S3ResponseElements
    s3: S3Entity


class S3Event(TypedDict):
    """What S3 sends to a function, a queue or a topic."""

    Records: list[S3EventRecord]


class S3TestEvent(TypedDict):
    """What S3 sends when a notification is set up."""

    Service: str
    Event: str
    Time: str
    Bucket: str
    RequestId: str
    HostId: str


def object_created(
    bucket: str,
    key: str,
    *,
    size: int | None = None,
    body: bytes | None = None,
    operation: CreatedOperation = "Put",
    etag: str | None = None,
    version_id: str | None = None,
    sequencer: str | None = None,
    event_time: datetime.datetime | None = None,
    region: str | None = None,
    configuration_id: str | None = None,
    principal_id: str = PRINCIPAL_ID,
    owner_principal_id: str = OWNER_PRINCIPAL_ID,
    source_ip_address: str = SOURCE_IP_ADDRESS,
    request_id: str | None = None,
    host_id: str | None = None,
    event_version: str = "2.1",
) -> S3Event:
    """``ObjectCreated:<operation>`` of one object.

    ``key`` is the plain key; the event holds it URL-encoded, as AWS sends it. ``body`` gives ``size`` and ``etag``;
    without it the size is 1024 bytes and the tag a new one. ``version_id`` belongs to a bucket with versions.
    Sequencers grow from event to event.

    >>> from pytest_lambda_env import events
    >>> event = events.s3.object_created("photos", "2026/my cat@home.jpg", body=b"meow")
    >>> event["Records"][0]["eventName"]
    'ObjectCreated:Put'
    >>> entry = event["Records"][0]["s3"]["object"]
    >>> entry["key"], entry["size"], entry["eTag"]
    ('2026/my+cat%40home.jpg', 4, '4a4be40c96ac6314e91d93f38043a634')
    """
    one_of("operation", operation, ("Put", "Post", "Copy", "CompleteMultipartUpload"))
    stamp = current_stamp()
    entry: S3Object = {
        "key": _encoded(key),
        "size": _size(size, body),
        "eTag": etag if etag is not None else _e_tag(body, operation, stamp),
    }
    if version_id is not None:
        entry["versionId"] = version_id
    entry["sequencer"] = sequencer if sequencer is not None else _sequencer(stamp)
    record = _record(
        stamp,
        bucket,
        entry,
        event_name=f"ObjectCreated:{operation}",
        event_time=event_time,
        region=region,
        configuration_id=configuration_id,
        principal_id=principal_id,
        owner_principal_id=owner_principal_id,
        source_ip_address=source_ip_address,
        request_id=request_id,
        host_id=host_id,
        event_version=event_version,
    )
    return {"Records": [record]}


def object_removed(
    bucket: str,
    key: str,
    *,
    operation: RemovedOperation = "Delete",
    version_id: str | None = None,
    sequencer: str | None = None,
    event_time: datetime.datetime | None = None,
    region: str | None = None,
    configuration_id: str | None = None,
    principal_id: str = PRINCIPAL_ID,
    owner_principal_id: str = OWNER_PRINCIPAL_ID,
    source_ip_address: str = SOURCE_IP_ADDRESS,
    request_id: str | None = None,
    host_id: str | None = None,
    event_version: str = "2.1",
) -> S3Event:
    """``ObjectRemoved:<operation>`` of one object.

    ``Delete`` holds the key and the sequencer alone (and ``version_id``, when one version was deleted).
    ``DeleteMarkerCreated`` happens only in a bucket with versions: it always has a version id, new unless given, and
    the entity tag of an empty object.

    >>> from pytest_lambda_env import events
    >>> entry = events.s3.object_removed("photos", "cat.jpg")["Records"][0]["s3"]["object"]
    >>> list(entry)
    ['key', 'sequencer']
    >>> marker = events.s3.object_removed("photos", "cat.jpg", operation="DeleteMarkerCreated")
    >>> list(marker["Records"][0]["s3"]["object"])
    ['key', 'eTag', 'versionId', 'sequencer']
    """
    one_of("operation", operation, ("Delete", "DeleteMarkerCreated"))
    stamp = current_stamp()
    entry: S3Object = {"key": _encoded(key)}
    if operation == "DeleteMarkerCreated":
        entry["eTag"] = _EMPTY_E_TAG
        entry["versionId"] = version_id if version_id is not None else _version_id(stamp)
    elif version_id is not None:
        entry["versionId"] = version_id
    entry["sequencer"] = sequencer if sequencer is not None else _sequencer(stamp)
    record = _record(
        stamp,
        bucket,
        entry,
        event_name=f"ObjectRemoved:{operation}",
        event_time=event_time,
        region=region,
        configuration_id=configuration_id,
        principal_id=principal_id,
        owner_principal_id=owner_principal_id,
        source_ip_address=source_ip_address,
        request_id=request_id,
        host_id=host_id,
        event_version=event_version,
    )
    return {"Records": [record]}


def batch(*events: S3Event) -> S3Event:
    """One event with the records of several, in their order.

    S3 itself puts one record into an event today, but promises no such thing: a handler should loop.

    >>> from pytest_lambda_env import events
    >>> both = events.s3.batch(events.s3.object_created("photos", "a"), events.s3.object_removed("photos", "b"))
    >>> [record["eventName"] for record in both["Records"]]
    ['ObjectCreated:Put', 'ObjectRemoved:Delete']
    """
    if not events or any(source_of(event) != "aws:s3" for event in events):
        raise UsageError("s3.batch takes one or more events of s3.object_created or s3.object_removed.")
    return {"Records": [copy.deepcopy(record) for event in events for record in event["Records"]]}


def test_event(
    bucket: str,
    *,
    time: datetime.datetime | None = None,
    request_id: str | None = None,
    host_id: str | None = None,
) -> S3TestEvent:
    """The message S3 sends to a queue or a topic when a notification is set up. It has no ``Records``.

    A function subscribed directly never gets it; one behind a queue or a topic does.

    >>> from pytest_lambda_env import events
    >>> event = events.s3.test_event("photos")
    >>> event["Event"], "Records" in event
    ('s3:TestEvent', False)
    """
    stamp = current_stamp()
    bucket_arn(stamp.region, bucket)
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_milliseconds(stamp.instant(time)),
        "Bucket": bucket,
        "RequestId": request_id if request_id is not None else _request_id(stamp),
        "HostId": host_id if host_id is not None else _host_id(stamp),
    }


# pytest collects what a test module imports by its name.
test_event.__test__ = False  # type: ignore[attr-defined]


def _record(
    stamp: Stamp,
    bucket: str,
    entry: S3Object,
    *,
    event_name: str,
    event_time: datetime.datetime | None,
    region: str | None,
    configuration_id: str | None,
    principal_id: str,
    owner_principal_id: str,
    source_ip_address: str,
    request_id: str | None,
    host_id: str | None,
    event_version: str,
) -> S3EventRecord:
    region = stamp.region if region is None else check_region(region)
    return {
        "eventVersion": event_version,
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": iso_milliseconds(stamp.instant(event_time)),
        "eventName": event_name,
        "userIdentity": {"principalId": principal_id},
        "requestParameters": {"sourceIPAddress": source_ip_address},
        "responseElements": {
            "x-amz-request-id": request_id if request_id is not None else _request_id(stamp),
            "x-amz-id-2": host_id if host_id is not None else _host_id(stamp),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            # The id of the bucket's notification configuration: all events of one bucket share it.
            "configurationId": configuration_id or stamp.resource_uuid("s3-configuration", bucket),
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": owner_principal_id},
                "arn": str(bucket_arn(region, bucket)),
            },
            "object": entry,
        },
    }


def _encoded(key: str) -> str:
    if not 1 <= len(text_of(key, "key").encode()) <= _MAXIMUM_KEY_LENGTH:
        raise UsageError(f"key={key!r}; it must have 1 to {_MAXIMUM_KEY_LENGTH} bytes in UTF-8.")
    # Recordings keep the slash: testupload/dir1/testfile.txt (fidelity 6.1).
    return quote_plus(key, safe="/")


def _size(size: int | None, body: bytes | None) -> int:
    if body is None:
        return _DEFAULT_SIZE if size is None else at_least("size", size, 0)
    if not isinstance(body, bytes):
        raise UsageError(f"body={body!r}; it must be bytes. Encode text first.")
    if size not in (None, len(body)):
        raise UsageError(f"size={size} but body has {len(body)} bytes; give one of the two.")
    return len(body)


def _e_tag(body: bytes | None, operation: str, stamp: Stamp) -> str:
    # A multipart object's tag is the MD5 of its parts' MD5s, and how many there were; here it has one part.
    suffix = "-1" if operation == "CompleteMultipartUpload" else ""
    if body is None:
        return stamp.hex("s3-etag", 32) + suffix
    digest = hashlib.md5(body, usedforsecurity=False)
    if suffix:
        digest = hashlib.md5(digest.digest(), usedforsecurity=False)
    return digest.hexdigest() + suffix


def _sequencer(stamp: Stamp) -> str:
    return f"{stamp.rising('s3-sequencer', start=0x0068_0000_0000_0000_00, step_bits=32):018X}"


def _version_id(stamp: Stamp) -> str:
    number = int(stamp.hex("s3-version-id", 64), 16)
    characters = []
    for _ in range(32):
        number, index = divmod(number, len(_VERSION_ID_CHARACTERS))
        characters.append(_VERSION_ID_CHARACTERS[index])
    return "".join(characters)


def _request_id(stamp: Stamp) -> str:
    return stamp.hex("s3-request-id", 16).upper()


def _host_id(stamp: Stamp) -> str:
    return stamp.base64("s3-host-id", 56)
