"""How the asynchronous queue treats the function's events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from pytest_lambda_env.control.qualifier import Qualifier
from pytest_lambda_env.delivery.asynchronous.probe import Probe
from pytest_lambda_env.errors import InvalidParameterValueException, ResourceNotFoundException
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig

Target: TypeAlias = "str | Probe | FunctionHandle"
"""A destination: an ARN, or what has one."""

_NOT_GIVEN: Any = object()


class EventInvokeConfigs(FunctionHandle):
    """``PutFunctionEventInvokeConfig`` and its relatives; a configuration holds for one qualifier (fidelity A10)."""

    def put_event_invoke_config(
        self,
        *,
        qualifier: Qualifier | None = None,
        maximum_retry_attempts: int | None = None,
        maximum_event_age_in_seconds: int | None = None,
        on_success: Target | None = _NOT_GIVEN,
        on_failure: Target | None = _NOT_GIVEN,
    ) -> EventInvokeConfig:
        """Set all of it; what is not given gets AWS's default (A51).

        ``maximum_retry_attempts`` 0 to 2, ``maximum_event_age_in_seconds`` 60 to 21,600. ``on_success`` and
        ``on_failure`` are a function, a probe, or an ARN; None for no destination, which counts as given (A56). Raises
        AWS's errors (A52 to A57).
        https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
        """
        given = _given(maximum_retry_attempts, maximum_event_age_in_seconds, on_success, on_failure)
        if not given:
            raise InvalidParameterValueException(
                "You must specify at least one of error handling or destination setting."
            )
        return self._set_event_invoke_config(qualifier, EventInvokeConfig(**given))

    def update_event_invoke_config(
        self,
        *,
        qualifier: Qualifier | None = None,
        maximum_retry_attempts: int | None = None,
        maximum_event_age_in_seconds: int | None = None,
        on_success: Target | None = _NOT_GIVEN,
        on_failure: Target | None = _NOT_GIVEN,
    ) -> EventInvokeConfig:
        """Change some of it; what is not given stays (A51)."""
        before = self.event_invoke_config(qualifier)
        changes = _given(maximum_retry_attempts, maximum_event_age_in_seconds, on_success, on_failure)
        return self._set_event_invoke_config(qualifier, replace(before, **changes))

    def event_invoke_config(self, qualifier: Qualifier | None = None) -> EventInvokeConfig:
        """What was put, or ``ResourceNotFoundException`` if nothing was (A55)."""
        name = self._resolved(qualifier)
        config = self._function.event_invoke_configs.get(name)
        if config is None:
            raise ResourceNotFoundException(
                f"The function {self._function.arn(name)} doesn't have an EventInvokeConfig"
            )
        return config

    def delete_event_invoke_config(self, qualifier: Qualifier | None = None) -> None:
        """Back to AWS's defaults; ``ResourceNotFoundException`` if nothing was put (A55)."""
        self.event_invoke_config(qualifier)
        del self._function.event_invoke_configs[self._resolved(qualifier)]

    def _set_event_invoke_config(self, qualifier: Qualifier | None, config: EventInvokeConfig) -> EventInvokeConfig:
        name = self._resolved(qualifier)
        self._engine.destinations.check(self._function, config)
        self._function.event_invoke_configs[name] = config
        return config


def _given(retry_attempts: int | None, event_age: int | None, on_success: Any, on_failure: Any) -> dict[str, Any]:
    """What the caller has named: a number, or a destination, which may be none."""
    numbers = {"maximum_retry_attempts": retry_attempts, "maximum_event_age_in_seconds": event_age}
    targets = {"on_success": on_success, "on_failure": on_failure}
    return {
        **{name: number for name, number in numbers.items() if number is not None},
        **{name: target for name, target in targets.items() if target is not _NOT_GIVEN},
    }
