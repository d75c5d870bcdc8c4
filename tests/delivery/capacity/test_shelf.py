"""The shelf against a plain list."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pytest_lambda_env.delivery.capacity.shelf import Shelf, Slot
from pytest_lambda_env.simulation.instant import Instant

INSTANTS = st.integers(0, 5).map(Instant)
NO_ENVIRONMENT: Any = None


class Shelves(RuleBasedStateMachine):
    """Whatever is put, taken and removed, in any order of instants."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.plain: list[Slot] = []

    @rule(until=INSTANTS)
    def put(self, until: Instant) -> None:
        """One is free from then on."""
        slot = Slot(NO_ENVIRONMENT, Instant(0), provisioned=False)
        slot.busy_until = until
        self.shelf.put(slot)
        self.plain.append(slot)

    @rule(at=INSTANTS)
    def take(self, at: Instant) -> None:
        """The one used last of those that are free; of several, the one put there last."""
        free = [slot for slot in self.plain if slot.busy_until <= at]
        expected = max(enumerate(free), key=lambda each: (each[1].busy_until, each[0]), default=(0, None))[1]
        assert self.shelf.take(at) is expected
        if expected is not None:
            self.plain.remove(expected)

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Any of them."""
        slot = data.draw(st.sampled_from(self.plain))
        self.shelf.remove(slot)
        self.plain.remove(slot)

    @invariant()
    def counts_agree(self) -> None:
        """How many there are, and how many of them are busy, at each instant."""
        assert len(self.shelf) == len(self.plain)
        for at in range(6):
            assert self.shelf.busy(Instant(at)) == sum(slot.busy_until > at for slot in self.plain)


TestShelf = Shelves.TestCase
