"""The execution environments of one function: which one serves a request, and when one is retired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pytest_lambda_env.model.facts import RetirementReason
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.timeline import Timeline


class RecordRetirement(Protocol):
    """What the pool tells of a retirement."""

    def __call__(self, environment: Environment, at: Instant, reason: RetirementReason) -> None:
        """An environment has just been retired, at an instant, for a reason."""


class Slot:
    """An environment's place in the pool: whether it is taken, and until when."""

    __slots__ = ("busy_until", "environment", "reaper_waits", "taken")

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.taken = True
        self.busy_until = Instant(0)
        self.reaper_waits = False


class EnvironmentPool:
    """One environment serves one request at a time (fidelity V20); the one used last is preferred.

    ``idle_timeout`` in microseconds of virtual time: an environment that was not used for so long is retired.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        create: Callable[[Instant], Environment],
        retired: RecordRetirement,
        idle_timeout: int,
    ) -> None:
        self._timeline = timeline
        self._create = create
        self._retired = retired
        self._idle_timeout = idle_timeout
        self._slots: list[Slot] = []
        self._doomed: dict[Slot, RetirementReason] = {}

    @property
    def environments(self) -> list[Environment]:
        """The environments there are, oldest first."""
        return [slot.environment for slot in self._slots if slot not in self._doomed]

    def busy(self, at: Instant) -> int:
        """How many environments are serving a request at an instant."""
        return sum(slot.taken or slot.busy_until > at for slot in self._slots)

    def acquire(self, at: Instant) -> tuple[Slot, bool]:
        """An environment for a request that starts at an instant, and whether it is a new one."""
        best: Slot | None = None
        for slot in self._slots:
            if slot.taken or slot.busy_until > at or slot in self._doomed:
                continue
            if best is None or slot.busy_until >= best.busy_until:
                best = slot
        if best is not None and at - best.busy_until < self._idle_timeout:
            best.taken = True
            return best, False
        slot = Slot(self._create(at))
        self._slots.append(slot)
        return slot, True

    def release(self, slot: Slot, until: Instant) -> None:
        """The request in ``slot`` has been served; in virtual time it is until ``until``."""
        slot.taken = False
        slot.busy_until = until
        if slot in self._doomed:
            self._retire(slot, until, self._doomed[slot])
        elif not slot.reaper_waits:
            slot.reaper_waits = True
            self._timeline.call_at(Instant(until + self._idle_timeout), lambda: self._reap(slot))

    def retire_all(self, at: Instant, reason: RetirementReason) -> None:
        """Retire every environment: idle ones now, the others when they have served their request (V48)."""
        for slot in list(self._slots):
            if slot.taken:
                self._doomed[slot] = reason
            else:
                self._retire(slot, at, reason)

    def _reap(self, slot: Slot) -> None:
        slot.reaper_waits = False
        if slot not in self._slots or slot.taken:
            return  # gone already, or `release` will send for the reaper again
        idle_at = Instant(slot.busy_until + self._idle_timeout)
        if idle_at <= self._timeline.now:
            self._retire(slot, self._timeline.now, "idle")
        else:
            slot.reaper_waits = True
            self._timeline.call_at(idle_at, lambda: self._reap(slot))

    def _retire(self, slot: Slot, at: Instant, reason: RetirementReason) -> None:
        self._slots.remove(slot)
        self._doomed.pop(slot, None)
        slot.environment.retire()
        self._retired(slot.environment, at, reason)
