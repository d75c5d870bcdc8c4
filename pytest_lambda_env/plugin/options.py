"""Command-line options and ini keys: every default of a function and of the service, so that tox can vary it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from pytest_lambda_env.errors import UsageError


@dataclass(frozen=True, slots=True)
class _Option:
    """``--lambda-<name>`` and ``lambda_<name>``; ``key`` is the keyword it sets, of the function or of the service."""

    name: str
    key: str
    convert: Callable[[str], Any]
    of_function: bool
    help: str

    @property
    def flag(self) -> str:
        return f"--lambda-{self.name}"

    @property
    def ini(self) -> str:
        return f"lambda_{self.name.replace('-', '_')}"


def _whole_number(text: str) -> int:
    return int(text)


_OPTIONS = (
    _Option(
        "runtime", "runtime", str, True, "runtime of functions, such as python3.13 (default: the interpreter's own)"
    ),
    _Option("architecture", "architectures", lambda text: (text,), True, "x86_64 (default) or arm64"),
    _Option("memory-size", "memory_size", _whole_number, True, "memory of functions in MB (default: 128)"),
    _Option("timeout", "timeout", _whole_number, True, "timeout of functions in seconds (default: 3)"),
    _Option("seed", "seed", _whole_number, False, "seed of all ids (default: 0)"),
    _Option("start", "start", str, False, "when virtual time begins, ISO 8601 (default: now)"),
    _Option("clock", "clock", str, False, "virtual (default) or real"),
    _Option(
        "idle-timeout",
        "idle_timeout",
        lambda text: timedelta(seconds=float(text)),
        False,
        "virtual seconds until an unused environment is retired (default: 600)",
    ),
    _Option(
        "real-time-guard",
        "real_time_guard",
        float,
        False,
        "real seconds until a handler that never looks at a clock is stopped (default: 30; 0: never)",
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option under one heading, and every ini key."""
    group = parser.getgroup("lambda", "AWS Lambda (pytest-lambda-env)")
    for option in _OPTIONS:
        group.addoption(option.flag, metavar="VALUE", help=option.help)
        parser.addini(option.ini, f"default of {option.flag}: {option.help}")
    group.addoption("--lambda-report", metavar="PATH.json", help="write the journal of every test to this file as JSON")
    parser.addini("lambda_report", "default of --lambda-report")
    parser.addini("lambda_task_root", "directory where handler strings are resolved (default: the rootdir)")


def function_defaults(config: pytest.Config) -> dict[str, Any]:
    """Keywords of ``create_function`` that the command line or the ini file sets."""
    return _set_options(config, of_function=True)


def service_defaults(config: pytest.Config) -> dict[str, Any]:
    """Keywords of ``LambdaService`` that the command line or the ini file sets."""
    return _set_options(config, of_function=False)


def task_root(config: pytest.Config) -> str:
    """Where handler strings are resolved: ``lambda_task_root``, relative to the rootdir, or the rootdir."""
    return str(config.rootpath / str(config.getini("lambda_task_root") or "."))


def report_path(config: pytest.Config) -> str | None:
    """Where the JSON report goes, or None."""
    path = config.getoption("--lambda-report") or config.getini("lambda_report") or None
    if path is not None and not str(path).endswith(".json"):
        raise pytest.UsageError(f"--lambda-report writes JSON: give a path that ends in .json, not {path!r}")
    return None if path is None else str(path)


def _set_options(config: pytest.Config, *, of_function: bool) -> dict[str, Any]:
    values = {}
    for option in _OPTIONS:
        text = config.getoption(option.flag) or config.getini(option.ini)
        if text and option.of_function is of_function:
            try:
                values[option.key] = option.convert(str(text))
            except ValueError:
                raise UsageError(f"{option.flag} ({option.ini}): {text!r} is not valid; {option.help}") from None
    return values
