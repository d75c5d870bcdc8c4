"""Memory: what a live environment holds, what environments leave behind, and what a long test keeps of its story.

Measured as the growth of the resident size, in a process of its own.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import workload
from benchmarks.results import Goal, Result
from pytest_lambda_env import LambdaFunction, LambdaService

NAME = "memory"
_MODULES = 20
_LIVE = 50
_DROPPED = 200
_INVOCATIONS = 10_000
_STATM = Path("/proc/self/statm")


def measure() -> list[Result]:
    """Kilobytes and megabytes."""
    if not _STATM.exists():
        why = "skipped: this system has no /proc/self/statm"
        return [Result(measurement=NAME, subject="resident size", value=None, unit="", note=why)]
    done = subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True)
    live, dropped, story = json.loads(done.stdout)
    return [
        Result(
            measurement=NAME,
            subject=f"an idle environment of {_MODULES} modules",
            value=live / 1e3,
            unit="KB",
            goal=Goal(text="below 0.5 MB", met=live < 0.5e6),
        ),
        Result(
            measurement=NAME,
            subject=f"{_DROPPED} cold starts, dropped again, in sum",
            value=dropped / 1e6,
            unit="MB",
            goal=Goal(text="below 1 MB", met=dropped < 1e6),
        ),
        Result(
            measurement=NAME,
            subject=f"journal and log of {_INVOCATIONS:,} invocations",
            value=story / 1e6,
            unit="MB",
            goal=Goal(text="below 20 MB", met=story < 20e6),
        ),
    ]


def _measured() -> tuple[float, float, float]:
    with (
        workload.task_root(workload.modules(_MODULES)) as root,
        LambdaService(task_root=root) as aws_lambda,
    ):
        function = aws_lambda.create_function("app.handler")
        # First everything that is there once: code objects, caches, the allocator's own arenas.
        _use(function, _LIVE)
        before = _resident()
        aws_lambda.invoke_concurrently(function, [{}] * _LIVE)
        live = (_resident() - before) / _LIVE
        function.recycle_environments()
        before = _resident()
        _use(function, _DROPPED)
        dropped = _resident() - before
        # In what the earlier environments have left free, a journal would find room that does not show.
        aws_lambda.invoke_concurrently(function, [{}] * _LIVE)
        before = _resident()
        for _ in range(_INVOCATIONS):
            function.invoke({})
        story = _resident() - before
        return live, dropped, story


def _use(function: LambdaFunction, times: int) -> None:
    for _ in range(times):
        function.recycle_environments()
        function.invoke({})
    function.recycle_environments()


def _resident() -> int:
    gc.collect()
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    json.dump(_measured(), sys.stdout)
