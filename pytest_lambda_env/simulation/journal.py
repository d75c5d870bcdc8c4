"""The one journal: every fact of a simulation, in the order in which it became known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

Fact = TypeVar("Fact")
Kind = TypeVar("Kind")


class Journal(Generic[Fact]):
    """An append-only list of facts. Reports, metrics and ``fn.invocations`` are folds over it."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []

    def record(self, fact: Fact) -> None:
        """Add a fact."""
        self._facts.append(fact)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The facts of one kind, oldest first."""
        return [fact for fact in self._facts if isinstance(fact, kind)]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __getitem__(self, index: int) -> Fact:
        return self._facts[index]
