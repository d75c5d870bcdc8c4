"""What a failed test shows of the simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_lambda_env.service import LambdaService

_LOG_LINES = 12


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
