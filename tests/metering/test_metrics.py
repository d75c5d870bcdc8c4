"""CloudWatch's metrics, from journals written by hand."""

from __future__ import annotations

import re
import time
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from written_facts import accepted, at, ended, provisioned, run, sent, throttled

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import LambdaEnvWarning, NotModelled, UsageError
from pytest_lambda_env.metering.metrics import Datapoint, Metrics
from pytest_lambda_env.model.facts import Fact, Invocation, InvocationRefused

START = datetime(2026, 3, 29, 1, tzinfo=timezone.utc)


def values(metrics: Metrics, name: str, **options: Any) -> dict[int, float]:
    """Data points by the minute of their timestamps."""
    return {(point.timestamp - START) // timedelta(minutes=1): point.value for point in metrics.get(name, **options)}


@pytest.mark.fidelity("ME01", "ME02", "ME03")
def test_invocations_errors_and_throttles() -> None:
    """Timeouts, crashes and failed INITs are errors; throttled and refused requests are neither."""
    refused = InvocationRefused(at=at(1), function_name="orders", error="ServiceException", request_id="x")
    journal: list[Fact] = [run(0), throttled(1), throttled(2), refused]
    journal += [run(3, status=status) for status in ("error", "timeout", "crash", "init-error")]
    metrics = Metrics(journal)
    assert metrics.value("Invocations") == 5
    assert metrics.value("Errors") == 4
    assert metrics.value("Throttles") == 2
    assert metrics.value("Errors", statistic="Average") == 0.8


@pytest.mark.fidelity("ME02")
def test_an_error_has_the_time_of_its_invocation() -> None:
    """Three minutes pass before the timeout; the data points are those of the first minute."""
    metrics = Metrics([run(30, 180, status="timeout"), run(240)])
    assert values(metrics, "Errors") == {0: 1, 4: 0}
    assert values(metrics, "Duration", statistic="Maximum") == {0: 180_000, 4: 0}


@pytest.mark.fidelity("ME04")
def test_duration_is_in_milliseconds_without_init() -> None:
    """The INIT counts for the time at which the invocation began, and not for its duration."""
    metrics = Metrics([run(61, 0.25, init=2), run(62, 0.75)])
    assert metrics.get("Duration", statistic="Average") == [
        Datapoint(timestamp=START, value=250.0, unit="Milliseconds"),
        Datapoint(timestamp=START + timedelta(minutes=1), value=750.0, unit="Milliseconds"),
    ]
    assert metrics.value("Duration") == 500


@pytest.mark.fidelity("ME05")
def test_a_request_counts_for_the_resource_that_it_named() -> None:
    """A function's metrics have all of it; a version's or an alias's only what asked for them."""
    journal = [
        run(),
        run(qualifier="$LATEST"),
        run(qualifier="1", executed_version="1"),
        run(qualifier="live", executed_version="1"),
        run(qualifier="live", executed_version="2"),
        run(function_name="payments"),
    ]
    metrics = Metrics(journal)
    counts = {
        resource: metrics.value("Invocations", function_name="orders", resource=resource)
        for resource in ("orders", "orders:$LATEST", "orders:1", "orders:2", "orders:live")
    }
    assert counts == {"orders": 1, "orders:$LATEST": 1, "orders:1": 1, "orders:2": 0, "orders:live": 2}
    assert metrics.value("Invocations", function_name="orders") == 5
    assert metrics.value("Invocations") == 6


@pytest.mark.fidelity("ME06")
def test_the_versions_of_a_weighted_alias_are_told_apart() -> None:
    """``ExecutedVersion`` is for aliases; records go by the version that their event ran last."""
    live: dict[str, Any] = {"qualifier": "live"}
    journal: list[Fact] = [
        run(executed_version="1", **live),
        run(executed_version="2", status="error", request_id="poison", **live),
        run(executed_version="2", status="error", qualifier="2"),
        throttled(version="2", **live),
        sent(request_id="poison", purpose="DeadLetter", error="AccessDenied", **live),
    ]
    metrics = Metrics(journal)

    def of(name: str, version: str, resource: str = "orders:live") -> float:
        return metrics.value(name, function_name="orders", resource=resource, executed_version=version)

    assert [of("Errors", version) for version in "123"] == [0, 1, 0]
    assert [of("Throttles", version) for version in "12"] == [0, 1]
    assert [of("DeadLetterErrors", version) for version in "12"] == [0, 1]
    assert of("Errors", "2", "orders:2") == 0


@pytest.mark.fidelity("ME10")
def test_provisioned_concurrency_and_what_spills_over() -> None:
    """Invocations on provisioned concurrency are counted apart from those for which none was left."""
    on_it: dict[str, Any] = {
        "initialization_type": "provisioned-concurrency",
        "qualifier": "live",
        "executed_version": "1",
    }
    journal = [run(**on_it), run(**on_it), run(qualifier="live", executed_version="1", spilled_over=True), run()]
    metrics = Metrics(journal)
    assert metrics.value("ProvisionedConcurrencyInvocations", function_name="orders", resource="orders:live") == 2
    assert metrics.value("ProvisionedConcurrencySpilloverInvocations") == 1


@pytest.mark.fidelity("ME12", "ME13", "ME14")
def test_asynchronous_events() -> None:
    """Three attempts after 0, 61 and 182 seconds, and the event is given up; another is delivered twice."""
    event = {"invocation_type": "Event", "accepted": 0, "status": "error"}
    journal: list[Fact] = [
        accepted(0),
        accepted(0, request_id="twice"),
        accepted(1, request_id="twice", copy=1),
        *(run(when, 1, **event) for when in (0, 61, 182)),
        run(3),
        ended(183, condition="RetriesExhausted", attempts=3),
        ended(200, condition="EventAgeExceeded", request_id="twice", copy=1),
        ended(210, request_id="twice"),
        ended(240, condition="ZeroReservedConcurrency", request_id="third", attempts=0),
    ]
    metrics = Metrics(journal)
    assert values(metrics, "AsyncEventsReceived") == {0: 2}
    assert values(metrics, "AsyncEventAge", statistic="Maximum") == {0: 0, 1: 61_000, 3: 182_000}
    assert values(metrics, "AsyncEventsDropped") == {3: 1, 4: 1}


@pytest.mark.fidelity("ME13")
def test_the_age_of_an_event_ends_where_a_cold_start_begins() -> None:
    """An INIT is a part of the invocation, not of the wait for it."""
    assert Metrics([run(10, init=4, accepted=1, invocation_type="Event")]).value("AsyncEventAge") == 5_000


@pytest.mark.fidelity("ME15")
def test_records_that_did_not_arrive() -> None:
    """Dead-letter targets and destinations are counted apart, and successes are no data points."""
    journal = [sent(purpose="DeadLetter", error="QueueDoesNotExist"), sent(error="no"), sent(purpose="OnSuccess")]
    metrics = Metrics(journal)
    assert metrics.value("DeadLetterErrors") == 1
    assert metrics.value("DestinationDeliveryFailures") == 1
    assert Metrics([sent()]).get("DestinationDeliveryFailures") == []


@pytest.mark.fidelity("ME16")
def test_a_dropped_recursive_invocation_counts_once() -> None:
    """Also where an asynchronous one is told of as refused and as ended."""
    error = "RecursiveInvocationException"
    journal: list[Fact] = [
        InvocationRefused(at=at(1), function_name="orders", error=error, request_id="r"),
        ended(2, condition="RecursiveInvocation"),
        ended(3, condition="RecursiveInvocation", request_id="s"),
        InvocationRefused(at=at(4), function_name="orders", error="ServiceException", request_id="t"),
    ]
    assert Metrics(journal).value("RecursiveInvocationsDropped") == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInvocation(Invocation):
    """An invocation that says how old the last record of its batch was, in microseconds."""

    iterator_age: int


def test_iterator_age_has_its_place() -> None:
    """Facts that carry an age are read."""
    plain = run()
    facts = {name: getattr(plain, name) for name in Invocation.__slots__}
    metrics = Metrics([plain, StreamInvocation(**facts, iterator_age=1_500_000)])
    assert values(metrics, "IteratorAge", statistic="SampleCount") == {0: 1}
    assert metrics.value("IteratorAge") == 1_500


@pytest.mark.fidelity("ME18")
def test_periods_begin_at_multiples_since_the_epoch() -> None:
    """Minutes without data have no point; longer periods are not counted from the first sample."""
    metrics = Metrics([run(59), run(60), run(299.999999), run(300), run(7_200)])
    assert values(metrics, "Invocations") == {0: 1, 1: 1, 4: 1, 5: 1, 120: 1}
    assert values(metrics, "Invocations", period=300) == {0: 3, 5: 1, 120: 1}
    assert values(metrics, "Invocations", period=86_400) == {-60: 5}


@pytest.mark.fidelity("ME18")
@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [(0, 300, {0, 1, 4}), (60, 240, {1}), (119, None, {1, 4, 5}), (None, 241, {0, 1, 4}), (301, 301, {5})],
)
def test_start_is_inclusive_and_end_is_not(start: int | None, end: int | None, minutes: set[int]) -> None:
    """Start is rounded down to a minute; end keeps the minutes that begin before it."""
    options = {
        name: START + timedelta(seconds=seconds)
        for name, seconds in (("start", start), ("end", end))
        if seconds is not None
    }
    metrics = Metrics([run(59), run(60), run(299), run(300)])
    assert set(values(metrics, "Invocations", **options)) == minutes
    naive = {name: moment.replace(tzinfo=None) for name, moment in options.items()}
    assert set(values(metrics, "Invocations", **naive)) == minutes


