"""The resource-based policy of a function, as AWS recorded it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_env.control.resource_policy import ResourcePolicy
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PolicyLengthExceededException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceError,
    ValidationException,
)
from pytest_lambda_env.model.arn import function_arn

ACCOUNT_ID, OTHER = "111111111111", "222222222222"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT_ID}:function:worker"
BUCKET = "arn:aws:s3:::test-bucket"
INVOKE = "lambda:InvokeFunction"


class Numbered:
    """Revisions that are numbers."""

    def __init__(self) -> None:
        self.numbers: Counter[str | None] = Counter()

    def present(self, qualifier: str | None) -> str:
        """Its number."""
        return f"revision-{self.numbers[qualifier]}"

    def renew(self, qualifier: str | None) -> None:
        """The next number."""
        self.numbers[qualifier] += 1


@pytest.fixture
def policy() -> ResourcePolicy:
    """A function's, without a statement."""
    return ResourcePolicy(function_arn("us-east-1", ACCOUNT_ID, "worker"), Numbered())


def add(policy: ResourcePolicy, statement_id: str = "s3", **parameters: Any) -> dict[str, Any]:
    """A permission for S3 unless told otherwise."""
    return policy.add_permission(
        **{"statement_id": statement_id, "action": INVOKE, "principal": "s3.amazonaws.com", **parameters}
    )


@pytest.mark.fidelity("IA01")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"source_arn": BUCKET},
            {"Principal": {"Service": "s3.amazonaws.com"}, "Condition": {"ArnLike": {"AWS:SourceArn": BUCKET}}},
        ),
        (
            {"principal": "*", "source_account": ACCOUNT_ID},
            {"Principal": "*", "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT_ID}}},
        ),
        ({"principal": ACCOUNT_ID}, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}}),
        (
            {"principal": f"arn:aws:iam::{ACCOUNT_ID}:user/ada", "source_account": ACCOUNT_ID},
            {
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/ada"},
                "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT_ID}},
            },
        ),
        (
            {
                "action": "lambda:InvokeFunctionUrl",
                "principal": "*",
                "source_account": ACCOUNT_ID,
                "source_arn": BUCKET,
                "principal_org_id": "o-1234567890",
                "function_url_auth_type": "NONE",
            },
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": {
                    "StringEquals": {
                        "lambda:FunctionUrlAuthType": "NONE",
                        "aws:PrincipalOrgID": "o-1234567890",
                        "AWS:SourceAccount": ACCOUNT_ID,
                    },
                    "ArnLike": {"AWS:SourceArn": BUCKET},
                },
            },
        ),
        (
            {"principal": "*", "event_source_token": "amzn1.ask.skill.x"},
            {"Principal": "*", "Condition": {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}}},
        ),
        (
            {"principal": "*", "invoked_via_function_url": True},
            {"Principal": "*", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
        ),
        ({"qualifier": "live"}, {"Principal": {"Service": "s3.amazonaws.com"}, "Resource": f"{ARN}:live"}),
    ],
)
def test_a_permission_becomes_a_statement(
    policy: ResourcePolicy, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Its keys and conditions, in AWS's order."""
    full = {"Sid": "s3", "Effect": "Allow", "Principal": None, "Action": INVOKE, "Resource": ARN, **expected}
    assert list(add(policy, **parameters).items()) == list(full.items())


@pytest.mark.fidelity("IA02")
def test_the_policy_is_one_document_per_qualifier(policy: ResourcePolicy) -> None:
    """The same statement id may be in each; ``$LATEST`` is the function itself."""
    first, second = add(policy), add(policy, "sqs", principal="sqs.amazonaws.com")
    aliased = add(policy, qualifier="live")
    assert policy.get_policy().document == {"Version": "2012-10-17", "Id": "default", "Statement": [first, second]}
    assert policy.get_policy("live").document["Statement"] == [aliased]
    assert policy.get_policy("$LATEST") == policy.get_policy()
    assert str(policy.get_policy("live")).startswith('{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"s3",')
    with pytest.raises(ResourceNotFoundException, match=r"^The resource you requested does not exist\.$"):
        policy.get_policy("1")
    policy.forget("live")
    with pytest.raises(ResourceNotFoundException):
        policy.get_policy("live")


@pytest.mark.fidelity("IA03", "IA04")
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"statement_id": "a b"}, ValidationException, "Value 'a b' at 'statementId' failed to satisfy constraint"),
        ({"statement_id": "a" * 101}, ValidationException, "Member must have length less than or equal to 100"),
        ({"action": "s3:GetObject"}, ValidationException, "Value 's3:GetObject' at 'action'"),
        ({"source_arn": "test-bucket"}, ValidationException, "at 'sourceArn'"),
        ({"source_account": "1"}, ValidationException, "at 'sourceAccount'"),
        ({"principal_org_id": "o"}, ValidationException, "at 'principalOrgID'"),
        ({"event_source_token": "ü"}, ValidationException, "at 'eventSourceToken'"),
        (
            {"action": "lambda:InvokeFunctionUrl", "function_url_auth_type": "IAM"},
            ValidationException,
            r"Value 'IAM' at 'functionUrlAuthType' .*: Member must satisfy enum value set: \[NONE, AWS_IAM\]$",
        ),
        (
            {"function_url_auth_type": "NONE"},
            InvalidParameterValueException,
            "^FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action$",
        ),
        (
            {"principal": "invalid.nonaws.com"},
            InvalidParameterValueException,
            r"^The provided principal was invalid\. Please check the principal and try again\.$",
        ),
    ],
)
def test_what_aws_refuses_is_refused(
    policy: ResourcePolicy, parameters: dict[str, Any], error: type[ServiceError], message: str
) -> None:
    """Nothing is added then."""
    with pytest.raises(error, match=message) as raised:
        add(policy, **parameters)
    assert raised.value.status_code == 400
    with pytest.raises(ResourceNotFoundException):
        policy.get_policy()


