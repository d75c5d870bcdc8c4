"""The functions of one account in one region."""

from __future__ import annotations

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.errors import ResourceConflictException, ResourceNotFoundException
from pytest_lambda_env.model.arn import function_arn
from pytest_lambda_env.model.quotas import ACCOUNT_CONCURRENCY


class Account:
    """Finds functions by their names. ``concurrency`` is the account's quota of concurrent executions."""

    def __init__(self, region: str, account_id: str, *, concurrency: int = ACCOUNT_CONCURRENCY) -> None:
        self.region = region
        self.account_id = account_id
        self.concurrency = concurrency
        self.functions: dict[str, Function] = {}

    def get(self, name: str) -> Function:
        """The function of that name, or AWS's error (fidelity I30)."""
        function = self.functions.get(name)
        if function is None:
            raise self._not_found(name)
        return function

    def add(self, function: Function) -> None:
        """A new function; its name must be free."""
        if function.name in self.functions:
            raise ResourceConflictException(f"Function already exist: {function.name}")
        self.functions[function.name] = function

    def has(self, function: Function) -> bool:
        """Whether the function is still there: one of the same name may have taken its place."""
        return self.functions.get(function.name) is function

    def check(self, function: Function) -> None:
        """Return if the function is still there, or raise AWS's error (fidelity I30)."""
        if not self.has(function):
            raise self._not_found(function.name)

    def _not_found(self, name: str) -> ResourceNotFoundException:
        arn = function_arn(self.region, self.account_id, name, LATEST)
        return ResourceNotFoundException(f"Function not found: {arn}")
