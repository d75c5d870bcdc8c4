"""The journal as text."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from pytest_lambda_env import LambdaService
from pytest_lambda_env.reporting.timeline import timeline
from pytest_lambda_env.simulation.instant import instant_of

START = "2026-03-29T00:59:00Z"


def handler(event: Any, context: Any) -> None:
    """Sleeps, and fails if asked to."""
    time.sleep(event["seconds"])
    if event.get("fails"):
        raise ValueError("as asked")


def text(service: LambdaService, last: int = 15) -> list[str]:
    """The timeline's lines, without request ids."""
    lines = timeline(service.journal, instant_of(service.clock.start), last=last).splitlines()
    return [re.sub(r"  [0-9a-f]{8}-[-0-9a-f]{27}", "", line).rstrip() for line in lines]


def test_a_line_per_fact_virtual_time_first() -> None:
    """INIT, invocations cold and warm, failures and retirement, with their times since the start."""
    with LambdaService(start=START) as service:
        function = service.create_function(handler, function_name="orders", timeout=10)
        function.invoke({"seconds": 2})
        function.invoke({"seconds": 0, "fails": True})
        function.recycle_environments()
        assert text(service) == [
            "       0.000 s  orders #1  INIT    0.00 ms  success",
            "       0.000 s  orders #1  INVOKE  cold  2,000.00 ms  success",
            "       2.000 s  orders #1  INVOKE  warm  0.00 ms  error  ValueError",
            "       2.000 s  orders #1  SHUTDOWN  recycled",
        ]


def test_a_timeout_says_where_the_handler_was() -> None:
    """Below a timeout stands the line at which the handler was stopped."""
    with LambdaService(start=START) as service:
        service.create_function(handler, timeout=3).invoke({"seconds": 900})
        invocation, where = text(service)[-2:]
    assert invocation.endswith("INVOKE  cold  3,000.00 ms  timeout  Sandbox.Timedout")
    assert re.fullmatch(
        r' {16}stopped at File ".*test_timeline\.py", line \d+, in handler: time\.sleep\(event\["seconds"\]\)', where
    )


def test_only_the_last_facts_are_shown() -> None:
    """A long story is cut at its beginning, and says so."""
    with LambdaService(start=START) as service:
        function = service.create_function(handler, function_name="orders")
        for _ in range(10):
            function.invoke({"seconds": 0})
        lines = text(service, last=3)
    assert lines[0] == "… 8 earlier"
    assert len(lines) == 4


def test_a_failed_init_says_where_modules_were_looked_for(tmp_path: Path) -> None:
    """The commonest mistake is a wrong task root: the timeline names it."""
    with LambdaService(start=START, task_root=tmp_path) as service:
        service.create_function("app.handler", function_name="orders").invoke()
        first, where, *_ = text(service)
    assert first == "       0.000 s  orders #1  INIT    0.00 ms  error"
    assert where == f"                its modules were looked for in {tmp_path}"
