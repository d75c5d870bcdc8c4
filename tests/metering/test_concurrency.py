"""How many invocations were in progress at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_facts import at, provisioned, run

from pytest_lambda_env.metering.concurrency import in_progress
from pytest_lambda_env.metering.metrics import Metrics
from pytest_lambda_env.model.facts import Fact
from pytest_lambda_env.simulation.instant import SECOND


def peaks(metrics: Metrics, name: str, **options: Any) -> dict[int, float]:
    """Each minute's maximum."""
    points = metrics.get(name, statistic="Maximum", **options)
    return {point.timestamp.minute: point.value for point in points}


@pytest.mark.fidelity("ME07")
def test_each_minute_has_its_maximum() -> None:
    """Three overlap in the first minute, one goes on until the fourth; one that follows at once does not overlap."""
    journal = [
        run(10, 20, environment=1),
        run(20, 180, environment=2),
        run(25, 1, environment=3),
        run(30, 10, environment=1),
    ]
    assert peaks(Metrics(journal), "ConcurrentExecutions") == {0: 3, 1: 1, 2: 1, 3: 1}


@pytest.mark.fidelity("ME07")
def test_one_that_ends_with_the_minute_is_not_in_the_next() -> None:
    """At the instant at which it ends, an invocation is no more in progress."""
    assert peaks(Metrics([run(30, 90)]), "ConcurrentExecutions") == {0: 1, 1: 1}


@pytest.mark.fidelity("ME07")
def test_init_keeps_its_environment_busy() -> None:
    """A cold start overlaps with what runs during its INIT, also in the minute before it runs itself."""
    metrics = Metrics([run(0, 58, environment=1), run(65, 1, init=8, environment=2)])
    assert peaks(metrics, "ConcurrentExecutions") == {0: 2, 1: 1}


def test_invocations_that_take_no_time() -> None:
    """One after the other in one environment they are one at a time, in several environments they are at once."""
    assert Metrics([run(), run(), run(0, 5)]).value("ConcurrentExecutions") == 1
    assert Metrics([run(environment=1), run(environment=2)]).value("ConcurrentExecutions") == 2
    assert Metrics([run(0, 5, environment=1), run(3, environment=2)]).value("ConcurrentExecutions") == 2
    assert Metrics([run(0, 3, environment=1), run(3, environment=1)]).value("ConcurrentExecutions") == 1


@pytest.mark.fidelity("ME11")
def test_the_utilization_of_provisioned_concurrency() -> None:
    """AWS's example: 50 of 100 environments at work are a half; after a change, of what there is then."""
    on_it = {"initialization_type": "provisioned-concurrency", "qualifier": "live", "executed_version": "1"}
    journal: list[Fact] = [
        provisioned(0, 100),
        provisioned(0, 7, function_name="payments"),
        *(run(1, 2, environment=number, **on_it) for number in range(50)),
        run(1, 2, environment=99, qualifier="live", executed_version="1", spilled_over=True),
        provisioned(60, 4),
        *(run(61, 2, environment=number, **on_it) for number in range(3)),
        provisioned(120, 0),
        run(121, 1, **on_it),
    ]
    metrics = Metrics(journal)
    live = {"function_name": "orders", "resource": "orders:live"}
    assert peaks(metrics, "ProvisionedConcurrentExecutions", **live) == {0: 50, 1: 3, 2: 1}
    assert peaks(metrics, "ProvisionedConcurrencyUtilization", **live) == {0: 0.5, 1: 0.75}
    assert peaks(metrics, "ProvisionedConcurrencyUtilization", function_name="orders") == {0: 0.5, 1: 0.75}
    assert peaks(metrics, "ProvisionedConcurrencyUtilization") == {0: 50 / 107, 1: 3 / 11, 2: 1 / 7}


@pytest.mark.fidelity("ME11")
def test_utilization_follows_an_alias_to_another_version() -> None:
    """Provisioned concurrency that has moved with its alias is not counted for the version that it has left."""
    on_it = {"initialization_type": "provisioned-concurrency", "qualifier": "live"}
    journal: list[Fact] = [
        provisioned(0, 4),
        run(1, 1, executed_version="1", **on_it),
        provisioned(60, 2, version="2"),
        run(61, 1, executed_version="2", **on_it),
    ]
    metrics = Metrics(journal)
    live = {"function_name": "orders", "resource": "orders:live"}
    assert peaks(metrics, "ProvisionedConcurrencyUtilization", **live) == {0: 0.25, 1: 0.5}


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 200), st.integers(0, 20)), max_size=25)


@given(SPANS)
def test_the_fold_agrees_with_counting(spans: list[tuple[int, int, int]]) -> None:
    """Each minute's maximum is what one gets by looking at every second."""
    runs = [run(20 + start, length, init=init, environment=n) for n, (start, length, init) in enumerate(spans)]
    busy = [(20 + start - init, 20 + start + length) for start, length, init in spans]
    expected: dict[int, int] = {}
    for second in range(600):
        count = sum(since <= second < until for since, until in busy)
        if count:
            expected[second // 60] = max(count, expected.get(second // 60, 0))
    found: dict[int, int] = {}
    for when, count in in_progress(runs):
        minute = (when - at(0)) // (60 * SECOND)
        found[minute] = max(count, found.get(minute, 0))
    assert found == expected
