"""Functions as the control plane knows them, and how a request finds one."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

from pytest_lambda_env.errors import ResourceNotFoundException
from pytest_lambda_env.model.arn import Arn, function_arn
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.configuration import FunctionConfiguration

LATEST = "$LATEST"


@dataclass(slots=True, kw_only=True)
class Function:
    """A function: its identity, and what ``$LATEST`` is at present."""

    region: str
    account_id: str
    configuration: FunctionConfiguration
    code: FunctionCode
    reserved_concurrency: int | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.configuration.function_name

    def arn(self, qualifier: str | None = None) -> Arn:
        """The function's ARN, qualified or not."""
        return function_arn(self.region, self.account_id, self.name, qualifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a request goes: the version that runs, and the ARN by which it was invoked (fidelity C18)."""

    version: str
    invoked_function_arn: str


def route(function: Function, qualifier: str | None) -> Route:
    """Resolve a qualifier. Only ``$LATEST`` exists; any other is unknown, as on AWS (fidelity I31, I32)."""
    if qualifier is not None and qualifier != LATEST:
        raise ResourceNotFoundException(f"Function not found: {function.arn()}:{qualifier}")
    return _latest(function.region, function.account_id, function.name, qualifier)


@lru_cache
def _latest(region: str, account_id: str, name: str, qualifier: str | None) -> Route:
    return Route(version=LATEST, invoked_function_arn=str(function_arn(region, account_id, name, qualifier)))


def free_name(handler: str, taken: Container[str]) -> str:
    """A function name made from a handler string, with a number behind it if need be."""
    base = "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in handler)[:60] or "function"
    return next(name for name in chain([base], (f"{base}-{number}" for number in count(2))) if name not in taken)
