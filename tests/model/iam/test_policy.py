"""Policy documents: what is accepted, what is refused by name, and what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_lambda_env.errors import NotModelled, UsageError
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.policy import Policy, Verdict, verdict
from pytest_lambda_env.model.iam.principal import Principal

BUCKET = "arn:aws:s3:::photos"


def document(**statement: Any) -> dict[str, Any]:
    """A document of one statement."""
    full = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **statement}
    return {"Version": "2012-10-17", "Statement": {name: value for name, value in full.items() if value is not None}}


def says(action: str = "s3:GetObject", resource: str = f"{BUCKET}/cat.jpg", **statement: Any) -> Verdict:
    """What a document of one statement says."""
    return Policy.read(document(**statement)).says(action, resource)


def test_a_document_may_be_a_dictionary_or_json() -> None:
    """Both say the same, with one statement or a list."""
    one = document()
    several = {**one, "Statement": [one["Statement"]]}
    assert Policy.read(one) == Policy.read(several) == Policy.read(json.dumps(one))


@pytest.mark.parametrize(
    ("statement", "action", "resource", "expected"),
    [
        ({}, "s3:GetObject", f"{BUCKET}/cat.jpg", Verdict.ALLOWED),
        ({}, "s3:getobject", f"{BUCKET}/a/b:c", Verdict.ALLOWED),
        ({}, "s3:PutObject", f"{BUCKET}/cat.jpg", Verdict.IMPLICIT_DENY),
        ({}, "s3:GetObject", BUCKET, Verdict.IMPLICIT_DENY),
        ({"Resource": f"{BUCKET}/Cat"}, "s3:GetObject", f"{BUCKET}/cat", Verdict.IMPLICIT_DENY),
        ({"Action": "S3:Get*"}, "s3:GetObjectAcl", f"{BUCKET}/x", Verdict.ALLOWED),
        ({"Action": ["sqs:*", "s3:?etObject"]}, "s3:GetObject", f"{BUCKET}/x", Verdict.ALLOWED),
        ({"Action": "*", "Resource": "*"}, "kms:Decrypt", "*", Verdict.ALLOWED),
        ({"Action": None, "NotAction": "iam:*"}, "s3:GetObject", f"{BUCKET}/x", Verdict.ALLOWED),
        ({"Action": None, "NotAction": "s3:*"}, "s3:GetObject", f"{BUCKET}/x", Verdict.IMPLICIT_DENY),
        ({"Resource": None, "NotResource": BUCKET}, "s3:GetObject", f"{BUCKET}/x", Verdict.ALLOWED),
        ({"Resource": None, "NotResource": f"{BUCKET}/*"}, "s3:GetObject", f"{BUCKET}/x", Verdict.IMPLICIT_DENY),
        ({"Effect": "Deny"}, "s3:GetObject", f"{BUCKET}/x", Verdict.EXPLICIT_DENY),
        ({"Resource": "arn:aws:s3:::*"}, "s3:GetObject", f"{BUCKET}/x", Verdict.ALLOWED),
    ],
)
def test_what_a_statement_says(statement: dict[str, Any], action: str, resource: str, expected: Verdict) -> None:
    """Actions in any case, resources exactly, wildcards in both, and their negative forms."""
    assert says(action, resource, **statement) is expected


def test_a_deny_outweighs_every_allow() -> None:
    """In whatever order, and in whichever policy it stands."""
    allow, deny = Policy.read(document()), Policy.read(document(Effect="Deny", Resource=f"{BUCKET}/secret*"))
    for policies in ([allow, deny], [deny, allow]):
        assert verdict(policies, Permission("s3:GetObject", f"{BUCKET}/cat"), {}) is Verdict.ALLOWED
        assert verdict(policies, Permission("s3:GetObject", f"{BUCKET}/secret"), {}) is Verdict.EXPLICIT_DENY


def test_what_a_call_does_not_tell_is_allowed_and_never_denied() -> None:
    """A resource known in part is allowed where some such resource is, and denied where every one is."""
    secret = Permission("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:1:secret:db-??????", False)
    for pattern, allowed, denied in [
        ("arn:aws:secretsmanager:*:*:secret:db-AbCdEf", Verdict.ALLOWED, Verdict.IMPLICIT_DENY),
        ("arn:aws:secretsmanager:us-east-1:1:secret:db-*", Verdict.ALLOWED, Verdict.EXPLICIT_DENY),
        ("arn:aws:secretsmanager:us-east-1:1:secret:other-*", Verdict.IMPLICIT_DENY, Verdict.IMPLICIT_DENY),
    ]:
        for effect, expected in (("Allow", allowed), ("Deny", denied)):
            policy = Policy.read(document(Effect=effect, Action="secretsmanager:*", Resource=pattern))
            assert verdict([policy], secret, {}) is expected


def test_a_variable_in_a_resource_is_filled_in() -> None:
    """``${aws:PrincipalAccount}`` is the caller's account; a variable without a value matches nothing."""
    policy = Policy.read(document(Resource="arn:aws:s3:::${aws:PrincipalAccount}-${aws:username, 'none'}/*"))
    context = {"aws:principalaccount": "1234", "aws:username": None}
    assert policy.says("s3:GetObject", "arn:aws:s3:::1234-none/x", context) is Verdict.ALLOWED
    assert policy.says("s3:GetObject", "arn:aws:s3:::${aws:PrincipalAccount}-none/x", context) is not Verdict.ALLOWED
    policy = Policy.read(document(Resource="arn:aws:s3:::${aws:username}*"))
    assert policy.says("s3:GetObject", "arn:aws:s3:::x", context) is Verdict.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("{", "no JSON"),
        ("[]", "a dictionary or JSON text"),
        ({"Statements": []}, "no 'Statements'; did you mean 'Statement'"),
        ({"Version": "2012-10-17"}, "has a Statement"),
        ({"Version": "2024-01-01", "Statement": []}, "Version is '2012-10-17'"),
        ({"Statement": "Allow"}, "a statement or a list of them"),
        ({"Statement": ["Allow"]}, "Statement 1 of the policy is a dictionary"),
        (document(Sid="Read", Effect="allow"), r"Statement 1 \(Read\) of the policy: Effect must be 'Allow' or 'Deny'"),
        (document(Actions="s3:Get*"), "no 'Actions'; did you mean 'Action'"),
        (document(Action=None), "must have Action or NotAction"),
        (document(NotAction="s3:*"), "both Action and NotAction"),
        (document(Action="GetObject"), "Action must be 'service:Action'.*not 'GetObject'"),
        (document(Action="*:GetObject"), "Action must be 'service:Action'"),
        (document(Action=[]), "Action must be a text or a list of texts"),
        (document(Action=["s3:GetObject", 7]), "Action must be a text or a list of texts"),
        (document(Resource="photos/*"), "Resource must be an ARN.*not 'photos/\\*'"),
        (document(Resource="arn:aws:s3:photos"), "Resource must be an ARN"),
        (document(Resource=None), "must have Resource or NotResource"),
        (document(Principal="*"), "has no Principal"),
        (document(Condition=["x"]), "Condition must be a dictionary"),
        (document(Condition={"StringEqual": {"aws:PrincipalArn": "x"}}), "no condition operator.*'stringequals'"),
        (document(Condition={"StringEquals": "x"}), r"Condition\.StringEquals must be a dictionary"),
        (document(Condition={"StringEquals": {"aws:PrincipalArn": []}}), "must be a value or a list of values"),
        ({"Statement": [{**document(Sid="A")["Statement"]}] * 2}, "Two statements of the policy have the Sid 'A'"),
    ],
)
def test_what_is_wrong_is_named(given: Any, complaint: str) -> None:
    """A document that AWS would not take is refused with the place and the right form."""
    with pytest.raises(UsageError, match=complaint):
        Policy.read(given)


