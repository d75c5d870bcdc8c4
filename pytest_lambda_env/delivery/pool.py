"""The execution environments of one function version: which one serves a request, and when one is retired."""

from __future__ import annotations

from typing import Protocol

from pytest_lambda_env.delivery.shelf import Shelf, Slot
from pytest_lambda_env.model.facts import InitializationType, RetirementReason
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.timeline import Timeline


class MakeEnvironment(Protocol):
    """Makes a new, cold environment."""

    def __call__(self, at: Instant, initialization_type: InitializationType) -> Environment:
        """One that starts at an instant."""


class RecordRetirement(Protocol):
    """What the pool tells of a retirement."""

    def __call__(self, environment: Environment, at: Instant, reason: RetirementReason) -> None:
        """An environment has just been retired, at an instant, for a reason."""


class EnvironmentPool:
    """One environment serves one request at a time (fidelity V20); the one used last is preferred.

    Provisioned environments stand apart: they are made ahead, preferred, and never idle or too old (V28).
    ``idle_timeout`` and ``lifetime`` are microseconds of virtual time: an environment on demand that was not used for
    so long, or that has existed for so long, is retired. Neither is documented by AWS but as "a period of inactivity"
    and "every few hours".
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        create: MakeEnvironment,
        retired: RecordRetirement,
        idle_timeout: int,
        lifetime: int,
    ) -> None:
        self._timeline = timeline
        self._create = create
        self._retired = retired
        self._idle_timeout = idle_timeout
        self._lifetime = lifetime
        self._slots: dict[Slot, None] = {}
        self._on_demand, self._provisioned = Shelf(), Shelf()
        self._taken = {False: 0, True: 0}
        self._provisioned_peak = 0
        self._doomed: dict[Slot, RetirementReason] = {}

    @property
    def environments(self) -> list[Environment]:
        """The environments there are, oldest first."""
        return [slot.environment for slot in self._slots if slot not in self._doomed]

    def busy_on_demand(self, at: Instant) -> int:
        """How many environments on demand are serving a request at an instant."""
        return self._taken[False] + self._on_demand.busy(at)

    def busy_provisioned(self, at: Instant) -> int:
        """How many provisioned ones are."""
        return self._taken[True] + self._provisioned.busy(at)

    @property
    def provisioned(self) -> int:
        """How many provisioned environments there are."""
        return sum(slot.provisioned and slot not in self._doomed for slot in self._slots)

    def provisioned_peak(self, at: Instant) -> int:
        """The most provisioned environments that were busy at once since the last call."""
        peak, self._provisioned_peak = self._provisioned_peak, self.busy_provisioned(at)
        return max(peak, self._provisioned_peak)

    def take_provisioned(self, at: Instant) -> Slot | None:
        """A provisioned environment for a request that starts at an instant, if one is free."""
        slot = self._take(self._provisioned.take(at))
        if slot is not None:
            self._provisioned_peak = max(self._provisioned_peak, self.busy_provisioned(at))
        return slot

    def take_warm(self, at: Instant) -> Slot | None:
        """An environment on demand that is free and has not been idle, or there, for too long."""
        while (slot := self._on_demand.take(at)) is not None:
            if at - slot.busy_until >= self._idle_timeout:
                self._on_demand.put(slot)  # the reaper's, who comes when the timeline is there
                return None
            if at - slot.started < self._lifetime:
                return self._take(slot)
            self._retire(slot, at, "age")
        return None

    def start(self, at: Instant, initialization_type: InitializationType) -> Slot:
        """A new environment, taken by whoever starts it."""
        slot = Slot(self._create(at, initialization_type), at, provisioned=initialization_type != "on-demand")
        self._slots[slot] = None
        self._taken[slot.provisioned] += 1
        return slot

    def release(self, slot: Slot, until: Instant) -> None:
        """The request in ``slot`` has been served; in virtual time it is until ``until``."""
        slot.taken = False
        self._taken[slot.provisioned] -= 1
        slot.busy_until = until
        if slot in self._doomed:
            self._retire(slot, until, self._doomed[slot])
        elif slot.provisioned:
            self._provisioned.put(slot)
        elif until - slot.started >= self._lifetime:
            self._retire(slot, until, "age")
        else:
            self._on_demand.put(slot)
            if not slot.reaper_waits:
                slot.reaper_waits = True
                self._timeline.call_at(Instant(until + self._idle_timeout), lambda: self._reap(slot))

    def retire_all(self, at: Instant, reason: RetirementReason) -> None:
        """Retire every environment: idle ones now, the others when they have served their request (V48)."""
        self._retire_each(list(self._slots), at, reason)

    def retire_provisioned(self, at: Instant, reason: RetirementReason, number: int | None = None) -> None:
        """Retire that many provisioned environments, or all: idle ones first."""
        slots = [slot for slot in self._slots if slot.provisioned and slot not in self._doomed]
        slots.sort(key=lambda slot: (slot.taken, slot.busy_until))
        self._retire_each(slots[:number], at, reason)

    def retire(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        """Retire one environment: now, or when it has served its request."""
        self._retire_each([slot], at, reason)

    def _retire_each(self, slots: list[Slot], at: Instant, reason: RetirementReason) -> None:
        for slot in slots:
            if slot.taken:
                self._doomed[slot] = reason
            else:
                (self._provisioned if slot.provisioned else self._on_demand).remove(slot)
                self._retire(slot, at, reason)

    def _take(self, slot: Slot | None) -> Slot | None:
        if slot is not None:
            slot.taken = True
            self._taken[slot.provisioned] += 1
        return slot

    def _reap(self, slot: Slot) -> None:
        slot.reaper_waits = False
        if slot not in self._slots or slot.taken:
            return  # gone already, or `release` will send for the reaper again
        idle_at = Instant(slot.busy_until + self._idle_timeout)
        if idle_at <= self._timeline.now:
            self._on_demand.remove(slot)
            self._retire(slot, self._timeline.now, "idle")
        else:
            slot.reaper_waits = True
            self._timeline.call_at(idle_at, lambda: self._reap(slot))

    def _retire(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        del self._slots[slot]
        self._doomed.pop(slot, None)
        slot.environment.retire()
        self._retired(slot.environment, at, reason)
