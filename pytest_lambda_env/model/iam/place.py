"""The region and account in which a call names its resources."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_lambda_env.model.arn import partition_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resource is that a call gives by its name only."""

    region: str
    account_id: str

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str, *, region: str | None = None, account_id: str | None = None) -> str:
        """The ARN of a resource here, or elsewhere as far as that is given."""
        region = self.region if region is None else region
        account_id = self.account_id if account_id is None else account_id
        return f"arn:{self.partition}:{service}:{region}:{account_id}:{resource}"
