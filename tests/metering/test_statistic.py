"""CloudWatch's statistics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.metering.statistic import percentile, statistic

NUMBERS = st.lists(st.floats(0, 1e9), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 5),
        ("Sum", 150),
        ("Average", 30),
        ("Minimum", 10),
        ("Maximum", 60),
        ("p0", 10),
        ("p25", 20),
        ("p50", 25),
        ("p90", 50),
        ("p99.9", 59.9),
        ("p100", 60),
    ],
)
@pytest.mark.fidelity("ME19")
def test_the_statistics(name: str, value: float) -> None:
    """Of five values; percentiles lie on the line between two neighbours."""
    assert statistic(name)([60, 10, 25, 20, 35]) == pytest.approx(value, abs=1e-9)


@given(NUMBERS, st.floats(0, 100), st.floats(0, 100))
def test_percentiles_ascend_between_the_extremes(numbers: list[float], one: float, other: float) -> None:
    """A higher percentile is never a smaller value."""
    low, high = sorted((one, other))
    assert min(numbers) <= percentile(numbers, low) <= percentile(numbers, high) <= max(numbers)


@given(NUMBERS)
def test_the_average_lies_between_the_extremes(numbers: list[float]) -> None:
    """Nothing is lost in adding up."""
    total = statistic("Sum")(numbers)
    assert statistic("Average")(numbers) == total / len(numbers)
    assert statistic("p0")(numbers) == min(numbers)
    assert statistic("p100")(numbers) == max(numbers)
