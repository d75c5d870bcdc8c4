"""What S3's operations need. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html says it of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.place import Place

_CONFIGURATIONS = ("Accelerate", "Analytics", "IntelligentTiering", "Inventory", "Metrics")

RENAMED: Mapping[str, str] = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    **{f"GetBucket{each}Configuration": f"Get{each}Configuration" for each in _CONFIGURATIONS},
    **{f"PutBucket{each}Configuration": f"Put{each}Configuration" for each in _CONFIGURATIONS},
    **{f"DeleteBucket{each}Configuration": f"Put{each}Configuration" for each in _CONFIGURATIONS[1:]},
    **{f"ListBucket{each}Configurations": f"Get{each}Configuration" for each in _CONFIGURATIONS[1:]},
}
"""Operations whose actions have another name; where several share one, the resource is the same kind."""

VERSIONED: Mapping[str, str] = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTorrent": "GetObjectVersionTorrent",
}
"""Actions on a version that is named."""

ELSEWHERE: Mapping[str, str] = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}
"""Operations on no bucket."""

_WRITING = frozenset({"PutObject", "CreateMultipartUpload", "CopyObject"})
_WRITTEN_WITH = {
    "Tagging": "PutObjectTagging",
    "ACL": "PutObjectAcl",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
}
"""What a new object's parameters need besides."""


def asked(operation: str, parameters: Mapping[str, Any], place: Place) -> tuple[Permission, ...]:
    """The permissions of a call of S3."""
    if operation in ELSEWHERE:
        return (Permission(ELSEWHERE[operation], "*"),)
    return tuple(_asked(operation, parameters, place))


def object_arn(bucket: str, key: str, place: Place) -> str:
    """The ARN of an object; ``bucket`` may be an access point's ARN."""
    arn = bucket_arn(bucket, place)
    return f"{arn}/object/{key}" if ":accesspoint/" in arn else f"{arn}/{key}"


def bucket_arn(bucket: str, place: Place) -> str:
    """The ARN of a bucket, which has no region and no account; an access point's is its own."""
    return bucket if bucket.startswith("arn:") else place.arn("s3", bucket, region="", account_id="")


def _asked(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if not isinstance(bucket, str):
        yield Permission(f"s3:{RENAMED.get(operation, operation)}", "*", exact=False)
        return
    if operation == "DeleteObjects":
        for each in parameters.get("Delete", {}).get("Objects", ()):
            name = "DeleteObjectVersion" if each.get("VersionId") else "DeleteObject"
            yield Permission(f"s3:{name}", object_arn(bucket, each.get("Key", ""), place))
        return
    if operation in ("CopyObject", "UploadPartCopy"):
        yield _source(parameters.get("CopySource", ""), place)
    if not isinstance(key, str):
        yield Permission(f"s3:{RENAMED.get(operation, operation)}", bucket_arn(bucket, place))
        return
    resource = object_arn(bucket, key, place)
    if operation == "GetObjectAttributes":
        yield _versioned("GetObject", parameters, resource)
    name = "PutObject" if operation in ("CopyObject", "UploadPartCopy") else RENAMED.get(operation, operation)
    yield _versioned(name, parameters, resource)
    if operation in _WRITING:
        for parameter, besides in _WRITTEN_WITH.items():
            if parameters.get(parameter):
                yield Permission(f"s3:{besides}", resource)


def _versioned(name: str, parameters: Mapping[str, Any], resource: str) -> Permission:
    return Permission(f"s3:{VERSIONED.get(name, name) if parameters.get('VersionId') else name}", resource)


def _source(given: Any, place: Place) -> Permission:
    """What is copied: a dictionary, or ``bucket/key?versionId=id`` with the key quoted as in a URL."""
    if isinstance(given, Mapping):
        bucket, key, version = given.get("Bucket", ""), given.get("Key", ""), given.get("VersionId")
    else:
        path, _, version = str(given).partition("?versionId=")
        if path.startswith("arn:"):
            bucket, _, key = path.partition("/object/")
        else:
            bucket, _, key = path.lstrip("/").partition("/")
        key = unquote(key)
    return Permission("s3:GetObjectVersion" if version else "s3:GetObject", object_arn(bucket, key, place))