@pytest.mark.fidelity("IA05")
def test_a_statement_id_is_given_once(policy: ResourcePolicy) -> None:
    """A second statement with it is a conflict."""
    add(policy)
    with pytest.raises(ResourceConflictException) as raised:
        add(policy, principal="sns.amazonaws.com")
    assert raised.value.status_code == 409
    assert raised.value.message == (
        "The statement id (s3) provided already exists. "
        "Please provide a new statement id, or remove the existing statement."
    )


@pytest.mark.fidelity("IA06")
def test_statements_are_removed_one_by_one(policy: ResourcePolicy) -> None:
    """With the last one the policy is gone."""
    with pytest.raises(ResourceNotFoundException, match=r"^No policy is associated with the given resource\.$"):
        policy.remove_permission("s3")
    add(policy)
    add(policy, "sqs")
    with pytest.raises(ResourceNotFoundException, match=r"^Statement other is not found in resource policy\.$"):
        policy.remove_permission("other")
    policy.remove_permission("sqs")
    assert [each["Sid"] for each in policy.get_policy().document["Statement"]] == ["s3"]
    policy.remove_permission("s3")
    with pytest.raises(ResourceNotFoundException, match="does not exist"):
        policy.get_policy()


@pytest.mark.fidelity("IA07")
def test_latest_has_no_policy_of_its_own(policy: ResourcePolicy) -> None:
    """A permission can't be given to it by name."""
    with pytest.raises(
        InvalidParameterValueException, match=r"^We currently do not support adding policies for \$LATEST\.$"
    ):
        add(policy, qualifier="$LATEST")


@pytest.mark.fidelity("IA08")
def test_a_revision_id_must_be_the_latest(policy: ResourcePolicy) -> None:
    """Each change makes a new one, of that qualifier; an old one is refused, and changes nothing."""
    add(policy)
    add(policy, qualifier="live")
    first = policy.get_policy().revision_id
    add(policy, "two", revision_id=first)
    second = policy.get_policy().revision_id
    assert first != second
    for attempt in (
        lambda: add(policy, "three", revision_id=first),
        lambda: policy.remove_permission("two", revision_id=first),
    ):
        refused(attempt)
    assert policy.get_policy().revision_id == second
    policy.remove_permission("two", revision_id=second)


