"""The statement that ``AddPermission`` makes of its parameters.

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_lambda_env.errors import InvalidParameterValueException, ValidationException
from pytest_lambda_env.model.arn import partition_of

_SERVICE = re.compile(r".+\.(amazonaws\.com(\.cn)?|amazon\.com)")
_ACCOUNT_ID = re.compile(r"\d{12}")
_IAM_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::.+")

_PATTERNS: Mapping[str, str] = {
    "statement_id": r"([a-zA-Z0-9-_]+)",
    "action": r"(lambda:[*]|lambda:[a-zA-Z]+|[*])",
    "principal": r"[^\s]+",
    "source_arn": (
        r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    ),
    "source_account": r"\d{12}",
    "principal_org_id": r"o-[a-z0-9]{10,32}",
    "event_source_token": r"[a-zA-Z0-9._\-]+",
}
_API_NAMES = {"principal_org_id": "principalOrgID"}
_AUTH_TYPES = ("NONE", "AWS_IAM")


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequest:
    """The parameters of ``AddPermission`` that make the statement, by the API's names in snake_case.

    Raises AWS's own errors: ``ValidationException`` for a value that the API's model refuses,
    ``InvalidParameterValueException`` for what can't be combined (fidelity IA03, IA04).
    """

    statement_id: str
    action: str
    principal: str
    source_arn: str | None = None
    source_account: str | None = None
    principal_org_id: str | None = None
    event_source_token: str | None = None
    function_url_auth_type: str | None = None
    invoked_via_function_url: bool | None = None

    def __post_init__(self) -> None:
        for name, pattern in _PATTERNS.items():
            value = getattr(self, name)
            if value is not None and not re.fullmatch(pattern, str(value)):
                raise _invalid(name, value, f"satisfy regular expression pattern: {pattern}")
        if len(self.statement_id) > 100:
            raise _invalid("statement_id", self.statement_id, "have length less than or equal to 100")
        if self.function_url_auth_type not in (None, *_AUTH_TYPES):
            allowed = f"satisfy enum value set: [{', '.join(_AUTH_TYPES)}]"
            raise _invalid("function_url_auth_type", self.function_url_auth_type, allowed)
        if self.function_url_auth_type and self.action != "lambda:InvokeFunctionUrl":
            raise InvalidParameterValueException(
                "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"
            )

    def statement(self, resource: str) -> dict[str, Any]:
        """The statement of the policy of ``resource``, with AWS's keys in AWS's order."""
        equals = {
            "lambda:FunctionUrlAuthType": self.function_url_auth_type,
            "aws:PrincipalOrgID": self.principal_org_id,
            "AWS:SourceAccount": self.source_account,
            "lambda:EventSourceToken": self.event_source_token,
        }
        via_url = None if self.invoked_via_function_url is None else str(self.invoked_via_function_url).lower()
        conditions = {
            "StringEquals": {key: value for key, value in equals.items() if value},
            "Bool": {"lambda:InvokedViaFunctionUrl": via_url} if via_url else {},
            "ArnLike": {"AWS:SourceArn": self.source_arn} if self.source_arn else {},
        }
        condition = {operator: keys for operator, keys in conditions.items() if keys}
        return {
            "Sid": self.statement_id,
            "Effect": "Allow",
            "Principal": _principal(self.principal, resource),
            "Action": self.action,
            "Resource": resource,
            **({"Condition": condition} if condition else {}),
        }


def _principal(given: str, resource: str) -> str | dict[str, str]:
    if given == "*":
        return given
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    if _ACCOUNT_ID.fullmatch(given):
        return {"AWS": f"arn:{partition_of(resource.split(':')[3])}:iam::{given}:root"}
    if _IAM_ARN.fullmatch(given):
        return {"AWS": given}
    raise InvalidParameterValueException(
        "The provided principal was invalid. Please check the principal and try again."
    )


def _invalid(name: str, value: object, constraint: str) -> ValidationException:
    head, *rest = name.split("_")
    api_name = _API_NAMES.get(name) or head + "".join(word.capitalize() for word in rest)
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{api_name}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )
