"""INIT: its own ten seconds, what a failed one costs, and in which order the log tells it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService
from pytest_lambda_env.model.facts import InitEnded

Deploy = Callable[..., LambdaFunction]


def kinds(log: str) -> list[str]:
    """What each line of a log is: without ids, INIT durations, what follows a tab, and the frames of tracebacks."""
    lines = (line for line in log.splitlines() if not line.startswith("\N{NO-BREAK SPACE}"))
    return [re.sub(r" RequestId: \S+|Init Duration: \S+ ms\t", "", line).partition("\t")[0] for line in lines]


def reports(log: str) -> list[str]:
    """The INIT_REPORT lines of a log."""
    return [line for line in log.splitlines() if line.startswith("INIT_REPORT")]


SLOW = """
    import time

    print("loading")
    time.sleep({seconds})

    def handler(event, context):
        return context.get_remaining_time_in_millis()
"""


@pytest.mark.fidelity("I75", "P01", "P04", "P08")
def test_a_good_init(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """INIT runs ahead of the request, on time of its own; it is billed, and not part of the duration."""
    response = deploy(SLOW.format(seconds=4)).invoke({})
    assert response.payload == 3_000
    assert (response.cold_start, response.init_duration) == (True, timedelta(seconds=4))
    assert (response.duration, response.billed_duration) == (timedelta(0), timedelta(seconds=4))
    assert aws_lambda.clock.elapsed == timedelta(seconds=4)
    first, printed, start, end, report = response.logs.splitlines()
    assert re.fullmatch(
        r"INIT_START Runtime Version: \S+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:\S+", first
    )
    assert (printed, start[:5], end[:3]) == ("loading", "START", "END")
    assert "\tDuration: 0.00 ms\tBilled Duration: 4000 ms\t" in report
    assert report.endswith("\tInit Duration: 4000.00 ms\t")


@pytest.mark.fidelity("P05", "I75")
def test_a_warm_request_has_no_init(deploy: Deploy) -> None:
    """A warm request is billed its own time, and says nothing of an INIT."""
    function = deploy(SLOW.format(seconds=4))
    function.invoke({})
    response = function.invoke({})
    assert (response.cold_start, response.init_duration) == (False, None)
    assert response.billed_duration == timedelta(milliseconds=1)
    assert "INIT" not in response.logs
    assert response.report.endswith(" MB\t")


# -- too slow ---------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I70", "P07")
def test_an_init_of_more_than_ten_seconds(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """After ten seconds INIT is given up and run again inside the request, on the function's own timeout."""
    response = deploy(SLOW.format(seconds=12), timeout=30).invoke({})
    assert response.payload == 18_000
    assert aws_lambda.clock.elapsed == timedelta(seconds=10 + 12)
    assert kinds(response.logs)[1:] == [
        *("loading", "INIT_REPORT Phase: init", "loading"),
        *("START Version: $LATEST", "END", "REPORT"),
    ]
    assert reports(response.logs) == ["INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"]
    assert "\tDuration: 12000.00 ms\tBilled Duration: 12000 ms\t" in response.report
    assert "Init Duration" not in response.report


@pytest.mark.fidelity("I70")
def test_ten_seconds_are_too_many(deploy: Deploy) -> None:
    """An INIT that ends just before its limit is a good one."""
    assert reports(deploy(SLOW.format(seconds=9.999), function_name="nearly").invoke({}).logs) == []
    assert len(reports(deploy(SLOW.format(seconds=10), function_name="exactly").invoke({}).logs)) == 2


