"""The one journal: every fact of a simulation, in the order in which it became known."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar, overload

Fact = TypeVar("Fact")
Kind = TypeVar("Kind")


class Journal(Generic[Fact]):
    """A list of facts that only grows at its end. Reports, metrics and ``fn.invocations`` are folds over it.

    It keeps the last ``limit`` facts, 0 for all. Earlier ones are dropped, counted, and given to ``forget`` a last
    time, so that sums stay right; length, indices and iteration are those of the facts that are still there.
    """

    def __init__(self, limit: int = 0, forget: Callable[[Fact], None] = lambda _: None) -> None:
        self.dropped = 0
        """How many facts are not there any more."""
        self._limit = limit
        self._forget = forget
        self._facts: deque[Fact] = deque()

    def record(self, fact: Fact) -> None:
        """Add a fact."""
        self._facts.append(fact)
        if len(self._facts) > self._limit > 0:
            self._forget(self._facts.popleft())
            self.dropped += 1

    @property
    def position(self) -> int:
        """How many facts were ever recorded."""
        return self.dropped + len(self._facts)

    def since(self, position: int) -> Iterator[Fact]:
        """The facts recorded after an earlier ``position``, as far as they are still there."""
        return islice(self._facts, max(0, position - self.dropped), None)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The facts of one kind, oldest first."""
        return [fact for fact in self._facts if isinstance(fact, kind)]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    @overload
    def __getitem__(self, index: int) -> Fact: ...

    @overload
    def __getitem__(self, index: slice) -> list[Fact]: ...

    def __getitem__(self, index: int | slice) -> Fact | list[Fact]:
        return list(self._facts)[index] if isinstance(index, slice) else self._facts[index]
