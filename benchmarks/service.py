"""The service around a function: many events, many at once, and a month of a schedule. Cost must grow with the events.

Each size runs in a process of its own, a tenth of it beside it: per event, both should cost the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.results import Goal, Result
from pytest_lambda_env import LambdaService

NAME = "service"
_STATM = Path("/proc/self/statm")
_LINEAR = 1.5
"""How much dearer an event may be among ten times as many, on a machine that is never equally fast for long."""
_HOUR = 3_600


def _events(count: int) -> int:
    """Asynchronous events, evenly over six hours; one in ten fails at its first attempt."""

    def handler(event: int, context: Any) -> None:
        if event % 10 == 0 and event not in failed:
            failed.add(event)
            raise ValueError(event)

    failed: set[int] = set()
    with LambdaService(journal_limit=0) as aws_lambda:
        function = aws_lambda.create_function(handler)
        for number in range(count):
            function.invoke_async(number)
            aws_lambda.advance(seconds=6 * _HOUR / count)
        aws_lambda.drain()
        return len(function.invocations)


def _concurrent(count: int) -> int:
    """Invocations that overlap, as fast as a region of the older kind lets them grow: half of them a minute later."""
    with LambdaService(region="eu-west-3", scaling="region", concurrency=2_000) as aws_lambda:
        function = aws_lambda.create_function(lambda event, context: event)
        served = 0
        while served < count:
            with function.in_flight(served):
                answers = aws_lambda.invoke_concurrently(function, range(count - served), return_exceptions=True)
            served += sum(not isinstance(answer, Exception) for answer in answers)
            aws_lambda.advance(minutes=1)
        return served


def _month(count: int) -> int:
    """A schedule that fires every minute."""
    with LambdaService(journal_limit=0) as aws_lambda:
        function = aws_lambda.create_function(lambda event, context: None)
        function.schedule("cron(* * * * ? *)")
        aws_lambda.advance(minutes=count)
        return len(function.invocations)


_MEASURED: dict[str, tuple[Callable[[int], int], int, str]] = {
    "events": (_events, 10_000, "10,000 asynchronous events over 6 h, 10 % failing once"),
    "concurrent": (_concurrent, 1_000, "1,000 concurrent invocations under a ramp"),
    "month": (_month, 43_200, "a month of a one-minute schedule"),
}


def measure() -> list[Result]:
    """Microseconds per event, how that compares with a tenth of the events, and memory."""
    results: list[Result] = []
    for name, (_, count, subject) in _MEASURED.items():
        (cost, memory), (cost_of_few, _) = _run(name, count), _run(name, count // 10)
        ratio = cost / cost_of_few
        results += [
            Result(measurement=NAME, subject=f"{subject}, per event", value=cost, unit="µs"),
            Result(
                measurement=NAME,
                subject=f"{subject}, against a tenth of them",
                value=ratio,
                unit="x",
                goal=Goal(text=f"linear: below {_LINEAR}", met=ratio < _LINEAR),
            ),
        ]
        if memory is not None:
            results.append(Result(measurement=NAME, subject=f"{subject}, memory", value=memory / 1e6, unit="MB"))
    return results


def _run(name: str, count: int) -> tuple[float, float | None]:
    done = subprocess.run(
        [sys.executable, "-m", __name__, name, str(count)], check=True, capture_output=True, text=True
    )
    cost, memory = json.loads(done.stdout.splitlines()[-1])
    return cost, memory


def _resident() -> int | None:
    return int(_STATM.read_text().split()[1]) * 4_096 if _STATM.exists() else None


def _measure_here(name: str, count: int) -> None:
    work = _MEASURED[name][0]
    work(10)  # what is imported lazily
    before, began = _resident(), time.perf_counter()
    events = work(count)
    cost = (time.perf_counter() - began) / events * 1e6
    after = _resident()
    print(json.dumps([cost, None if before is None or after is None else after - before]))


if __name__ == "__main__":
    _measure_here(sys.argv[1], int(sys.argv[2]))
