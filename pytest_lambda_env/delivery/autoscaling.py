"""Provisioned concurrency that follows its use: Application Auto Scaling's target tracking.

Every minute the peak of the last one counts. Three minutes in a row above the target, and there will be as many
environments as bring the use back to the target; fifteen in a row below nine tenths of it, and there will be fewer.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_lambda_env.control.function import Function
from pytest_lambda_env.control.reservations import provisioned_version
from pytest_lambda_env.delivery.fleet import Fleet
from pytest_lambda_env.delivery.provisioning import Provisioning
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.timeline import Timeline

_MINUTE = 60 * SECOND
_OUT_AFTER, _IN_AFTER = 3, 15
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
    recent = peaks[-_OUT_AFTER:]
    if len(recent) == _OUT_AFTER and min(recent) > policy.target * capacity:
        return min(policy.maximum, max(capacity, math.ceil(max(recent) / policy.target)))
    recent = peaks[-_IN_AFTER:]
    if len(recent) == _IN_AFTER and max(recent) < policy.target * _IN_BELOW * capacity:
        return max(policy.minimum, min(capacity, math.ceil(max(recent) / policy.target)))
    return capacity


class AutoScaling:
    """Looks once a minute at each qualifier that has a policy."""

    def __init__(self, *, timeline: Timeline, fleet: Fleet, provisioning: Provisioning) -> None:
        self._timeline = timeline
        self._fleet = fleet
        self._provisioning = provisioning
        self._policies: dict[tuple[str, str], TargetTracking] = {}

    def begin(self, function: Function, qualifier: str, policy: TargetTracking, at: Instant) -> None:
        """Track from now on; there are ``policy.minimum`` environments at least. Replaces an earlier policy."""
        config = function.provisioned.get(qualifier)
        if config is None or not policy.minimum <= config.requested <= policy.maximum:
            wanted = policy.minimum if config is None else config.requested
            capacity = min(policy.maximum, max(policy.minimum, wanted))
            self._provisioning.put(function, qualifier, capacity, at)
        self._policies[function.name, qualifier] = policy
        self._look_later(function, qualifier, policy, deque(maxlen=_IN_AFTER), at)

    def end(self, function: Function, qualifier: str) -> None:
        """Leave the capacity as it is."""
        self._policies.pop((function.name, qualifier), None)

    def _look_later(
        self, function: Function, qualifier: str, policy: TargetTracking, peaks: deque[int], at: Instant
    ) -> None:
        # Housekeeping: it goes on for ever, and `drain` must not wait for it.
        self._timeline.call_at(Instant(at + _MINUTE), lambda: self._look(function, qualifier, policy, peaks))

    def _look(self, function: Function, qualifier: str, policy: TargetTracking, peaks: deque[int]) -> None:
        config = function.provisioned.get(qualifier)
        if self._policies.get((function.name, qualifier)) is not policy or config is None:
            return
        now = self._timeline.now
        if config.status == "READY":
            pool = self._fleet.pool(function, provisioned_version(function, qualifier))
            peaks.append(pool.provisioned_peak(now))
            capacity = next_capacity(policy, config.requested, tuple(peaks))
            if capacity != config.requested:
                self._provisioning.put(function, qualifier, capacity, now)
                peaks.clear()
        self._look_later(function, qualifier, policy, peaks, now)
