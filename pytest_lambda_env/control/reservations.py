"""Whether concurrency may be reserved or provisioned: AWS's rules and words (fidelity V23 to V26, V31)."""

from __future__ import annotations

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    ProvisionedConcurrencyConfigNotFoundException,
    ResourceConflictException,
    UsageError,
)
from pytest_lambda_env.model.constraints import violation
from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig
from pytest_lambda_env.model.quotas import UNRESERVED_MINIMUM


def check_reservation(account: Account, function: Function, executions: int) -> None:
    """Return if the function may reserve so many executions, or raise AWS's error (V23, V24)."""
    if not isinstance(executions, int) or isinstance(executions, bool):
        raise UsageError(f"reserved_concurrent_executions must be a whole number, not {executions!r}")
    if executions < 0:
        raise violation(executions, "reservedConcurrentExecutions", "have value greater than or equal to 0")
    provisioned = _provisioned(function)
    if executions < provisioned:
        raise InvalidParameterValueException(
            f" ReservedConcurrentExecutions  {executions} should not be lower than "
            f"function's total provisioned concurrency [{provisioned}]."
        )
    if executions:  # nothing reserved is nothing taken away
        _check_unreserved(account, _unreserved(account, without=function) - executions, "ReservedConcurrentExecutions")


def check_provisioning(account: Account, function: Function, qualifier: str, executions: int) -> None:
    """Return if a version or an alias may have so many environments ahead, or raise AWS's error (V25, V26, V31)."""
    if not isinstance(executions, int) or isinstance(executions, bool):
        raise UsageError(f"provisioned_concurrent_executions must be a whole number, not {executions!r}")
    if executions < 1:
        raise violation(executions, "provisionedConcurrentExecutions", "have value greater than or equal to 1")
    if qualifier == LATEST:
        raise InvalidParameterValueException(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    _check_version_is_free(function, qualifier)
    others = _provisioned(function, without=qualifier)
    if function.reserved_concurrency is not None:
        if others + executions > function.reserved_concurrency:
            raise InvalidParameterValueException(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
    elif executions > account.concurrency:
        raise InvalidParameterValueException(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
            f"[{account.concurrency}]."
        )
    else:
        left = _unreserved(account, without=function) - others - executions
        _check_unreserved(account, left, "ConcurrentExecutions")


def provisioned_version(function: Function, qualifier: str) -> str:
    """The version whose environments a qualifier's provisioned concurrency are (V30)."""
    alias = function.aliases.get(qualifier)
    return function.version(qualifier).version if alias is None else alias.function_version


def provisioned_config(function: Function, qualifier: str) -> ProvisionedConcurrencyConfig:
    """What a qualifier has, or AWS's error (V26, V31)."""
    check_provisionable(qualifier)
    config = function.provisioned.get(qualifier)
    if config is None:
        raise ProvisionedConcurrencyConfigNotFoundException("No Provisioned Concurrency Config found for this function")
    return config


def check_provisionable(qualifier: str) -> None:
    """``$LATEST`` never has provisioned concurrency to get or delete (V31)."""
    if qualifier == LATEST:
        raise InvalidParameterValueException("The function resource provided must be an alias or a published version.")


def _check_version_is_free(function: Function, qualifier: str) -> None:
    """A version has provisioned concurrency by one name only, and an alias none while it has weights."""
    alias = function.aliases.get(qualifier)
    if alias is not None and alias.routing:
        # As many reports quote it; the documentation says only that it can't be managed then.
        raise InvalidParameterValueException("Alias with weights can not be used with Provisioned Concurrency")
    version = provisioned_version(function, qualifier)
    for other in function.provisioned:
        if other != qualifier and provisioned_version(function, other) == version:
            raise ResourceConflictException(
                "Version is pointed by a Provisioned Concurrency alias"
                if alias is None
                else "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            )


def _check_unreserved(account: Account, left: int, what: str) -> None:
    """So much must stay for functions without a reservation: 100, or all of an account that has less."""
    minimum = min(UNRESERVED_MINIMUM, account.concurrency)
    if left < minimum:
        raise InvalidParameterValueException(
            f"Specified {what} for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{minimum}]."
        )


def _unreserved(account: Account, without: Function) -> int:
    """What of the account's concurrency the other functions leave, provisioned environments included."""
    others = (other for other in account.functions.values() if other is not without)
    return account.concurrency - sum(
        _provisioned(other) if other.reserved_concurrency is None else other.reserved_concurrency for other in others
    )


def _provisioned(function: Function, without: str = "") -> int:
    return sum(config.requested for qualifier, config in function.provisioned.items() if qualifier != without)
