"""One statement of a policy: to whom and what it applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_lambda_env.model.iam.conditions import Condition, Context, with_variables
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.principal import Principal
from pytest_lambda_env.model.iam.wildcards import matches, overlap

Effect = Literal["Allow", "Deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """``actions`` and ``resources`` are patterns; ``not_actions`` and ``not_resources`` turn their meaning round.

    ``principals`` are empty in an identity-based policy; their keys are ``AWS``, ``Service`` and so on.
    """

    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    not_actions: bool = False
    not_resources: bool = False
    sid: str = ""

    def applies(self, permission: Permission, context: Context, principal: Principal | None = None) -> bool:
        """Whether it says something about this permission, for this caller.

        Conditions are looked at last: a key that can't be told matters only where all else fits.
        """
        return (
            self._names_action(permission.action)
            and (principal is None or principal.is_among(self.principals))
            and self._names_resource(permission, context)
            and all(condition.holds(context) for condition in self.conditions)
        )

    def _names_action(self, action: str) -> bool:
        return any(matches(each, action, ignore_case=True) for each in self.actions) != self.not_actions

    def _names_resource(self, permission: Permission, context: Context) -> bool:
        patterns = [each for each in (with_variables(each, context) for each in self.resources) if each is not None]
        # What the call doesn't tell of its resource is taken to be what an Allow asks for, never what a Deny does.
        guessed = not permission.exact and self.effect == "Allow" and not self.not_resources
        resource = permission.resource
        named = any(overlap(each, resource) if guessed else matches(each, resource) for each in patterns)
        return named != self.not_resources
