"""The journal as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import get_args

import pytest
from written_facts import accepted, at, ended, provisioned, run, sent, throttled

from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    Fact,
    InitEnded,
    InvocationRefused,
    TrafficShifted,
)
from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.reporting.journal_json import journal_json

MINUTE = "2026-03-29T01:00:00+00:00"
FACTS: list[Fact] = [
    EnvironmentStarted(at=at(0), task_root="/", init="fresh", function_name="orders", environment=1),
    InitEnded(at=at(1), duration=1, phase="init", status="success", function_name="orders", environment=1),
    run(2, stopped_at=("line",), leftovers=(Leftover(kind="thread", what="Thread-1"),)),
    throttled(3),
    InvocationRefused(at=at(4), function_name="orders", error="ServiceException", request_id="r"),
    accepted(5),
    ended(6),
    sent(7, error="AccessDenied"),
    provisioned(8, 2),
    TrafficShifted(at=at(9), function_name="orders", alias="live", version="2", weight=0.1, why="canary"),
    EnvironmentRetired(at=at(10), reason="idle", function_name="orders", environment=1),
]


def test_every_kind_of_fact_is_here() -> None:
    """A new one needs a line above."""
    assert {type(fact) for fact in FACTS} == set(get_args(Fact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_survives_json(fact: Fact) -> None:
    """Its kind and every field are there; instants are ISO 8601, and nothing needs a special encoder."""
    [written] = json.loads(json.dumps(journal_json([fact])))
    assert written.pop("fact") == type(fact).__name__
    assert written.keys() == set(type(fact).__slots__)
    for name in ("at", "accepted", "started", "ended"):
        if name in written:
            assert datetime.fromisoformat(written[name]).replace(second=0) == datetime.fromisoformat(MINUTE)
