"""Environments that are not serving a request, ordered by the instant from which they are free."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import count

from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.simulation.instant import Instant


class Slot:
    """An environment's place in its pool: whether it serves a request, and until when."""

    __slots__ = ("busy_until", "environment", "order", "provisioned", "reaper_waits", "started", "taken")

    def __init__(self, environment: Environment, started: Instant, *, provisioned: bool) -> None:
        self.environment = environment
        self.started = started
        self.provisioned = provisioned
        self.taken = True
        self.busy_until = started
        self.order = 0
        self.reaper_waits = False


class Shelf:
    """Where released environments stand until they are taken. Finding one takes logarithmic time."""

    def __init__(self) -> None:
        self._entries: list[tuple[Instant, int, Slot]] = []
        self._orders = count(1)

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, slot: Slot) -> None:
        """The environment is free from ``slot.busy_until`` on."""
        slot.order = next(self._orders)
        insort(self._entries, (slot.busy_until, slot.order, slot))

    def take(self, at: Instant) -> Slot | None:
        """The environment that was used last of those that are free at an instant, if any (fidelity V21)."""
        index = bisect_right(self._entries, at, key=_free_from)
        return self._entries.pop(index - 1)[2] if index else None

    def busy(self, at: Instant) -> int:
        """How many are still serving at an instant: their requests end later in virtual time."""
        return len(self._entries) - bisect_right(self._entries, at, key=_free_from)

    def remove(self, slot: Slot) -> None:
        """Take one that stands here off."""
        del self._entries[bisect_left(self._entries, (slot.busy_until, slot.order), key=_place)]


def _free_from(entry: tuple[Instant, int, Slot]) -> Instant:
    return entry[0]


def _place(entry: tuple[Instant, int, Slot]) -> tuple[Instant, int]:
    return entry[:2]
