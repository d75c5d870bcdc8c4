"""Lambda's metrics one by one: which facts say what about each, and when.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from pytest_lambda_env.metering.concurrency import Allocated, began, in_progress
from pytest_lambda_env.metering.dimensions import Dimensions
from pytest_lambda_env.model.facts import (
    EventAccepted,
    EventEnded,
    Fact,
    Invocation,
    InvocationRefused,
    InvocationThrottled,
    ProvisionedConcurrencyChanged,
    RecordPurpose,
    RecordSent,
)
from pytest_lambda_env.simulation.instant import MILLISECOND, Instant

Samples = Iterable[tuple[Instant, float]]
Unit = Literal["Count", "Milliseconds", "None"]
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a metric is asked about: the journal's facts, dimensions, and reservations by the function's name."""

    facts: Sequence[Fact]
    dimensions: Dimensions
    reservations: Mapping[str, int]

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """The facts of one kind that the dimensions are about."""
        return (fact for fact in self.dimensions.of(self.facts) if isinstance(fact, kind))


@dataclass(frozen=True, slots=True)
class Metric:
    """``statistic`` is the one that AWS says to view it by. A ``regional`` one has no dimensions."""

    unit: Unit
    statistic: str
    samples: Callable[[Asked], Samples]
    regional: bool = False


def _invocations(asked: Asked) -> Samples:
    return ((began(run), 1) for run in asked.of(Invocation))


def _errors(asked: Asked) -> Samples:
    """Timeouts and failed INITs too, at the time of the invocation and not of the error; 0 for what went well."""
    return ((began(run), run.status != "success") for run in asked.of(Invocation))


def _throttles(asked: Asked) -> Samples:
    """0 for what was not throttled."""
    yield from ((began(run), 0) for run in asked.of(Invocation))
    yield from ((refused.at, 1) for refused in asked.of(InvocationThrottled))


def _recursive_invocations_dropped(asked: Asked) -> Samples:
    """Once per request, though an asynchronous one may be told of as refused and as ended."""
    seen: set[str] = set()
    for fact in asked.dimensions.of(asked.facts):
        refused = isinstance(fact, InvocationRefused) and fact.error == "RecursiveInvocationException"
        ended = isinstance(fact, EventEnded) and fact.condition == "RecursiveInvocation"
        if isinstance(fact, (InvocationRefused, EventEnded)) and (refused or ended) and fact.request_id not in seen:
            seen.add(fact.request_id)
            yield fact.at, 1


def _failed_records(asked: Asked, purposes: set[RecordPurpose]) -> Samples:
    return ((sent.at, 1) for sent in asked.of(RecordSent) if sent.error is not None and sent.purpose in purposes)


def _duration(asked: Asked) -> Samples:
    """Without INIT."""
    return ((began(run), (run.ended - run.started) / MILLISECOND) for run in asked.of(Invocation))


def _iterator_age(asked: Asked) -> Samples:
    """The age of the last record of a batch, in microseconds: an ``iterator_age`` of the fact, where it has one.

    Nothing records it as long as there are no mappings of streams.
    """
    for run in asked.of(Invocation):
        age: int | None = getattr(run, "iterator_age", None)
        if age is not None:
            yield began(run), age / MILLISECOND


def _events_received(asked: Asked) -> Samples:
    """An event that is delivered twice was received once."""
    return ((event.at, 1) for event in asked.of(EventAccepted) if not event.copy)


def _event_age(asked: Asked) -> Samples:
    """At each attempt: the time since the event was queued."""
    runs = (run for run in asked.of(Invocation) if run.invocation_type == "Event")
    return ((began(run), (began(run) - run.accepted) / MILLISECOND) for run in runs)


def _events_dropped(asked: Asked) -> Samples:
    """Whether or not a destination or a dead-letter queue got them."""
    return ((event.at, 1) for event in asked.of(EventEnded) if event.condition != "Success" and not event.copy)


def _is_provisioned(run: Invocation) -> bool:
    return run.initialization_type == "provisioned-concurrency"


def _provisioned(asked: Asked) -> list[Invocation]:
    return [run for run in asked.of(Invocation) if _is_provisioned(run)]


def _provisioned_concurrency_invocations(asked: Asked) -> Samples:
    return ((began(run), 1) for run in _provisioned(asked))


