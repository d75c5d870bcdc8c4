"""When a failed asynchronous event is tried again: pure decisions, no clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.delivery.asynchronous.retry import GiveUp, TryAgain, after_failure, after_refusal
from pytest_lambda_env.model.event_invoke_config import DEFAULT, EventInvokeConfig
from pytest_lambda_env.simulation.instant import SECOND, Instant

instants = st.integers(0, 10**15).map(Instant)
configs = st.builds(
    EventInvokeConfig,
    maximum_retry_attempts=st.none() | st.integers(0, 2),
    maximum_event_age_in_seconds=st.none() | st.integers(60, 21_600),
)


@pytest.mark.fidelity("A01", "A03")
@pytest.mark.parametrize(("attempts", "delay"), [(1, 60), (2, 120), (3, None), (4, None)])
def test_two_retries_after_one_and_two_minutes(attempts: int, delay: int | None) -> None:
    """The first retry comes a minute after the failure, the second two, and then no more."""
    ended = Instant(5 * SECOND)
    expected = GiveUp("RetriesExhausted") if delay is None else TryAgain(Instant(ended + delay * SECOND))
    assert after_failure(DEFAULT, attempts, ended, accepted=Instant(0)) == expected


@pytest.mark.fidelity("A02")
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_as_many_retries_as_configured(retries: int) -> None:
    """The attempt after the last retry is not made."""
    config = EventInvokeConfig(maximum_retry_attempts=retries)
    assert isinstance(after_failure(config, retries + 1, Instant(0), Instant(0)), GiveUp)
    assert not retries or isinstance(after_failure(config, retries, Instant(0), Instant(0)), TryAgain)


@pytest.mark.fidelity("A08")
@pytest.mark.parametrize(("age", "attempts"), [(60, 1), (90, 2), (180, 2), (181, 3)])
def test_the_age_is_looked_up_ahead(age: int, attempts: int) -> None:
    """What would be too old at its next attempt is given up at once."""
    config = EventInvokeConfig(maximum_event_age_in_seconds=age)
    now, made = Instant(0), 1
    while isinstance(decision := after_failure(config, made, now, Instant(0)), TryAgain):
        now, made = decision.at, made + 1
    assert made == attempts
    assert decision.condition == ("RetriesExhausted" if attempts == 3 else "EventAgeExceeded")


@pytest.mark.fidelity("A07")
def test_throttles_back_off_from_a_second_to_five_minutes() -> None:
    """Each refusal doubles the pause, up to five minutes."""
    decisions = [after_refusal(DEFAULT, number, Instant(0), Instant(0)) for number in range(1, 12)]
    pauses = [decision.at // SECOND for decision in decisions if isinstance(decision, TryAgain)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(config=configs, accepted=instants, age=st.integers(0, 2 * 21_600 * SECOND), attempts=st.integers(1, 100))
def test_no_attempt_beyond_the_age(config: EventInvokeConfig, accepted: Instant, age: int, attempts: int) -> None:
    """Whatever failed or was throttled: no attempt begins when the event is older than allowed, or in the past."""
    now = Instant(accepted + age)
    for decision in (after_failure(config, attempts, now, accepted), after_refusal(config, attempts, now, accepted)):
        if isinstance(decision, TryAgain):
            assert now < decision.at < accepted + config.event_age
        else:
            assert decision.condition in ("RetriesExhausted", "EventAgeExceeded")


@given(accepted=instants, age=st.integers(0, 21_600 * SECOND), attempts=st.integers(1, 3))
def test_retries_are_exhausted_before_the_age_counts(accepted: Instant, age: int, attempts: int) -> None:
    """The last allowed attempt ends an event by its retries, however old it is."""
    config = EventInvokeConfig(maximum_retry_attempts=attempts - 1)
    assert after_failure(config, attempts, Instant(accepted + age), accepted) == GiveUp("RetriesExhausted")
