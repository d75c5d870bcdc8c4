"""How much provisioned concurrency there was, and for how long: what it costs to have it (fidelity CO06)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from pytest_lambda_env.model.facts import ProvisionedConcurrencyChanged
from pytest_lambda_env.simulation.instant import SECOND, Instant

_ROUNDED_UP_TO = 300 * SECOND
"""https://aws.amazon.com/lambda/pricing/: from when it is enabled until it is disabled, to the nearest five minutes."""

Capacity = Counter[str]
"""Memory times time, in MB-microseconds, by architecture."""


class _Level(NamedTuple):
    """What a qualifier has, since when; it was enabled at ``enabled``."""

    enabled: Instant
    since: Instant
    allocated: int
    memory_size: int
    architecture: str

    def until(self, end: Instant, *, last: bool) -> int:
        """MB-microseconds up to ``end``; the ``last`` level pays for the rest of five minutes."""
        time = max(0, end - self.since)
        if last:
            time += -max(0, end - self.enabled) % _ROUNDED_UP_TO
        return self.allocated * self.memory_size * time


class ProvisionedTime:
    """The time integral of what is allocated, fact by fact in their order."""

    def __init__(self) -> None:
        self._paid: Capacity = Counter()
        self._levels: dict[tuple[str, str], _Level] = {}

    def add(self, fact: ProvisionedConcurrencyChanged) -> None:
        """A qualifier has more or less from now on. What it asked for decides whether it has any at all."""
        key = (fact.function_name, fact.qualifier)
        level = self._levels.pop(key, None)
        if level is not None:
            self._paid[level.architecture] += level.until(fact.at, last=not fact.requested)
        if fact.requested:
            enabled = fact.at if level is None else level.enabled
            self._levels[key] = _Level(enabled, fact.at, fact.allocated, fact.memory_size, fact.architecture)

    def until(self, end: Instant | None) -> Capacity:
        """All of it up to ``end``; None leaves out what is still there, since its last change."""
        total = self._paid.copy()
        if end is not None:
            for level in self._levels.values():
                total[level.architecture] += level.until(end, last=True)
        return total