@pytest.mark.fidelity("I70", "I60")
def test_a_slow_init_that_the_timeout_can_not_hold(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """If the second INIT meets the function's timeout, the request has timed out; so does the next one."""
    function = deploy(SLOW.format(seconds=12), timeout=5)
    first = function.invoke({})
    assert first.payload["errorType"] == "Sandbox.Timedout"
    assert first.payload["errorMessage"].endswith("Error: Task timed out after 5.00 seconds")
    assert aws_lambda.clock.elapsed == timedelta(seconds=10 + 5)
    assert reports(first.logs) == [
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
        "INIT_REPORT Init Duration: 5000.00 ms\tPhase: invoke\tStatus: timeout",
    ]
    assert first.report.endswith("\tStatus: timeout")
    second = function.invoke({})
    assert second.payload["errorType"] == "Sandbox.Timedout"
    assert second.environment is first.environment
    assert aws_lambda.clock.elapsed == timedelta(seconds=10 + 5 + 5)


# -- failing ----------------------------------------------------------------------------------------------------------

BROKEN = """
    import time

    print("loading")
    time.sleep(1)
    1 / 0
"""


def assert_division(response: InvokeResponse) -> None:
    """The answer is the error of the failed INIT."""
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert response.executed_version == "$LATEST"
    assert response.payload["errorType"] == "ZeroDivisionError"
    assert response.payload["errorMessage"] == "division by zero"
    assert response.payload["requestId"] == ""


@pytest.mark.fidelity("I71", "H30", "H32", "P07")
def test_the_log_of_a_failed_init(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A failed INIT is run again before START; each time warning, error and report are logged, in this order."""
    response = deploy(BROKEN).invoke({})
    assert_division(response)
    attempt = [
        "loading",
        "[WARNING]",
        "[ERROR] ZeroDivisionError: division by zero",
        "Traceback (most recent call last):",
    ]
    assert kinds(response.logs)[1:] == [
        *(*attempt, "INIT_REPORT Phase: init"),
        *(*attempt, "INIT_REPORT Phase: invoke"),
        *("START Version: $LATEST", "END", "REPORT"),
    ]
    assert reports(response.logs) == [
        "INIT_REPORT Init Duration: 1000.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.Unknown",
        "INIT_REPORT Init Duration: 1000.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.Unknown",
    ]
    assert aws_lambda.clock.elapsed == timedelta(seconds=2)


@pytest.mark.fidelity("I71")
def test_the_report_of_a_failed_init(deploy: Deploy) -> None:
    """The request's duration is that of the second INIT; there is no ``Init Duration``."""
    response = deploy(BROKEN).invoke({})
    assert (response.duration, response.init_duration) == (timedelta(seconds=1), None)
    assert "\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t" in response.report
    assert "Init Duration" not in response.report


@pytest.mark.fidelity("I71", "E18", "P07")
def test_the_error_type_of_the_runtime_itself_is_reported(deploy: Deploy) -> None:
    """Where the runtime itself found the fault, the INIT reports name its type."""
    response = deploy("import nope_mod").invoke({})
    assert response.payload["errorMessage"] == "Unable to import module 'app': No module named 'nope_mod'"
    assert [line.partition("\tStatus: ")[2] for line in reports(response.logs)] == [
        "error\tError Type: Runtime.ImportModuleError"
    ] * 2


@pytest.mark.fidelity("I72")
def test_every_request_repeats_a_failing_init(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A function that can't be initialised never becomes warm: each request runs INIT once more, in one environment."""
    function = deploy(BROKEN)
    first, second, third = (function.invoke({}) for _ in range(3))
    for response in (first, second, third):
        assert_division(response)
        assert response.cold_start
    assert first.environment is second.environment is third.environment
    assert [response.logs.count("loading") for response in (first, second, third)] == [2, 1, 1]
    assert [fact.phase for fact in aws_lambda.journal.of(InitEnded)] == ["init", "invoke", "invoke", "invoke"]
    assert [invocation.status for invocation in function.invocations] == ["init-error"] * 3


FLAKY = """
    import pathlib

    tries = pathlib.Path("/tmp/tries")
    tries.write_text((tries.read_text() if tries.exists() else "") + "x")
    if len(tries.read_text()) < {needed}:
        raise ConnectionError("not yet")

    def handler(event, context):
        return len(tries.read_text())
"""


@pytest.mark.fidelity("I73")
def test_an_init_that_fails_once(deploy: Deploy) -> None:
    """If the second INIT succeeds so does the request; the module has run twice."""
    function = deploy(FLAKY.format(needed=2))
    first = function.invoke({})
    assert (first.function_error, first.payload) == (None, 2)
    assert len(reports(first.logs)) == 1
    assert "Init Duration" not in first.report
    second = function.invoke({})
    assert (second.payload, second.cold_start) == (2, False)


@pytest.mark.fidelity("I72", "I73")
def test_an_init_that_fails_twice(deploy: Deploy) -> None:
    """A later request may be the one that finds INIT succeeding."""
    function = deploy(FLAKY.format(needed=3))
    first, second = function.invoke({}), function.invoke({})
    assert first.payload["errorMessage"] == "not yet"
    assert (second.function_error, second.payload) == (None, 3)


@pytest.mark.fidelity("I71", "H25")
@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("app", "Runtime.MalformedHandlerName"),
        ("nomod.handler", "Runtime.ImportModuleError"),
        ("app.missing", "Runtime.HandlerNotFound"),
        ("sys.handler", "Runtime.BuiltInModuleConflict"),
    ],
)
def test_a_handler_that_is_not_there(deploy: Deploy, handler: str, error_type: str) -> None:
    """A handler that can't be found is a failed INIT too: twice tried, twice reported by its type."""
    response = deploy("", handler=handler).invoke({})
    assert response.payload["errorType"] == error_type
    assert [line.rpartition("\t")[2] for line in reports(response.logs)] == [f"Error Type: {error_type}"] * 2


# -- ending at import -------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("H26", "H27", "I71", "I80", "I81")
@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit('reason')", "Runtime exited with error: exit status 1"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(9)", "Runtime exited with error: exit status 9"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
        ("raise KeyboardInterrupt", "Runtime exited with error: signal: interrupt"),
        ("raise GeneratorExit", "Runtime exited with error: exit status 1"),
    ],
)
def test_a_module_that_ends_its_process(deploy: Deploy, statement: str, text: str) -> None:
    """A process that ends at import is a crash: two keys, no stack trace, and both INIT reports say so."""
    response = deploy(f"import os, sys\nprint('loading')\n{statement}").invoke({})
    assert response.raw_payload.decode() == (
        f'{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: {response.request_id} Error: {text}"}}'
    )
    assert response.function_error == "Unhandled"
    assert response.logs.count("loading\n") == 2
    assert [line.partition("\tStatus: ")[2] for line in reports(response.logs)] == [
        "error\tError Type: Runtime.ExitError"
    ] * 2
    assert response.report.endswith("\tStatus: error\tError Type: Runtime.ExitError")


