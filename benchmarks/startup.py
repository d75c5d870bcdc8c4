"""The plugin's share of pytest's start-up: a run of one empty test, without the plugin, with it, with an empty one.

Each round runs all of them, in changing order; what counts is the median of the differences *within* a round. The empty
plugin runs twice: how far it is from itself is the noise.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks import workload
from benchmarks.pytest_runs import run_pytest
from benchmarks.results import Goal, Result

NAME = "pytest start-up"
_ROUNDS = 40

_RUNS = {
    "none": ("-p", "no:lambda_env"),
    "empty": ("-p", "no:lambda_env", "-p", "empty_plugin"),
    "ours": (),
    "empty again": ("-p", "no:lambda_env", "-p", "empty_plugin"),
}


def measure() -> list[Result]:
    """Milliseconds."""
    files = {"test_nothing.py": "def test_nothing(): pass\n", "empty_plugin.py": "", "pytest.ini": "[pytest]\n"}
    with workload.task_root(files) as root:
        _round(root, 0)  # writes the compiled files
        rounds = [_round(root, number) for number in range(_ROUNDS)]
    for each in rounds:
        each["an empty one"] = (each["empty"] + each["empty again"]) / 2
    none = median(each["none"] for each in rounds)
    empty = median(each["an empty one"] - each["none"] for each in rounds)
    noise = median(abs(each["empty again"] - each["empty"]) for each in rounds)
    ours = median(each["ours"] - each["an empty one"] for each in rounds)
    goal = Goal(text="within noise of an empty plugin", met=ours <= noise)
    return [
        Result(measurement=NAME, subject="one empty test, no plugin", value=none * 1e3, unit="ms"),
        Result(measurement=NAME, subject="an empty plugin, on top of none", value=empty * 1e3, unit="ms"),
        Result(measurement=NAME, subject="an empty plugin, against itself (noise)", value=noise * 1e3, unit="ms"),
        Result(
            measurement=NAME,
            subject="pytest-lambda-env, on top of an empty plugin",
            value=ours * 1e3,
            unit="ms",
            goal=goal,
        ),
    ]


def _round(root: Path, number: int) -> dict[str, float]:
    runs = list(_RUNS.items())
    turn = number % len(runs)
    return {name: run_pytest(root, *arguments) for name, arguments in runs[turn:] + runs[:turn]}
