"""The role that a function's code calls AWS with: who it is there, and what its policies allow.

Only the role's identity-based policies count. Permissions boundaries, session policies, service control policies and
the policies of buckets, queues and keys are not modelled: what they grant in addition must stand in the role's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.managed_policies import managed_policy
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.policy import Policy, Verdict, verdict
from pytest_lambda_env.model.iam.request_context import call_context, role_context

Document = Mapping[str, Any] | str
"""A policy document as a dictionary or as JSON, or the name or ARN of a policy that AWS manages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRole:
    """``arn`` is the role's, ``function_arn`` the unqualified one of the function that runs with it."""

    arn: str
    function_arn: str
    policies: tuple[Policy, ...]

    @property
    def account_id(self) -> str:
        """The account of the function."""
        return self.function_arn.split(":")[4]

    @property
    def session_arn(self) -> str:
        """Who the function is for AWS: a session of the role that has the function's name (fidelity V45)."""
        partition, name = self.function_arn.split(":")[1], self.function_arn.split(":")[6]
        return f"arn:{partition}:sts::{self.account_id}:assumed-role/{self.arn.rpartition('/')[2]}/{name}"

    def allows(self, action: str, resource: str) -> bool:
        """Whether the role may do this: ``allows("sqs:SendMessage", queue_arn)``."""
        region = resource.split(":")[3] if resource.count(":") >= 5 else ""
        return self._verdict(Permission(action, resource), self._context(region)) is Verdict.ALLOWED

    def refuses(self, call: AwsCall, permissions: Sequence[Permission]) -> tuple[Permission, Verdict] | None:
        """The first of a call's permissions that the role has not, and why; None if it has them all."""
        context = {**self._context(call.region), **call_context(call.service, call.parameters)}
        for permission in permissions:
            found = self._verdict(permission, context)
            if found is not Verdict.ALLOWED:
                return permission, found
        return None

    def _verdict(self, permission: Permission, context: Mapping[str, Any]) -> Verdict:
        return verdict(self.policies, permission, context)

    def _context(self, region: str) -> dict[str, str | None]:
        return role_context(
            role_arn=self.arn,
            account_id=self.account_id,
            function_arn=self.function_arn,
            region=region or self.function_arn.split(":")[3],
        )


def read_policies(
    given: Document | Sequence[Document], managed: Callable[[str], Mapping[str, Any] | None] = managed_policy
) -> tuple[Policy, ...]:
    """The policies of a role: one document or name, or several.

    ``managed`` finds the document of a policy that AWS manages. Raises :class:`UsageError` naming what is wrong.
    """
    listed = [given] if isinstance(given, (str, Mapping)) else given
    if not isinstance(listed, (list, tuple)):
        raise UsageError(
            f"A role's policy is a document, a name such as 'AmazonS3ReadOnlyAccess', or a list, not {given!r}."
        )
    return tuple(_read(each, managed) for each in listed)


def _read(given: Document, managed: Callable[[str], Mapping[str, Any] | None]) -> Policy:
    if not isinstance(given, str) or given.lstrip().startswith("{"):
        return Policy.read(given)
    name = given.rpartition("/")[2]
    document = managed(name)
    if document is None:
        raise UsageError(f"AWS manages no policy {name!r} that is known here; give its document instead of its name.")
    return Policy.read(document)
