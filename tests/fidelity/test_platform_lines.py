"""The platform's own lines around those of the function (fidelity 1.9)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

SLOW = """
    import time
    time.sleep(0.1101)

    def handler(event, context):
        time.sleep(event)
"""


def system_records(response: InvokeResponse) -> dict[str, dict[str, Any]]:
    """The platform's JSON records, by their type."""
    parsed = [json.loads(line) for line in response.logs.splitlines()]
    return {line["type"]: line["record"] for line in parsed if "type" in line}


@pytest.mark.fidelity("P01")
@pytest.mark.lambda_service(region="eu-west-1")
def test_init_start_comes_first(deploy: Deploy) -> None:
    """A new environment's log begins with the runtime's version and its ARN."""
    response = deploy("print('module body')\ndef handler(event, context): ...\n", runtime="python3.12").invoke({})
    first, second, *_ = response.logs.split("\n")
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.12\.v\d+\t"
        r"Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}",
        first,
    )
    assert second == "module body"


@pytest.mark.fidelity("P02", "P03")
def test_start_and_end(deploy: Deploy) -> None:
    """They enclose what the function says."""
    response = deploy("def handler(event, context):\n    print('x')\n").invoke({})
    rid = response.request_id
    assert f"\nSTART RequestId: {rid} Version: $LATEST\nx\nEND RequestId: {rid}\nREPORT " in response.logs


@pytest.mark.fidelity("P04", "P05")
def test_the_report_of_a_cold_and_of_a_warm_start(deploy: Deploy) -> None:
    """Only the cold one has an Init Duration, which is billed; both lines end in a tab."""
    fn = deploy(SLOW)
    cold, warm = fn.invoke(0.00301), fn.invoke(0.002)
    memory = r"\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t"
    assert re.search(
        rf"^REPORT RequestId: {cold.request_id}\tDuration: 3\.01 ms\tBilled Duration: 114 ms{memory}"
        r"Init Duration: 110\.10 ms\t\n\Z",
        cold.logs,
        re.MULTILINE,
    )
    assert re.search(
        rf"^REPORT RequestId: {warm.request_id}\tDuration: 2\.00 ms\tBilled Duration: 2 ms{memory}\n\Z",
        warm.logs,
        re.MULTILINE,
    )


@pytest.mark.fidelity("P05")
def test_the_report_of_a_failed_function(deploy: Deploy) -> None:
    """An exception is no failure of the platform's: the line is as any other."""
    report = deploy("def handler(event, context):\n    raise ValueError\n").invoke({}).report
    assert "Status" not in report
    assert report.endswith("\t")


@pytest.mark.fidelity("P06")
def test_the_report_of_a_timeout(deploy: Deploy) -> None:
    """It ends in the status, without a tab; END is there too."""
    fn = deploy(SLOW, timeout=1)
    cold, again = fn.invoke(5), fn.invoke(5)
    assert re.search(r"MB\tInit Duration: 110\.10 ms\tStatus: timeout\n\Z", cold.logs)
    assert re.search(r"MB\tStatus: timeout\n\Z", again.logs)
    assert f"\nEND RequestId: {cold.request_id}\n" in cold.logs


@pytest.mark.fidelity("P06")
def test_the_report_of_a_crash(deploy: Deploy) -> None:
    """It ends in the status and the error's type."""
    logs = deploy("import sys\ndef handler(event, context):\n    sys.exit(1)\n").invoke({}).logs
    assert re.search(r"MB\tInit Duration: 0\.00 ms\tStatus: error\tError Type: Runtime\.ExitError\n\Z", logs)


@pytest.mark.fidelity("P07")
def test_the_reports_of_a_failed_init(deploy: Deploy) -> None:
    """Each attempt has one, with its phase, and an error its type."""
    logs = deploy("import time\ntime.sleep(1.67077)\nimport nope\n").invoke({}).logs
    assert re.findall(r"^INIT_REPORT .*$", logs, re.MULTILINE) == [
        "INIT_REPORT Init Duration: 1670.77 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
        "INIT_REPORT Init Duration: 1670.77 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError",
    ]


