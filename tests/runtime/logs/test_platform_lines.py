"""The platform's log lines, as text and as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pytest_lambda_env.runtime.logs.platform_lines import PlatformLines, RuntimeEnvironment, Status, reported_error_type
from pytest_lambda_env.simulation.instant import Instant, parse_instant

NOW = parse_instant("2026-10-08T07:30:29.470999Z")
REQUEST_ID = "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36"
TEXT = PlatformLines()
JSON = PlatformLines(log_format="JSON")
DEBUG = PlatformLines(log_format="JSON", system_log_level="DEBUG")
WARN = PlatformLines(log_format="JSON", system_log_level="WARN")
ARN = "arn:aws:lambda:us-east-1::runtime:0cdcfbdefbc5e7d3343f73c2e2dd3cba17d61dea0686b404502a0c9ce83931b9"
ENVIRONMENT = RuntimeEnvironment(
    runtime_version="python:3.13.v41",
    runtime_version_arn=ARN,
    function_name="fn",
    function_version="$LATEST",
    instance_id="instance",
    memory_size=128,
)
REPORT: dict[str, Any] = {
    "request_id": REQUEST_ID,
    "duration": 3_010,
    "billed_duration_ms": 4,
    "memory_size": 128,
    "max_memory_used": 36,
}


def record(line: str, kind: str) -> dict[str, Any]:
    """The record of one JSON line of that type."""
    assert line.endswith("}\n")
    parsed = json.loads(line)
    assert list(parsed) == ["time", "type", "record"]
    assert (parsed["time"], parsed["type"]) == ("2026-10-08T07:30:29.470Z", kind)
    fields: dict[str, Any] = parsed["record"]
    return fields


@pytest.mark.fidelity("P01")
def test_init_start() -> None:
    """A new environment's first line names the runtime's version."""
    expected = f"INIT_START Runtime Version: python:3.13.v41\tRuntime Version ARN: {ARN}\n"
    assert TEXT.init_start(NOW, ENVIRONMENT) == expected


@pytest.mark.fidelity("P02", "P03")
def test_start_and_end() -> None:
    """An invocation's lines name the request, and the first one the version."""
    assert TEXT.start(NOW, request_id=REQUEST_ID) == f"START RequestId: {REQUEST_ID} Version: $LATEST\n"
    assert TEXT.start(NOW, request_id=REQUEST_ID, version="7") == f"START RequestId: {REQUEST_ID} Version: 7\n"
    assert TEXT.end(NOW, request_id=REQUEST_ID, duration=1, produced_bytes=4) == f"END RequestId: {REQUEST_ID}\n"


@pytest.mark.fidelity("P04", "P05")
def test_report() -> None:
    """Fields are parted by tabs, the init's duration is on a cold start's alone, and a tab comes last."""
    warm = (
        f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 36 MB\t\n"
    )
    assert TEXT.report(NOW, **REPORT) == warm
    assert TEXT.report(NOW, **REPORT, init_duration=110_100) == warm[:-1] + "Init Duration: 110.10 ms\t\n"


@pytest.mark.fidelity("P06")
def test_report_of_a_killed_process() -> None:
    """A timeout or the process's end is the last field, without a tab after it."""
    assert TEXT.report(NOW, **REPORT, status="timeout").endswith("Max Memory Used: 36 MB\tStatus: timeout\n")
    cold = TEXT.report(NOW, **REPORT, init_duration=1_000, status="error", error_type="Runtime.ExitError")
    assert cold.endswith("\tInit Duration: 1.00 ms\tStatus: error\tError Type: Runtime.ExitError\n")


@pytest.mark.fidelity("P05")
def test_report_of_a_reported_failure() -> None:
    """An exception of the function's leaves an ordinary REPORT."""
    assert TEXT.report(NOW, **REPORT, status="failure", error_type="Runtime.Unknown") == TEXT.report(NOW, **REPORT)


@pytest.mark.fidelity("P07", "P08")
def test_init_report() -> None:
    """A failed init is reported with its phase and cause, a good one on demand not at all."""
    failed = TEXT.init_report(
        NOW, duration=1_670_770, phase="init", status="error", error_type="Runtime.ImportModuleError"
    )
    assert failed == (
        "INIT_REPORT Init Duration: 1670.77 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n"
    )
    timed_out = TEXT.init_report(NOW, duration=9_999_790, phase="invoke", status="timeout")
    assert timed_out == "INIT_REPORT Init Duration: 9999.79 ms\tPhase: invoke\tStatus: timeout\n"
    assert TEXT.init_report(NOW, duration=1, phase="init", status="success") == ""


@pytest.mark.fidelity("P09")
def test_restore() -> None:
    """A SnapStart environment reports its restore in place of an init."""
    assert TEXT.restore_start(NOW, ENVIRONMENT).startswith("RESTORE_START Runtime Version: python:3.13.v41\t")
    assert TEXT.restore_report(NOW, duration=511_250) == "RESTORE_REPORT Restore Duration: 511.25 ms\n"
    late = TEXT.restore_report(NOW, duration=10_000_000, status="timeout")
    assert late == "RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout\n"


