"""What a failed test shows of the simulation."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_lambda_env.errors import LeftoversFound

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
