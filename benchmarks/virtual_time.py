"""Waiting: a sleep of fifteen minutes that meets the function's timeout, and retries that AWS spreads over minutes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

from benchmarks import workload
from benchmarks.results import Goal, Result
from benchmarks.rounds import Candidate, interleaved
from pytest_lambda_env import LambdaService

NAME = "virtual time"
_ROUNDS = 15
_TIMEOUTS = (3, 60, 900)
_RETRIES = "three asynchronous attempts over 3 minutes"


def measure() -> list[Result]:
    """Milliseconds for each; the INIT that follows a killed process is part of it."""
    with workload.task_root({"app.py": workload.HANDLER}) as root, redirect_stdout(io.StringIO()):
        candidates = [
            *(
                Candidate(name=_sleep(timeout), prepared=partial(_timed_out, root, timeout), calls=50)
                for timeout in _TIMEOUTS
            ),
            Candidate(name=_RETRIES, prepared=partial(_retried, root), calls=50),
        ]
        times = interleaved(candidates, rounds=_ROUNDS)
    limits = {**{_sleep(timeout): 1 for timeout in _TIMEOUTS}, _RETRIES: 10}
    goals = {
        name: Goal(text=f"below {limit} ms", met=times.seconds[name] * 1e3 < limit) for name, limit in limits.items()
    }
    return times.results(NAME, "ms", goals)


def _sleep(timeout: int) -> str:
    return f"time.sleep(900), timeout={timeout}"


@contextmanager
def _timed_out(root: Path, timeout: int) -> Iterator[Callable[[], object]]:
    with LambdaService(task_root=root) as aws_lambda:
        function = aws_lambda.create_function("app.sleeps", timeout=timeout)

        def call() -> None:
            assert function.invoke({}).function_error

        yield call


@contextmanager
def _retried(root: Path) -> Iterator[Callable[[], object]]:
    with LambdaService(task_root=root) as aws_lambda:
        function = aws_lambda.create_function("app.fails")

        def call() -> None:
            function.invoke_async({})
            aws_lambda.drain()

        call()
        assert [each.started_after.seconds for each in function.invocations] == [0, 60, 180]
        yield call