def test_the_answer_is_the_present_one() -> None:
    """Metrics made before anything happened see what happens later."""
    journal: list[Fact] = []
    metrics = Metrics(journal)
    assert metrics.get("Invocations") == []
    journal.append(run())
    assert metrics.value("Invocations") == 1


def test_the_journal_of_a_service() -> None:
    """Two invocations, of which the second times out in the minute after it began."""
    with LambdaService(start="2026-03-29T01:00:00Z") as service:
        metrics = Metrics(service.journal, dropped=lambda: service.journal.dropped)
        function = service.create_function(sleeps, function_name="orders", timeout=60)
        function.invoke(30)
        function.invoke(90)
        assert values(metrics, "Errors", function_name="orders") == {0: 1}
        assert values(metrics, "Duration", statistic="p100") == {0: 60_000}
        assert values(metrics, "ConcurrentExecutions", statistic="Maximum") == {0: 1, 1: 1}


def sleeps(event: int, context: Any) -> None:
    """As long as it is told."""
    time.sleep(event)


def test_dropped_facts_are_told_of() -> None:
    """Every question warns, at the line that asks."""
    metrics = Metrics([], dropped=lambda: 7)
    for ask in (metrics.get, metrics.value):
        with pytest.warns(LambdaEnvWarning, match="lack the journal's first 7 facts") as caught:
            ask("Invocations")
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Metrics([]).get("Invocations")


