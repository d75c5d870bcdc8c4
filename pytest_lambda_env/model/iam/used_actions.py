"""The least policy that allows what code has done.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.asked import permissions_of
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.wildcards import escaped

KEYS_PER_BUCKET = 5


@dataclass(frozen=True, slots=True)
class UsedActions:
    """The permissions of AWS calls, sorted, each once; printed, they are a policy document.

    Resources are exact ARNs. Where one action was done to more than ``keys_per_bucket`` objects of a bucket, they
    become ``bucket/*``. Parts that calls don't tell stay wildcards (the end of a secret's ARN).
    """

    permissions: tuple[Permission, ...]
    keys_per_bucket: int = KEYS_PER_BUCKET

    @classmethod
    def of(cls, calls: Iterable[AwsCall], account_id: str, keys_per_bucket: int = KEYS_PER_BUCKET) -> UsedActions:
        """Of calls by code of this account. Calls that the role was denied are left out: they used nothing."""
        asked = {each for call in calls if not call.denied for each in permissions_of(call, account_id)}
        return cls(tuple(sorted(asked)), keys_per_bucket)

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of the actions, sorted: ``("dynamodb:GetItem", "s3:PutObject")``."""
        return tuple(sorted({each.action for each in self.permissions}))

    @property
    def document(self) -> dict[str, Any]:
        """The policy: a statement for each set of resources, with every action that was done to just these."""
        resources: dict[str, set[str]] = defaultdict(set)
        for permission in self.permissions:
            pattern = escaped(permission.resource) if permission.exact and permission.resource != "*" else None
            resources[permission.action].add(pattern or permission.resource)
        statements: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for action in sorted(resources):
            statements[self._folded(resources[action])].append(action)
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": list(patterns)}
                for patterns, actions in sorted(statements.items(), key=lambda each: each[1])
            ],
        }

    def _folded(self, patterns: set[str]) -> tuple[str, ...]:
        if "*" in patterns:
            return ("*",)
        objects: dict[str, list[str]] = defaultdict(list)
        for pattern in patterns:
            bucket, slash, _ = pattern.partition("/")
            if slash and pattern.split(":")[2:5] == ["s3", "", ""]:
                objects[bucket].append(pattern)
        for bucket, keys in objects.items():
            if len(keys) > self.keys_per_bucket:
                patterns = (patterns - {*keys}) | {f"{bucket}/*"}
        return tuple(sorted(patterns))

    def __str__(self) -> str:
        return json.dumps(self.document, indent=2)
