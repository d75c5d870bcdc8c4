"""What was simulated, in sum: a fold over journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from pytest_lambda_env.model.facts import EnvironmentStarted, Fact, Invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts over any number of services. Times in seconds."""

    services: int = 0
    environments: int = 0
    invocations: int = 0
    cold_starts: int = 0
    failures: int = 0
    timeouts: int = 0
    left_behind: int = 0
    virtual_seconds: float = 0.0
    real_seconds: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        mine = asdict(self)
        return Totals(**{name: mine[name] + value for name, value in asdict(other).items()})

    def __str__(self) -> str:
        warm, succeeded = self.invocations - self.cold_starts, self.invocations - self.failures
        left_behind = f"{self.left_behind:,} left behind; " if self.left_behind else ""
        return (
            f"{_counted(self.invocations, 'invocation')} in {_counted(self.environments, 'environment')}: "
            f"{self.cold_starts} cold, {warm} warm; "
            f"{succeeded} succeeded, {self.failures - self.timeouts} failed, {self.timeouts} timed out; {left_behind}"
            f"{_span(self.virtual_seconds)} of virtual time in {self.real_seconds:,.2f} s"
        )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min {seconds} s" if hours else f"{minutes} min {seconds} s"


class Tally:
    """Counts facts one by one: those that a journal drops, so that what was counted need not be kept."""

    def __init__(self) -> None:
        self.environments = self.cold_starts = self.failures = self.timeouts = self.left_behind = 0
        self.invocations: Counter[str] = Counter()
        """Invocations by the function's name."""

    def add(self, fact: Fact) -> None:
        """Count a fact."""
        if isinstance(fact, EnvironmentStarted):
            self.environments += 1
        elif isinstance(fact, Invocation):
            self.invocations[fact.function_name] += 1
            self.cold_starts += fact.cold_start
            self.failures += fact.status != "success"
            self.timeouts += fact.status == "timeout"
            self.left_behind += len(fact.leftovers)


def totals_of(journal: Iterable[Fact], dropped: Tally, *, virtual_seconds: float, real_seconds: float) -> Totals:
    """The totals of one service; its journal has dropped what ``dropped`` has counted."""
    kept = Tally()
    for fact in journal:
        kept.add(fact)
    return Totals(
        services=1,
        environments=dropped.environments + kept.environments,
        invocations=(dropped.invocations + kept.invocations).total(),
        cold_starts=dropped.cold_starts + kept.cold_starts,
        failures=dropped.failures + kept.failures,
        timeouts=dropped.timeouts + kept.timeouts,
        left_behind=dropped.left_behind + kept.left_behind,
        virtual_seconds=virtual_seconds,
        real_seconds=real_seconds,
    )