def test_nothing_recorded() -> None:
    """Counts and concurrency are 0; a duration of nothing is no number."""
    metrics = Metrics([])
    assert {name: metrics.get(name) for name in metrics.names} == {name: [] for name in metrics.names}
    assert metrics.value("Throttles") == metrics.value("ConcurrentExecutions") == 0
    assert metrics.value("Duration", statistic="SampleCount") == 0
    for name in ("Duration", "AsyncEventAge"):
        with pytest.raises(UsageError, match=f"{name} has no value"):
            metrics.value(name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("Error", {}, "no metric 'Error'; did you mean 'Errors'?"),
        ("Invokations", {}, "did you mean 'Invocations'?"),
        ("xyz", {}, "the metrics are Invocations, Errors"),
        ("SuccessRate", {}, "100 - 100 * Errors / Invocations"),
        ("OffsetLag", {}, "Kafka is not modelled"),
        ("Errors", {"statistic": "sum"}, "no statistic 'sum'; did you mean 'Sum'?"),
        ("Errors", {"statistic": "p101"}, "or a percentile"),
        ("Errors", {"period": 30}, "60 seconds or a multiple of it (shorter ones are for high-resolution"),
        ("Errors", {"period": 90}, "period=90: it is 60 seconds or a multiple of it."),
        ("Errors", {"period": 0}, "period=0"),
        ("Errors", {"period": 60.0}, "period=60.0"),
        ("Errors", {"FunctionName": "orders"}, "'FunctionName'; did you mean 'function_name'?"),
        ("Errors", {"version": "1"}, "did you mean 'executed_version'?"),
        ("Errors", {"q": "1"}, "the dimensions are function_name, resource, executed_version."),
        ("Errors", {"resource": "orders:live"}, "add function_name='orders'"),
        ("Errors", {"function_name": "orders", "resource": "live"}, "did you mean 'orders:live'?"),
        ("Errors", {"function_name": "orders", "executed_version": "1"}, "goes with function_name and resource"),
        ("UnreservedConcurrentExecutions", {"function_name": "orders"}, "the whole region's"),
    ],
)
def test_what_there_is_not_is_named(name: str, options: dict[str, Any], message: str) -> None:
    """A wrong name, statistic, period or dimension says what would be right."""
    with pytest.raises(UsageError, match=re.escape(message)):
        Metrics([run()]).get(name, **options)


@pytest.mark.parametrize("trimmed", ["tm99", "TM(10%:90%)", "IQM", "pr300", "wm98"])
def test_trimmed_statistics_are_not_modelled(trimmed: str) -> None:
    """CloudWatch has them; they say so."""
    with pytest.raises(NotModelled, match="use a percentile"):
        Metrics([run()]).get("Duration", statistic=trimmed)


@pytest.mark.fidelity("ME08", "ME09")
def test_what_is_claimed_of_the_account() -> None:
    """AWS's sum: what runs unreserved, plus reservations, plus provisioned concurrency outside of them."""
    on_it = {"initialization_type": "provisioned-concurrency", "function_name": "c", "executed_version": "1"}
    journal: list[Fact] = [
        provisioned(0, 100, function_name="c"),
        provisioned(0, 10, function_name="a"),
        *(run(1, 10, function_name="a", environment=number) for number in range(20)),
        *(run(1, 10, environment=number, **on_it) for number in range(30)),
    ]
    idle = Metrics(journal, reservations=lambda: {"a": 400, "b": 400})
    assert idle.value("ConcurrentExecutions") == 50
    assert idle.value("UnreservedConcurrentExecutions") == 0
    assert idle.value("ClaimedAccountConcurrency") == 900
    journal += [run(2, 1, function_name="d", environment=number) for number in range(3)]
    assert idle.value("UnreservedConcurrentExecutions") == 3
    assert idle.value("ClaimedAccountConcurrency") == 903
