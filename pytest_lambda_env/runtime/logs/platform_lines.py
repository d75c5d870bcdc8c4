"""The platform's own log lines, as text or, where the function's log format is JSON, as system log records.

Text follows fidelity P01 to P09, JSON P11 and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html; which records a system log level lets
through, https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from pytest_lambda_env.model.facts import InitializationType, InitPhase
from pytest_lambda_env.simulation.instant import MILLISECOND, Instant, datetime_of

LogFormat = Literal["Text", "JSON"]
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]
Status = Literal["success", "failure", "error", "timeout"]

_LEVELS = ("DEBUG", "INFO", "WARN")
_KNOWN_ERROR_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


def reported_error_type(error_type: str) -> str:
    """The error type as REPORT and INIT_REPORT show it: a function's own types are not shown (fidelity E18)."""
    if _KNOWN_ERROR_TYPE.search(error_type):
        return error_type
    return "Function.Unknown" if error_type.startswith("Function.") else "Runtime.Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeEnvironment:
    """What INIT_START and RESTORE_START tell. ``runtime_version`` is such as ``python:3.13.v41``; memory in MB."""

    runtime_version: str
    runtime_version_arn: str
    function_name: str
    function_version: str
    instance_id: str
    memory_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLines:
    """Writes the lines of one function's environments; settings as in the API's ``LoggingConfig``.

    Each method gives a line with its newline, or ``""`` where the platform sends none: in JSON for a record below
    ``system_log_level``, which text ignores. ``now`` is the record's time, shown in JSON only. Durations are in
    microseconds, a billed duration in whole milliseconds, memory in MB.
    """

    log_format: LogFormat = "Text"
    system_log_level: SystemLogLevel = "INFO"

    def init_start(
        self,
        now: Instant,
        environment: RuntimeEnvironment,
        *,
        initialization_type: InitializationType = "on-demand",
        phase: InitPhase = "init",
    ) -> str:
        """The first line of a new environment (fidelity P01)."""
        if self.log_format == "JSON":
            extra = {"initializationType": initialization_type, "phase": phase}
            return self._record(now, "INFO", "platform.initStart", {**extra, **_described(environment)})
        return f"INIT_START {_runtime(environment)}\n"

    def init_report(
        self,
        now: Instant,
        *,
        duration: int,
        phase: InitPhase,
        status: Status,
        error_type: str | None = None,
        initialization_type: InitializationType = "on-demand",
    ) -> str:
        """The end of an init (fidelity P07); text has none for a good one on demand (P08)."""
        on_demand = initialization_type == "on-demand"
        if self.log_format == "JSON":
            record = {
                "initializationType": initialization_type,
                "phase": phase,
                "status": status,
                "errorType": error_type,
                "metrics": {"durationMs": duration / MILLISECOND},
            }
            return self._record(now, _level(status, "DEBUG" if on_demand else "INFO"), "platform.initReport", record)
        if on_demand and status == "success":
            return ""
        return f"INIT_REPORT Init Duration: {_ms(duration)}\tPhase: {phase}" + _outcome(status, error_type) + "\n"

    def restore_start(self, now: Instant, environment: RuntimeEnvironment) -> str:
        """A SnapStart environment is being restored (fidelity P09)."""
        if self.log_format == "JSON":
            return self._record(now, "INFO", "platform.restoreStart", _described(environment))
        return f"RESTORE_START {_runtime(environment)}\n"

    def restore_report(
        self, now: Instant, *, duration: int, status: Status = "success", error_type: str | None = None
    ) -> str:
        """A SnapStart environment has been restored, or not (fidelity P09)."""
        if self.log_format == "JSON":
            metrics = {"durationMs": duration / MILLISECOND}
            record = {"status": status, "errorType": error_type, "metrics": metrics}
            return self._record(now, _level(status, "INFO"), "platform.restoreReport", record)
        return f"RESTORE_REPORT Restore Duration: {_ms(duration)}" + _outcome(status, error_type) + "\n"

    def start(self, now: Instant, *, request_id: str, version: str = "$LATEST", tenant_id: str | None = None) -> str:
        """An invocation begins (fidelity P02)."""
        if self.log_format == "JSON":
            record = {"requestId": request_id, "tenantId": tenant_id, "version": version}
            return self._record(now, "INFO", "platform.start", record)
        return f"START RequestId: {request_id} Version: {version}\n"

    def end(
        self,
        now: Instant,
        *,
        request_id: str,
        duration: int,
        produced_bytes: int,
        status: Status = "success",
        error_type: str | None = None,
        tenant_id: str | None = None,
    ) -> str:
        """The runtime is done with an invocation: END in text (fidelity P03), ``platform.runtimeDone`` in JSON."""
        if self.log_format == "JSON":
            record = {
                "requestId": request_id,
                "tenantId": tenant_id,
                "status": status,
                "errorType": error_type,
                "metrics": {"durationMs": duration / MILLISECOND, "producedBytes": produced_bytes},
            }
            return self._record(now, _level(status, "DEBUG"), "platform.runtimeDone", record)
        return f"END RequestId: {request_id}\n"

    def report(
        self,
        now: Instant,
        *,
        request_id: str,
        duration: int,
        billed_duration_ms: int,
        memory_size: int,
        max_memory_used: int,
        init_duration: int | None = None,
        status: Status = "success",
        error_type: str | None = None,
        tenant_id: str | None = None,
    ) -> str:
        """What an invocation took (fidelity P04 to P06). ``init_duration`` is None but for an environment's first.

        Text names a ``status`` only where the process timed out or ended: a failure that the runtime reported is no
        error of the platform's, and its REPORT is an ordinary one.
        """
        if self.log_format == "JSON":
            metrics: dict[str, float] = {
                "durationMs": duration / MILLISECOND,
                "billedDurationMs": billed_duration_ms,
                "memorySizeMB": memory_size,
                "maxMemoryUsedMB": max_memory_used,
            }
            if init_duration is not None:
                metrics["initDurationMs"] = init_duration / MILLISECOND
            record = {
                "requestId": request_id,
                "tenantId": tenant_id,
                "metrics": metrics,
                "status": status,
                "errorType": error_type,
            }
            return self._record(now, _level(status, "INFO"), "platform.report", record)
        fields = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {_ms(duration)}",
            f"Billed Duration: {billed_duration_ms} ms",
            f"Memory Size: {memory_size} MB",
            f"Max Memory Used: {max_memory_used} MB",
        ]
        if init_duration is not None:
            fields.append(f"Init Duration: {_ms(init_duration)}")
        # Without a status the line ends in a tab, with one it does not (recorded: P04, P06).
        outcome = "\t" if status in ("success", "failure") else _outcome(status, error_type)
        return "\t".join(fields) + outcome + "\n"

    def _record(self, now: Instant, level: SystemLogLevel, kind: str, record: dict[str, Any]) -> str:
        if _LEVELS.index(level) < _LEVELS.index(self.system_log_level):
            return ""
        moment = datetime_of(now)
        time = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // MILLISECOND:03d}Z"
        known = {name: value for name, value in record.items() if value is not None}
        return json.dumps({"time": time, "type": kind, "record": known}, separators=(",", ":")) + "\n"


def _level(status: Status, success: SystemLogLevel) -> SystemLogLevel:
    return success if status == "success" else "WARN"


def _described(environment: RuntimeEnvironment) -> dict[str, Any]:
    return {
        "runtimeVersion": environment.runtime_version,
        "runtimeVersionArn": environment.runtime_version_arn,
        "functionName": environment.function_name,
        "functionVersion": environment.function_version,
        "instanceId": environment.instance_id,
        "instanceMaxMemory": environment.memory_size * 1024 * 1024,
    }


def _runtime(environment: RuntimeEnvironment) -> str:
    return f"Runtime Version: {environment.runtime_version}\tRuntime Version ARN: {environment.runtime_version_arn}"


def _ms(duration: int) -> str:
    return f"{duration / MILLISECOND:.2f} ms"


def _outcome(status: Status, error_type: str | None) -> str:
    if status == "success":
        return ""
    return f"\tStatus: {status}" + (f"\tError Type: {error_type}" if error_type else "")