def test_a_resource_based_policy_needs_a_principal() -> None:
    """And it may leave the resource out: it is the one that has the policy."""
    with pytest.raises(UsageError, match="must name a Principal"):
        Policy.read(document(), "resource")
    with pytest.raises(UsageError, match="Principal must be"):
        Policy.read(document(Principal="123456789012"), "resource")
    with pytest.raises(UsageError, match="no 'Services'; did you mean 'Service'"):
        Policy.read(document(Principal={"Services": "s3.amazonaws.com"}), "resource")
    policy = Policy.read(document(Resource=None, Principal={"Service": "s3.amazonaws.com"}), "resource")
    caller = Principal.of("s3.amazonaws.com")
    assert verdict([policy], Permission("s3:GetObject", BUCKET), {}, caller) is Verdict.ALLOWED


def test_what_is_not_modelled_says_so() -> None:
    """Operators of dates and addresses, and ``NotPrincipal``."""
    with pytest.raises(NotModelled, match="IpAddress"):
        Policy.read(document(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    with pytest.raises(NotModelled, match="NotPrincipal"):
        Policy.read(document(NotPrincipal="*"), "resource")


@pytest.mark.parametrize(
    ("principal", "caller", "expected"),
    [
        ("*", "s3.amazonaws.com", True),
        ({"AWS": "*"}, "123456789012", True),
        ({"Service": "s3.amazonaws.com"}, "s3.amazonaws.com", True),
        ({"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}, "s3.amazonaws.com", True),
        ({"Service": "s3.amazonaws.com"}, "sns.amazonaws.com", False),
        ({"Service": "s3.amazonaws.com"}, "123456789012", False),
        ({"AWS": "123456789012"}, "123456789012", True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "arn:aws:iam::123456789012:role/app/r", True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "210987654321", False),
        ({"AWS": "arn:aws:iam::123456789012:role/app/r"}, "arn:aws:sts::123456789012:assumed-role/r/session", True),
        ({"AWS": "arn:aws:iam::123456789012:role/r"}, "arn:aws:sts::123456789012:assumed-role/s/r", False),
        ({"AWS": "arn:aws:iam::123456789012:user/ada"}, "arn:aws:iam::123456789012:user/ada", True),
        ({"AWS": "arn:aws:iam::123456789012:user/ada"}, "arn:aws:iam::123456789012:user/bob", False),
    ],
)
def test_whom_a_principal_means(principal: Any, caller: str, expected: bool) -> None:
    """Everyone, a service, an account with all who are in it, a role with its sessions, a user."""
    policy = Policy.read(document(Principal=principal), "resource")
    found = verdict([policy], Permission("s3:GetObject", f"{BUCKET}/x"), {}, Principal.of(caller))
    assert (found is Verdict.ALLOWED) is expected


def test_a_caller_has_a_known_form() -> None:
    """Anything else than a service, an account id or an ARN of IAM's is refused."""
    with pytest.raises(UsageError, match="Not a caller: 'ada'"):
        Principal.of("ada")
