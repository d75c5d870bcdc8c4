"""The virtual clock on its own: what its waiters promise."""

from __future__ import annotations

from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.virtual_clock import VirtualClock, Waiter


def begun_clock() -> VirtualClock:
    """A clock whose one thread runs until second 60."""
    clock = VirtualClock(deadline_reached=lambda: None, check=lambda: None)
    clock.begin(Instant(0), Instant(60 * SECOND))
    return clock


def test_a_wake_that_comes_before_the_wait_is_not_lost() -> None:
    """A thread that is notified after it has let go of its condition, and before it blocks, goes on at once."""
    clock = begun_clock()
    waiter = Waiter(clock)
    waiter.release()
    assert clock.wait(waiter, Instant(5 * SECOND))
    assert (clock.now, clock.running) == (0, 1)


def test_a_wait_after_such_a_wake_still_ends_at_its_own_time() -> None:
    """An early wake leaves the count of running threads right, so that the next wait jumps to its end."""
    clock = begun_clock()
    early = Waiter(clock)
    early.release()
    clock.wait(early, None)
    assert not clock.wait(Waiter(clock), Instant(5 * SECOND))
    assert (clock.now, clock.running) == (5 * SECOND, 1)


def test_a_wait_of_no_length_does_not_wait_for_other_threads() -> None:
    """``acquire(timeout=0)`` answers at once, also while another thread runs on or is blocked on a raw lock."""
    clock = begun_clock()
    clock.thread_started()
    assert not clock.wait(Waiter(clock), clock.now)
    assert (clock.now, clock.running) == (0, 2)


def test_a_notification_beats_a_wait_of_no_length() -> None:
    """A thread that was notified before it looks is not told that its time is up."""
    clock = begun_clock()
    waiter = Waiter(clock)
    waiter.release()
    assert clock.wait(waiter, clock.now)


def test_a_late_notification_of_an_expired_wait_does_nothing() -> None:
    """Waking a waiter whose time was up leaves the count of running threads alone."""
    clock = begun_clock()
    waiter = Waiter(clock)
    clock.wait(waiter, clock.now)
    waiter.release()
    assert clock.running == 1
