"""CodeDeploy's preferences as steps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.control.traffic_shifting import steps_of
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.simulation.instant import SECOND

MINUTE = 60 * SECOND


@pytest.mark.parametrize("prefix", ["", "CodeDeployDefault.", "CodeDeployDefault.Lambda"])
def test_the_names_that_codedeploy_and_sam_have(prefix: str) -> None:
    """With and without CodeDeploy's prefix."""
    assert steps_of(f"{prefix}AllAtOnce") == ((0, 1.0),)
    assert steps_of(f"{prefix}Canary10Percent30Minutes") == ((0, 0.1), (30 * MINUTE, 1.0))
    tenths = [share / 10 for share in range(1, 11)]
    assert [step.weight for step in steps_of(f"{prefix}Linear10PercentEvery1Minute")] == tenths
    assert [step.after // MINUTE for step in steps_of(f"{prefix}Linear10PercentEvery3Minutes")] == list(range(0, 28, 3))


@given(percent=st.integers(1, 99), minutes=st.integers(1, 10_000))
def test_steps_only_go_up_and_end_with_everything(percent: int, minutes: int) -> None:
    """No step gives more than the percentage of the name, and they are so many minutes apart."""
    for name in (f"Canary{percent}Percent{minutes}Minutes", f"Linear{percent}PercentEvery{minutes}Minutes"):
        steps = steps_of(name)
        assert steps[0] == (0, percent / 100)
        assert steps[-1].weight == 1.0
        for before, after in pairwise(steps):
            assert after.after - before.after == minutes * MINUTE
            assert before.weight < after.weight
            if name.startswith("Linear"):
                assert after.weight - before.weight <= percent / 100 + 1e-9


@pytest.mark.parametrize(
    "name",
    ["", "Canary", "Canary0Percent5Minutes", "Canary100Percent5Minutes", "Linear10PercentEvery0Minutes", "allatonce"],
)
def test_other_names_are_refused(name: str) -> None:
    """With examples of right ones."""
    with pytest.raises(UsageError, match="Canary10Percent5Minutes"):
        steps_of(name)
