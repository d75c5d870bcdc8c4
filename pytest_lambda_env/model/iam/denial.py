"""How each service words a denial. Recorded from AWS's answers as people report them; the protocol decides the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.policy import Verdict

_CODES: Mapping[str, tuple[str, int]] = {
    "ec2": ("UnauthorizedOperation", 403),
    "sns": ("AuthorizationError", 403),
}
_NAMED_AS_GIVEN = {"secretsmanager": "SecretId"}
"""The services that name the resource in the words of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """An answer of AWS: an error code, the HTTP status, a message."""

    code: str
    status_code: int
    message: str


def denial(session_arn: str, call: AwsCall, permission: Permission, found: Verdict, protocol: str) -> Denial:
    """What the service answers to ``session_arn``, who lacks a permission.

    ``protocol`` is botocore's name of how the service speaks; ``query`` also for those that keep its codes.
    """
    if call.service == "s3" and call.operation.startswith("Head"):
        return Denial(code="403", status_code=403, message="Forbidden")  # an answer to HEAD has no body
    code, status_code = _CODES.get(call.service) or _code(protocol)
    return Denial(code=code, status_code=status_code, message=_message(session_arn, call, permission, found))


def _code(protocol: str) -> tuple[str, int]:
    if protocol in ("query", "rest-xml", "ec2"):
        return "AccessDenied", 403
    return "AccessDeniedException", 403 if protocol == "rest-json" else 400


def _message(session_arn: str, call: AwsCall, permission: Permission, found: Verdict) -> str:
    action = _shown(call.service, permission.action)
    reason = (
        "with an explicit deny in an identity-based policy"
        if found is Verdict.EXPLICIT_DENY
        else f"because no identity-based policy allows the {action} action"
    )
    message = f"User: {session_arn} is not authorized to perform: {action}{_on(call, permission)} {reason}"
    if call.service == "ec2":
        return f"You are not authorized to perform this operation. {message}"
    return message


def _shown(service: str, action: str) -> str:
    """SQS writes actions small, SNS its own name in capitals."""
    if service == "sqs":
        return action.lower()
    if service == "sns":
        return action.replace("sns:", "SNS:")
    return action


def _on(call: AwsCall, permission: Permission) -> str:
    given = call.parameters.get(_NAMED_AS_GIVEN.get(call.service, ""))
    resource = str(given or permission.resource)
    if call.service == "s3":
        return "" if resource == "*" else f' on resource: "{resource}"'
    return f" on resource: {resource}" if permission.exact or resource != "*" else ""
