"""A function whose role has a policy, against moto."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.model.iam.used_actions import UsedActions

ACCOUNT_ID = "123456789012"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/lambda-role/worker"

Deploy = Callable[..., LambdaFunction]


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service inside a moto account with a bucket, a table, a queue and a topic."""
    import boto3
    from moto import mock_aws

    with mock_aws(), LambdaService() as aws_lambda:
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="photos")
        for key in ("cat", "dog"):
            s3.put_object(Bucket="photos", Key=key, Body=key.encode())
        boto3.client("dynamodb", region_name="us-east-1").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="jobs")
        boto3.client("sns", region_name="us-east-1").create_topic(Name="news")
        yield aws_lambda


@pytest.fixture
def deploy(service: LambdaService, tmp_path: Path) -> Deploy:
    """``deploy(source, *policies)``: a function whose role has these policies; without any, no policy is asked."""

    def deploy(source: str, *policies: Any) -> LambdaFunction:
        (tmp_path / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return service.create_function(
            "app.handler", code=tmp_path, function_name="worker", timeout=30, role_policy=policies or None
        )

    return deploy


def allow(*actions: str, resource: str | list[str] = "*") -> dict[str, Any]:
    """A document that allows these actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


READS = """
import boto3
from botocore.exceptions import ClientError
s3 = boto3.client("s3")

def handler(event, context):
    try:
        return s3.get_object(**event)["Body"].read().decode()
    except s3.exceptions.NoSuchKey:
        return "missing"
    except ClientError as error:
        return {**error.response["Error"], "Status": error.response["ResponseMetadata"]["HTTPStatusCode"],
                "Operation": error.operation_name}
"""


@pytest.mark.fidelity("IA11")
def test_what_the_policy_does_not_allow_is_denied(deploy: Deploy) -> None:
    """The handler gets botocore's exception in S3's words, and the call is told with its error."""
    function = deploy(READS, allow("s3:GetObject", resource="arn:aws:s3:::photos/cat"))
    response = function.invoke({"Bucket": "photos", "Key": "cat"})
    assert response.payload == "cat"
    assert [(str(call), call.denied) for call in response.aws_calls] == [("s3:GetObject", False)]
    response = function.invoke({"Bucket": "photos", "Key": "dog"})
    assert response.payload == {
        "Code": "AccessDenied",
        "Message": f"User: {SESSION} is not authorized to perform: s3:GetObject on resource: "
        '"arn:aws:s3:::photos/dog" because no identity-based policy allows the s3:GetObject action',
        "Status": 403,
        "Operation": "GetObject",
    }
    assert [(str(call), call.denied) for call in response.aws_calls] == [("s3:GetObject -> AccessDenied", True)]


def test_without_a_policy_nothing_is_denied(deploy: Deploy) -> None:
    """That is the default."""
    response = deploy(READS).invoke({"Bucket": "photos", "Key": "dog"})
    assert response.payload == "dog"
    assert not response.aws_calls[0].denied


@pytest.mark.fidelity("IA11")
def test_a_denied_call_has_no_effect(deploy: Deploy) -> None:
    """Neither a write nor a time passes; an unhandled denial fails the invocation."""
    import boto3

    function = deploy(
        """
        import boto3
        def handler(event, context):
            boto3.client("s3").delete_object(Bucket="photos", Key="cat")
        """,
        allow("s3:*"),
        {"Statement": {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}},
    )
    response = function.invoke()
    assert response.function_error == "Unhandled"
    assert response.payload["errorMessage"] == (
        f"An error occurred (AccessDenied) when calling the DeleteObject operation: User: {SESSION} is not authorized "
        'to perform: s3:DeleteObject on resource: "arn:aws:s3:::photos/cat" '
        "with an explicit deny in an identity-based policy"
    )
    assert response.duration.total_seconds() == 0
    assert boto3.client("s3", region_name="us-east-1").head_object(Bucket="photos", Key="cat")


@pytest.mark.fidelity("IA14")
def test_who_may_not_list_a_bucket_is_not_told_what_is_missing(deploy: Deploy) -> None:
    """A missing object is ``NoSuchKey`` with ``s3:ListBucket``, and ``AccessDenied`` without."""
    missing = {"Bucket": "photos", "Key": "bird"}
    hidden = deploy(READS, allow("s3:GetObject")).invoke(missing).payload
    assert hidden["Code"] == "AccessDenied"
    assert 'perform: s3:ListBucket on resource: "arn:aws:s3:::photos" because' in hidden["Message"]


def test_who_may_list_a_bucket_is_told(deploy: Deploy) -> None:
    """The client's own exception class comes through."""
    assert (
        deploy(READS, allow("s3:GetObject", "s3:ListBucket")).invoke({"Bucket": "photos", "Key": "bird"}).payload
        == "missing"
    )


@pytest.mark.fidelity("IA13")
def test_a_denied_head_has_no_words(deploy: Deploy) -> None:
    """The answer to a HEAD has no body: botocore makes 403 and Forbidden of it."""
    source = """
    import boto3
    from botocore.exceptions import ClientError
    s3 = boto3.client("s3")
    def handler(event, context):
        found = []
        for key in ("cat", "bird"):
            try:
                s3.head_object(Bucket="photos", Key=key)
            except ClientError as error:
                found.append(error.response["Error"])
        return found
    """
    forbidden = {"Code": "403", "Message": "Forbidden"}
    assert deploy(source, allow("s3:PutObject")).invoke().payload == [forbidden, forbidden]


def test_a_denied_head_of_a_missing_object(deploy: Deploy) -> None:
    """It is forbidden too, unless the bucket may be listed."""
    source = """
    import boto3
    from botocore.exceptions import ClientError
    def handler(event, context):
        try:
            boto3.client("s3").head_object(Bucket="photos", Key="bird")
        except ClientError as error:
            return error.response["Error"]["Code"]
    """
    assert deploy(source, allow("s3:GetObject")).invoke().payload == "403"


@pytest.mark.fidelity("IA15")
@pytest.mark.parametrize(("pattern", "deleted", "denied"), [("d*", ["dog"], ["cat"]), ("x", [], ["cat", "dog"])])
def test_objects_are_deleted_one_by_one(deploy: Deploy, pattern: str, deleted: list[str], denied: list[str]) -> None:
    """DeleteObjects succeeds, and says of each object whether it was allowed."""
    import boto3

    function = deploy(
        """
        import boto3
        def handler(event, context):
            objects = [{"Key": "cat"}, {"Key": "dog"}]
            answer = boto3.client("s3").delete_objects(Bucket="photos", Delete={"Objects": objects})
            return [answer["ResponseMetadata"]["HTTPStatusCode"], answer.get("Deleted", []), answer["Errors"]]
        """,
        allow("s3:DeleteObject", resource=f"arn:aws:s3:::photos/{pattern}"),
    )
    response = function.invoke().raise_for_error()
    status, gone, errors = response.payload
    assert (status, [each["Key"] for each in gone]) == (200, deleted)
    assert [(each["Key"], each["Code"]) for each in errors] == [(key, "AccessDenied") for key in denied]
    assert all("perform: s3:DeleteObject on resource:" in each["Message"] for each in errors)
    assert response.aws_calls[0].denied == (not deleted)
    left = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket="photos")["Contents"]
    assert [each["Key"] for each in left] == denied


