"""The journal as text."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from written_facts import START as WRITTEN
from written_facts import accepted, at, ended, provisioned, run, sent, throttled

from pytest_lambda_env import LambdaService
from pytest_lambda_env.model.facts import EnvironmentRetired, Fact, InvocationRefused, TrafficShifted
from pytest_lambda_env.reporting.timeline import timeline
from pytest_lambda_env.simulation.instant import instant_of, parse_instant

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


def written(*facts: Fact) -> list[str]:
    """The timeline's lines of facts written by hand."""
    return timeline(facts, parse_instant(WRITTEN)).splitlines()


def test_an_asynchronous_event_and_its_records() -> None:
    """How it ended, after how many attempts, and where its record went or did not go."""
    event: dict[str, Any] = {"invocation_type": "Event", "status": "error", "error_type": "ValueError"}
    refused = InvocationRefused(at=at(9), function_name="orders", error="ServiceException", request_id="q")
    assert written(
        accepted(0),
        run(1, **event),
        throttled(2, request_id="r"),
        run(61, attempt=2, **event),
        ended(62, condition="EventAgeExceeded", attempts=2),
        sent(62),
        sent(63, purpose="DeadLetter", target="arn:aws:sns:us-east-1:123456789012:alarms", error="AccessDenied"),
        sent(64, purpose="OnSuccess", target="arn:aws:events:us-east-1:123456789012:event-bus/default"),
        sent(65, purpose="OnSuccess", target="arn:aws:lambda:us-east-1:123456789012:function:audit:live"),
        sent(66, target="arn:aws:s3:::failed-orders"),
        refused,
    ) == [
        "       1.000 s  orders #1  INVOKE  warm  0.00 ms  error  ValueError  r",
        "       2.000 s  orders     THROTTLED  ConcurrentInvocationLimitExceeded  r",
        "      61.000 s  orders #1  INVOKE  warm  0.00 ms  error  ValueError  attempt 2  r",
        "      62.000 s  orders     EVENT  EventAgeExceeded  2 attempts  r",
        "      62.000 s  orders     SENT  OnFailure  to failures  r",
        "      63.000 s  orders     NOT SENT  DeadLetter  to alarms  AccessDenied  r",
        "      64.000 s  orders     SENT  OnSuccess  to default  r",
        "      65.000 s  orders     SENT  OnSuccess  to audit:live  r",
        "      66.000 s  orders     SENT  OnFailure  to failed-orders  r",
        "       9.000 s  orders     REFUSED  ServiceException  q",
    ]


def test_the_end_of_an_event_is_told_where_it_is_news() -> None:
    """Not where it has succeeded at once."""
    assert written(ended(1), ended(2, copy=1, attempts=2), ended(3, condition="FunctionDeleted", qualifier="live")) == [
        "       2.000 s  orders     EVENT  Success  2 attempts  copy 1  r",
        "       3.000 s  orders     EVENT  FunctionDeleted  1 attempt  (live)  r",
    ]


def test_versions_aliases_and_provisioned_concurrency() -> None:
    """A version is named unless it is ``$LATEST``, with the alias that led to it."""
    on_it: dict[str, Any] = {"initialization_type": "provisioned-concurrency"}
    assert written(
        provisioned(0, 0, requested=2, status="IN_PROGRESS"),
        provisioned(1, 0, requested=2, status="FAILED", status_reason="FUNCTION_ERROR_INIT_FAILURE"),
        provisioned(2, 2),
        run(3, executed_version="1", qualifier="live", **on_it),
        run(4, executed_version="1", qualifier="live", spilled_over=True, init=0.5),
        run(5, executed_version="1", qualifier="1"),
        run(6, qualifier="$LATEST"),
        run(7, qualifier="dev"),
        throttled(8, qualifier="live", version="2"),
        TrafficShifted(at=at(9), function_name="orders", alias="live", version="2", weight=0.07, why="Canary10Percent"),
        provisioned(10, 0),
        EnvironmentRetired(at=at(10), function_name="orders", environment=1, reason="provisioned concurrency reduced"),
    ) == [
        "       0.000 s  orders:live     PROVISIONED  0 of 2  IN_PROGRESS  version 1",
        "       1.000 s  orders:live     PROVISIONED  0 of 2  FAILED  version 1  FUNCTION_ERROR_INIT_FAILURE",
        "       2.000 s  orders:live     PROVISIONED  2 of 2  READY  version 1",
        "       3.000 s  orders #1  INVOKE  provisioned  0.00 ms  success  version 1 (live)  r",
        "       4.000 s  orders #1  INVOKE  cold, spilled over  0.00 ms  success  version 1 (live)  r",
        "       5.000 s  orders #1  INVOKE  warm  0.00 ms  success  version 1  r",
        "       6.000 s  orders #1  INVOKE  warm  0.00 ms  success  r",
        "       7.000 s  orders #1  INVOKE  warm  0.00 ms  success  version $LATEST (dev)  r",
        "       8.000 s  orders     THROTTLED  ConcurrentInvocationLimitExceeded  version 2 (live)",
        "       9.000 s  orders:live     TRAFFIC  7 % to version 2  Canary10Percent",
        "      10.000 s  orders:live     PROVISIONED  none  version 1",
        "      10.000 s  orders #1  SHUTDOWN  provisioned concurrency reduced",
    ]
