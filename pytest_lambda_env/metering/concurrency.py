"""How many invocations were in progress, and how much concurrency was set aside: folds over time."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from pytest_lambda_env.model.facts import Fact, Invocation, ProvisionedConcurrencyChanged
from pytest_lambda_env.simulation.instant import SECOND, Instant

_MINUTE = 60 * SECOND


def began(invocation: Invocation) -> Instant:
    """When its environment began to be busy with it: before the INIT of a cold start."""
    return Instant(invocation.started - (invocation.init_duration or 0))


def in_progress(
    invocations: Iterable[Invocation], counted: Callable[[Invocation], bool] = lambda _: True
) -> Iterator[tuple[Instant, int]]:
    """How many ``counted`` invocations were in progress: whenever one began, and at each full minute meanwhile.

    An invocation is in progress from its INIT on, and no more at the instant at which it ends. One that took no
    virtual time is in progress at its instant; several of those in one environment came one after the other.
    """
    busy = _Busy()
    last = Instant(0)
    for now, beginning in groupby(sorted(invocations, key=began), began):
        yield from busy.minutes(last, now)
        busy.end_until(now)
        count = busy.count
        environments: set[tuple[str, int]] = set()
        for each in beginning:
            environment = (each.function_name, each.environment)
            if environment not in environments:
                environments.add(environment)
                count += counted(each)
            yield now, count
            if each.ended > now:
                busy.begin(each.ended, counted(each))
        last = now
    yield from busy.minutes(last, None)


class _Busy:
    """The invocations that have begun and not ended, the next to end first."""

    def __init__(self) -> None:
        self.count = 0
        self._ends: list[tuple[Instant, bool]] = []

    def begin(self, end: Instant, counts: bool) -> None:
        self.count += counts
        heapq.heappush(self._ends, (end, counts))

    def end_until(self, now: Instant) -> None:
        while self._ends and self._ends[0][0] <= now:
            self.count -= heapq.heappop(self._ends)[1]

    def minutes(self, after: Instant, before: Instant | None) -> Iterator[tuple[Instant, int]]:
        """The count at each full minute between two instants, for as long as anything is in progress."""
        minute = Instant((after // _MINUTE + 1) * _MINUTE)
        while before is None or minute < before:
            self.end_until(minute)
            if not self._ends:
                return
            yield minute, self.count
            minute = Instant(minute + _MINUTE)


class Allocated:
    """How much provisioned concurrency was allocated, as time went by: to the ``counted`` changes' qualifiers."""

    def __init__(
        self, facts: Iterable[Fact], counted: Callable[[ProvisionedConcurrencyChanged], bool] = lambda _: True
    ) -> None:
        self.changes: list[Instant] = []
        self._totals: list[int] = []
        now: dict[tuple[str, str], int] = {}
        total = 0
        for fact in facts:
            if isinstance(fact, ProvisionedConcurrencyChanged):
                key = (fact.function_name, fact.qualifier)
                has = fact.allocated if counted(fact) else 0
                total += has - now.get(key, 0)
                now[key] = has
                self.changes.append(fact.at)
                self._totals.append(total)

    def at(self, now: Instant) -> int:
        """What was allocated at an instant, with what changed at that very instant."""
        place = bisect_right(self.changes, now)
        return self._totals[place - 1] if place else 0