DOORS = """
import io
import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, WaiterError

s3, dynamodb = boto3.resource("s3"), boto3.resource("dynamodb")
sqs, sns = boto3.client("sqs"), boto3.client("sns")
url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]

DOORS = {
    "resource": lambda: s3.Object("photos", "new").put(Body=b"1"),
    "collection": lambda: [each.key for each in s3.Bucket("photos").objects.all()],
    "paginator": lambda: list(s3.meta.client.get_paginator("list_objects_v2").paginate(Bucket="photos")),
    "waiter": lambda: s3.meta.client.get_waiter("object_exists").wait(Bucket="photos", Key="cat"),
    "upload": lambda: s3.meta.client.upload_fileobj(io.BytesIO(b"2"), "photos", "uploaded"),
    "multipart": lambda: s3.meta.client.upload_fileobj(io.BytesIO(b"3" * 9_000_000), "photos", "large"),
    "download": lambda: s3.meta.client.download_fileobj("photos", "cat", io.BytesIO()),
    "copy": lambda: s3.meta.client.copy({"Bucket": "photos", "Key": "cat"}, "photos", "copied"),
    "table": lambda: dynamodb.Table("orders").put_item(Item={"id": "7"}),
    "batch": lambda: batch(),
    "queue": lambda: sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}]),
    "topic": lambda: sns.publish(TopicArn="arn:aws:sns:us-east-1:123456789012:news", Message="x"),
}

def batch():
    with dynamodb.Table("orders").batch_writer() as writer:
        writer.put_item(Item={"id": "8"})

def handler(event, context):
    found = {}
    for name, door in DOORS.items():
        try:
            door()
            found[name] = "done"
        except ClientError as error:
            found[name] = error.response["Error"]["Code"]
        except (S3UploadFailedError, WaiterError) as error:
            found[name] = type(error).__name__
    return found
"""


