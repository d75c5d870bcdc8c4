"""A cold start: a new environment whose modules are all imported afresh, and its first invocation.

Beside it, what the interpreter itself takes for the same modules: to execute their code objects and nothing more, and
to import them from valid ``.pyc`` files.
"""

from __future__ import annotations

import compileall
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

from benchmarks import workload
from benchmarks.results import Goal, Result
from benchmarks.rounds import Candidate, interleaved
from pytest_lambda_env import LambdaService

NAME = "cold start"
_BARE = "bare exec of code objects"
_OURS = "pytest-lambda-env, with its first invoke"
_ROUNDS = 15
_SIZES = {1: 100, 20: 20, 200: 3}
"""How many modules, and how many cold starts a round makes of them."""


def measure() -> list[Result]:
    """Milliseconds per cold start."""
    return [result for count, calls in _SIZES.items() for result in _measure(count, calls)]


def _measure(count: int, calls: int) -> list[Result]:
    label = f"{NAME}, {count} module{'s' if count > 1 else ''}"
    with workload.task_root(workload.modules(count)) as root:
        candidates = [
            Candidate(name=_BARE, prepared=lambda: _bare(root), calls=calls),
            Candidate(name="importlib, warm .pyc", prepared=lambda: _imports(root), calls=calls),
            Candidate(name=_OURS, prepared=lambda: _ours(root), calls=calls),
        ]
        times = interleaved(candidates, rounds=_ROUNDS)
    goals = {}
    if count == 20:
        goals[_OURS] = Goal(text="within 2x of bare exec", met=times.seconds[_OURS] <= 2 * times.seconds[_BARE])
    return times.results(label, "ms", goals)


def _names(root: Path) -> list[str]:
    """The modules, ``app`` last, because it imports the others."""
    return [*sorted(path.stem for path in root.glob("part_*.py")), "app"]


@contextmanager
def _bare(root: Path) -> Iterator[Callable[[], object]]:
    codes: list[tuple[str, CodeType]] = []
    for name in _names(root):
        path = root / f"{name}.py"
        codes.append((name, compile(path.read_text(encoding="utf-8"), str(path), "exec")))

    def call() -> None:
        for name, code in codes:
            module = sys.modules[name] = ModuleType(name)
            exec(code, module.__dict__)
        for name, _ in codes:
            del sys.modules[name]

    yield call


@contextmanager
def _imports(root: Path) -> Iterator[Callable[[], object]]:
    names = _names(root)
    compileall.compile_dir(root, quiet=1)
    sys.path.insert(0, str(root))

    def call() -> None:
        importlib.import_module("app")
        for name in names:
            del sys.modules[name]

    try:
        yield call
    finally:
        sys.path.remove(str(root))


@contextmanager
def _ours(root: Path) -> Iterator[Callable[[], object]]:
    with LambdaService(task_root=root) as aws_lambda:
        function = aws_lambda.create_function("app.handler")

        def call() -> None:
            function.recycle_environments()
            assert function.invoke({}).cold_start

        yield call