def _spillover_invocations(asked: Asked) -> Samples:
    return ((began(run), 1) for run in asked.of(Invocation) if run.spilled_over)


def _concurrent_executions(asked: Asked) -> Samples:
    return in_progress(asked.of(Invocation))


def _provisioned_concurrent_executions(asked: Asked) -> Samples:
    return in_progress(_provisioned(asked))


def _provisioned_concurrency_utilization(asked: Asked) -> Samples:
    """In use, divided by what is allocated: to the versions that ran, or to all of the function or region."""
    runs = _provisioned(asked)
    name, versions = asked.dimensions.function_name, {(run.function_name, run.executed_version) for run in runs}

    def counted(change: ProvisionedConcurrencyChanged) -> bool:
        if asked.dimensions.resource is not None:
            return (change.function_name, change.version) in versions
        return name is None or change.function_name == name

    allocated = Allocated(asked.facts, counted)
    for now, count in in_progress(runs):
        if available := allocated.at(now):
            yield now, count / available


def _takes_unreserved(asked: Asked, run: Invocation) -> bool:
    return run.function_name not in asked.reservations and not _is_provisioned(run)


def _unreserved_concurrent_executions(asked: Asked) -> Samples:
    return in_progress(run for run in asked.of(Invocation) if _takes_unreserved(asked, run))


def _claimed_account_concurrency(asked: Asked) -> Samples:
    """What runs unreserved, all reservations, and provisioned concurrency that is not a part of one."""
    reserved = sum(asked.reservations.values())
    allocated = Allocated(asked.facts, lambda change: change.function_name not in asked.reservations)
    yield from ((now, reserved + allocated.at(now)) for now in allocated.changes)
    for now, count in in_progress(asked.of(Invocation), partial(_takes_unreserved, asked)):
        yield now, count + reserved + allocated.at(now)


METRICS: Mapping[str, Metric] = {
    "Invocations": Metric("Count", "Sum", _invocations),
    "Errors": Metric("Count", "Sum", _errors),
    "DeadLetterErrors": Metric("Count", "Sum", partial(_failed_records, purposes={"DeadLetter"})),
    "DestinationDeliveryFailures": Metric(
        "Count", "Sum", partial(_failed_records, purposes={"OnSuccess", "OnFailure"})
    ),
    "Throttles": Metric("Count", "Sum", _throttles),
    "ProvisionedConcurrencyInvocations": Metric("Count", "Sum", _provisioned_concurrency_invocations),
    "ProvisionedConcurrencySpilloverInvocations": Metric("Count", "Sum", _spillover_invocations),
    "RecursiveInvocationsDropped": Metric("Count", "Sum", _recursive_invocations_dropped),
    "Duration": Metric("Milliseconds", "Average", _duration),
    "IteratorAge": Metric("Milliseconds", "Maximum", _iterator_age),
    "ConcurrentExecutions": Metric("Count", "Maximum", _concurrent_executions),
    "ProvisionedConcurrentExecutions": Metric("Count", "Maximum", _provisioned_concurrent_executions),
    "ProvisionedConcurrencyUtilization": Metric("None", "Maximum", _provisioned_concurrency_utilization),
    "UnreservedConcurrentExecutions": Metric("Count", "Maximum", _unreserved_concurrent_executions, regional=True),
    "ClaimedAccountConcurrency": Metric("Count", "Maximum", _claimed_account_concurrency, regional=True),
    "AsyncEventsReceived": Metric("Count", "Sum", _events_received),
    "AsyncEventAge": Metric("Milliseconds", "Maximum", _event_age),
    "AsyncEventsDropped": Metric("Count", "Sum", _events_dropped),
}
"""By AWS's names, in the order of its page."""

ELSEWHERE: Mapping[str, str] = {
    "SuccessRate": "It is the console's own: 100 - 100 * Errors / Invocations.",
    "InitDuration": "CloudWatch has none; look at the init_duration of fn.invocations.",
    "PostRuntimeExtensionsDuration": "Extensions are not modelled.",
    "OversizedRecordCount": "Amazon DocumentDB is not modelled.",
    "OffsetLag": "Kafka is not modelled.",
}
"""What is asked for as a metric, and why it is none here."""
