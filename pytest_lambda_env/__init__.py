"""Run AWS Lambda handlers in pytest as Lambda runs them: cold and warm, with deadlines, ``/tmp`` and logs.

Everything public is here; names are imported when they are first used, so that pytest starts as fast as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_lambda_env import errors as errors
    from pytest_lambda_env import events as events
    from pytest_lambda_env.control.alias import Alias as Alias
    from pytest_lambda_env.control.function import FunctionVersion as FunctionVersion
    from pytest_lambda_env.delivery.deployments import Deployment as Deployment
    from pytest_lambda_env.delivery.probe import Probe as Probe
    from pytest_lambda_env.delivery.response import InvokeResponse as InvokeResponse
    from pytest_lambda_env.delivery.schedules import Schedule as Schedule
    from pytest_lambda_env.function import LambdaFunction as LambdaFunction
    from pytest_lambda_env.metering.cost import Cost as Cost
    from pytest_lambda_env.metering.metrics import Datapoint as Datapoint
    from pytest_lambda_env.metering.metrics import Metrics as Metrics
    from pytest_lambda_env.model import facts as facts
    from pytest_lambda_env.model.aws_call import AwsCall as AwsCall
    from pytest_lambda_env.model.configuration import FunctionConfiguration as FunctionConfiguration
    from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig as EventInvokeConfig
    from pytest_lambda_env.model.facts import Invocation as Invocation
    from pytest_lambda_env.model.iam.used_actions import UsedActions as UsedActions
    from pytest_lambda_env.model.prices import ComputePrices as ComputePrices
    from pytest_lambda_env.model.prices import Prices as Prices
    from pytest_lambda_env.model.prices import Tier as Tier
    from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig as ProvisionedConcurrencyConfig
    from pytest_lambda_env.runtime.client.context import LambdaContext as LambdaContext
    from pytest_lambda_env.runtime.environment import Environment as Environment
    from pytest_lambda_env.service import LambdaService as LambdaService
    from pytest_lambda_env.simulation.clock import Clock as Clock

_HOMES = {
    "Alias": "pytest_lambda_env.control.alias",
    "AwsCall": "pytest_lambda_env.model.aws_call",
    "Clock": "pytest_lambda_env.simulation.clock",
    "ComputePrices": "pytest_lambda_env.model.prices",
    "Cost": "pytest_lambda_env.metering.cost",
    "Datapoint": "pytest_lambda_env.metering.metrics",
    "Deployment": "pytest_lambda_env.delivery.deployments",
    "Environment": "pytest_lambda_env.runtime.environment",
    "EventInvokeConfig": "pytest_lambda_env.model.event_invoke_config",
    "FunctionConfiguration": "pytest_lambda_env.model.configuration",
    "FunctionVersion": "pytest_lambda_env.control.function",
    "Invocation": "pytest_lambda_env.model.facts",
    "InvokeResponse": "pytest_lambda_env.delivery.response",
    "LambdaContext": "pytest_lambda_env.runtime.client.context",
    "LambdaFunction": "pytest_lambda_env.function",
    "LambdaService": "pytest_lambda_env.service",
    "Metrics": "pytest_lambda_env.metering.metrics",
    "Prices": "pytest_lambda_env.model.prices",
    "Probe": "pytest_lambda_env.delivery.probe",
    "ProvisionedConcurrencyConfig": "pytest_lambda_env.model.provisioned",
    "Schedule": "pytest_lambda_env.delivery.schedules",
    "Tier": "pytest_lambda_env.model.prices",
    "UsedActions": "pytest_lambda_env.model.iam.used_actions",
    "errors": "pytest_lambda_env.errors",
    "events": "pytest_lambda_env.events",
    "facts": "pytest_lambda_env.model.facts",
}

__all__ = [
    "Alias",
    "AwsCall",
    "Clock",
    "ComputePrices",
    "Cost",
    "Datapoint",
    "Deployment",
    "Environment",
    "EventInvokeConfig",
    "FunctionConfiguration",
    "FunctionVersion",
    "Invocation",
    "InvokeResponse",
    "LambdaContext",
    "LambdaFunction",
    "LambdaService",
    "Metrics",
    "Prices",
    "Probe",
    "ProvisionedConcurrencyConfig",
    "Schedule",
    "Tier",
    "UsedActions",
    "errors",
    "events",
    "facts",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    home = importlib.import_module(_HOMES[name])
    return home if _HOMES[name].endswith(f".{name}") else getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