@pytest.mark.fidelity("P07")
def test_the_reports_of_an_init_that_takes_too_long(deploy: Deploy) -> None:
    """The first attempt has ten seconds, the second the function's own timeout."""
    logs = deploy("import time\ntime.sleep(60)\n", timeout=4).invoke({}).logs
    assert re.findall(r"^INIT_REPORT .*$", logs, re.MULTILINE) == [
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
        "INIT_REPORT Init Duration: 4000.00 ms\tPhase: invoke\tStatus: timeout",
    ]


@pytest.mark.fidelity("P08")
def test_a_good_init_has_no_report(deploy: Deploy) -> None:
    """Its duration stands in the first REPORT alone."""
    assert "INIT_REPORT" not in deploy(SLOW).invoke(0).logs


@pytest.mark.fidelity("P10")
def test_a_retry_has_the_same_request_id(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """An asynchronous event's attempts on one environment are blocks of one log stream, with one id."""
    fn = deploy("def handler(event, context):\n    raise ValueError\n")
    accepted = fn.invoke_async({})
    aws_lambda.drain()
    [environment] = fn.environments
    blocks = re.findall(r"^(START|END|REPORT) RequestId: (\S+)", environment.log.text(), re.MULTILINE)
    assert blocks == [(kind, accepted.request_id) for _ in range(3) for kind in ("START", "END", "REPORT")]


@pytest.mark.fidelity("P11")
@pytest.mark.lambda_service(start="2026-11-21T00:04:17.194Z")
def test_the_records_of_a_cold_start(deploy: Deploy) -> None:
    """In JSON the platform's lines are records with a time, a type and fields."""
    fn = deploy(SLOW, function_name="fn", log_format="JSON", system_log_level="DEBUG", runtime="python3.12")
    response = fn.invoke(0.00301)
    first = json.loads(response.logs.split("\n")[0])
    assert list(first) == ["time", "type", "record"]
    assert first["time"] == "2026-11-21T00:04:17.194Z"
    records = system_records(response)
    assert list(records) == [
        "platform.initStart",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    started = records["platform.initStart"]
    assert re.fullmatch(r"python:3\.12\.v\d+", started.pop("runtimeVersion"))
    assert started.pop("runtimeVersionArn").startswith("arn:aws:lambda:us-east-1::runtime:")
    assert started.pop("instanceId")
    assert started == {
        "initializationType": "on-demand",
        "phase": "init",
        "functionName": "fn",
        "functionVersion": "$LATEST",
        "instanceMaxMemory": 128 * 1024 * 1024,
    }
    assert records["platform.start"] == {"requestId": response.request_id, "version": "$LATEST"}
    report = records["platform.report"]
    assert report["metrics"].pop("maxMemoryUsedMB") > 0
    assert report == {
        "requestId": response.request_id,
        "status": "success",
        "metrics": {
            "durationMs": 3.01,
            "billedDurationMs": 114,
            "memorySizeMB": 128,
            "initDurationMs": 110.1,
        },
    }


@pytest.mark.fidelity("P11")
@pytest.mark.parametrize(
    ("handler", "status", "error_type"),
    [
        ("def handler(event, context):\n    raise ValueError\n", "failure", "Runtime.Unknown"),
        ("import sys\ndef handler(event, context):\n    sys.exit(1)\n", "error", "Runtime.ExitError"),
        ("import time\ndef handler(event, context):\n    time.sleep(60)\n", "timeout", None),
    ],
)
def test_the_record_of_a_failure(deploy: Deploy, handler: str, status: str, error_type: str | None) -> None:
    """The report has the status and, unless time ran out, the type of the error."""
    report = system_records(deploy(handler, log_format="JSON").invoke({}))["platform.report"]
    assert report["status"] == status
    assert report.get("errorType") == error_type
