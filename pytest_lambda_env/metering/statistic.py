"""CloudWatch's statistics: many values of a period to one."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence

from pytest_lambda_env.errors import NotModelled, UsageError

Statistic = Callable[[Sequence[float]], float]

_STATISTICS: dict[str, Statistic] = {
    "SampleCount": lambda values: float(len(values)),
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")
_TRIMMED = re.compile(r"(tm|wm|tc|ts|pr)\d|(TM|WM|TC|TS|PR)\(|IQM$")


def statistic(name: str) -> Statistic:
    """``Sum``, ``Average``, ``Minimum``, ``Maximum``, ``SampleCount``, or a percentile: ``p50``, ``p99.9``.

    Raises ``UsageError`` for another name and ``NotModelled`` for CloudWatch's trimmed statistics.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    """
    if name in _STATISTICS:
        return _STATISTICS[name]
    if found := _PERCENTILE.fullmatch(name):
        percent = float(found[1])
        return lambda values: percentile(values, percent)
    if _TRIMMED.match(name):
        raise NotModelled(f"The statistic {name!r} is not modelled; use a percentile such as 'p99'.")
    near = difflib.get_close_matches(name, _STATISTICS, n=1, cutoff=0.3)
    hint = f"did you mean {near[0]!r}?" if near else f"it is one of {', '.join(_STATISTICS)}, or a percentile: 'p99.9'."
    raise UsageError(f"There is no statistic {name!r}; {hint}")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which ``percent`` of the values lie.

    CloudWatch does not publish its rule. Here values are sorted, the first is ``p0`` and the last ``p100``, and between
    two neighbours it is interpolated linearly: of n values, the one at ``(n - 1) * percent / 100`` from the first.
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    if below + 1 >= len(ordered):
        return ordered[-1]
    lower, upper = ordered[below], ordered[below + 1]
    return min(lower + (place - below) * (upper - lower), upper)  # rounding could pass the upper one
