"""AWS's runtime client around a handler, and the platform around AWS's runtime client.

The client runs as it is, from its ``run`` on: it asks a stand-in for its C extension for the next request and
gives it the results, and posts the error of a failed init over a connection that leads nowhere.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import io
import json
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from parity.case import NOW, Answer, Request
from parity.interpreter import Telemetry, own_interpreter
from pytest_lambda_env.runtime.logs.log import EnvironmentLog

bootstrap = pytest.importorskip("awslambdaric.bootstrap", reason="awslambdaric is not importable here")
client = pytest.importorskip("awslambdaric.lambda_runtime_client")
marshaller = pytest.importorskip("awslambdaric.lambda_runtime_marshaller")


class Idle(BaseException):
    """Every request has been answered: on Lambda the process would be frozen now."""


class Wire:
    """Stands in for the C extension that talks to the service (fidelity M19: it takes UTF-8)."""

    def __init__(self, requests: deque[Request], log: EnvironmentLog) -> None:
        self.begun: Request | None = None
        self.answers: list[Answer] = []
        self._requests = requests
        self._log = log

    def next(self) -> tuple[bytes, dict[str, Any]]:
        """The next request: its event, and its headers."""
        if not self._requests:
            raise Idle
        self.begun = request = self._requests.popleft()
        self._log.platform("START\n")
        return request.event, {
            "Lambda-Runtime-Aws-Request-Id": request.request_id,
            "Lambda-Runtime-Invoked-Function-Arn": request.arn,
            "Lambda-Runtime-Deadline-Ms": request.deadline_ms,
            "Lambda-Runtime-Client-Context": request.client_context,
            "Content-Type": "application/json",
        }

    def post_invocation_result(self, invoke_id: str, data: bytes, content_type: str, *_: object) -> None:
        """Take a response."""
        self._answered(Answer(data, failed=False))

    def post_error(self, invoke_id: str, error: str, fault: str, *_: object) -> None:
        """Take an error object and its X-Ray document."""
        fault.encode()
        self._answered(Answer(error.encode(), failed=True))

    def _answered(self, answer: Answer) -> None:
        self.answers.append(answer)
        self.begun = None
        self._log.platform("END\n")


class Connection(http.client.HTTPConnection):
    """A connection to the service that keeps what is sent, and accepts it."""

    sent = b""

    def connect(self) -> None:
        """Connect to nothing."""
        accepted = io.BytesIO(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self.sock = mock.Mock(sendall=self._take, **{"makefile.return_value": accepted})

    def _take(self, data: bytes) -> None:
        type(self).sent += data


@cache
def _bootstrap(log_format: str | None, log_level: str | None) -> ModuleType:
    """A copy of the runtime's main module, which reads these two variables once, when it is imported (fidelity G20)."""
    spec = importlib.util.spec_from_file_location("awslambdaric.bootstrap", bootstrap.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    settings = {"AWS_LAMBDA_LOG_FORMAT": log_format, "AWS_LAMBDA_LOG_LEVEL": log_level}
    with mock.patch.dict(os.environ, {name: value for name, value in settings.items() if value is not None}):
        spec.loader.exec_module(module)
    return module


class Official:
    """The function's environment on Lambda. ``function``, if given, is the handler itself."""

    def __init__(
        self,
        log: EnvironmentLog,
        task_root: Path,
        variables: Mapping[str, str],
        function: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self._log = log
        self._task_root = task_root
        self._variables = variables
        self._function = function

    def serve(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer requests one after the other, in a new process after each that ends (fidelity I71, I83, H32)."""
        waiting, answers, ahead = deque(requests), list[Answer](), True
        while waiting or ahead:
            wire = Wire(waiting, self._log)
            status, posted = self._process(wire)
            answers += wire.answers
            if wire.begun is not None:
                answers.append(_exited(wire.begun, status))
            elif status is not None and not wire.answers and not ahead:
                request = waiting.popleft()
                answers.append(Answer(posted, failed=True) if posted else _exited(request, status))
            ahead = False
            self._log.platform("END\n")
        return answers

    def _process(self, wire: Wire) -> tuple[int | None, bytes]:
        """Run one process until it ends or is idle: its exit status, and the error that it posted at init."""
        runtime = _bootstrap(self._variables.get("AWS_LAMBDA_LOG_FORMAT"), self._variables.get("AWS_LAMBDA_LOG_LEVEL"))
        sink = runtime.FramedTelemetryLogSink(0)
        sink.file = Telemetry(self._log)
        connection = type("Connection", (Connection,), {})
        own = contextlib.ExitStack()
        if self._function is not None:
            own.enter_context(mock.patch.object(runtime, "_get_handler", return_value=self._function))
        with (
            own,
            own_interpreter(self._log, self._variables, self._task_root, NOW),
            mock.patch.object(http.client, "HTTPConnection", connection),
            mock.patch.object(client, "runtime_client", wire),
            mock.patch.object(client.BaseLambdaRuntimeClient, "marshaller", marshaller.LambdaMarshaller()),
            mock.patch.object(runtime, "create_log_sink", return_value=contextlib.nullcontext(sink)),
            mock.patch.multiple(runtime, _GLOBAL_AWS_REQUEST_ID=None, _GLOBAL_TENANT_ID=None),
        ):
            status = None
            try:
                runtime.run(self._variables["_HANDLER"], client.LambdaRuntimeClient("localhost"))
            except Idle:
                pass
            except BaseException as error:  # noqa: BLE001  what escapes ends the process
                status = _exit_status(error)
        _, _, body = connection.sent.partition(b"\r\n\r\n")  # type: ignore[attr-defined]
        return status, body


def _exit_status(error: BaseException) -> int:
    """What the interpreter does with an exception that its main program let escape."""
    status = _report(error)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return status


def _report(error: BaseException) -> int:
    if not isinstance(error, SystemExit):
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _exited(request: Request, status: int | None) -> Answer:
    """The platform's answer for a process that ended (fidelity E15, E16)."""
    reason = f"with error: exit status {status}" if status else "without providing a reason"
    if status == -signal.SIGINT:
        reason = "with error: signal: interrupt"
    message = f"RequestId: {request.request_id} Error: Runtime exited {reason}"
    error = {"errorType": "Runtime.ExitError", "errorMessage": message}
    return Answer(json.dumps(error, separators=(",", ":")).encode(), failed=True)
