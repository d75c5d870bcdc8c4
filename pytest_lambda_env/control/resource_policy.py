"""Who else may invoke a function: its resource-based policy, and those of its versions and aliases.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_lambda_env.control.permission_statement import PermissionRequest
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PolicyLengthExceededException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from pytest_lambda_env.model import quotas
from pytest_lambda_env.model.arn import Arn
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.policy import Policy, Verdict, verdict
from pytest_lambda_env.model.iam.principal import Principal

_LATEST = "$LATEST"
_INVOKE = "lambda:InvokeFunction"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPolicy:
    """What ``GetPolicy`` answers: the policy document, and the revision that it is of."""

    document: dict[str, Any]
    revision_id: str

    def __str__(self) -> str:
        return _compact(self.document)


class Revisions(Protocol):
    """The revision ids of a function (qualifier None), its versions and its aliases. A policy has none of its own."""

    def present(self, qualifier: str | None) -> str:
        """The latest one."""

    def renew(self, qualifier: str | None) -> None:
        """The policy has changed, and with it the revision."""


class ResourcePolicy:
    """The policies of one function. A qualifier is None for the function itself, or a version or alias that exists.

    A permission given to the function itself is not one for its versions and aliases, nor the other way round.
    """

    def __init__(self, function_arn: Arn, revisions: Revisions) -> None:
        self._arn = function_arn
        self._revisions = revisions
        self._statements: dict[str | None, list[dict[str, Any]]] = {}

    def add_permission(
        self, *, qualifier: str | None = None, revision_id: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """The new statement. The parameters are those of :class:`.PermissionRequest`."""
        if qualifier == _LATEST:
            raise InvalidParameterValueException("We currently do not support adding policies for $LATEST.")
        request = PermissionRequest(**parameters)
        self._check_revision(qualifier, revision_id)
        statements = self._statements.get(qualifier, [])
        if any(each["Sid"] == request.statement_id for each in statements):
            raise ResourceConflictException(
                f"The statement id ({request.statement_id}) provided already exists. "
                "Please provide a new statement id, or remove the existing statement."
            )
        statement = request.statement(self._resource(qualifier))
        size = len(_compact(_document([*statements, statement])))
        if size > quotas.RESOURCE_POLICY_BYTES:
            raise PolicyLengthExceededException(
                f"The final policy size ({size}) is bigger than the limit ({quotas.RESOURCE_POLICY_BYTES})."
            )
        self._statements[qualifier] = [*statements, statement]
        self._revisions.renew(qualifier)
        return statement

    def remove_permission(
        self, statement_id: str, *, qualifier: str | None = None, revision_id: str | None = None
    ) -> None:
        """Take a statement out; a policy without statements is no policy."""
        qualifier = _unqualified(qualifier)
        if qualifier not in self._statements:
            raise ResourceNotFoundException("No policy is associated with the given resource.")
        left = [each for each in self._statements[qualifier] if each["Sid"] != statement_id]
        if left == self._statements[qualifier]:
            raise ResourceNotFoundException(f"Statement {statement_id} is not found in resource policy.")
        self._check_revision(qualifier, revision_id)
        self._statements[qualifier] = left
        if not left:
            del self._statements[qualifier]
        self._revisions.renew(qualifier)

    def get_policy(self, qualifier: str | None = None) -> FunctionPolicy:
        """The policy as it is now."""
        qualifier = _unqualified(qualifier)
        if qualifier not in self._statements:
            raise ResourceNotFoundException("The resource you requested does not exist.")
        document = _document(self._statements[qualifier])
        return FunctionPolicy(document=document, revision_id=self._revisions.present(qualifier))

    def forget(self, qualifier: str) -> None:
        """A version or alias was deleted, and its policy with it."""
        self._statements.pop(qualifier, None)

    def may_invoke(
        self,
        principal: str,
        action: str = _INVOKE,
        *,
        qualifier: str | None = None,
        source_arn: str | None = None,
        source_account: str | None = None,
        **keys: str | None,
    ) -> bool:
        """Whether the policy lets a service, an account, or a user or role of one invoke by this qualifier.

        ``principal`` is a service's name, an account id or an ARN. Callers of the function's own account need no
        resource-based policy. ``source_arn`` is what a service calls for; ``source_account`` defaults to the account
        that it names, or to the function's where it names none, as a bucket's does. ``keys`` are further ones that the
        statements may ask for: ``principal_org_id``, ``event_source_token``, ``function_url_auth_type``,
        ``invoked_via_function_url``.
        """
        caller = Principal.of(principal)
        if caller.account_id == self._arn.account_id:
            return True
        qualifier = _unqualified(qualifier)
        if qualifier not in self._statements:
            return False
        if source_arn is not None and source_account is None:
            source_account = Arn.parse(source_arn).account_id or self._arn.account_id
        context = {
            "aws:sourcearn": source_arn,
            "aws:sourceaccount": source_account,
            "aws:principalaccount": caller.account_id or None,
            "aws:principalorgid": keys.get("principal_org_id"),
            "lambda:eventsourcetoken": keys.get("event_source_token"),
            "lambda:functionurlauthtype": keys.get("function_url_auth_type"),
            "lambda:invokedviafunctionurl": keys.get("invoked_via_function_url"),
        }
        policy = Policy.read(_document(self._statements[qualifier]), "resource")
        permission = Permission(action, self._resource(qualifier))
        return verdict([policy], permission, context, caller) is Verdict.ALLOWED

    def _check_revision(self, qualifier: str | None, revision_id: str | None) -> None:
        if revision_id is not None and revision_id != self._revisions.present(qualifier):
            raise PreconditionFailedException

    def _resource(self, qualifier: str | None) -> str:
        return f"{self._arn}:{qualifier}" if qualifier else str(self._arn)


def _unqualified(qualifier: str | None) -> str | None:
    return None if qualifier == _LATEST else qualifier


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "default", "Statement": list(statements)}


def _compact(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
