"""How many requests may run at once: the account's limit, reservations, provisioned environments, and growth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.capacity.fleet import Fleet
from pytest_lambda_env.delivery.capacity.pool import EnvironmentPool
from pytest_lambda_env.delivery.capacity.ramp import PER_FUNCTION, Ramp, Scaling, regional_rate
from pytest_lambda_env.delivery.capacity.shelf import Slot
from pytest_lambda_env.errors import TooManyRequestsException
from pytest_lambda_env.simulation.instant import Instant

_ACCOUNT = "ConcurrentInvocationLimitExceeded"
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Lease(NamedTuple):
    """The right to run one request, in an environment that is taken for it. ``release`` says until when."""

    pool: EnvironmentPool
    slot: Slot
    new: bool
    spilled_over: bool

    def release(self, until: Instant) -> None:
        """The request is done at an instant."""
        self.pool.release(self.slot, until)


class Concurrency:
    """Gives leases, or throttles. ``scaling`` says whether growth is limited per function or per region."""

    def __init__(self, account: Account, fleet: Fleet, scaling: Scaling = "function") -> None:
        self._account = account
        self._fleet = fleet
        self._ramps: dict[str, Ramp] = {}
        regional = None if scaling == "function" else Ramp(regional_rate(account.region))
        self._new_ramp: Callable[[], Ramp] = lambda: regional or Ramp(PER_FUNCTION)

    def lease(self, function: Function, version: str, at: Instant) -> Lease:
        """A place for one request of a version at an instant, or AWS's throttling error (fidelity I50 to I53).

        Provisioned environments come first; what exceeds them runs on demand (V28), as far as the function's
        reservation or the account's unreserved concurrency reaches, in which provisioned ones count as used (I52). The
        reason that AWS gives where concurrency grows too fast is not recorded; it is taken to be the account's.
        """
        pool = self._fleet.pool(function, version)
        slot = pool.take_provisioned(at)
        if slot is not None:
            return Lease(pool, slot, new=False, spilled_over=False)
        if self.free(function, at) <= 0:
            reason = _ACCOUNT if function.reserved_concurrency is None else _RESERVED
            raise TooManyRequestsException("Rate Exceeded.", reason=reason)
        spilled_over = pool.busy_provisioned(at) > 0
        slot = pool.take_warm(at)
        if slot is not None:
            return Lease(pool, slot, new=False, spilled_over=spilled_over)
        if not self._ramp(function).take(at):
            raise TooManyRequestsException("Rate Exceeded.", reason=_ACCOUNT)
        return Lease(pool, pool.start(at, "on-demand"), new=True, spilled_over=spilled_over)

    def free(self, function: Function, at: Instant) -> int:
        """How many more requests of a function could run on demand at an instant, growth aside.

        A reservation that was lowered takes what still runs of its function, so that the account's quota always holds.
        """
        if function.reserved_concurrency is not None:
            return function.reserved_concurrency - self._used(function, at)
        free = self._account.concurrency - self._fleet.busy_of_deleted(at)
        for other in self._account.functions.values():
            free -= max(other.reserved_concurrency or 0, self._used(other, at))
        return free

    def _used(self, function: Function, at: Instant) -> int:
        return claimed(function) + self._fleet.busy_on_demand(function, at)

    def _ramp(self, function: Function) -> Ramp:
        ramp = self._ramps.get(function.name)
        if ramp is None:
            ramp = self._ramps[function.name] = self._new_ramp()
        return ramp


def claimed(function: Function) -> int:
    """How much concurrency a function's provisioned environments claim, busy or not: all that are initialised."""
    if not function.provisioned:
        return 0  # as almost always: it is asked in every request
    return sum(config.allocated for config in function.provisioned.values())