@pytest.mark.fidelity("H27")
def test_what_escapes_the_import_is_printed(deploy: Deploy) -> None:
    """A process that an exception ends says so on stderr, with its traceback."""
    log = deploy("raise KeyboardInterrupt('mine')").invoke({}).logs
    assert "\nTraceback (most recent call last):\n" in log
    assert "\nKeyboardInterrupt: mine\n" in log


@pytest.mark.fidelity("I71", "I83")
def test_a_failed_init_leaves_nothing_behind(deploy: Deploy, tmp_path: Path) -> None:
    """Modules of a failed INIT are imported afresh by the next one; files in ``/tmp`` are still there."""
    (tmp_path / "part.py").write_text("loads = []\n", encoding="utf-8")
    function = deploy(
        """
        import os, part

        part.loads.append("x")
        open("/tmp/" + str(len(os.listdir("/tmp"))), "x").close()
        if len(os.listdir("/tmp")) < 2:
            raise RuntimeError

        def handler(event, context):
            return part.loads, sorted(os.listdir("/tmp"))
        """
    )
    assert function.invoke({}).payload == [["x"], ["0", "1"]]


@pytest.mark.fidelity("I70", "X02")
def test_init_sees_no_request(deploy: Deploy) -> None:
    """During INIT there is no trace id and log records carry no request id; each request brings its own."""
    function: Any = deploy(
        """
        import logging, os

        at_init = os.environ.get("_X_AMZN_TRACE_ID")
        logging.warning("loading")

        def handler(event, context):
            return at_init, os.environ["_X_AMZN_TRACE_ID"]
        """
    )
    first, second = function.invoke({}), function.invoke({})
    assert re.search(r"^\[WARNING\]\t\S+Z\t\tloading$", first.logs, re.MULTILINE)
    assert first.payload[0] is None
    assert first.payload[1] != second.payload[1]
    assert re.fullmatch(
        r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01];Lineage=.*", first.payload[1]
    )
