"""What a failed test shows of the simulation."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_lambda_env.errors import HandlerFailed, LambdaEnvError, LeftoversFound, ServiceError

if TYPE_CHECKING:
    from pytest_lambda_env.service import LambdaService

_LOG_LINES = 12


def check_leftovers(service: LambdaService | None) -> None:
    """Fail the test, without a traceback of ours, for what its invocations have left behind."""
    if service is None:
        return
    message = ""
    try:
        service.check_leftovers()
    except LeftoversFound as error:
        message = str(error)
    if message:  # outside of `except`, for pytest would show both errors
        pytest.fail(message, pytrace=False)


def accept_leftovers(service: LambdaService) -> None:
    """The test has another outcome already: what was left behind must not add an error when its service closes."""
    with suppress(LeftoversFound):
        service.check_leftovers()


def shorten(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """An error that this package raises on purpose is the test's to explain: its traceback ends in the test's code.

    ``--full-trace`` shows all of it.
    """
    from pytest_lambda_env.runtime.package_files import is_package_file

    for entry in excinfo.traceback:
        if is_package_file(str(entry.path)):
            # pytest cuts the traceback anew, which brings back what is taken out; but it asks each frame's module.
            entry.frame.f_globals["__tracebackhide__"] = _is_ours


def _is_ours(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    return isinstance(excinfo.value, (LambdaEnvError, ServiceError, HandlerFailed))


def explain(report: pytest.TestReport, service: LambdaService) -> None:
    """Add the timeline and the end of the last environment's log to a failed test's report."""
    from pytest_lambda_env.reporting.timeline import timeline
    from pytest_lambda_env.simulation.instant import instant_of

    text = timeline(service.journal, instant_of(service.clock.start), dropped=service.journal.dropped)
    if text:
        report.sections.append((f"AWS Lambda timeline (seed {service.seed}, {service.clock.start.isoformat()})", text))
    log = service.last_log(_LOG_LINES)
    if log:
        report.sections.append(("AWS Lambda log, the end of the last invocation's environment", log))
