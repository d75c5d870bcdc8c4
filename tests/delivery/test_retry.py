"""When a failed asynchronous event is tried again: pure decisions, no clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.delivery.retry import MAXIMUM_EVENT_AGE, retry_after_failure, retry_after_throttle
from pytest_lambda_env.simulation.instant import SECOND, Instant

instants = st.integers(0, 10**15).map(Instant)


@pytest.mark.fidelity("A01", "A03")
@pytest.mark.parametrize(("attempt", "delay"), [(1, 60), (2, 120), (3, None), (4, None)])
def test_two_retries_after_one_and_two_minutes(attempt: int, delay: int | None) -> None:
    """The first retry comes a minute after the failure, the second two, and then no more."""
    ended = Instant(5 * SECOND)
    expected = None if delay is None else ended + delay * SECOND
    assert retry_after_failure(attempt, ended, accepted=Instant(0)) == expected


@pytest.mark.fidelity("A07")
def test_throttles_back_off_from_a_second_to_five_minutes() -> None:
    """Each refusal doubles the pause, up to five minutes."""
    at = Instant(0)
    pauses = [(retry_after_throttle(number, at, at) or 0) // SECOND for number in range(1, 12)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(accepted=instants, age=st.integers(0, 2 * MAXIMUM_EVENT_AGE), attempt=st.integers(1, 100))
def test_no_attempt_after_six_hours(accepted: Instant, age: int, attempt: int) -> None:
    """Whatever failed or was throttled: no attempt begins when the event is older than six hours, or in the past."""
    now = Instant(accepted + age)
    for when in (retry_after_failure(attempt, now, accepted), retry_after_throttle(attempt, now, accepted)):
        assert when is None or now < when <= accepted + MAXIMUM_EVENT_AGE
