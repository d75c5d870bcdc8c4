"""The pytest plugin. This package is all that pytest imports at its start: no boto3, moto or freezegun.

One module per concern: :mod:`.options`, :mod:`.markers`, :mod:`.fixtures`, :mod:`.sessions` (what is collected),
:mod:`.reports` (what people see).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from typing import Any

import pytest

from pytest_lambda_env.plugin import markers, options, reports
from pytest_lambda_env.plugin.fixtures import (
    aws_lambda,
    lambda_clock,
    lambda_context,
    lambda_events,
    lambda_function,
    lambda_task_root,
)
from pytest_lambda_env.plugin.sessions import SERVICE, SESSION, Session

__all__ = ["aws_lambda", "lambda_clock", "lambda_context", "lambda_events", "lambda_function", "lambda_task_root"]

_OURS = frozenset(__all__)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare this plugin's own hooks."""
    from pytest_lambda_env import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--lambda-*`` and ``lambda_*``."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and begin to collect."""
    markers.register(config)
    config.stash[SESSION] = Session(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the simulator if a test will need it: later the clocks that it must get hold of may be frozen."""
    if not session.config.option.collectonly and any(
        _OURS & set(getattr(item, "fixturenames", ())) for item in session.items
    ):
        importlib.import_module("pytest_lambda_env.service")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test starts its event ids over, so that it gets the same ones in every run."""
    stamp = sys.modules.get("pytest_lambda_env.events.stamp")
    if stamp is not None:
        stamp.reset_stamp(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """With ``leftovers="error"``, a test that would pass fails if an invocation left something behind."""
    result = yield
    reports.check_leftovers(item.stash.get(SERVICE, None))
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the simulator knows about a test that failed."""
    service = item.stash.get(SERVICE, None)
    if service is not None and call.excinfo is not None and not item.config.option.fulltrace:
        reports.shorten(call.excinfo)
    report = yield
    if report.failed and service is not None:
        reports.explain(report, service)
    if not report.passed and service is not None:
        reports.accept_leftovers(service)
    return report


def pytest_enter_pdb() -> None:
    """A person looks at the code: the real-time guard must not stop it."""
    _suspend_guard(True)


def pytest_leave_pdb() -> None:
    """The code runs on."""
    _suspend_guard(False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, or hand over to the xdist controller."""
    session.config.stash[SESSION].finish(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """An xdist worker has finished."""
    node.config.stash[SESSION].worker_finished(getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line: what was simulated."""
    summary = config.stash[SESSION].summary()
    if summary is not None:
        terminalreporter.write_sep("-", "AWS Lambda")
        terminalreporter.write_line(summary)


def _suspend_guard(suspended: bool) -> None:
    watchdog = sys.modules.get("pytest_lambda_env.runtime.watchdog")
    if watchdog is not None:
        watchdog.Watchdog.suspended = suspended
