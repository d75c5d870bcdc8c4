"""The role of a function: its policies, and who it is."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.asked import permissions_of
from pytest_lambda_env.model.iam.denial import denial
from pytest_lambda_env.model.iam.execution_role import ExecutionRole, read_policies
from pytest_lambda_env.model.iam.policy import Verdict
from pytest_lambda_env.simulation.instant import Instant

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
SESSION = "arn:aws:sts::123456789012:assumed-role/worker-role/worker"


def role(*policies: Any) -> ExecutionRole:
    """The role of a function with these policies."""
    return ExecutionRole(
        arn="arn:aws:iam::123456789012:role/service-role/worker-role",
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:worker",
        policies=read_policies(list(policies)),
    )


def allow(action: Any, resource: Any = "*", **rest: Any) -> dict[str, Any]:
    """A document that allows this."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **rest}]}


def call(service: str, operation: str, **parameters: Any) -> AwsCall:
    """A call of the function's code."""
    return AwsCall(
        service=service,
        operation=operation,
        parameters=parameters,
        started=Instant(0),
        ended=Instant(0),
        region="us-east-1",
    )


def test_several_policies_count_together() -> None:
    """What one of them allows is allowed, unless another denies it."""
    deny = {"Statement": {"Effect": "Deny", "Action": "sqs:Purge*", "Resource": "*"}}
    worker = role(allow("s3:*"), allow("sqs:*", QUEUE), deny)
    assert worker.allows("sqs:SendMessage", QUEUE)
    assert not worker.allows("sqs:SendMessage", QUEUE + "-other")
    assert not worker.allows("sqs:PurgeQueue", QUEUE)
    assert not worker.allows("kms:Decrypt", "*")


def test_without_a_statement_nothing_is_allowed() -> None:
    """Neither by no policy at all nor by an empty one."""
    assert not role().allows("sqs:SendMessage", QUEUE)
    assert not role({"Version": "2012-10-17", "Statement": []}).allows("sqs:SendMessage", QUEUE)


@pytest.mark.fidelity("IA19")
@pytest.mark.parametrize(
    "name", ["AWSLambdaSQSQueueExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"]
)
def test_a_policy_that_aws_manages_is_known_by_name(name: str) -> None:
    """Alone or beside documents, by its name or its ARN."""
    worker = role(name, allow("s3:GetObject"))
    assert worker.allows("sqs:ReceiveMessage", QUEUE)
    assert worker.allows("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s")
    assert worker.allows("s3:GetObject", "arn:aws:s3:::b/k")
    assert not worker.allows("sqs:SendMessage", QUEUE)


def test_an_unknown_name_and_other_values_are_refused() -> None:
    """The message says what would be right."""
    with pytest.raises(UsageError, match=r"no policy 'AWSLambdaSQSRole'.*give its document"):
        read_policies("AWSLambdaSQSRole")
    with pytest.raises(UsageError, match="A role's policy is a document"):
        read_policies(7)  # type: ignore[arg-type]


@pytest.mark.fidelity("IA18")
def test_conditions_see_the_role_the_function_and_the_region() -> None:
    """Keys that are the same for every call, and those of the call itself."""
    worker = role(
        allow("sqs:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
        allow("sns:*", Condition={"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:worker"}}),
        allow("kms:*", Condition={"StringEquals": {"aws:PrincipalAccount": "210987654321"}}),
        allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "home/*"}}),
    )
    assert worker.allows("sqs:SendMessage", QUEUE)
    assert not worker.allows("sqs:SendMessage", QUEUE.replace("us-east-1", "eu-west-1"))
    assert worker.allows("sns:Publish", "arn:aws:sns:us-east-1:123456789012:t")
    assert not worker.allows("kms:Decrypt", "*")
    for parameters, allowed in [({"Prefix": "home/ada"}, True), ({"Prefix": "etc"}, False), ({}, False)]:
        listing = call("s3", "ListObjectsV2", Bucket="b", **parameters)
        assert (worker.refuses(listing, permissions_of(listing, worker.account_id)) is None) == allowed


TOPIC = QUEUE.replace("sqs", "sns")
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
OTHER_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.mark.fidelity("IA12")
@pytest.mark.parametrize(
    ("made", "protocol", "code", "status", "told"),
    [
        (
            *(call("s3", "GetObject", Bucket="b", Key="k"), "rest-xml", "AccessDenied", 403),
            's3:GetObject on resource: "arn:aws:s3:::b/k"',
        ),
        (call("s3", "ListBuckets"), "rest-xml", "AccessDenied", 403, "s3:ListAllMyBuckets"),
        (
            *(call("dynamodb", "PutItem", TableName="t"), "json", "AccessDeniedException", 400),
            f"dynamodb:PutItem on resource: {TABLE}",
        ),
        (
            *(call("lambda", "Invoke", FunctionName="f"), "rest-json", "AccessDeniedException", 403),
            f"lambda:InvokeFunction on resource: {OTHER_FUNCTION}",
        ),
        (
            *(call("sqs", "SendMessage", QueueUrl="https://x/123456789012/orders"), "query", "AccessDenied", 403),
            f"sqs:sendmessage on resource: {QUEUE}",
        ),
        (
            *(call("sns", "Publish", TopicArn=TOPIC), "query", "AuthorizationError", 403),
            f"SNS:Publish on resource: {TOPIC}",
        ),
        (
            *(call("secretsmanager", "GetSecretValue", SecretId="db"), "json", "AccessDeniedException", 400),
            "secretsmanager:GetSecretValue on resource: db",
        ),
        (call("ec2", "DescribeInstances"), "ec2", "UnauthorizedOperation", 403, "ec2:DescribeInstances"),
        (call("iam", "ListUsers"), "query", "AccessDenied", 403, "iam:ListUsers"),
    ],
)
def test_each_service_has_its_words(made: AwsCall, protocol: str, code: str, status: int, told: str) -> None:
    """Code, status and message of a denial that no policy spells out."""
    worker = role()
    refused = worker.refuses(made, permissions_of(made, worker.account_id))
    assert refused is not None
    answer = denial(worker.session_arn, made, *refused, protocol)
    assert (answer.code, answer.status_code) == (code, status)
    before = "You are not authorized to perform this operation. " if made.service == "ec2" else ""
    action = told.partition(" ")[0]
    assert answer.message == (
        f"{before}User: {SESSION} is not authorized to perform: {told} "
        f"because no identity-based policy allows the {action} action"
    )


@pytest.mark.fidelity("IA11")
def test_an_explicit_deny_is_told_as_such() -> None:
    """AWS says which kind of denial it was."""
    worker = role(allow("*"), {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}})
    made = call("s3", "GetObject", Bucket="b", Key="k")
    refused = worker.refuses(made, permissions_of(made, worker.account_id))
    assert refused is not None
    assert refused[1] is Verdict.EXPLICIT_DENY
    assert denial(worker.session_arn, made, *refused, "rest-xml").message == (
        f'User: {SESSION} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" '
        "with an explicit deny in an identity-based policy"
    )
