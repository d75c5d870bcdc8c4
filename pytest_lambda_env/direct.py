"""A context object for calling a handler directly, with nothing simulated around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytest_lambda_env.control.code_location import locate
from pytest_lambda_env.control.function import LATEST
from pytest_lambda_env.events.stamp import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from pytest_lambda_env.model.arn import function_arn, role_arn
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.runtime.client.context import LambdaContext
from pytest_lambda_env.runtime.logs.log import log_stream_name
from pytest_lambda_env.runtime.variables import Variables, function_variables
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import SECOND, Instant


def direct_context(
    handler: str | Callable[[Any, Any], Any],
    configuration: Mapping[str, Any],
    *,
    region: str = DEFAULT_REGION,
    account_id: str = DEFAULT_ACCOUNT_ID,
    seed: int = 0,
) -> LambdaContext:
    """The context of one request to a function so configured, accepted now.

    Its remaining time counts down on whatever clock ``time.time`` shows.
    """
    values = {
        key: value
        for key, value in configuration.items()
        if key not in ("code", "reserved_concurrent_executions", "role_policy")
    }
    name = handler if isinstance(handler, str) else locate(handler, None, Path()).handler
    values.setdefault("function_name", name.rpartition("/")[2].replace(".", "-"))
    values.setdefault("role", str(role_arn(region, account_id, "lambda-role")))
    function = FunctionConfiguration(handler=name, **values)
    entropy = Entropy(seed)
    now = Instant(int(time.time() * SECOND))
    variables = Variables(
        function_variables(
            function,
            region=region,
            credentials={},
            version=LATEST,
            log_stream_name=log_stream_name(now, LATEST, entropy),
            initialization_type="on-demand",
            task_root=".",
        )
    )
    # The context reads the variables, as the real one does.
    variables.enter()
    try:
        return LambdaContext(
            entropy.uuid4("request-ids"),
            None,
            None,
            now // 1000 + function.timeout * 1000,
            str(function_arn(region, account_id, function.function_name)),
        )
    finally:
        variables.leave()
