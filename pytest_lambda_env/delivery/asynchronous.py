"""The asynchronous queue: accepted events are run when time comes to it, and again when they fail.

Modelled: two retries after 60 and 120 seconds with the same request id, throttled attempts with back-off for up to six
hours. Destinations, dead letters and a function's own retry configuration are not modelled yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.delivery.retry import retry_after_failure, retry_after_throttle
from pytest_lambda_env.errors import TooManyRequestsException
from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueuedEvent:
    request: InvokeRequest
    attempt: int = 1
    throttles: int = 0


class AsynchronousQueue:
    """Feeds accepted events to the invoker."""

    def __init__(self, timeline: Timeline, invoker: Invoker) -> None:
        self._timeline = timeline
        self._invoker = invoker

    def accept(self, request: InvokeRequest) -> None:
        """Take an event; its first attempt is due at once, when time next moves."""
        self._schedule(_QueuedEvent(request=request), request.accepted)

    def _schedule(self, event: _QueuedEvent, when: Instant | None) -> None:
        if when is None:
            return  # given up: the event is dropped
        purpose = f"attempt {event.attempt} of an asynchronous event for {event.request.function.name}"
        self._timeline.call_at(when, lambda: self._attempt(event), purpose=purpose)

    def _attempt(self, event: _QueuedEvent) -> None:
        now, accepted = self._timeline.now, event.request.accepted
        try:
            response, ended = self._invoker.invoke(event.request, now)
        except TooManyRequestsException:
            throttled = replace(event, throttles=event.throttles + 1)
            self._schedule(throttled, retry_after_throttle(throttled.throttles, now, accepted))
            return
        if response.function_error is not None:
            again = replace(event, attempt=event.attempt + 1)
            self._schedule(again, retry_after_failure(event.attempt, ended, accepted))
        elif ended > now:
            # The branch ends later than it began: settled is only who has waited for that.
            self._timeline.call_at(
                ended, lambda: None, purpose=f"the end of an invocation of {event.request.function.name}"
            )
