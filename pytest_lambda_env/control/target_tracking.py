"""How much provisioned concurrency there is to be, by its use: Application Auto Scaling's target tracking. Pure.

Every minute the peak of the last one counts. Three minutes in a row above the target, and there will be as many
environments as bring the use back to the target; fifteen in a row below nine tenths of it, and there will be fewer.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_lambda_env.errors import UsageError

OUT_AFTER, IN_AFTER = 3, 15
"""Minutes that must agree before there will be more, or fewer."""
_IN_BELOW = 0.9
"""Of the target: AWS scales in more hesitantly than out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTracking:
    """``minimum`` and ``maximum`` environments, and the share of them, 0.1 to 0.9, that is to be in use."""

    minimum: int
    maximum: int
    target: float = 0.7

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise UsageError(f"min_capacity={self.minimum}, max_capacity={self.maximum}: give 1 <= min <= max")
        if not 0.1 <= self.target <= 0.9:
            raise UsageError(f"target_utilization={self.target}: Application Auto Scaling takes 0.1 to 0.9")


def next_capacity(policy: TargetTracking, capacity: int, peaks: Sequence[int]) -> int:
    """The capacity to have next. ``peaks``: environments in use at most, in each of the last minutes, newest last.

    >>> policy = TargetTracking(minimum=1, maximum=100, target=0.5)
    >>> next_capacity(policy, 10, [9, 9, 9]), next_capacity(policy, 10, [9, 9, 2]), next_capacity(policy, 10, [1] * 15)
    (18, 10, 2)
    """
    recent = peaks[-OUT_AFTER:]
    if len(recent) == OUT_AFTER and min(recent) > policy.target * capacity:
        return min(policy.maximum, max(capacity, math.ceil(max(recent) / policy.target)))
    recent = peaks[-IN_AFTER:]
    if len(recent) == IN_AFTER and max(recent) < policy.target * _IN_BELOW * capacity:
        return max(policy.minimum, min(capacity, math.ceil(max(recent) / policy.target)))
    return capacity
