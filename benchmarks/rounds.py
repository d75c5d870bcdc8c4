"""Fair timing: the candidates take turns, round by round, and the median of the rounds counts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median

from benchmarks.results import Goal, Result

_now = time.perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something to time. ``prepared`` gives the call to time, inside whatever it needs around it.

    Each turn prepares anew, so that nobody's preparations are in force while another has its turn. An ``ImportError``
    there means that the candidate is not installed. A turn makes ``calls`` calls.
    """

    name: str
    prepared: Callable[[], AbstractContextManager[Callable[[], object]]]
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds per call by the candidate's name, and why others have none."""

    seconds: dict[str, float]
    absent: dict[str, str]

    def results(self, measurement: str, unit: str, goals: Mapping[str, Goal]) -> list[Result]:
        """Rows in ``ms`` or ``µs``; ``goals`` by the candidate's name."""
        scale = {"ms": 1e3, "µs": 1e6}[unit]
        timed = [
            Result(measurement=measurement, subject=name, value=seconds * scale, unit=unit, goal=goals.get(name))
            for name, seconds in self.seconds.items()
        ]
        absent = [
            Result(measurement=measurement, subject=name, value=None, unit=unit, note=f"skipped: {why}")
            for name, why in self.absent.items()
        ]
        return [*absent, *timed]


def interleaved(candidates: Sequence[Candidate], *, rounds: int) -> Times:
    """Time every candidate that is installed."""
    absent: dict[str, str] = {}
    turns: dict[str, list[float]] = {}
    for candidate in candidates:
        try:
            _turn(candidate)
        except ImportError as error:
            absent[candidate.name] = f"not installed ({error})"
        else:
            turns[candidate.name] = []
    present = [candidate for candidate in candidates if candidate.name in turns]
    order = random.Random(0)
    for _ in range(rounds):
        # In another order each time: a candidate may leave caches, and after a fork memory pages, to the next one.
        order.shuffle(present)
        for candidate in present:
            turns[candidate.name].append(_turn(candidate))
    return Times(seconds={name: median(times) for name, times in turns.items()}, absent=absent)


def _turn(candidate: Candidate) -> float:
    with candidate.prepared() as call:
        for _ in range(1 + candidate.calls // 10):
            call()  # warm
        began = _now()
        for _ in range(candidate.calls):
            call()
        return (_now() - began) / candidate.calls
