"""Provisioned concurrency that follows its use, minute by minute (the rule is in :mod:`..control.target_tracking`)."""

from __future__ import annotations

from collections import deque

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.control.reservations import provisioned_version
from pytest_lambda_env.control.target_tracking import IN_AFTER, TargetTracking, next_capacity
from pytest_lambda_env.delivery.capacity.fleet import Fleet
from pytest_lambda_env.delivery.capacity.provisioning import Provisioning
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.timeline import Timeline

_MINUTE = 60 * SECOND


class AutoScaling:
    """Looks once a minute at each qualifier that has a policy."""

    def __init__(self, *, timeline: Timeline, account: Account, fleet: Fleet, provisioning: Provisioning) -> None:
        self._timeline = timeline
        self._account = account
        self._fleet = fleet
        self._provisioning = provisioning

    def begin(self, function: Function, qualifier: str, policy: TargetTracking, at: Instant) -> None:
        """Track from now on; there are ``policy.minimum`` environments at least. Replaces an earlier policy."""
        config = function.provisioned.get(qualifier)
        wanted = 0 if config is None else config.requested
        capacity = min(policy.maximum, max(policy.minimum, wanted))
        if capacity != wanted:
            self._provisioning.put(function, qualifier, capacity, at)
        function.target_tracking[qualifier] = policy
        self._look_later(function, qualifier, policy, deque(maxlen=IN_AFTER), at)

    def _look_later(
        self, function: Function, qualifier: str, policy: TargetTracking, peaks: deque[int], at: Instant
    ) -> None:
        # Housekeeping: it goes on for ever, and `drain` must not wait for it.
        self._timeline.call_at(Instant(at + _MINUTE), lambda: self._look(function, qualifier, policy, peaks))

    def _look(self, function: Function, qualifier: str, policy: TargetTracking, peaks: deque[int]) -> None:
        if not self._account.has(function) or function.target_tracking.get(qualifier) is not policy:
            return  # replaced, or its qualifier is gone
        now, config = self._timeline.now, function.provisioned[qualifier]
        peak = self._fleet.pool(function, provisioned_version(function, qualifier)).provisioned_peak(now)
        if config.status == "READY":
            peaks.append(peak)
            capacity = next_capacity(policy, config.requested, tuple(peaks))
            if capacity != config.requested:
                peaks.clear()
                self._provisioning.follow(function, qualifier, capacity, now)
        self._look_later(function, qualifier, policy, peaks, now)
