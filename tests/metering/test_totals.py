"""The sum of a session, as one line."""

from __future__ import annotations

import pytest

from pytest_lambda_env.metering.totals import Totals


@pytest.mark.parametrize(
    ("totals", "counts", "times"),
    [
        (
            Totals(services=1, environments=1, invocations=1, cold_starts=1, virtual_seconds=0.25, real_seconds=0.004),
            "1 invocation in 1 environment: 1 cold, 0 warm; 1 succeeded, 0 failed, 0 timed out",
            "0.2 s of virtual time in 0.00 s",
        ),
        (
            Totals(invocations=1_234, environments=20, cold_starts=34, failures=7, timeouts=4, virtual_seconds=95.5),
            "1,234 invocations in 20 environments: 34 cold, 1200 warm; 1227 succeeded, 3 failed, 4 timed out",
            "1 min 36 s of virtual time in 0.00 s",
        ),
        (
            Totals(services=1, environments=1, invocations=2, cold_starts=1, left_behind=3),
            "2 invocations in 1 environment: 1 cold, 1 warm; 2 succeeded, 0 failed, 0 timed out; 3 left behind",
            "0.0 s of virtual time in 0.00 s",
        ),
        (
            Totals(virtual_seconds=90_061, real_seconds=1.5),
            "0 invocations in 0 environments: 0 cold, 0 warm; 0 succeeded, 0 failed, 0 timed out",
            "25 h 1 min 1 s of virtual time in 1.50 s",
        ),
    ],
)
def test_totals_read_as_one_line(totals: Totals, counts: str, times: str) -> None:
    """Failures are told apart from timeouts, and long spans of virtual time are in hours and minutes."""
    assert str(totals) == f"{counts}; {times}"
