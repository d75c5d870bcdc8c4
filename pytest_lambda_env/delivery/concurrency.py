"""How many requests may run at once: the account's limit and a function's reservation."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.pool import EnvironmentPool
from pytest_lambda_env.errors import InvalidParameterValueException, TooManyRequestsException
from pytest_lambda_env.model.quotas import ACCOUNT_CONCURRENCY, UNRESERVED_MINIMUM
from pytest_lambda_env.simulation.instant import Instant


def check_capacity(function: Function, account: Mapping[str, tuple[Function, EnvironmentPool]], at: Instant) -> None:
    """Return if one more request of ``function`` fits at an instant, or raise AWS's throttling error.

    ``account`` holds every function of the account by its name (fidelity I50, I51, I53).
    """
    if function.reserved_concurrency is not None:
        if account[function.name][1].busy(at) >= function.reserved_concurrency:
            raise _throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        return
    free = ACCOUNT_CONCURRENCY
    for other, pool in account.values():
        free -= pool.busy(at) if other.reserved_concurrency is None else other.reserved_concurrency
    if free <= 0:
        raise _throttled("ConcurrentInvocationLimitExceeded")


def check_reservation(
    function: Function, account: Mapping[str, tuple[Function, EnvironmentPool]], executions: int
) -> None:
    """Return if the function may reserve so many executions, or raise AWS's error (fidelity V23)."""
    others = sum(other.reserved_concurrency or 0 for other, _ in account.values() if other is not function)
    if ACCOUNT_CONCURRENCY - others - executions < UNRESERVED_MINIMUM:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED_MINIMUM}]."
        )


def _throttled(reason: str) -> TooManyRequestsException:
    return TooManyRequestsException("Rate Exceeded.", reason=reason)
