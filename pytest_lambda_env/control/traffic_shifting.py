"""How a deployment moves an alias to a new version: CodeDeploy's preferences, as SAM names them. Pure.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.simulation.instant import SECOND

_CANARY = re.compile(r"Canary([1-9]\d?)Percent([1-9]\d*)Minutes?")
_LINEAR = re.compile(r"Linear([1-9]\d?)PercentEvery([1-9]\d*)Minutes?")
_MINUTE = 60 * SECOND


class Step(NamedTuple):
    """So long after the start (microseconds), the new version gets this share (0 to 1) of the requests."""

    after: int
    weight: float


def steps_of(preference: str) -> tuple[Step, ...]:
    """The steps of a preference; the last one has weight 1.

    ``AllAtOnce``, ``Canary10Percent5Minutes``, ``Linear10PercentEvery3Minutes``, any numbers in their places, with or
    without CodeDeploy's prefix ``CodeDeployDefault.Lambda``.

    >>> [(step.after // 60_000_000, step.weight) for step in steps_of("Canary10Percent5Minutes")]
    [(0, 0.1), (5, 1.0)]
    >>> [step.weight for step in steps_of("Linear25PercentEvery1Minute")]
    [0.25, 0.5, 0.75, 1.0]
    """
    name = preference.removeprefix("CodeDeployDefault.").removeprefix("Lambda")
    if name == "AllAtOnce":
        return (Step(0, 1.0),)
    canary, linear = _CANARY.fullmatch(name), _LINEAR.fullmatch(name)
    if canary is not None:
        percent, minutes = map(int, canary.groups())
        return (Step(0, percent / 100), Step(minutes * _MINUTE, 1.0))
    if linear is not None:
        percent, minutes = map(int, linear.groups())
        shares = [*range(percent, 100, percent), 100]
        return tuple(Step(number * minutes * _MINUTE, share / 100) for number, share in enumerate(shares))
    raise UsageError(
        f"preference={preference!r}: give AllAtOnce, or a name such as Canary10Percent5Minutes or "
        "Linear10PercentEvery3Minutes"
    )
