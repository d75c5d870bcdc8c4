"""How fast concurrency may grow."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_lambda_env.delivery.capacity.ramp import PER_FUNCTION, Ramp, ScalingRate, regional_rate
from pytest_lambda_env.simulation.instant import SECOND, Instant

RATES = st.builds(
    lambda burst, refill, period: ScalingRate(burst=burst, refill=refill, period=period),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(1, 50),
)


@given(rate=RATES, waits=st.lists(st.integers(-20, 60), max_size=60))
def test_never_more_than_burst_and_refill(rate: ScalingRate, waits: list[int]) -> None:
    """In no span of time, whatever the order in which branches of the timeline ask."""
    ramp, now, given_at = Ramp(rate), 1_000_000, []
    for wait in waits:
        now += wait
        if ramp.take(Instant(now)):
            given_at.append(now)
    latest = 0
    running = [latest := max(latest, at) for at in given_at]  # one who asks in the past refills nothing
    for first, start in enumerate(running):
        for last in range(first, len(running)):
            allowed = rate.burst + rate.refill * (running[last] - start) / rate.period
            assert last - first + 1 <= allowed


@given(rate=RATES, seconds=st.integers(0, 200))
def test_who_takes_all_gets_all(rate: ScalingRate, seconds: int) -> None:
    """Burst at once, and then each token as soon as it is there, without one lost to rounding."""
    assume(rate.period - 1 + rate.refill <= rate.burst * rate.period)  # or the bucket runs over between two looks
    ramp, taken = Ramp(rate), 0
    for now in range(seconds + 1):
        while ramp.take(Instant(now)):
            taken += 1
        assert taken == rate.burst + rate.refill * now // rate.period


def test_a_pause_refills_no_more_than_the_burst() -> None:
    """An hour later there are as many as at first."""
    ramp = Ramp(PER_FUNCTION)

    def all_at(seconds: int) -> int:
        count = 0
        while ramp.take(Instant(seconds * SECOND)):
            count += 1
        return count

    assert [all_at(seconds) for seconds in (0, 0, 1, 5, 3_605, 3_605, 3_615)] == [1_000, 0, 100, 400, 1_000, 0, 1_000]


@pytest.mark.parametrize(
    ("region", "burst"),
    [("us-east-1", 3_000), ("us-west-2", 3_000), ("eu-west-1", 3_000), ("us-east-2", 1_000), ("eu-north-1", 500)],
)
def test_the_burst_of_a_region(region: str, burst: int) -> None:
    """By region, and then 500 a minute in each."""
    rate = regional_rate(region)
    assert (rate.burst, rate.refill, rate.period) == (burst, 500, 60 * SECOND)
