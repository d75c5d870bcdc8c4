"""Whose time a thread sees: the test's, which only the test moves, and the public view of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pytest_lambda_env.simulation.instant import Instant, datetime_of
from pytest_lambda_env.simulation.timeline import Timeline


class ThreadClock(Protocol):
    """What the doors of :mod:`pytest_lambda_env.runtime` ask on behalf of the calling thread."""

    virtual_waits: bool
    """Whether monotonic clocks and waits are virtual too, or only the wall clock and ``sleep``."""

    def read(self, site: object) -> Instant:
        """The present instant. ``site`` says where in the code it was asked for."""

    def sleep(self, duration: int) -> None:
        """Let that many microseconds pass."""


class TestClock:
    """The time of the test's own thread: it stands still but for ``sleep``, ``advance`` and synchronous invokes.

    Waits and monotonic clocks stay real here, so that a test may wait for a real server thread, and
    ``asyncio`` and pytest's own timings work as ever.
    """

    __test__ = False  # not a test class, whatever its name suggests to pytest
    virtual_waits = False

    def __init__(self, timeline: Timeline, advance: Callable[[int], None]) -> None:
        self._timeline = timeline
        self.sleep = advance

    def read(self, site: object) -> Instant:
        """The timeline's present."""
        return self._timeline.now


class Clock:
    """The service's clock as a test reads it: ``aws_lambda.clock``.

    It moves only with a synchronous ``invoke`` (to that invocation's end), ``advance``, ``drain`` and
    ``time.sleep`` in the test.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    @property
    def now(self) -> datetime:
        """The present instant, an aware datetime in UTC."""
        return datetime_of(self._timeline.now)

    @property
    def start(self) -> datetime:
        """The instant at which the simulation began."""
        return datetime_of(self._timeline.start)

    @property
    def elapsed(self) -> timedelta:
        """The virtual time since the simulation began, exact to the microsecond."""
        return timedelta(microseconds=self._timeline.now - self._timeline.start)

    def __repr__(self) -> str:
        return f"<Clock {self.now.isoformat()}, {self.elapsed} after its start>"
