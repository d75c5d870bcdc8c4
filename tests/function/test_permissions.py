"""Permissions of a function, as a test sets and sees them: who may invoke it, and what it may do on AWS itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    AccessDeniedException,
    InvalidParameterValueException,
    LambdaEnvWarning,
    PreconditionFailedException,
    ResourceNotFoundException,
    UsageError,
)
from pytest_lambda_env.model.facts import InvocationRefused, RecordSent

SOURCE = """
import boto3

s3 = boto3.client("s3")
buckets = [each["Name"] for each in s3.list_buckets()["Buckets"]]

def handler(event, context):
    s3.put_object(Bucket="photos", Key=event["key"], Body=b"x")
    return s3.get_object(Bucket="photos", Key=event["key"])["Body"].read().decode()
"""


@pytest.fixture
def photos() -> Iterator[None]:
    """A mocked account with a bucket."""
    import boto3
    from moto import mock_aws

    with mock_aws():
        make: Any = boto3.client
        make("s3", region_name="us-east-1").create_bucket(Bucket="photos")
        yield


@pytest.fixture
def resize(aws_lambda: LambdaService, tmp_path: Path, photos: None) -> LambdaFunction:
    """A function that lists at INIT, puts and gets."""
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    return aws_lambda.create_function("app.handler", code=tmp_path, function_name="resize")


# ---------------------------------------------------------------------------------------------------- the role


def test_what_the_function_has_used(resize: LambdaFunction) -> None:
    """INIT's calls and the handler's, as the policy that allows just these; and it does."""
    resize.invoke({"key": "cat"}).raise_for_error()
    assert resize.used_actions.document == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::photos/cat"]},
            {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["*"]},
        ],
    }
    assert json.loads(str(resize.used_actions)) == resize.used_actions.document
    resize.put_role_policy(resize.used_actions.document)
    assert resize.invoke({"key": "cat"}).payload == "x"
    denied = resize.invoke({"key": "dog"})
    assert denied.payload["errorMessage"] == (
        "An error occurred (AccessDenied) when calling the PutObject operation: "
        "User: arn:aws:sts::123456789012:assumed-role/lambda-role/resize is not authorized to perform: s3:PutObject on "
        'resource: "arn:aws:s3:::photos/dog" because no identity-based policy allows the s3:PutObject action'
    )
    resize.put_role_policy()
    assert resize.invoke({"key": "dog"}).payload == "x"


@pytest.mark.usefixtures("photos")
def test_the_policy_of_a_new_function(aws_lambda: LambdaService, tmp_path: Path) -> None:
    """Given with the function, by the name of a policy that AWS manages; INIT is refused like any other code."""
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    function = aws_lambda.create_function("app.handler", code=tmp_path, role_policy="AWSLambdaBasicExecutionRole")
    refused = function.invoke({"key": "cat"})
    assert "(AccessDenied) when calling the ListBuckets operation" in refused.payload["errorMessage"]
    assert "s3:ListAllMyBuckets" in refused.payload["errorMessage"]
    with pytest.raises(UsageError, match="AWS manages no policy 'AWSLamdaBasic'"):
        aws_lambda.create_function("app.handler", code=tmp_path, role_policy="AWSLamdaBasic")


@pytest.mark.usefixtures("photos")
def test_an_update_keeps_the_role_of_each_version(aws_lambda: LambdaService, tmp_path: Path) -> None:
    """The role's name is the version's; its policy is the function's."""
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    arn = "arn:aws:iam::123456789012:role/{}"
    function = aws_lambda.create_function(
        "app.handler", code=tmp_path, role=arn.format("old"), role_policy="AWSLambdaBasicExecutionRole"
    )
    function.publish_version()
    function.update_configuration(role=arn.format("new"))
    messages = [function.invoke({}, qualifier=each).payload["errorMessage"] for each in ("1", None)]
    assert ["assumed-role/old/" in messages[0], "assumed-role/new/" in messages[1]] == [True, True]


def test_lambda_sends_with_the_functions_role(aws_lambda: LambdaService) -> None:
    """A destination that the role may not send to is told of, as the metric on AWS."""
    probe = aws_lambda.create_probe("failures")
    allowed = {"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": probe.arn}]}
    function = aws_lambda.create_function(lambda event, _: 1 / 0, role_policy="AWSLambdaBasicExecutionRole")
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=probe)
    function.invoke_async({})
    aws_lambda.drain()
    [sent] = aws_lambda.journal.of(RecordSent)
    assert sent.error == f"AccessDenied: the execution role does not allow sqs:SendMessage on {probe.arn}"
    assert aws_lambda.metrics.value("DestinationDeliveryFailures", function_name=function.name) == 1
    function.put_role_policy(allowed, "AWSLambdaBasicExecutionRole")
    function.invoke_async({})
    aws_lambda.drain()
    assert len(probe.messages) == 1


