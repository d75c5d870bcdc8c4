"""Who may invoke a function, and what it may do itself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pytest_lambda_env.bridges.managed_policies import managed_policy
from pytest_lambda_env.control.qualifier import Qualifier
from pytest_lambda_env.control.resource_policy import FunctionPolicy
from pytest_lambda_env.errors import LambdaEnvWarning
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.facts import InitEnded, Invocation
from pytest_lambda_env.model.iam.execution_role import Document, read_policies
from pytest_lambda_env.model.iam.used_actions import UsedActions


class Permissions(FunctionHandle):
    """``AddPermission`` and its relatives, and the execution role's policy."""

    def add_permission(
        self, *, statement_id: str, action: str, principal: str, qualifier: Qualifier | None = None, **conditions: Any
    ) -> dict[str, Any]:
        """Let a service or an account invoke the function, as ``AddPermission``; gives the policy's new statement.

        ``conditions``: ``source_arn``, ``source_account``, ``principal_org_id``, ``event_source_token``,
        ``function_url_auth_type``, and ``revision_id``. Raises AWS's errors.
        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
        """
        return self._function.policy.add_permission(
            statement_id=statement_id,
            action=action,
            principal=principal,
            qualifier=self._policy_qualifier(qualifier),
            **conditions,
        )

    def remove_permission(
        self, statement_id: str, *, qualifier: Qualifier | None = None, revision_id: str | None = None
    ) -> None:
        """Take a statement out of the policy."""
        self._function.policy.remove_permission(
            statement_id, qualifier=self._policy_qualifier(qualifier), revision_id=revision_id
        )

    def policy(self, qualifier: Qualifier | None = None) -> FunctionPolicy:
        """The resource-based policy, as ``GetPolicy``; ``ResourceNotFoundException`` if there is none."""
        return self._function.policy.get_policy(self._policy_qualifier(qualifier))

    def put_role_policy(self, *policies: Document | Sequence[Document]) -> None:
        """What the function may do on AWS from now on, like ``role_policy`` of ``create_function``; nothing: all."""
        given = [each for group in policies for each in ([group] if isinstance(group, (str, dict)) else group)]
        self._function.role_policy = read_policies(given, managed_policy) if given else None
        self.recycle_environments()

    @property
    def used_actions(self) -> UsedActions:
        """The least policy that covers what the function has done on AWS so far; ``print`` it.

        It knows the calls that the test's mocks have answered, INIT's included, not what AWS calls of libraries that
        don't use botocore would need. Warns (:class:`LambdaEnvWarning`) where ``journal_limit`` has dropped some.
        """
        if self._engine.journal.dropped:
            warnings.warn(
                f"{self.name}.used_actions lacks calls of the {self._engine.journal.dropped} facts that journal_limit "
                "(--lambda-journal-limit) has dropped",
                LambdaEnvWarning,
                stacklevel=2,
            )
        calls = (
            call
            for fact in self._engine.journal
            if isinstance(fact, (Invocation, InitEnded)) and fact.function_name == self.name
            for call in fact.aws_calls
        )
        return UsedActions.of(calls, self._function.account_id)

    def _policy_qualifier(self, qualifier: Qualifier | None) -> str | None:
        return None if qualifier is None else self._resolved(qualifier)
