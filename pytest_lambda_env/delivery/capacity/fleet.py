"""All execution environments of an account: a pool for each version of each function (fidelity V11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.capacity.pool import EnvironmentPool
from pytest_lambda_env.model.facts import RetirementReason
from pytest_lambda_env.simulation.instant import Instant


class Fleet:
    """Makes pools as they are needed, with ``new_pool``."""

    def __init__(self, new_pool: Callable[[Function, str], EnvironmentPool]) -> None:
        self._new_pool = new_pool
        self._pools: dict[str, dict[str, EnvironmentPool]] = {}
        self._deleted: list[EnvironmentPool] = []

    def pool(self, function: Function, version: str) -> EnvironmentPool:
        """The pool of one version."""
        pools = self._pools.setdefault(function.name, {})
        pool = pools.get(version)
        if pool is None:
            pool = pools[version] = self._new_pool(function, version)
        return pool

    def of(self, function: Function) -> Iterator[EnvironmentPool]:
        """The pools of a function."""
        return iter(self._pools.get(function.name, {}).values())

    def busy_on_demand(self, function: Function, at: Instant) -> int:
        """How many requests run at an instant in environments that were not provisioned."""
        busy = 0
        for pool in self._pools.get(function.name, {}).values():
            busy += pool.busy_on_demand(at)
        return busy

    def busy_of_deleted(self, at: Instant) -> int:
        """How many requests of deleted functions still run at an instant: they end, and count until then."""
        return sum(pool.busy_on_demand(at) for pool in self._deleted)

    def retire(self, function: Function, at: Instant, reason: RetirementReason) -> None:
        """Retire every environment of a function."""
        for pool in self.of(function):
            pool.retire_all(at, reason)

    def delete(self, function: Function, at: Instant) -> None:
        """The function is gone: no pool of it is left, and one of the same name begins anew."""
        self.retire(function, at, "deleted")
        self._deleted = [pool for pool in (*self._deleted, *self._pools.pop(function.name, {}).values()) if pool.in_use]

    def close(self, at: Instant) -> None:
        """Retire every environment there is."""
        existing = [pool for pools in self._pools.values() for pool in pools.values()]
        for pool in (*existing, *self._deleted):
            pool.close(at)
