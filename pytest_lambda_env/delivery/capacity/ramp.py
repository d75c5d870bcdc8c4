"""How fast concurrency may grow: a bucket of tokens, of which each new environment takes one. Pure.

AWS documents rates, not the mechanism. A bucket is what its text describes: an amount that is there at once, and a
steady refill that does not pile up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_lambda_env.simulation.instant import SECOND, Instant

Scaling = Literal["function", "region"]

# Until November 2023, https://aws.amazon.com/blogs/aws/aws-lambda-functions-now-scale-12-times-faster-when-handling-high-volume-requests/
_LARGE_BURST = frozenset({"us-west-2", "us-east-1", "eu-west-1"})
_MIDDLE_BURST = frozenset({"ap-northeast-1", "eu-central-1", "us-east-2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRate:
    """``burst`` environments at once, then ``refill`` more in every ``period`` (microseconds)."""

    burst: int
    refill: int
    period: int


PER_FUNCTION = ScalingRate(burst=1_000, refill=1_000, period=10 * SECOND)
"""Each function, today. https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"""


def regional_rate(region: str) -> ScalingRate:
    """All functions of a region together, as it was before: 3,000, 1,000 or 500, then 500 a minute."""
    burst = 3_000 if region in _LARGE_BURST else 1_000 if region in _MIDDLE_BURST else 500
    return ScalingRate(burst=burst, refill=500, period=60 * SECOND)


class Ramp:
    """One bucket, full at first. Branches of the timeline may ask out of order: an earlier instant refills nothing."""

    def __init__(self, rate: ScalingRate) -> None:
        self._rate = rate
        # In parts of a token: refill * microseconds / period stays a whole number.
        self._level = rate.burst * rate.period
        self._since: Instant | None = None

    def take(self, at: Instant) -> bool:
        """Take a token at an instant, if there is one."""
        rate = self._rate
        if self._since is not None and at > self._since:
            self._level = min(rate.burst * rate.period, self._level + rate.refill * (at - self._since))
        self._since = at if self._since is None else max(self._since, at)
        if self._level < rate.period:
            return False
        self._level -= rate.period
        return True
