"""Whether and when a failed asynchronous event is tried again. Pure: no clock, no queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_env.model.facts import Condition
from pytest_lambda_env.simulation.instant import SECOND, Instant

_DELAYS = (60 * SECOND, 120 * SECOND)
_FIRST_BACK_OFF = 1 * SECOND
_LONGEST_BACK_OFF = 300 * SECOND


class TryAgain(NamedTuple):
    """The event waits in the queue until an instant."""

    at: Instant


class GiveUp(NamedTuple):
    """The event leaves the queue, with AWS's word for why."""

    condition: Condition


Decision = TryAgain | GiveUp


def after_failure(config: EventInvokeConfig, attempts: int, ended: Instant, accepted: Instant) -> Decision:
    """What follows when attempt number ``attempts`` (1 is the first) of an event has failed (fidelity A01 to A03)."""
    if attempts > config.retries:
        return GiveUp("RetriesExhausted")
    return _unless_too_old(Instant(ended + _DELAYS[attempts - 1]), config, accepted)


def after_refusal(config: EventInvokeConfig, refusals: int, at: Instant, accepted: Instant) -> Decision:
    """What follows the ``refusals``-th throttle or system error: back-off from 1 s to 5 min, no attempt lost (A07)."""
    delay = min(_FIRST_BACK_OFF << min(refusals - 1, 16), _LONGEST_BACK_OFF)
    return _unless_too_old(Instant(at + delay), config, accepted)


def _unless_too_old(when: Instant, config: EventInvokeConfig, accepted: Instant) -> Decision:
    """AWS looks ahead: what would be too old at its next attempt is given up at once (A08).

    An age of 60 s leaves no room for the retry after 60 s, also for a handler that takes no time.
    """
    return TryAgain(when) if when - accepted < config.event_age else GiveUp("EventAgeExceeded")
