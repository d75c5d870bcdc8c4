"""``LambdaFunction``: one function, as a test handles it. A module for each chapter of the API."""

from __future__ import annotations

from pytest_lambda_env.function.aliases import Aliases
from pytest_lambda_env.function.capacity import Capacity
from pytest_lambda_env.function.event_invoke_config import EventInvokeConfigs
from pytest_lambda_env.function.invoking import Invoking
from pytest_lambda_env.function.permissions import Permissions
from pytest_lambda_env.function.scheduling import Scheduling
from pytest_lambda_env.function.updating import Updating
from pytest_lambda_env.function.versions import Versions

__all__ = ["LambdaFunction"]


class LambdaFunction(Invoking, Updating, Versions, Aliases, Capacity, EventInvokeConfigs, Scheduling, Permissions):
    """A function of a :class:`LambdaService`; made by ``create_function``, found again by ``function(name)``."""
