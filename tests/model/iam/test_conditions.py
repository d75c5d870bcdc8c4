"""Operators of conditions, over keys that are there, absent, or not known."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_env.errors import NotModelled
from pytest_lambda_env.model.iam.policy import Policy, Verdict

CONTEXT = {
    "aws:sourcearn": "arn:aws:s3:::photos",
    "aws:sourceaccount": "123456789012",
    "aws:securetransport": "true",
    "s3:max-keys": "10",
    "aws:tagkeys": ("a", "b"),
    "aws:username": None,
}


@pytest.mark.fidelity("IA18")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"AWS:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"AWS:SourceAccount": ["1", "123456789012"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "1234*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1234*"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ["1", "123456789012"]}}, False),
        ({"StringNotLike": {"aws:SourceAccount": "9*"}}, True),
        ({"StringEqualsIgnoreCase": {"aws:SourceArn": "ARN:aws:s3:::PHOTOS"}}, True),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::ph*"}}, True),
        ({"ArnEquals": {"AWS:SourceArn": "arn:*:s3:::photos"}}, True),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:*:photos"}}, False),
        ({"ArnNotLike": {"AWS:SourceArn": "arn:aws:s3:::cats"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": 10}}, True),
        ({"NumericGreaterThan": {"s3:max-keys": "10"}}, False),
        ({"NumericNotEquals": {"s3:max-keys": 9}}, True),
        ({"Null": {"aws:username": "true"}}, True),
        ({"Null": {"aws:SourceArn": "true"}}, False),
        ({"StringEquals": {"aws:username": "ada"}}, False),
        ({"StringEqualsIfExists": {"aws:username": "ada"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}, False),
        ({"StringNotEquals": {"aws:username": "ada"}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:username": ["a"]}}, True),
        ({"StringLike": {"aws:SourceArn": "arn:aws:s3:::photos", "aws:SourceAccount": "9"}}, False),
        ({"StringLike": {"aws:SourceArn": "*"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "${aws:SourceAccount}"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "${aws:username}"}}, False),
    ],
)
def test_an_operator_does_what_iam_says(condition: dict[str, Any], expected: bool) -> None:
    """Values are alternatives, keys and operators must all hold, an absent key holds for what is negative."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    found = Policy.read({"Version": "2012-10-17", "Statement": statement}).says("s3:GetObject", "*", CONTEXT)
    assert (found is Verdict.ALLOWED) is expected


@pytest.mark.fidelity("IA18")
def test_a_key_that_is_not_known_is_named_where_it_matters() -> None:
    """It is asked for only of a statement that applies otherwise, and is not decided by another."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:Unheard": True}}}
    policy = Policy.read({"Statement": statement})
    assert policy.says("sqs:SendMessage", "*") is Verdict.IMPLICIT_DENY
    with pytest.raises(NotModelled, match="aws:Unheard"):
        policy.says("s3:GetObject", "*")
    both = Policy.read({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, statement]})
    assert both.says("s3:GetObject", "*") is Verdict.ALLOWED
