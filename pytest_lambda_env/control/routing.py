"""Which version a request runs: its qualifier, and the weights of an alias."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.model.arn import function_arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a request goes: the version that runs, and the ARN by which it was invoked (fidelity C18, V01 to V03)."""

    version: str
    invoked_function_arn: str


def route(function: Function, qualifier: str | None, chance: Callable[[], float]) -> Route:
    """Resolve a qualifier, or raise AWS's error (fidelity I31, I32). ``chance`` draws from 0 to 1 (V08, V09).

    An alias that a test has forced leads to the version it was forced to.
    """
    if qualifier is None or qualifier == LATEST:
        version = LATEST
    elif qualifier in function.aliases:
        alias, forced = function.aliases[qualifier], function.forced_routes.get(qualifier)
        version = forced if forced is not None and forced in alias.weights else alias.pick(chance)
    else:
        version = function.version(qualifier).version
    return _route(function.region, function.account_id, function.name, qualifier, version)


@lru_cache(maxsize=1_000)
def _route(region: str, account_id: str, name: str, qualifier: str | None, version: str) -> Route:
    return Route(version=version, invoked_function_arn=str(function_arn(region, account_id, name, qualifier)))
