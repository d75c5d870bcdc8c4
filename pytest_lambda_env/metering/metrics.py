"""CloudWatch's metrics of Lambda (the namespace ``AWS/Lambda``): a fold over the journal, made when asked for."""

from __future__ import annotations

import difflib
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pytest_lambda_env.errors import LambdaEnvWarning, UsageError
from pytest_lambda_env.metering.dimensions import Dimensions
from pytest_lambda_env.metering.samples import ELSEWHERE, METRICS, Asked, Metric, Samples, Unit
from pytest_lambda_env.metering.statistic import statistic as statistic_named
from pytest_lambda_env.model.facts import Fact
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, instant_of

_DIMENSIONS = ("function_name", "resource", "executed_version")
_OPTIONS = {"get": ("period", "statistic", "start", "end"), "value": ("statistic",)}
_MINUTE = 60
"""Lambda sends its metrics once a minute: they have CloudWatch's standard resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """One period's value; ``timestamp`` (UTC) is when the period begins."""

    timestamp: datetime
    value: float
    unit: Unit


class Metrics:
    """The metrics of one service. Each question looks at the journal anew, so the answer is always the present one.

    ``reservations`` are reserved concurrency by the function's name, as they are set now: what was set earlier is
    not known. ``dropped`` is how many facts the journal has lost to its limit; when there are any, every
    question warns (:class:`LambdaEnvWarning`), for its answer lacks them.

    Dimensions are AWS's: ``function_name``; with it ``resource`` (``"orders:live"``, ``"orders:1"``; ``"orders"`` for
    requests without a qualifier); with both ``executed_version``, to tell apart the versions of a weighted alias.
    Without any, the metric is the whole region's. Throttled requests are no invocations and no errors; an
    invocation's samples carry the time at which it began, also those of an error at its end; ``Errors`` and
    ``Throttles`` have a sample of 0 for an invocation without, so their ``Average`` is a rate.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html, fidelity ME01 to ME20
    """

    def __init__(
        self,
        journal: Iterable[Fact],
        *,
        reservations: Callable[[], Mapping[str, int]] = dict,
        dropped: Callable[[], int] = lambda: 0,
    ) -> None:
        self._journal = journal
        self._reservations = reservations
        self._dropped = dropped

    @property
    def names(self) -> tuple[str, ...]:
        """AWS's names of the metrics that there are."""
        return tuple(METRICS)

    def get(
        self,
        name: str,
        *,
        function_name: str | None = None,
        resource: str | None = None,
        executed_version: str | None = None,
        period: int = _MINUTE,
        statistic: str = "Sum",
        start: datetime | None = None,
        end: datetime | None = None,
        **unknown: object,
    ) -> list[Datapoint]:
        """A metric over time, oldest first; a period in which nothing was recorded has no data point.

        ``period`` is in seconds, a multiple of 60; periods begin at multiples of it since 1970. ``statistic`` is
        ``Sum``, ``Average``, ``Minimum``, ``Maximum``, ``SampleCount`` or a percentile (``p99.9``). ``Sum`` is meant
        for counts, ``Maximum`` for concurrency and ages, ``Average`` and percentiles for ``Duration``; CloudWatch
        answers any, and so does this. ``start`` (rounded down to a minute) and ``end`` (not included) say which
        minutes count, by default all; datetimes without a time zone are UTC.

        Raises ``UsageError`` for a name, statistic, period or set of dimensions that there is not, and
        ``NotModelled`` for the trimmed statistics.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
        """
        self._check("get", unknown)
        metric = _metric(name)
        summed_up = statistic_named(statistic)
        _check_period(period)
        first = -math.inf if start is None else instant_of(start) // (_MINUTE * SECOND)
        beyond = math.inf if end is None else -(-instant_of(end) // (_MINUTE * SECOND))
        length = period * SECOND
        periods: dict[int, list[float]] = {}
        for at, value in self._samples(name, metric, Dimensions(function_name, resource, executed_version)):
            if first <= at // (_MINUTE * SECOND) < beyond:
                periods.setdefault(at // length, []).append(value)
        return [
            Datapoint(timestamp=datetime_of(Instant(number * length)), value=float(summed_up(values)), unit=metric.unit)
            for number, values in sorted(periods.items())
        ]

    def value(
        self,
        name: str,
        *,
        function_name: str | None = None,
        resource: str | None = None,
        executed_version: str | None = None,
        statistic: str | None = None,
        **unknown: object,
    ) -> float:
        """A metric over all time, as one number.

        By default the statistic that AWS says to view it by: ``Sum`` for counts, ``Maximum`` for concurrency and
        ages, ``Average`` for ``Duration``. Without any sample, counts and concurrency are 0.

        Raises what :meth:`get` raises, and ``UsageError`` where durations or ages have no sample.
        """
        self._check("value", unknown)
        metric = _metric(name)
        summed_up = statistic_named(statistic or metric.statistic)
        where = Dimensions(function_name, resource, executed_version)
        values = [value for _, value in self._samples(name, metric, where)]
        if not values and metric.unit == "Milliseconds" and statistic not in ("Sum", "SampleCount"):
            raise UsageError(f"{name} has no value: no such invocation was recorded. Look with get() first.")
        return float(summed_up(values)) if values else 0.0

    def _check(self, method: str, unknown: Mapping[str, object]) -> None:
        """Refuse dimensions and options that there are not, and warn where facts are missing."""
        known = (*_DIMENSIONS, *_OPTIONS[method])
        for name in unknown:
            said = _snake(name)
            near = [each for each in known if len(said) > 2 and said in each]
            near += difflib.get_close_matches(said, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the dimensions are {', '.join(_DIMENSIONS)}."
            raise UsageError(f"metrics.{method}() has no dimension and no option {name!r}; {hint}")
        if dropped := self._dropped():
            warnings.warn(
                f"The metrics lack the journal's first {dropped} facts: "
                "journal_limit (--lambda-journal-limit) drops them",
                LambdaEnvWarning,
                stacklevel=3,
            )

    def _samples(self, name: str, metric: Metric, dimensions: Dimensions) -> Samples:
        if metric.regional and dimensions != Dimensions():
            raise UsageError(f"{name} is the whole region's and has no dimensions.")
        return metric.samples(Asked(list(self._journal), dimensions, self._reservations()))


def _metric(name: str) -> Metric:
    if name in METRICS:
        return METRICS[name]
    if name in ELSEWHERE:
        raise UsageError(f"{name} is no metric here. {ELSEWHERE[name]}")
    near = difflib.get_close_matches(name, METRICS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"the metrics are {', '.join(METRICS)}."
    raise UsageError(f"Lambda has no metric {name!r}; {hint}")


def _check_period(period: int) -> None:
    if isinstance(period, bool) or not isinstance(period, int) or period <= 0:
        raise UsageError(f"period={period!r}: it is a number of seconds, 60 or a multiple of it.")
    if period % _MINUTE:
        why = " (shorter ones are for high-resolution metrics, which Lambda's are not)" if period < _MINUTE else ""
        raise UsageError(f"period={period!r}: it is 60 seconds or a multiple of it{why}.")


def _snake(name: str) -> str:
    """``FunctionName`` as it is called here."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
