"""A policy document, and what it says about a permission.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pytest_lambda_env.model.iam import grammar
from pytest_lambda_env.model.iam.conditions import Context
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.principal import Principal
from pytest_lambda_env.model.iam.statement import Statement


class Verdict(str, Enum):
    """What policies say. A ``Deny`` outweighs every ``Allow``; what nobody allows is denied implicitly."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True, slots=True)
class Policy:
    """The statements of one document."""

    statements: tuple[Statement, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any] | str, kind: grammar.Kind = "identity") -> Policy:
        """From a document as a dictionary or as JSON text.

        Raises :class:`UsageError` naming what is wrong with it, and :class:`NotModelled` for what is right and has no
        counterpart here (``NotPrincipal``, operators of dates and addresses).
        """
        return cls(grammar.read(document, kind))

    def says(self, action: str, resource: str, context: Context | None = None) -> Verdict:
        """About an action on a resource."""
        return verdict([self], Permission(action, resource), context or {})


def verdict(
    policies: Iterable[Policy], permission: Permission, context: Context, principal: Principal | None = None
) -> Verdict:
    """What several policies say together; ``principal`` is who asks, where the policies name principals.

    Raises :class:`NotModelled` where that hangs on a condition key that ``context`` doesn't name.
    """
    found = Verdict.IMPLICIT_DENY
    for policy in policies:
        for statement in policy.statements:
            # One allowing statement is enough: the conditions of others are not asked for what they don't decide.
            if found is Verdict.ALLOWED and statement.effect == "Allow":
                continue
            if statement.applies(permission, context, principal):
                if statement.effect == "Deny":
                    return Verdict.EXPLICIT_DENY
                found = Verdict.ALLOWED
    return found
