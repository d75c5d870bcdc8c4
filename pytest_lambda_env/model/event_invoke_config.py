"""How the asynchronous queue treats the events of one qualifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model import quotas
from pytest_lambda_env.model.arn import arn_of
from pytest_lambda_env.model.constraints import in_range
from pytest_lambda_env.simulation.instant import SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig:
    """``PutFunctionEventInvokeConfig``'s parameters; None means AWS's default, which is not shown (fidelity A50).

    ``maximum_retry_attempts`` is 0 to 2 (default 2), ``maximum_event_age_in_seconds`` 60 to 21,600 (default six hours;
    A09). ``on_success`` and ``on_failure`` are ARNs: a queue, a topic, an event bus, a function, or for failures a
    bucket.
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    maximum_retry_attempts: int | None = None
    maximum_event_age_in_seconds: int | None = None
    on_success: str | None = None
    on_failure: str | None = None

    def __post_init__(self) -> None:
        if self.maximum_retry_attempts is not None:
            in_range(self.maximum_retry_attempts, "maximumRetryAttempts", quotas.RETRY_ATTEMPTS)
        if self.maximum_event_age_in_seconds is not None:
            in_range(self.maximum_event_age_in_seconds, "maximumEventAgeInSeconds", quotas.EVENT_AGE_SECONDS)
        for name in ("on_success", "on_failure"):
            arn = arn_of(getattr(self, name))
            object.__setattr__(self, name, arn)
            if arn is not None and not isinstance(arn, str):
                raise UsageError(f"{name} must be an ARN, not {arn!r}")

    @property
    def retries(self) -> int:
        """How often a failed event is tried again."""
        return quotas.RETRY_ATTEMPTS[-1] if self.maximum_retry_attempts is None else self.maximum_retry_attempts

    @property
    def event_age(self) -> int:
        """How old an event may get, in microseconds."""
        seconds = self.maximum_event_age_in_seconds
        return (quotas.EVENT_AGE_SECONDS[-1] if seconds is None else seconds) * SECOND


DEFAULT: Final = EventInvokeConfig()
"""What holds for a qualifier that has none of its own."""
