"""The policies that AWS manages, all of them, as moto has them.

Only names beside those of :mod:`..model.iam.managed_policies` come here: moto's own module takes a third of a second.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_env.model.iam import managed_policies


def managed_policy(name: str) -> Mapping[str, Any] | None:
    """The document of a policy that AWS manages; None for any other name."""
    known = managed_policies.managed_policy(name)
    if known is not None:
        return known
    found: Mapping[str, Any] | None = _all().get(name, {}).get("Document")
    return found


@functools.cache
def _all() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies
