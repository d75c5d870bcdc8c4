"""The timeline: order, progress, and what is left to do."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.timeline import Timeline

instants = st.integers(0, 1_000).map(Instant)


@given(st.lists(instants), instants)
def test_everything_due_runs_in_order_and_nothing_else(whens: list[Instant], until: Instant) -> None:
    """``run_until`` runs what is due up to an instant, by instant and then by the order in which it was asked for."""
    timeline = Timeline(Instant(0))
    ran: list[tuple[Instant, int]] = []
    for number, when in enumerate(whens):
        timeline.call_at(when, partial(ran.append, (when, number)))
    timeline.run_until(until)
    assert ran == sorted((when, number) for number, when in enumerate(whens) if when <= until)
    assert timeline.now == until


@given(st.lists(st.tuples(instants, instants)))
def test_time_never_runs_backwards(steps: list[tuple[Instant, Instant]]) -> None:
    """Appointments in the past run at the present; the present only grows."""
    timeline = Timeline(Instant(0))
    seen = [timeline.now]
    for when, until in steps:
        timeline.call_at(when, lambda: seen.append(timeline.now))
        timeline.run_until(until)
        seen.append(timeline.now)
    assert seen == sorted(seen)


def test_callbacks_may_ask_for_more() -> None:
    """What a callback adds for an instant that is already due runs in the same ``run_until``."""
    timeline = Timeline(Instant(0))
    ran: list[Instant] = []

    def again() -> None:
        ran.append(timeline.now)
        if len(ran) < 5:
            timeline.call_at(Instant(timeline.now + 10), again)

    timeline.call_at(Instant(10), again)
    timeline.run_until(Instant(35))
    assert ran == [10, 20, 30]
    assert timeline.peek() == 40


def test_a_cancelled_appointment_never_runs() -> None:
    """Cancelling forgets the callback, also for ``peek``."""
    timeline = Timeline(Instant(0))
    ran: list[str] = []
    timeline.call_at(Instant(5), lambda: ran.append("cancelled")).cancel()
    timeline.call_at(Instant(9), lambda: ran.append("kept"))
    assert timeline.peek() == 9
    timeline.run_until(Instant(10))
    assert ran == ["kept"]


def test_work_is_told_from_housekeeping() -> None:
    """``work`` is the earliest appointment with a purpose; without a purpose it is housekeeping."""
    timeline = Timeline(Instant(0))
    timeline.call_at(Instant(1), lambda: None)
    assert timeline.work() is None
    timeline.call_at(Instant(7), lambda: None, purpose="later")
    timeline.call_at(Instant(3), lambda: None, purpose="sooner")
    work = timeline.work()
    assert work is not None
    assert (work.when, work.purpose) == (3, "sooner")
