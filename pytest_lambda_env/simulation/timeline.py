"""The one timeline: everything that will happen, in order.

Tried and rejected: ticking in small steps (walks through empty hours), floating-point seconds (20,000 times
0.01 s is not 200 s), ordering by callback (total order comes from a counter instead).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from pytest_lambda_env.simulation.instant import Instant


@dataclass(slots=True, order=True)
class Appointment:
    """A callback that waits for its instant. ``cancel()`` forgets it."""

    when: Instant
    sequence: int
    callback: Callable[[], object] | None = field(compare=False)
    purpose: str | None = field(compare=False)
    """What the work is, for messages; None for housekeeping, which ``drain`` does not wait for."""

    def cancel(self) -> None:
        """Forget the callback. Cancelling twice, or after it ran, does nothing."""
        self.callback = None


class Timeline:
    """A heap of appointments and the present instant.

    Appointments of one instant run in the order in which they were made.
    """

    def __init__(self, start: Instant) -> None:
        self.start = start
        self.now = start
        self._appointments: list[Appointment] = []
        self._sequence = count()

    def call_at(self, when: Instant, callback: Callable[[], object], *, purpose: str | None = None) -> Appointment:
        """Run ``callback`` at ``when``, or at once on the next step if that has passed.

        ``purpose`` says what it is for; None marks housekeeping.
        """
        appointment = Appointment(when, next(self._sequence), callback, purpose)
        heapq.heappush(self._appointments, appointment)
        return appointment

    def peek(self) -> Instant | None:
        """The instant of the next appointment, or None when nothing is to come."""
        while self._appointments and self._appointments[0].callback is None:
            heapq.heappop(self._appointments)
        return self._appointments[0].when if self._appointments else None

    def work(self) -> Appointment | None:
        """The earliest appointment that is not housekeeping, or None."""
        return min((each for each in self._appointments if each.callback and each.purpose), default=None)

    def step(self) -> None:
        """Go to the next appointment and run it. The only place where ``now`` moves; it never moves back."""
        appointment = heapq.heappop(self._appointments)
        if appointment.callback is None:
            return
        self.now = max(self.now, appointment.when)
        callback, appointment.callback = appointment.callback, None
        callback()

    def run_until(self, when: Instant) -> None:
        """Run everything that is due up to and including ``when``; afterwards ``now`` is at least ``when``.

        What callbacks add for instants up to ``when`` runs too.
        """
        while True:
            upcoming = self.peek()
            if upcoming is None or upcoming > when:
                break
            self.step()
        if self.now < when:
            self.call_at(when, _arrive)
            self.step()


def _arrive() -> None:
    """Nothing happens; time has merely come this far."""
