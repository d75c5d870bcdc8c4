"""The execution environments of one function version: which one serves a request, and when one is retired."""

from __future__ import annotations

from typing import Protocol

from pytest_lambda_env.delivery.capacity.shelf import Shelf, Slot
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

    What is to be retired while it serves a request ends that first, and counts until then (V48).

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
        # By whether they are provisioned:
        self._ready = {False: Shelf(), True: Shelf()}
        self._taken = {False: 0, True: 0}
        self._leaving = Shelf()  # they only end the request that they serve, in virtual time
        self._provisioned_peak = 0
        self._doomed: dict[Slot, RetirementReason] = {}

    @property
    def environments(self) -> list[Environment]:
        """The environments there are, oldest first."""
        return [slot.environment for slot in self._slots if slot not in self._doomed]

    @property
    def in_use(self) -> bool:
        """Whether there is any environment, and be it one that only ends its request."""
        return bool(self._slots)

    def busy_on_demand(self, at: Instant) -> int:
        """How many environments on demand are serving a request at an instant.

        Provisioned ones that will be retired after their request belong to them already.
        """
        return self._taken[False] + self._ready[False].busy(at) + self._leaving.busy(at)

    def busy_provisioned(self, at: Instant) -> int:
        """How many provisioned ones are."""
        return self._taken[True] + self._ready[True].busy(at)

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
        slot = self._take(self._ready[True].take(at))
        if slot is not None:
            self._provisioned_peak = max(self._provisioned_peak, self.busy_provisioned(at))
        return slot

    def take_warm(self, at: Instant) -> Slot | None:
        """An environment on demand that is free and has not been idle, or there, for too long."""
        shelf, expired = self._ready[False], []
        while (slot := shelf.take(at)) is not None and at >= self._expiry(slot)[0]:
            expired.append(slot)
        for each in reversed(expired):
            shelf.put(each)  # the reaper's, who comes when the timeline is there
        return self._take(slot)

    def start(self, at: Instant, initialization_type: InitializationType) -> Slot:
        """A new environment, taken by whoever starts it."""
        slot = Slot(self._create(at, initialization_type), at, provisioned=initialization_type != "on-demand")
        self._slots[slot] = None
        self._taken[slot.provisioned] += 1
        return slot

    def release(self, slot: Slot, until: Instant) -> None:
        """The request in ``slot`` has been served; in virtual time it is until ``until``."""
        if slot not in self._slots:
            return  # the pool was closed meanwhile
        slot.taken = False
        self._taken[slot.provisioned] -= 1
        slot.busy_until = until
        if slot in self._doomed:
            self._leave(slot, self._timeline.now, self._doomed[slot])
        elif slot.provisioned:
            self._ready[True].put(slot)
        elif until - slot.started >= self._lifetime:
            self._leave(slot, self._timeline.now, "age")
        else:
            self._ready[False].put(slot)
            if not slot.reaper_waits:
                self._send_for_the_reaper(slot)

    def retire_all(self, at: Instant, reason: RetirementReason) -> None:
        """Retire every environment: idle ones now, the others when they have served their request (V48)."""
        self._retire_each(list(self._slots), at, reason)

    def retire_provisioned(self, at: Instant, reason: RetirementReason, number: int | None = None) -> None:
        """Retire that many provisioned environments, or all: idle ones first."""
        slots = [slot for slot in self._slots if slot.provisioned and slot not in self._doomed]
        slots.sort(key=lambda slot: (slot.taken, slot.busy_until))
        self._retire_each(slots[:number], at, reason)

    def retire_from(self, task_root: str, at: Instant, reason: RetirementReason) -> bool:
        """Retire the environments that run the code of one directory; whether there were any."""
        slots = [slot for slot in self._slots if slot not in self._doomed and slot.environment.task_root == task_root]
        self._retire_each(slots, at, reason)
        return bool(slots)

    def retire(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        """Retire one environment: now, or when it has served its request."""
        self._retire_each([slot], at, reason)

    def close(self, at: Instant) -> None:
        """Retire every environment there is, whatever it does."""
        for slot in list(self._slots):
            self._retire(slot, at, "service closed")

    def _retire_each(self, slots: list[Slot], at: Instant, reason: RetirementReason) -> None:
        for slot in slots:
            if slot in self._doomed:
                continue
            if slot.taken:
                self._taken[slot.provisioned] -= 1
                self._taken[False] += 1
                self._doomed[slot] = reason
            else:
                self._ready[slot.provisioned].remove(slot)
                self._leave(slot, at, reason)
            slot.provisioned = False

    def _leave(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        """Retire one that nothing will take any more: when its request has ended in virtual time."""
        if slot.busy_until <= at:
            self._retire(slot, at, reason)
            return
        self._doomed[slot] = reason
        self._leaving.put(slot)
        self._timeline.call_at(slot.busy_until, lambda: self._left(slot, reason))

    def _left(self, slot: Slot, reason: RetirementReason) -> None:
        if slot in self._slots:
            self._leaving.remove(slot)
            self._retire(slot, slot.busy_until, reason)

    def _take(self, slot: Slot | None) -> Slot | None:
        if slot is not None:
            slot.taken = True
            self._taken[slot.provisioned] += 1
        return slot

    def _expiry(self, slot: Slot) -> tuple[Instant, RetirementReason]:
        """When one on demand is to be retired, unless it is used before, and why."""
        idle, old = slot.busy_until + self._idle_timeout, slot.started + self._lifetime
        return (Instant(idle), "idle") if idle <= old else (Instant(old), "age")

    def _send_for_the_reaper(self, slot: Slot) -> None:
        slot.reaper_waits = True
        self._timeline.call_at(self._expiry(slot)[0], lambda: self._reap(slot))

    def _reap(self, slot: Slot) -> None:
        slot.reaper_waits = False
        if slot not in self._slots or slot in self._doomed or slot.taken:
            return  # going or gone already, or `release` will send for the reaper again
        expiry, reason = self._expiry(slot)
        if expiry <= self._timeline.now:
            self._ready[False].remove(slot)
            self._retire(slot, self._timeline.now, reason)
        else:
            self._send_for_the_reaper(slot)

    def _retire(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        del self._slots[slot]
        self._doomed.pop(slot, None)
        slot.environment.retire()
        self._retired(slot.environment, at, reason)
