"""The least policy that allows what was done."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.asked import permissions_of
from pytest_lambda_env.model.iam.execution_role import ExecutionRole, read_policies
from pytest_lambda_env.model.iam.used_actions import UsedActions
from pytest_lambda_env.simulation.instant import Instant

ACCOUNT_ID = "123456789012"


def call(service: str, operation: str, *, denied: bool = False, **parameters: Any) -> AwsCall:
    """A call that a handler made."""
    return AwsCall(
        service=service,
        operation=operation,
        parameters=parameters,
        started=Instant(0),
        ended=Instant(0),
        region="us-east-1",
        denied=denied,
    )


def test_it_prints_as_a_policy_document() -> None:
    """A statement for each set of resources, everything sorted, each once."""
    used = UsedActions.of(
        [
            call("s3", "PutObject", Bucket="b", Key="out"),
            call("dynamodb", "PutItem", TableName="t"),
            call("dynamodb", "GetItem", TableName="t"),
            call("s3", "GetObject", Bucket="b", Key="in*"),
            call("s3", "PutObject", Bucket="b", Key="out"),
            call("sqs", "ListQueues"),
            call("sts", "GetCallerIdentity"),
            call("s3", "DeleteObject", denied=True, Bucket="b", Key="out"),
        ],
        ACCOUNT_ID,
    )
    assert used.actions == ("dynamodb:GetItem", "dynamodb:PutItem", "s3:GetObject", "s3:PutObject", "sqs:ListQueues")
    assert json.loads(str(used)) == used.document
    assert used.document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
                "Resource": ["arn:aws:dynamodb:us-east-1:123456789012:table/t"],
            },
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/in${*}"]},
            {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/out"]},
            {"Effect": "Allow", "Action": ["sqs:ListQueues"], "Resource": ["*"]},
        ],
    }


def test_many_objects_of_a_bucket_are_folded() -> None:
    """More than five keys become the whole bucket, for that action alone; the number may be another."""
    calls = [call("s3", "GetObject", Bucket="many", Key=str(number)) for number in range(6)]
    calls += [call("s3", "GetObject", Bucket="few", Key=str(number)) for number in range(5)]
    calls += [call("s3", "PutObject", Bucket="many", Key="0")]
    read, write = UsedActions.of(calls, ACCOUNT_ID).document["Statement"]
    assert read["Resource"] == [*(f"arn:aws:s3:::few/{number}" for number in range(5)), "arn:aws:s3:::many/*"]
    assert write["Resource"] == ["arn:aws:s3:::many/0"]
    assert len(UsedActions.of(calls, ACCOUNT_ID, 100).document["Statement"][0]["Resource"]) == 11


def test_nothing_used_is_a_policy_that_allows_nothing() -> None:
    """It can be read back."""
    document = UsedActions.of([], ACCOUNT_ID).document
    assert document == {"Version": "2012-10-17", "Statement": []}
    assert read_policies(document)[0].statements == ()


KEYS = st.text("ab*?${}/:é", min_size=1, max_size=4)
NAMES = st.text("ab-", min_size=1, max_size=3)
S3_CALLS = st.builds(
    lambda operation, bucket, key: call("s3", operation, Bucket=bucket, Key=key),
    st.sampled_from(["GetObject", "PutObject", "DeleteObject", "HeadObject"]),
    NAMES,
    KEYS,
)
CALLS = st.one_of(
    S3_CALLS,
    st.builds(
        lambda operation, table: call("dynamodb", operation, TableName=table),
        st.sampled_from(["GetItem", "PutItem", "Query"]),
        NAMES,
    ),
    st.builds(lambda bucket: call("s3", "ListObjectsV2", Bucket=bucket), NAMES),
    st.builds(lambda name: call("secretsmanager", "GetSecretValue", SecretId=name), KEYS),
    st.sampled_from([call("sqs", "ListQueues"), call("kms", "Decrypt"), call("textract", "DetectDocumentText")]),
)


def role_of(used: UsedActions) -> ExecutionRole:
    """A role with just this policy."""
    return ExecutionRole(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:role/r",
        function_arn=f"arn:aws:lambda:us-east-1:{ACCOUNT_ID}:function:f",
        policies=read_policies(str(used)),
    )


@given(st.lists(CALLS, max_size=8), st.integers(0, 9))
def test_the_least_policy_allows_every_call(calls: list[AwsCall], keys_per_bucket: int) -> None:
    """Folded or not, it lets each call pass that it was made from."""
    role = role_of(UsedActions.of(calls, ACCOUNT_ID, keys_per_bucket))
    for each in calls:
        assert role.refuses(each, permissions_of(each, ACCOUNT_ID)) is None


@given(st.lists(S3_CALLS, max_size=6), S3_CALLS)
def test_the_least_policy_allows_nothing_else(calls: list[AwsCall], other: AwsCall) -> None:
    """Unfolded, another call passes only if its permissions were used by one of the calls."""
    role = role_of(UsedActions.of(calls, ACCOUNT_ID, 100))
    used = {permission for each in calls for permission in permissions_of(each, ACCOUNT_ID)}
    wanted = permissions_of(other, ACCOUNT_ID)
    assert (role.refuses(other, wanted) is None) == set(wanted).issubset(used)


@given(st.permutations([call("s3", "GetObject", Bucket="b", Key=key) for key in "abc"]))
def test_the_order_of_calls_does_not_matter(calls: list[AwsCall]) -> None:
    """The same calls give the same text."""
    assert str(UsedActions.of(calls, ACCOUNT_ID)) == str(UsedActions.of(sorted(calls, key=str), ACCOUNT_ID))
    assert UsedActions.of(calls, ACCOUNT_ID) == UsedActions.of(reversed(calls), ACCOUNT_ID)
