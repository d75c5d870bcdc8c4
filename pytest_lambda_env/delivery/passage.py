"""How time passes for whoever asks: the test, or a handler in the middle of its own branch; virtually or really."""

from __future__ import annotations

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.real_clock import real_now, real_sleep
from pytest_lambda_env.simulation.timeline import Timeline


class Passage:
    """Moves a timeline. ``real``: the timeline follows the machine's clock instead of being moved."""

    def __init__(self, timeline: Timeline, *, real: bool) -> None:
        self.timeline = timeline
        self._real = real

    def present(self) -> Instant:
        """The caller's now."""
        clock = current.clock
        if clock is not None and clock.virtual_waits:
            return clock.read(None)
        if self._real:
            self.timeline.run_until(real_now())
        return self.timeline.now

    def reach(self, when: Instant) -> None:
        """The caller has waited until an instant, which in real time has come by itself."""
        clock = current.clock
        if clock is not None and clock.virtual_waits:
            clock.sleep(max(0, when - clock.read(None)))
        else:
            self.timeline.run_until(when)

    def sleep(self, duration: int) -> None:
        """The test lets that many microseconds pass, and everything run that is due."""
        self.run_until(Instant(self.present() + duration))

    def run_until(self, when: Instant) -> None:
        """The test waits until an instant."""
        while self._real and (wait := when - real_now()) > 0:
            upcoming = self.timeline.peek()
            real_sleep(wait if upcoming is None else min(wait, max(0, upcoming - real_now())))
            self.timeline.run_until(real_now())
        self.timeline.run_until(when)