@pytest.mark.fidelity("IA11", "IA12", "IA16")
def test_every_door_of_boto3_asks_the_policy(deploy: Deploy) -> None:
    """Resources, collections, paginators, waiters, transfers in threads, batch writers: all of them are refused."""
    response = deploy(DOORS, allow("sqs:GetQueueUrl")).invoke().raise_for_error()
    assert response.payload == {
        "resource": "AccessDenied",
        "collection": "AccessDenied",
        "paginator": "AccessDenied",
        "waiter": "WaiterError",
        "upload": "AccessDenied",
        "multipart": "AccessDenied",
        "download": "403",
        "copy": "403",
        "table": "AccessDeniedException",
        "batch": "AccessDeniedException",
        "queue": "AccessDenied",
        "topic": "AuthorizationError",
    }
    assert all(call.denied for call in response.aws_calls)


def test_the_least_policy_opens_every_door(deploy: Deploy) -> None:
    """What an unrestricted run used is enough for a restricted one, and without any part of it some door is shut."""
    function = deploy(DOORS)
    response = function.invoke().raise_for_error()
    assert set(response.payload.values()) == {"done"}
    used = UsedActions.of(response.aws_calls, ACCOUNT_ID)
    assert used.actions == (
        *("dynamodb:BatchWriteItem", "dynamodb:PutItem", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
        *("sns:Publish", "sqs:SendMessage"),
    )
    at_import = allow("sqs:GetQueueUrl")
    function.put_role_policy(str(used), at_import)
    assert set(function.invoke().raise_for_error().payload.values()) == {"done"}
    for action in used.actions:
        rest = tuple(each for each in used.permissions if each.action != action)
        function.put_role_policy(UsedActions(rest).document, at_import)
        assert set(function.invoke().raise_for_error().payload.values()) != {"done"}


def test_a_policy_may_be_what_an_earlier_run_used(service: LambdaService, deploy: Deploy) -> None:
    """The text that it prints is a policy document."""
    function = deploy(READS)
    calls = function.invoke({"Bucket": "photos", "Key": "cat"}).aws_calls
    used = UsedActions.of(calls, service.account_id)
    assert json.loads(str(used))["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::photos/cat"]}
    ]


@pytest.mark.fidelity("IA17")
def test_a_role_may_always_ask_who_it_is(deploy: Deploy) -> None:
    """GetCallerIdentity needs no permission."""
    function = deploy(
        "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()['Account']",
        allow("s3:GetObject"),
    )
    assert function.invoke().payload == ACCOUNT_ID


@pytest.mark.fidelity("IA12")
def test_an_exception_class_of_the_client_s_own_is_raised(deploy: Deploy) -> None:
    """Where a service's model has the code as an exception, that class; and in virtual time nothing is retried."""
    function = deploy(
        """
        import boto3
        kinesis = boto3.client("kinesis")
        def handler(event, context):
            try:
                kinesis.put_record(StreamName="s", Data=b"1", PartitionKey="1")
            except kinesis.exceptions.AccessDeniedException as error:
                return [error.response["ResponseMetadata"]["HTTPStatusCode"], str(error)]
        """,
        allow("s3:GetObject"),
    )
    status, message = function.invoke().raise_for_error().payload
    assert status == 400
    assert message == (
        f"An error occurred (AccessDeniedException) when calling the PutRecord operation: User: {SESSION} is not "
        f"authorized to perform: kinesis:PutRecord on resource: arn:aws:kinesis:us-east-1:{ACCOUNT_ID}:stream/s "
        "because no identity-based policy allows the kinesis:PutRecord action"
    )


def test_the_test_s_own_calls_are_free(deploy: Deploy) -> None:
    """The policy is the role's: neither the test nor moto itself is asked."""
    import boto3

    deploy(READS, allow("sqs:SendMessage")).invoke({"Bucket": "photos", "Key": "cat"})
    assert boto3.client("s3", region_name="us-east-1").get_object(Bucket="photos", Key="cat")["Body"].read() == b"cat"