def test_used_actions_say_what_they_lack() -> None:
    """Calls of facts that the journal has dropped are not known."""
    with LambdaService(journal_limit=3) as service:
        function = service.create_function(lambda event, _: None)
        for _ in range(5):
            function.invoke({})
        with pytest.warns(LambdaEnvWarning, match="used_actions lacks calls of the 4 facts"):
            assert function.used_actions.actions == ()


# ------------------------------------------------------------------------------------------------- the resource policy


def test_who_may_invoke(aws_lambda: LambdaService) -> None:
    """A service may once it is permitted, for the resource that the statement names; a dry run tells."""
    function = aws_lambda.create_function(lambda event, _: "ran", function_name="resize")
    bucket, other = "arn:aws:s3:::photos", "arn:aws:s3:::others"
    with pytest.raises(AccessDeniedException) as denied:
        function.invoke({}, invocation_type="DryRun", principal="s3.amazonaws.com", source_arn=bucket)
    assert denied.value.status_code == 403
    assert denied.value.message == (
        "User: s3.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: "
        "arn:aws:lambda:us-east-1:123456789012:function:resize because no resource-based policy allows the "
        "lambda:InvokeFunction action"
    )
    [refused] = aws_lambda.journal.of(InvocationRefused)
    assert refused.error == "AccessDeniedException"
    statement = function.add_permission(
        statement_id="photos", action="lambda:InvokeFunction", principal="s3.amazonaws.com", source_arn=bucket
    )
    assert function.policy().document["Statement"] == [statement]
    assert (
        function.invoke({}, invocation_type="DryRun", principal="s3.amazonaws.com", source_arn=bucket).status_code
        == 204
    )
    assert function.invoke({}, principal="s3.amazonaws.com", source_arn=bucket).payload == "ran"
    with pytest.raises(AccessDeniedException):
        function.invoke({}, principal="s3.amazonaws.com", source_arn=other)
    function.remove_permission("photos")
    with pytest.raises(AccessDeniedException):
        function.invoke({}, principal="s3.amazonaws.com", source_arn=bucket)
    assert function.invoke({}).payload == "ran"  # the account itself needs none
    with pytest.raises(UsageError, match="belong to a principal="):
        function.invoke({}, source_arn=bucket)


def test_each_qualifier_has_a_policy_of_its_own(aws_lambda: LambdaService) -> None:
    """A permission for an alias is none for the function; it goes with the alias. ``$LATEST`` can have none."""
    function = aws_lambda.create_function(lambda event, _: "ran")
    function.create_alias("live", function.publish_version())
    account = "210987654321"
    function.add_permission(statement_id="a", action="lambda:InvokeFunction", principal=account, qualifier="live")
    assert function.invoke({}, qualifier="live", principal=account).payload == "ran"
    with pytest.raises(AccessDeniedException):
        function.invoke({}, principal=account)
    with pytest.raises(ResourceNotFoundException, match="Function not found"):
        function.add_permission(statement_id="a", action="lambda:*", principal=account, qualifier="nowhere")
    with pytest.raises(InvalidParameterValueException, match="do not support adding policies for"):
        function.add_permission(statement_id="a", action="lambda:*", principal=account, qualifier="$LATEST")
    function.delete_alias("live")
    function.create_alias("live", "1")
    with pytest.raises(ResourceNotFoundException):
        function.policy("live")


@pytest.mark.parametrize("qualifier", [None, "live", "1"])
def test_a_policy_changes_the_revision(aws_lambda: LambdaService, qualifier: str | None) -> None:
    """Of what it belongs to, and of nothing else; a revision that is not the latest is refused."""
    function = aws_lambda.create_function(lambda event, _: None)
    function.create_alias("live", function.publish_version())

    def revisions() -> dict[str | None, str]:
        return {
            None: function.revision_id,
            "live": function.alias("live").revision_id,
            "1": function.versions[1].revision_id,
        }

    def permit(statement_id: str, revision_id: str | None = None) -> None:
        function.add_permission(
            statement_id=statement_id,
            action="lambda:InvokeFunction",
            principal="210987654321",
            qualifier=qualifier,
            revision_id=revision_id,
        )

    before = revisions()
    permit("first", before[qualifier])
    after = revisions()
    assert {name for name, revision in after.items() if revision != before[name]} == {qualifier}
    assert function.policy(qualifier).revision_id == after[qualifier]
    with pytest.raises(PreconditionFailedException):
        permit("second", before[qualifier])
