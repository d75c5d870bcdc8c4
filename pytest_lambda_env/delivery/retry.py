"""Whether and when a failed asynchronous event is tried again. Pure: no clock, no queue."""

from __future__ import annotations

from pytest_lambda_env.simulation.instant import SECOND, Instant

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
MAXIMUM_RETRY_ATTEMPTS = 2
_DELAYS = (60 * SECOND, 120 * SECOND)

MAXIMUM_EVENT_AGE = 21_600 * SECOND
_FIRST_BACK_OFF = 1 * SECOND
_LONGEST_BACK_OFF = 300 * SECOND


def retry_after_failure(attempt: int, ended: Instant, accepted: Instant) -> Instant | None:
    """When to run again after attempt number ``attempt`` (1 is the first) failed; None to give up."""
    if attempt > MAXIMUM_RETRY_ATTEMPTS:
        return None
    return _unless_too_old(Instant(ended + _DELAYS[attempt - 1]), accepted)


def retry_after_throttle(throttles: int, at: Instant, accepted: Instant) -> Instant | None:
    """When to try again after the ``throttles``-th refusal: exponential from 1 s to 5 min, for up to six hours."""
    delay = min(_FIRST_BACK_OFF << min(throttles - 1, 16), _LONGEST_BACK_OFF)
    return _unless_too_old(Instant(at + delay), accepted)


def _unless_too_old(when: Instant, accepted: Instant) -> Instant | None:
    return when if when - accepted <= MAXIMUM_EVENT_AGE else None