def refused(attempt: Callable[[], object]) -> None:
    """The attempt meets a revision that is not the latest."""
    with pytest.raises(PreconditionFailedException) as raised:
        attempt()
    assert raised.value.status_code == 412
    assert raised.value.message == (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )


@pytest.mark.fidelity("IA09")
def test_a_policy_has_a_size(policy: ResourcePolicy) -> None:
    """20 KB, the document's JSON without spaces."""
    add(policy, "1000", source_arn=BUCKET)
    first = len(str(policy.get_policy()))
    add(policy, "1001", source_arn=BUCKET)
    each = len(str(policy.get_policy())) - first
    room = (20_480 - first) // each
    for number in range(1002, 1001 + room):
        add(policy, str(number), source_arn=BUCKET)
    with pytest.raises(PolicyLengthExceededException) as raised:
        add(policy, "9999", source_arn=BUCKET)
    size = first + (room + 1) * each
    assert raised.value.message == f"The final policy size ({size}) is bigger than the limit (20480)."
    assert len(policy.get_policy().document["Statement"]) == 1 + room


@pytest.mark.fidelity("IA10")
def test_a_service_may_invoke_for_what_it_was_permitted(policy: ResourcePolicy) -> None:
    """Service, source, account, action and qualifier must all be those of a statement."""
    add(policy, source_arn="arn:aws:s3:::test-*", source_account=ACCOUNT_ID)
    service = "s3.amazonaws.com"
    assert policy.may_invoke(service, source_arn=BUCKET)
    assert policy.may_invoke(service, source_arn=BUCKET, qualifier="$LATEST")
    assert not policy.may_invoke(service, source_arn=BUCKET, source_account=OTHER)
    assert not policy.may_invoke(service, source_arn="arn:aws:s3:::other")
    assert not policy.may_invoke(service)
    assert not policy.may_invoke(service, "lambda:InvokeFunctionUrl", source_arn=BUCKET)
    assert not policy.may_invoke(service, source_arn=BUCKET, qualifier="live")
    assert not policy.may_invoke("sns.amazonaws.com", source_arn=BUCKET)
    add(policy, "topic", principal="sns.amazonaws.com", source_account=OTHER)
    assert policy.may_invoke("sns.amazonaws.com", source_arn=f"arn:aws:sns:us-east-1:{OTHER}:topic")
    assert not policy.may_invoke("sns.amazonaws.com", source_arn=f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:topic")
    policy.remove_permission("s3")
    assert not policy.may_invoke(service, source_arn=BUCKET)


@pytest.mark.fidelity("IA10")
def test_only_other_accounts_need_a_permission(policy: ResourcePolicy) -> None:
    """The function's own account has none and may; another one needs its own, and may then delegate it."""
    assert policy.may_invoke(ACCOUNT_ID)
    assert policy.may_invoke(f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/r/s", qualifier="live")
    assert not policy.may_invoke(OTHER)
    add(policy, "other", principal=OTHER)
    assert policy.may_invoke(OTHER)
    assert policy.may_invoke(f"arn:aws:iam::{OTHER}:role/r")
    assert not policy.may_invoke("333333333333")


@pytest.mark.fidelity("IA10")
def test_further_keys_of_a_permission_must_be_met(policy: ResourcePolicy) -> None:
    """The token of a skill, the way a function URL authenticates, the caller's organisation."""
    add(policy, "skill", principal="alexa-appkit.amazon.com", event_source_token="amzn1.ask.skill.x")
    assert policy.may_invoke("alexa-appkit.amazon.com", event_source_token="amzn1.ask.skill.x")
    assert not policy.may_invoke("alexa-appkit.amazon.com", event_source_token="amzn1.ask.skill.y")
    url = "lambda:InvokeFunctionUrl"
    add(policy, "url", principal="*", action=url, function_url_auth_type="NONE")
    assert policy.may_invoke(OTHER, url, function_url_auth_type="NONE")
    assert not policy.may_invoke(OTHER, url, function_url_auth_type="AWS_IAM")
    add(policy, "organisation", principal="*", principal_org_id="o-1234567890")
    assert policy.may_invoke(OTHER, principal_org_id="o-1234567890")
    assert not policy.may_invoke(OTHER, principal_org_id="o-0987654321")
