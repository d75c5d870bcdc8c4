"""Provisioned concurrency: environments of a version that are initialised ahead of any request (fidelity V24 to V31).

A minute after it was asked for, INIT runs in as many new environments as are missing; until then, and for what exceeds
them, requests run on demand. (AWS says "a minute or two"; then up to 6,000 a minute, which is not limited here.) The
environments of an alias follow it to another version; with weights, all of them are the main version's (how AWS divides
them is not recorded).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.control.reservations import check_provisionable, check_provisioning, provisioned_version
from pytest_lambda_env.delivery.capacity.fleet import Fleet
from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.errors import ServiceError
from pytest_lambda_env.model.facts import Fact, ProvisionedConcurrencyChanged
from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.journal import Journal
from pytest_lambda_env.simulation.timeline import Timeline

_PREPARATION = 60 * SECOND
_INIT_ATTEMPTS = 6
"""After so many failed INITs the whole is given up (V29)."""
_INIT_FAILED = "FUNCTION_ERROR_INIT_FAILURE"


class Provisioning:
    """Allocates and frees provisioned environments."""

    def __init__(
        self, *, timeline: Timeline, account: Account, fleet: Fleet, invoker: Invoker, journal: Journal[Fact]
    ) -> None:
        self._timeline = timeline
        self._account = account
        self._fleet = fleet
        self._invoker = invoker
        self._journal = journal

    def put(self, function: Function, qualifier: str, executions: int, at: Instant) -> None:
        """Ask for so many environments, or AWS's error; what is more than that is retired at once."""
        check_provisioning(self._account, function, qualifier, executions)
        pool = self._fleet.pool(function, provisioned_version(function, qualifier))
        surplus = pool.provisioned - executions
        if surplus > 0:
            pool.retire_provisioned(at, "provisioned concurrency reduced", surplus)
        self._allocate_later(function, qualifier, executions, at)

    def follow(self, function: Function, qualifier: str, executions: int, at: Instant) -> None:
        """Have so many environments, or none, for a schedule or a policy; what AWS refuses is not done."""
        if self._account.has(function):
            with suppress(ServiceError):
                if executions:
                    self.put(function, qualifier, executions, at)
                else:
                    self.delete(function, qualifier, at)

    def delete(self, function: Function, qualifier: str, at: Instant) -> None:
        """Nothing is provisioned any more; where nothing was, that is no error (V31)."""
        check_provisionable(qualifier)
        if qualifier not in function.provisioned:
            return
        version = provisioned_version(function, qualifier)
        del function.provisioned[qualifier]
        function.target_tracking.pop(qualifier, None)
        self._fleet.pool(function, version).retire_provisioned(at, "provisioned concurrency reduced")
        gone = ProvisionedConcurrencyConfig(requested=0, status="READY")
        self._record(function, qualifier, version, gone, at)

    def delete_all(self, function: Function, at: Instant) -> None:
        """The same for all qualifiers of a function."""
        for qualifier in list(function.provisioned):
            self.delete(function, qualifier, at)

    def alias_moves(self, function: Function, alias: str, version_before: str, at: Instant) -> None:
        """An alias leads to another version now: its environments are that version's (V30)."""
        config = function.provisioned.get(alias)
        if config is not None and provisioned_version(function, alias) != version_before:
            self._fleet.pool(function, version_before).retire_provisioned(at, "provisioned concurrency reduced")
            self._allocate_later(function, alias, config.requested, at)

    def renew(self, function: Function, version: str) -> None:
        """Put new environments of a version in the places of those that have just been retired."""
        for qualifier, config in list(function.provisioned.items()):
            if config.status == "READY" and provisioned_version(function, qualifier) == version:
                self._allocate(function, qualifier, version, config)

    def _allocate_later(self, function: Function, qualifier: str, executions: int, at: Instant) -> None:
        version = provisioned_version(function, qualifier)
        there = self._fleet.pool(function, version).provisioned
        config = ProvisionedConcurrencyConfig(requested=executions, allocated=there)
        self._set(function, qualifier, version, config, at)
        self._timeline.call_at(
            Instant(at + _PREPARATION),
            lambda: self._allocate(function, qualifier, version, config),
            purpose=f"provisioned concurrency for {function.name}:{qualifier}",
        )

    def _allocate(self, function: Function, qualifier: str, version: str, config: ProvisionedConcurrencyConfig) -> None:
        if function.provisioned.get(qualifier) is not config:
            return  # something else has been asked for since
        pool, now = self._fleet.pool(function, version), self._timeline.now
        missing, failures, done = config.requested - pool.provisioned, 0, now
        while missing > 0 and failures < _INIT_ATTEMPTS:
            slot = pool.start(now, "provisioned-concurrency")
            ended = self._invoker.initialise(slot.environment, now)
            done = max(done, ended)
            pool.release(slot, ended)
            if slot.environment.process is None:
                pool.retire(slot, ended, "provisioned INIT failed")
                failures += 1
            else:
                missing -= 1
        after = replace(config, allocated=config.requested, status="READY")
        if missing > 0:
            after = replace(config, allocated=0, status="FAILED", status_reason=_INIT_FAILED)
        self._timeline.call_at(
            done,
            lambda: self._allocated(function, qualifier, version, before=config, after=after),
            purpose=f"INIT of provisioned environments of {function.name}:{qualifier}",
        )

    def _allocated(
        self,
        function: Function,
        qualifier: str,
        version: str,
        *,
        before: ProvisionedConcurrencyConfig,
        after: ProvisionedConcurrencyConfig,
    ) -> None:
        if function.provisioned.get(qualifier) is not before:
            return
        if after.status == "FAILED":
            self._fleet.pool(function, version).retire_provisioned(self._timeline.now, "provisioned INIT failed")
        self._set(function, qualifier, version, after, self._timeline.now)

    def _set(
        self, function: Function, qualifier: str, version: str, config: ProvisionedConcurrencyConfig, at: Instant
    ) -> None:
        function.provisioned[qualifier] = config
        self._record(function, qualifier, version, config, at)

    def _record(
        self, function: Function, qualifier: str, version: str, config: ProvisionedConcurrencyConfig, at: Instant
    ) -> None:
        configuration = function.version(version).configuration
        self._journal.record(
            ProvisionedConcurrencyChanged(
                at=at,
                function_name=function.name,
                qualifier=qualifier,
                version=version,
                requested=config.requested,
                allocated=config.allocated,
                status=config.status,
                status_reason=config.status_reason,
                memory_size=configuration.memory_size,
                architecture=configuration.architectures[0],
            )
        )
