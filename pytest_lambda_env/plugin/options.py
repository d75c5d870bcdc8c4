"""Command-line options and ini keys: every default of a function and of the service, so that tox can vary it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model import quotas


class _Option(NamedTuple):
    """``--lambda-<name>`` and ``lambda_<name>``; ``key`` is the keyword it sets, of the function or of the service.

    (Not a dataclass: making that class takes a millisecond of every start of pytest.)
    """

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


# What turns the text of an option into its value. A ValueError says that it is none, the option's help what would be.


def _number_in(allowed: range) -> Callable[[str], int]:
    def convert(text: str) -> int:
        number = int(text)
        if number not in allowed:
            raise ValueError(text)
        return number

    return convert


def _one_of(*allowed: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return convert


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _instant(text: str) -> str:
    from pytest_lambda_env.simulation.instant import parse_instant

    parse_instant(text)
    return text


_architecture = _one_of(*quotas.ARCHITECTURES)

_OPTIONS = (
    _Option(
        "runtime",
        "runtime",
        _one_of(*quotas.RUNTIMES),
        True,
        f"runtime of functions, {quotas.RUNTIMES[0]} to {quotas.RUNTIMES[-1]} (default: the interpreter's own)",
    ),
    _Option("architecture", "architectures", lambda text: (_architecture(text),), True, "x86_64 (default) or arm64"),
    _Option(
        "memory-size",
        "memory_size",
        _number_in(quotas.MEMORY_MB),
        True,
        f"memory of functions in MB, {quotas.MEMORY_MB[0]} to {quotas.MEMORY_MB[-1]} (default: 128)",
    ),
    _Option(
        "timeout",
        "timeout",
        _number_in(quotas.TIMEOUT_SECONDS),
        True,
        f"timeout of functions in seconds, {quotas.TIMEOUT_SECONDS[0]} to {quotas.TIMEOUT_SECONDS[-1]} (default: 3)",
    ),
    _Option("seed", "seed", int, False, "seed of all ids, a whole number (default: 0)"),
    _Option("start", "start", _instant, False, "when virtual time begins, ISO 8601 (default: now)"),
    _Option("clock", "clock", _one_of("virtual", "real"), False, "virtual (default) or real"),
    _Option(
        "idle-timeout",
        "idle_timeout",
        lambda text: timedelta(seconds=_seconds(text)),
        False,
        "virtual seconds until an unused environment is retired (default: 600)",
    ),
    _Option(
        "environment-lifetime",
        "environment_lifetime",
        lambda text: timedelta(seconds=_seconds(text)),
        False,
        "virtual seconds until an environment is replaced, however busy it is (default: 7200)",
    ),
    _Option("concurrency", "concurrency", _count, False, "the account's concurrent executions (default: 1000)"),
    _Option(
        "duplicates",
        "duplicates",
        _share,
        False,
        "share of asynchronous events that the queue delivers twice, 0 to 1 (default: 0)",
    ),
    _Option(
        "real-time-guard",
        "real_time_guard",
        _seconds,
        False,
        "real seconds until a handler that never looks at a clock is stopped (default: 30; 0: never)",
    ),
    _Option(
        "writable",
        "writable",
        _words,
        False,
        "directories outside /tmp that handlers may write to, absolute or relative to the rootdir (default: none)",
    ),
    _Option(
        "allowed-hosts",
        "allowed_hosts",
        _words,
        False,
        "hosts that handlers may reach: names such as *.example.com, addresses, networks (default: none)",
    ),
    _Option(
        "memory-limit",
        "memory_limit",
        _one_of("measure", "enforce"),
        False,
        "measure (default), or enforce: using more than memory_size ends the environment",
    ),
    _Option(
        "leftovers",
        "leftovers",
        _one_of("report", "error", "ignore"),
        False,
        "threads, child processes, files and tasks left by an invocation: report (default), error or ignore",
    ),
    _Option(
        "journal-limit",
        "journal_limit",
        _count,
        False,
        "how many facts a test's journal keeps, the latest ones (default: 100000; 0: all)",
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
    parser.addini(
        "lambda_fresh_packages",
        "installed packages that a cold start imports afresh (default: aws_lambda_powertools)",
        type="args",
    )
    parser.addini("lambda_task_root", "directory where handler strings are resolved (default: the rootdir)")


def function_defaults(config: pytest.Config) -> dict[str, Any]:
    """Keywords of ``create_function`` that the command line or the ini file sets."""
    return _set_options(config, of_function=True)


def service_defaults(config: pytest.Config) -> dict[str, Any]:
    """Keywords of ``LambdaService`` that the command line or the ini file sets."""
    return _set_options(config, of_function=False)


def task_root(config: pytest.Config) -> Path:
    """Where handler strings are resolved: ``lambda_task_root``, relative to the rootdir, or the rootdir."""
    return config.rootpath / str(config.getini("lambda_task_root") or ".")


def report_path(config: pytest.Config) -> Path | None:
    """Where the JSON report goes, or None: relative to the working directory, or to the rootdir if the ini says it."""
    option, ini = config.getoption("--lambda-report"), config.getini("lambda_report")
    if not option and not ini:
        return None
    path: Path = config.invocation_params.dir / option if option else config.rootpath / ini
    if path.suffix != ".json":
        raise pytest.UsageError(f"--lambda-report writes JSON: give a path that ends in .json, not {option or ini!r}")
    return path


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
