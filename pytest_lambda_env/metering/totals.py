"""What was simulated, in sum: a fold over journals."""

from __future__ import annotations

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
    virtual_seconds: float = 0.0
    real_seconds: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        mine = asdict(self)
        return Totals(**{name: mine[name] + value for name, value in asdict(other).items()})

    def __str__(self) -> str:
        return (
            f"{self.invocations} invocations in {self.environments} environments: {self.cold_starts} cold starts, "
            f"{self.failures} failures, {self.timeouts} timeouts; "
            f"{self.virtual_seconds:,.1f} s of virtual time in {self.real_seconds:,.2f} s"
        )


def totals_of(journal: Iterable[Fact], *, virtual_seconds: float, real_seconds: float) -> Totals:
    """The totals of one service."""
    facts = list(journal)
    invocations = [fact for fact in facts if isinstance(fact, Invocation)]
    return Totals(
        services=1,
        environments=sum(isinstance(fact, EnvironmentStarted) for fact in facts),
        invocations=len(invocations),
        cold_starts=sum(each.cold_start for each in invocations),
        failures=sum(each.status != "success" for each in invocations),
        timeouts=sum(each.status == "timeout" for each in invocations),
        virtual_seconds=virtual_seconds,
        real_seconds=real_seconds,
    )