@pytest.mark.fidelity("P11")
def test_json_report_is_a_recorded_one() -> None:
    """The line is, byte for byte, one that AWS wrote."""
    line = JSON.report(
        NOW,
        request_id=REQUEST_ID,
        duration=1_233_960,
        billed_duration_ms=1698,
        memory_size=256,
        max_memory_used=123,
        init_duration=463_512,
    )
    assert line == (
        '{"time":"2026-10-08T07:30:29.470Z","type":"platform.report","record":{"requestId":'
        '"79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36","metrics":{"durationMs":1233.96,"billedDurationMs":1698,'
        '"memorySizeMB":256,"maxMemoryUsedMB":123,"initDurationMs":463.512},"status":"success"}}\n'
    )


@pytest.mark.fidelity("P11")
def test_json_records() -> None:
    """Each record has its type's fields in order, and none that is unknown."""
    assert record(JSON.init_start(NOW, ENVIRONMENT), "platform.initStart") == {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": "python:3.13.v41",
        "runtimeVersionArn": ARN,
        "functionName": "fn",
        "functionVersion": "$LATEST",
        "instanceId": "instance",
        "instanceMaxMemory": 134217728,
    }
    started = record(JSON.start(NOW, request_id=REQUEST_ID), "platform.start")
    assert started == {"requestId": REQUEST_ID, "version": "$LATEST"}
    of_tenant = record(JSON.start(NOW, request_id=REQUEST_ID, tenant_id="blue"), "platform.start")
    assert of_tenant == {"requestId": REQUEST_ID, "tenantId": "blue", "version": "$LATEST"}
    done = DEBUG.end(NOW, request_id=REQUEST_ID, duration=1_056, produced_bytes=50)
    assert record(done, "platform.runtimeDone") == {
        "requestId": REQUEST_ID,
        "status": "success",
        "metrics": {"durationMs": 1.056, "producedBytes": 50},
    }
    failed = JSON.init_report(NOW, duration=10_000_487, phase="init", status="timeout")
    assert record(failed, "platform.initReport") == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "timeout",
        "metrics": {"durationMs": 10000.487},
    }
    crashed = JSON.report(NOW, **REPORT, status="error", error_type="Runtime.ExitError")
    assert list(record(crashed, "platform.report").items())[-2:] == [
        ("status", "error"),
        ("errorType", "Runtime.ExitError"),
    ]
    assert "runtimeVersion" in record(JSON.restore_start(NOW, ENVIRONMENT), "platform.restoreStart")
    restored = record(JSON.restore_report(NOW, duration=1_000), "platform.restoreReport")
    assert restored == {"status": "success", "metrics": {"durationMs": 1.0}}


@pytest.mark.fidelity("P11")
@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("success", {"DEBUG": "initReport start runtimeDone report", "INFO": "start report", "WARN": ""}),
        (
            "timeout",
            {
                "DEBUG": "initReport start runtimeDone report",
                "INFO": "initReport start runtimeDone report",
                "WARN": "initReport runtimeDone report",
            },
        ),
    ],
)
def test_system_log_levels(status: Status, kinds: dict[str, str]) -> None:
    """A good invocation leaves two records at INFO and none at WARN; a bad one's outcome is always there."""
    for lines in (DEBUG, JSON, WARN):
        written = [
            lines.init_report(NOW, duration=1, phase="init", status=status),
            lines.start(NOW, request_id=REQUEST_ID),
            lines.end(NOW, request_id=REQUEST_ID, duration=1, produced_bytes=1, status=status),
            lines.report(NOW, **REPORT, status=status),
        ]
        found = [json.loads(line)["type"].removeprefix("platform.") for line in written if line]
        assert found == kinds[lines.system_log_level].split()


@pytest.mark.fidelity("P11")
def test_a_provisioned_init_is_reported_at_info() -> None:
    """Other than on demand, a good init has its record at INFO, and its line in text."""
    for lines in (JSON, TEXT):
        assert lines.init_report(
            NOW, duration=1, phase="init", status="success", initialization_type="provisioned-concurrency"
        )


def test_text_ignores_the_system_log_level() -> None:
    """Levels are for JSON; a text line is always sent."""
    quiet = PlatformLines(log_format="Text", system_log_level="WARN")
    assert quiet.start(NOW, request_id=REQUEST_ID) == TEXT.start(NOW, request_id=REQUEST_ID)


@pytest.mark.fidelity("E18")
@pytest.mark.parametrize(
    ("error_type", "expected"),
    [
        ("Runtime.ImportModuleError", "Runtime.ImportModuleError"),
        ("Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge"),
        ("ValueError", "Runtime.Unknown"),
        ("Function.x", "Function.Unknown"),
        ("Runtime.1", "Runtime.Unknown"),
        ("", "Runtime.Unknown"),
    ],
)
def test_reported_error_types(error_type: str, expected: str) -> None:
    """Types of the function's own are not shown by the platform."""
    assert reported_error_type(error_type) == expected


@pytest.mark.parametrize("now", [0, 999, 1_000, 1_798_761_599_999_999])
def test_record_times_have_milliseconds(now: int) -> None:
    """A record's time is cut to milliseconds, always in three digits."""
    line = JSON.start(Instant(now), request_id=REQUEST_ID)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", json.loads(line)["time"])
