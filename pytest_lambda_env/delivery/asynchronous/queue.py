"""The asynchronous queue: accepted events are run when time comes to it, again when they fail, and then leave it.

Each accepted event ends exactly once: processed, given up, or because its function is gone. Configuration, code, the
alias's version and everything else are looked up at each attempt: what waits in the queue meets what is there when its
turn comes (fidelity A12).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import LATEST
from pytest_lambda_env.control.routing import route
from pytest_lambda_env.delivery.asynchronous.destinations import Destinations
from pytest_lambda_env.delivery.asynchronous.retry import Decision, GiveUp, after_failure, after_refusal
from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.delivery.recursion import loops
from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import ResourceNotFoundException, ServiceException, TooManyRequestsException
from pytest_lambda_env.model.event_invoke_config import DEFAULT, EventInvokeConfig
from pytest_lambda_env.model.facts import Condition, EventAccepted, EventEnded, Fact
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.journal import Journal
from pytest_lambda_env.simulation.timeline import Timeline

_LATEST_DUPLICATE = 60
"""Seconds after which the second copy of an event comes at the latest; AWS says nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueuedEvent:
    """``attempts`` that reached the handler, and how often there was no capacity; ``last``: the latest response."""

    request: InvokeRequest
    copy: int
    attempts: int = 0
    refusals: int = 0
    last: InvokeResponse | None = None


class AsynchronousQueue:
    """Feeds accepted events to the invoker, and their records to destinations and dead-letter targets.

    ``duplicates`` is the share of events, 0 to 1, that the queue delivers twice, because its store is only eventually
    consistent (A11). Each copy is retried, and ends, for itself.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        account: Account,
        invoker: Invoker,
        destinations: Destinations,
        journal: Journal[Fact],
        entropy: Entropy,
        duplicates: float = 0,
    ) -> None:
        self._timeline = timeline
        self._account = account
        self._invoker = invoker
        self._destinations = destinations
        self._journal = journal
        self._entropy = entropy
        self._duplicates = duplicates

    def accept(self, request: InvokeRequest) -> None:
        """Take an event; its first attempt is due at once, when time next moves."""
        self._take(_QueuedEvent(request=request, copy=0), request.accepted)
        draw = self._chance("duplicates")
        if self._duplicates and draw.random() < self._duplicates:
            later = draw.randint(1, _LATEST_DUPLICATE) * SECOND
            self._take(_QueuedEvent(request=request, copy=1), Instant(request.accepted + later))

    def _take(self, event: _QueuedEvent, first_due: Instant) -> None:
        request = event.request
        self._journal.record(
            EventAccepted(
                at=request.accepted,
                function_name=request.function.name,
                request_id=request.request_id,
                qualifier=request.qualifier,
                copy=event.copy,
            )
        )
        self._wait(event, first_due)

    def _wait(self, event: _QueuedEvent, until: Instant) -> None:
        purpose = f"attempt {event.attempts + 1} of an asynchronous event for {event.request.function.name}"
        self._timeline.call_at(until, lambda: self._attempt(event), purpose=purpose)

    def _attempt(self, event: _QueuedEvent) -> None:
        function, now = event.request.function, self._timeline.now
        if not self._account.has(function):
            return self._end(event, "FunctionDeleted")
        if function.reserved_concurrency == 0:
            return self._end(event, "ZeroReservedConcurrency")  # fidelity A23
        if loops(event.request):
            return self._end(event, "RecursiveInvocation")
        try:
            where = route(function, event.request.qualifier, self._chance("routing").random)
        except ResourceNotFoundException:
            return self._end(event, "FunctionDeleted")
        attempts = event.attempts + 1
        try:
            response, ended = self._invoker.invoke(event.request._replace(route=where, attempt=attempts), now)
        except (TooManyRequestsException, ServiceException):
            refused = replace(event, refusals=event.refusals + 1)
            config, accepted = self._config(event), event.request.accepted
            return self._follow(refused, after_refusal(config, refused.refusals, now, accepted))
        event = replace(event, attempts=attempts, last=response)
        if ended > now:
            # The branch ends later than it began: what follows is decided by what holds then.
            purpose = f"the end of an invocation of {function.name}"
            self._timeline.call_at(ended, lambda: self._answered(event, response), purpose=purpose)
        else:
            self._answered(event, response)
        return None

    def _answered(self, event: _QueuedEvent, response: InvokeResponse) -> None:
        if response.function_error is None:
            self._end(event, "Success")
        else:
            now, accepted = self._timeline.now, event.request.accepted
            self._follow(event, after_failure(self._config(event), event.attempts, now, accepted))

    def _follow(self, event: _QueuedEvent, decision: Decision) -> None:
        if isinstance(decision, GiveUp):
            self._end(event, decision.condition)
        else:
            self._wait(event, decision.at)

    def _end(self, event: _QueuedEvent, condition: Condition) -> None:
        request, now = event.request, self._timeline.now
        self._journal.record(
            EventEnded(
                at=now,
                function_name=request.function.name,
                request_id=request.request_id,
                condition=condition,
                accepted=request.accepted,
                attempts=event.attempts,
                qualifier=request.qualifier,
                copy=event.copy,
            )
        )
        if condition != "FunctionDeleted":
            self._destinations.event_ended(
                request, condition, event.attempts, event.last, config=self._config(event), at=now
            )

    def _config(self, event: _QueuedEvent) -> EventInvokeConfig:
        """A configuration holds for the very qualifier that was invoked, and for no other (A10)."""
        request = event.request
        return request.function.event_invoke_configs.get(request.qualifier or LATEST, DEFAULT)

    def _chance(self, purpose: str) -> Random:
        return self._entropy.stream(purpose)
