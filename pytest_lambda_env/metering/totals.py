"""What was simulated, in sum: a fold over journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass
from decimal import Decimal

from pytest_lambda_env.metering.cost import cost_of_usage
from pytest_lambda_env.metering.money import dollars
from pytest_lambda_env.metering.usage import Usage
from pytest_lambda_env.model.facts import EnvironmentStarted, Fact, Invocation, InvocationThrottled, RecordSent
from pytest_lambda_env.model.prices import US_EAST_1
from pytest_lambda_env.simulation.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts over any number of services. Times in seconds.

    ``dead_lettered`` and ``sent_to_destinations`` are records that arrived. ``cost`` is in dollars, by the prices of
    ``US_EAST_1`` and without a free tier: an order of magnitude, and so a float, which JSON can carry.
    """

    services: int = 0
    environments: int = 0
    invocations: int = 0
    cold_starts: int = 0
    failures: int = 0
    timeouts: int = 0
    left_behind: int = 0
    throttled: int = 0
    dead_lettered: int = 0
    sent_to_destinations: int = 0
    cost: float = 0.0
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
            f"{_span(self.virtual_seconds)} of virtual time in {self.real_seconds:,.2f} s{self._and_more()}"
        )

    def _and_more(self) -> str:
        """What not every run has."""
        counts = {
            "throttled": self.throttled,
            "dead-lettered": self.dead_lettered,
            "sent to destinations": self.sent_to_destinations,
        }
        what = ", ".join(f"{count:,} {said}" for said, count in counts.items() if count)
        cost = f"about {dollars(Decimal(self.cost), digits=2)} on Lambda" if self.cost else ""
        return "".join(f"; {part}" for part in (what, cost) if part)


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
        self.throttled = self.dead_lettered = self.sent_to_destinations = 0
        self.invocations: Counter[str] = Counter()
        """Invocations by the function's name."""
        self.usage = Usage()
        """What is paid for."""

    def add(self, fact: Fact) -> None:
        """Count a fact."""
        self.usage.add(fact)
        if isinstance(fact, EnvironmentStarted):
            self.environments += 1
        elif isinstance(fact, Invocation):
            self.invocations[fact.function_name] += 1
            self.cold_starts += fact.cold_start
            self.failures += fact.status != "success"
            self.timeouts += fact.status == "timeout"
            self.left_behind += len(fact.leftovers)
        elif isinstance(fact, InvocationThrottled):
            self.throttled += 1
        elif isinstance(fact, RecordSent) and fact.error is None:
            self.dead_lettered += fact.purpose == "DeadLetter"
            self.sent_to_destinations += fact.purpose != "DeadLetter"


def tally_of(journal: Iterable[Fact], dropped: Tally) -> Tally:
    """Everything that a journal holds or has dropped, counted."""
    # Counted on from what was dropped: what provisioned concurrency costs depends on when it had begun.
    tally = deepcopy(dropped)
    for fact in journal:
        tally.add(fact)
    return tally


def totals_of(
    journal: Iterable[Fact],
    dropped: Tally,
    *,
    virtual_seconds: float,
    real_seconds: float,
    until: Instant | None = None,
) -> Totals:
    """The totals of one service; its journal has dropped what ``dropped`` has counted.

    ``until`` is the present, up to which provisioned concurrency is paid for.
    """
    tally = tally_of(journal, dropped)
    return Totals(
        services=1,
        environments=tally.environments,
        invocations=sum(tally.invocations.values()),
        cold_starts=tally.cold_starts,
        failures=tally.failures,
        timeouts=tally.timeouts,
        left_behind=tally.left_behind,
        throttled=tally.throttled,
        dead_lettered=tally.dead_lettered,
        sent_to_destinations=tally.sent_to_destinations,
        cost=float(cost_of_usage(tally.usage, US_EAST_1, until).total),
        virtual_seconds=virtual_seconds,
        real_seconds=real_seconds,
    )
