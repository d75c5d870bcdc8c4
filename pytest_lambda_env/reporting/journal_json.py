"""The journal as JSON: an object per fact, its kind under ``"fact"``, instants as ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from pytest_lambda_env.model.facts import Fact, InitEnded, Invocation
from pytest_lambda_env.simulation.instant import Instant, datetime_of

_INSTANTS = {"at", "accepted", "started", "ended"}


def journal_json(journal: Iterable[Fact]) -> list[dict[str, Any]]:
    """The facts as JSON-able dictionaries. Durations are in microseconds of virtual time."""
    return [_fact(fact) for fact in journal]


def _fact(fact: Fact) -> dict[str, Any]:
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    if isinstance(fact, (Invocation, InitEnded)):
        values["aws_calls"] = [str(call) for call in fact.aws_calls]
    if isinstance(fact, Invocation):
        values["leftovers"] = [asdict(leftover) for leftover in fact.leftovers]
    for name in _INSTANTS & values.keys():
        values[name] = datetime_of(Instant(values[name])).isoformat()
    return {"fact": type(fact).__name__, **values}
