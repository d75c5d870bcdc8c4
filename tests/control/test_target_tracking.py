"""How much provisioned concurrency there is to be, by its use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.control.target_tracking import TargetTracking, next_capacity
from pytest_lambda_env.errors import UsageError

POLICIES = st.builds(
    lambda minimum, more, target: TargetTracking(minimum=minimum, maximum=minimum + more, target=target),
    st.integers(1, 50),
    st.integers(0, 200),
    st.floats(0.1, 0.9),
)
PEAKS = st.lists(st.integers(0, 300), max_size=15)


@given(policy=POLICIES, share=st.floats(0, 1), peaks=PEAKS)
def test_it_stays_within_its_bounds(policy: TargetTracking, share: float, peaks: list[int]) -> None:
    """Whatever the use was."""
    capacity = policy.minimum + round(share * (policy.maximum - policy.minimum))
    assert policy.minimum <= next_capacity(policy, capacity, peaks) <= policy.maximum


@given(policy=POLICIES, share=st.floats(0, 1), peaks=PEAKS, more=st.lists(st.integers(0, 50), min_size=15, max_size=15))
def test_more_use_never_gives_less(policy: TargetTracking, share: float, peaks: list[int], more: list[int]) -> None:
    """It is monotone in each minute's peak."""
    capacity = policy.minimum + round(share * (policy.maximum - policy.minimum))
    busier = [peak + extra for peak, extra in zip(peaks, more, strict=False)]
    assert next_capacity(policy, capacity, busier) >= next_capacity(policy, capacity, peaks)


@pytest.mark.parametrize(
    ("peaks", "capacity"),
    [
        ([8, 8], 10),
        ([8, 8, 8], 12),
        ([100, 8, 8, 8], 12),
        ([7, 8, 8], 10),
        ([200, 200, 200], 20),
        ([6] * 14, 10),
        ([6] * 15, 9),
        ([7, *[6] * 14], 10),
        ([0] * 15, 2),
    ],
)
def test_out_after_three_minutes_and_in_after_fifteen(peaks: list[int], capacity: int) -> None:
    """Ten environments that are to be 70% busy, between 2 and 20."""
    assert next_capacity(TargetTracking(minimum=2, maximum=20, target=0.7), 10, peaks) == capacity


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"minimum": 0, "maximum": 1}, "min_capacity=0"),
        ({"minimum": 3, "maximum": 2}, "1 <= min <= max"),
        ({"minimum": 1, "maximum": 2, "target": 0.95}, "target_utilization=0.95"),
    ],
)
def test_what_can_be_asked_for(values: dict[str, Any], message: str) -> None:
    """Anything else is refused by the names that the test used."""
    with pytest.raises(UsageError, match=message):
        TargetTracking(**values)
