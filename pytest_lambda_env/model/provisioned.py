"""What a version or an alias has of provisioned concurrency."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_lambda_env.model.facts import ProvisionedStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrencyConfig:
    """As ``GetProvisionedConcurrencyConfig`` shows it: numbers of environments, and how far they have come (V27, V29).

    ``requested`` is what was asked for, ``allocated`` how many environments are initialised, and the reason of a
    failure is AWS's code. https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html
    """

    requested: int
    allocated: int = 0
    status: ProvisionedStatus = "IN_PROGRESS"
    status_reason: str | None = None
