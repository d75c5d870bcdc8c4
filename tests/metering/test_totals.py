"""The sum of a session, as one line."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_facts import at, ended, provisioned, run, sent, throttled

from pytest_lambda_env.metering.totals import Tally, Totals, totals_of
from pytest_lambda_env.model.facts import EnvironmentStarted, Fact
from pytest_lambda_env.simulation.journal import Journal


@pytest.mark.parametrize(
    ("totals", "counts", "times"),
    [
        (
            Totals(services=1, environments=1, invocations=1, cold_starts=1, virtual_seconds=0.25, real_seconds=0.004),
            "1 invocation in 1 environment: 1 cold, 0 warm; 1 succeeded, 0 failed, 0 timed out",
            "0.2 s of virtual time in 0.00 s",
        ),
        (
            Totals(invocations=1_234, environments=20, cold_starts=34, failures=7, timeouts=4, virtual_seconds=95.5),
            "1,234 invocations in 20 environments: 34 cold, 1200 warm; 1227 succeeded, 3 failed, 4 timed out",
            "1 min 36 s of virtual time in 0.00 s",
        ),
        (
            Totals(services=1, environments=1, invocations=2, cold_starts=1, left_behind=3),
            "2 invocations in 1 environment: 1 cold, 1 warm; 2 succeeded, 0 failed, 0 timed out; 3 left behind",
            "0.0 s of virtual time in 0.00 s",
        ),
        (
            Totals(virtual_seconds=90_061, real_seconds=1.5),
            "0 invocations in 0 environments: 0 cold, 0 warm; 0 succeeded, 0 failed, 0 timed out",
            "25 h 1 min 1 s of virtual time in 1.50 s",
        ),
        (
            Totals(invocations=3, environments=1, cold_starts=1, throttled=1_200, dead_lettered=1, cost=0.0000131),
            "3 invocations in 1 environment: 1 cold, 2 warm; 3 succeeded, 0 failed, 0 timed out",
            "0.0 s of virtual time in 0.00 s; 1,200 throttled, 1 dead-lettered; about $0.000013 on Lambda",
        ),
        (
            Totals(sent_to_destinations=2),
            "0 invocations in 0 environments: 0 cold, 0 warm; 0 succeeded, 0 failed, 0 timed out",
            "0.0 s of virtual time in 0.00 s; 2 sent to destinations",
        ),
    ],
)
def test_totals_read_as_one_line(totals: Totals, counts: str, times: str) -> None:
    """Failures are told apart from timeouts, and long spans of virtual time are in hours and minutes."""
    assert str(totals) == f"{counts}; {times}"


STORY: list[Fact] = [
    EnvironmentStarted(at=at(0), function_name="orders", environment=1, task_root="/", init="fresh"),
    provisioned(0, 2, memory_size=1_024),
    run(1, init=1, billed_ms=1_000, memory_size=1_024),
    throttled(2),
    run(3, billed_ms=500, memory_size=1_024, status="timeout"),
    ended(3, condition="RetriesExhausted"),
    sent(4, purpose="DeadLetter"),
    sent(4),
    sent(5, purpose="OnSuccess"),
    sent(5, error="AccessDenied"),
    sent(5, purpose="DeadLetter", error="AccessDenied"),
    provisioned(200, 1, memory_size=1_024),
    run(210, billed_ms=1, memory_size=1_024, function_name="payments"),
]


def totals(limit: int, until: int = 500) -> Totals:
    """The totals of the story, of which a journal keeps the last facts only."""
    dropped = Tally()
    journal: Journal[Fact] = Journal(limit, dropped.add)
    for fact in STORY:
        journal.record(fact)
    return totals_of(journal, dropped, until=at(until), virtual_seconds=500, real_seconds=0.5)


def test_what_is_counted() -> None:
    """Records count where they arrived; provisioned concurrency is paid up to now, by the five minutes."""
    counted = asdict(totals(0))
    # Two for 200 s, one for 400 s: 800 GB-s. Runs: 1.501 GB-s, and three requests.
    cost = 800 * 0.0000041667 + 1.501 * 0.0000166667 + 3 * 0.0000002
    assert counted.pop("cost") == pytest.approx(cost)
    assert counted == {
        "services": 1,
        "environments": 1,
        "invocations": 3,
        "cold_starts": 1,
        "failures": 1,
        "timeouts": 1,
        "left_behind": 0,
        "throttled": 1,
        "dead_lettered": 1,
        "sent_to_destinations": 2,
        "virtual_seconds": 500,
        "real_seconds": 0.5,
    }


@given(st.integers(1, len(STORY)), st.integers(210, 10_000))
def test_a_limit_changes_no_total(limit: int, until: int) -> None:
    """What a journal has dropped is counted all the same, and asking twice gives the same."""
    assert totals(limit, until) == totals(0, until)


def test_asking_changes_nothing() -> None:
    """The tally of what was dropped stays that; and totals survive JSON, as xdist carries them."""
    dropped = Tally()
    dropped.add(run(billed_ms=100))
    first, second = (totals_of([run()], dropped, until=at(1), virtual_seconds=1, real_seconds=1) for _ in range(2))
    assert first == second
    assert Totals(**json.loads(json.dumps(asdict(first)))) == first
