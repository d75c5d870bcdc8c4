"""Run AWS Lambda handlers in pytest as Lambda runs them: cold and warm, with deadlines, ``/tmp`` and logs.

Everything public is here; names are imported when they are first used, so that pytest starts as fast as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_lambda_env import errors as errors
    from pytest_lambda_env import events as events
    from pytest_lambda_env.delivery.response import InvokeResponse as InvokeResponse
    from pytest_lambda_env.function import LambdaFunction as LambdaFunction
    from pytest_lambda_env.model.configuration import FunctionConfiguration as FunctionConfiguration
    from pytest_lambda_env.model.facts import Invocation as Invocation
    from pytest_lambda_env.runtime.client.context import LambdaContext as LambdaContext
    from pytest_lambda_env.runtime.environment import Environment as Environment
    from pytest_lambda_env.service import LambdaService as LambdaService
    from pytest_lambda_env.simulation.clock import Clock as Clock

_HOMES = {
    "Clock": "pytest_lambda_env.simulation.clock",
    "Environment": "pytest_lambda_env.runtime.environment",
    "FunctionConfiguration": "pytest_lambda_env.model.configuration",
    "Invocation": "pytest_lambda_env.model.facts",
    "InvokeResponse": "pytest_lambda_env.delivery.response",
    "LambdaContext": "pytest_lambda_env.runtime.client.context",
    "LambdaFunction": "pytest_lambda_env.function",
    "LambdaService": "pytest_lambda_env.service",
    "errors": "pytest_lambda_env.errors",
    "events": "pytest_lambda_env.events",
}

__all__ = [
    "Clock",
    "Environment",
    "FunctionConfiguration",
    "Invocation",
    "InvokeResponse",
    "LambdaContext",
    "LambdaFunction",
    "LambdaService",
    "errors",
    "events",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    home = importlib.import_module(_HOMES[name])
    return home if _HOMES[name].endswith(f".{name}") else getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
