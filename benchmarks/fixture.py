"""The ``lambda_function`` fixture: what a test that asks for it, and does nothing with it, takes on top of a bare one.

A generated file of 1,000 tests runs in a pytest of its own; a hook around each test's whole protocol (set-up, call,
tear-down, reports) takes its time. The last hundred count: what grows with the number of tests would show there. Once
more with boto3 and moto imported, because the fixture looks at modules.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

from benchmarks import workload
from benchmarks.pytest_runs import run_pytest
from benchmarks.results import Goal, Result

NAME = "1,000 tests"
_TESTS = 1_000
_ROUNDS = 3

_CONFTEST = """\
import json
import sys
import time

import pytest
{imports}
_now = time.perf_counter
_times = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    began = _now()
    try:
        return (yield)
    finally:
        _times.append(_now() - began)


def pytest_sessionfinish(session):
    (session.config.rootpath / "times.json").write_text(json.dumps([len(sys.modules), _times]))
"""
_FIXTURE = "\n".join(
    [
        "import pytest",
        'pytestmark = pytest.mark.lambda_function("app.handler")',
        *(f"def test_{number:04}(lambda_function): pass" for number in range(_TESTS)),
    ]
)
_BARE = "\n".join(f"def test_{number:04}(): pass" for number in range(_TESTS))


def measure() -> list[Result]:
    """Milliseconds per test, median of the last hundred tests and of the rounds."""
    return [*_measure("", ""), *_measure("import boto3, moto.core.models", ", boto3 and moto loaded")]


def _measure(imports: str, label: str) -> list[Result]:
    files = {
        "app.py": workload.HANDLER,
        "conftest.py": _CONFTEST.format(imports=imports),
        "pytest.ini": "[pytest]\n",
        "test_bare.py": _BARE,
        "test_fixture.py": _FIXTURE,
    }
    bare: list[float] = []
    fixture: list[float] = []
    loaded = 0
    with workload.task_root(files) as root:
        for _ in range(_ROUNDS):
            bare.append(_last_hundred(root, "test_bare.py")[0])
            seconds, loaded = _last_hundred(root, "test_fixture.py")
            fixture.append(seconds)
    row = f"{NAME}{label}"
    on_top = (median(fixture) - median(bare)) * 1e3
    return [
        Result(measurement=row, subject="bare", value=median(bare) * 1e3, unit="ms a test"),
        Result(
            measurement=row,
            subject=f"lambda_function, on top ({loaded} modules loaded)",
            value=on_top,
            unit="ms a test",
            goal=Goal(text="below 2 ms", met=on_top < 2),
        ),
    ]


def _last_hundred(root: Path, file: str) -> tuple[float, int]:
    run_pytest(root, file)
    loaded, times = json.loads((root / "times.json").read_text())
    assert len(times) == _TESTS
    return median(times[-100:]), loaded
