"""CloudWatch's dimensions of Lambda's metrics: whose facts a metric is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.facts import (
    EventAccepted,
    EventEnded,
    Fact,
    Invocation,
    InvocationRefused,
    InvocationThrottled,
    RecordSent,
)

Counted = Invocation | InvocationThrottled | InvocationRefused | EventAccepted | EventEnded | RecordSent
"""The facts that have dimensions."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """One of the sets that Lambda emits: none (the region), a function, its resource, its resource and version.

    ``resource`` is as CloudWatch spells it: ``orders:live``, ``orders:1``, or ``orders`` for requests that name no
    qualifier. A request counts for the resource that it named, and for no other: a request to an alias is not in the
    numbers of the version that it ran. ``executed_version`` tells the versions of an alias apart, and is emitted for
    aliases only.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html

    Raises ``UsageError`` for a combination that Lambda does not emit.
    """

    function_name: str | None = None
    resource: str | None = None
    executed_version: str | None = None

    def __post_init__(self) -> None:
        if self.executed_version is not None and self.resource is None:
            raise UsageError("executed_version goes with function_name and resource: the alias that ran the version.")
        if self.resource is None:
            return
        if self.function_name is None:
            name = self.resource.partition(":")[0]
            raise UsageError(f"resource goes with a function_name: add function_name={name!r}.")
        if self.resource.partition(":")[0] != self.function_name:
            raise UsageError(
                f"resource={self.resource!r} is none of the function {self.function_name!r}; "
                f"did you mean {self.function_name + ':' + self.resource.rpartition(':')[2]!r}?"
            )

    @property
    def qualifier(self) -> str | None:
        """The version or alias of the resource; None for the function itself."""
        return (self.resource or "").partition(":")[2] or None

    def of(self, facts: Iterable[Fact]) -> Iterator[Counted]:
        """The facts that these dimensions are about."""
        ran = _versions(facts) if self.executed_version is not None else {}
        for fact in facts:
            if not isinstance(fact, Counted):
                continue
            if self.function_name is not None and fact.function_name != self.function_name:
                continue
            if self.resource is not None and fact.qualifier != self.qualifier:
                continue
            if self.executed_version is not None and not self._ran(fact, ran):
                continue
            yield fact

    def _ran(self, fact: Counted, ran: dict[tuple[str, str], str]) -> bool:
        """Whether it was for a version of an alias. What is said of an event goes by the version that it ran last."""
        qualifier = fact.qualifier
        if qualifier is None or qualifier == "$LATEST" or qualifier.isdigit():
            return False
        if isinstance(fact, InvocationThrottled):
            return fact.version == self.executed_version
        if isinstance(fact, Invocation):
            return fact.executed_version == self.executed_version
        return ran.get((fact.function_name, fact.request_id)) == self.executed_version


def _versions(facts: Iterable[Fact]) -> dict[tuple[str, str], str]:
    return {
        (fact.function_name, fact.request_id): fact.executed_version for fact in facts if isinstance(fact, Invocation)
    }
