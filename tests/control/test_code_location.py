"""From what a test calls its handler to where the code is."""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env.control.code_location import locate
from pytest_lambda_env.errors import UsageError


def handler(event: Any, context: Any) -> None:
    """A handler of the test module itself."""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A handler's package below a directory on sys.path."""
    (tmp_path / "located").mkdir()
    (tmp_path / "located" / "__init__.py").write_text("")
    (tmp_path / "located" / "app.py").write_text("def handler(event, context): ...\nalias = handler\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("located.app")
    yield module
    for name in ("located", "located.app"):
        del sys.modules[name]


def test_a_string_starts_from_the_task_root(tmp_path: Path) -> None:
    """A handler string belongs to ``code``, else to the default root."""
    (tmp_path / "code").mkdir()
    assert locate("app.handler", None, tmp_path).task_root == tmp_path.resolve()
    assert locate("app.handler", tmp_path / "code", tmp_path).task_root == (tmp_path / "code").resolve()


def test_a_function_is_resolved_to_its_module(module: Any, tmp_path: Path) -> None:
    """A function of an importable module becomes its dotted name, below the directory that makes it importable."""
    code = locate(module.handler, None, Path("/"))
    assert (code.handler, code.task_root, code.shared) == ("located.app.handler", tmp_path.resolve(), False)


@pytest.mark.parametrize(
    "function",
    [handler, lambda event, context: None, functools.partial(handler, None), "".join],
    ids=["test module", "lambda", "partial", "method"],
)
def test_what_can_t_be_imported_afresh_is_shared(function: Any, tmp_path: Path) -> None:
    """A function of the test module, a lambda, a partial, a method: run as they are."""
    code = locate(function, None, tmp_path)
    assert code.shared
    assert code.function is function


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (7, None, "must be .* or a callable"),
        ("app.handler", "nowhere", "is not a directory"),
        (handler, ".", "belongs to a handler given as a string"),
    ],
)
def test_mistakes_are_named(given: Any, code: str | None, message: str, tmp_path: Path) -> None:
    """What is wrong, and what would be right."""
    with pytest.raises(UsageError, match=message):
        locate(given, None if code is None else tmp_path / code, tmp_path)
