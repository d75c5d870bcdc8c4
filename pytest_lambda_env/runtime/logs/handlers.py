"""The root logger's one handler on Lambda, its two line formats and where its lines go (fidelity 1.7 and 1.8).

Class names, attributes and formats are those of AWS's runtime client 4.2.2: handler code looks at them (it takes
``root.handlers[0]``, sets a formatter on it, tests its class's name).
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pytest_lambda_env.runtime.client.marshaller import Marshaller
from pytest_lambda_env.runtime.current import NOBODY, current
from pytest_lambda_env.runtime.logs.streams import LogStream

TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
TEXT_DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"
JSON_DATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

_NBSP = "\u00a0"


def _frame_types(first: int) -> dict[int, bytes]:
    """The frame type of each level: NOTSET, then DEBUG to CRITICAL four apart (fidelity G33)."""
    offsets = {0: 0, 10: 8, 20: 12, 30: 16, 40: 20, 50: 24}
    return {level: (first + offset).to_bytes(4, "big") for level, offset in offsets.items()}


_JSON_FRAME_TYPES = _frame_types(0xA55A0002)
_TEXT_FRAME_TYPES = _frame_types(0xA55A0003)


class RequestLabels:
    """What the handler's filter puts on every record; one object per process, updated before each invocation.

    ``aws_request_id`` is None before the first invocation and keeps the latest after it (fidelity G05, G11).
    """

    __slots__ = ("aws_request_id", "tenant_id")

    def __init__(self) -> None:
        self.aws_request_id: str | None = None
        self.tenant_id: str | None = None


class LogSink(Protocol):
    """Where a handler's formatted records go."""

    def log(self, msg: str, frame_type: bytes | None = None) -> None:
        """Take one record."""


class TelemetryLogSink:
    """The runtime's channel to the platform: one call is one log event, whatever newlines are in it (fidelity G12)."""

    def __init__(self, stdout: LogStream) -> None:
        self._stdout = stdout

    def log(self, msg: str, frame_type: bytes | None = None) -> None:
        """Write one record. ``frame_type`` tells the platform its level and is not kept."""
        self._stdout.frame(msg)

    def log_error(self, message_lines: Sequence[str]) -> None:
        """Write the lines of :func:`format_error` as one record."""
        self.log("\n".join(message_lines))


class LambdaLoggerFilter(logging.Filter):
    """Gives records their ``aws_request_id`` and ``tenant_id`` (fidelity G10)."""

    def __init__(self, labels: RequestLabels) -> None:
        super().__init__()
        self._labels = labels

    def filter(self, record: logging.LogRecord) -> bool:
        """Label the record; let every one pass."""
        labels = self._labels
        record.aws_request_id = labels.aws_request_id or ""
        record.tenant_id = labels.tenant_id
        return True


class _RootHandler(logging.Handler):
    """Writes to the sink, then hands the record to the test's own root handlers.

    ``forward`` holds those handlers (``caplog``, live logging). A record from a thread that is not ``stdout``'s
    environment goes to them alone; one from a dead process goes nowhere.
    """

    def __init__(self, log_sink: LogSink, stdout: LogStream, forward: Sequence[logging.Handler] = ()) -> None:
        super().__init__()
        self.log_sink = log_sink
        self._stdout = stdout
        self._forward = forward

    def handle(self, record: logging.LogRecord) -> bool:
        """Filter and emit the record, if its process lives."""
        life = current.life
        if life is not self._stdout.life:
            self._show(record, record.levelno, record.levelname, record.exc_text)
            return True
        return False if life.over else bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record. What formatting raises, the caller of the logger gets (fidelity G08)."""
        before = record.levelno, record.levelname, record.exc_text
        self._write(record, self.format(record))
        if self._forward:
            after = record.levelno, record.levelname, record.exc_text
            self._show(record, *before)
            record.levelno, record.levelname, record.exc_text = after

    def _write(self, record: logging.LogRecord, text: str) -> None:
        self.log_sink.log(text)

    def _show(self, record: logging.LogRecord, levelno: int, levelname: str, exc_text: str | None) -> None:
        """Give the test's handlers the record as it was logged: the JSON form rounds its level (fidelity G26)."""
        record.levelno, record.levelname, record.exc_text = levelno, levelname, exc_text
        # These handlers are the test's: their files and clocks must be the real ones.
        own = current.save()
        current.restore(NOBODY)
        # Live logging suspends pytest's capture for each record and then puts pytest's streams in place.
        streams = sys.stdout, sys.stderr
        try:
            for handler in self._forward:
                if levelno >= handler.level:
                    handler.handle(record)
        finally:
            sys.stdout, sys.stderr = streams
            current.restore(own)


class LambdaLoggerHandler(_RootHandler):
    """The root handler when the format is text and no level is configured (fidelity G01)."""


class LambdaLoggerHandlerWithFrameType(_RootHandler):
    """The root handler when the format is JSON or a level is configured (fidelity G01)."""

    def _write(self, record: logging.LogRecord, text: str) -> None:
        frame_type = getattr(record, "_frame_type", None) or _TEXT_FRAME_TYPES.get(_rounded_level(record))
        self.log_sink.log(text, frame_type=frame_type)


def _rounded_level(record: logging.LogRecord) -> int:
    return min(50, max(0, record.levelno)) // 10 * 10


# What every record has, except taskName: a task's name is an extra (fidelity G30).
_NOT_EXTRAS = frozenset(
    {
        *("name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "lineno", "funcName"),
        *("exc_info", "exc_text", "stack_info", "created", "msecs", "relativeCreated"),
        *("thread", "threadName", "processName", "process"),
        *("aws_request_id", "tenant_id", "_frame_type"),
    }
)

_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """One JSON object a line (fidelity G22 to G30; https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html)."""

    def __init__(self) -> None:
        super().__init__(datefmt=JSON_DATE_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """The record's line. Rounds the record's own level down to a multiple of ten (fidelity G26)."""
        level = record.levelno = _rounded_level(record)
        record.levelname = logging.getLevelName(level)
        record._frame_type = _JSON_FRAME_TYPES[level]
        message: object = record.msg
        if record.args or not isinstance(message, dict):
            message = record.getMessage()
        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": message,
            "logger": record.name,
            "stackTrace": None,
            "errorType": None,
            "errorMessage": None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": None,
        }
        if record.exc_info:
            error_type, error, trace = record.exc_info
            fields["stackTrace"] = traceback.format_tb(trace)
            # logger.exception() outside an except block has no exception; AWS's runtime fails there as well.
            fields["errorType"] = error_type.__name__  # type: ignore[union-attr]
            fields["errorMessage"] = str(error)
            fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        tenant_id = getattr(record, "tenant_id", None)
        if tenant_id is not None:
            fields["tenantId"] = tenant_id
        # The fields above win over extras of the same name, even where they are empty (fidelity G27).
        extras = {key: value for key, value in record.__dict__.items() if key not in _NOT_EXTRAS and key not in fields}
        return _encode({key: value for key, value in {**fields, **extras}.items() if value is not None}) + "\n"


def root_level(configured: str | None) -> str | None:
    """The level name that ``AWS_LAMBDA_LOG_LEVEL`` gives the root logger, or None if it leaves it (fidelity G21)."""
    level = "DEBUG" if configured == "TRACE" else (configured or "").upper()
    return level if level in logging._nameToLevel else None


def is_json(configured: str | None) -> bool:
    """Whether ``AWS_LAMBDA_LOG_FORMAT`` asks for JSON; any other value is text (fidelity G20)."""
    return (configured or "").upper() == "JSON"


def root_handler(
    stdout: LogStream,
    labels: RequestLabels,
    *,
    log_format: str | None = None,
    log_level: str | None = None,
    forward: Sequence[logging.Handler] = (),
) -> LambdaLoggerHandler | LambdaLoggerHandlerWithFrameType:
    """The one handler that the root logger has before the function's code is imported (fidelity G01).

    ``log_format`` and ``log_level`` are the values of ``AWS_LAMBDA_LOG_FORMAT`` and ``AWS_LAMBDA_LOG_LEVEL``.
    """
    as_json = is_json(log_format)
    kind = LambdaLoggerHandlerWithFrameType if as_json or log_level else LambdaLoggerHandler
    handler = kind(TelemetryLogSink(stdout), stdout, forward)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(TEXT_FORMAT, TEXT_DATE_FORMAT))
    handler.addFilter(LambdaLoggerFilter(labels))
    return handler


def format_error(error_object: Mapping[str, Any], log_format: str | None) -> list[str]:
    """The log lines of an exception that the function let escape, for ``log_error`` of the sink.

    Text: the error, then its trace with no-break spaces for indentation (fidelity G12, G13). JSON: one line (G31).
    """
    if is_json(log_format):
        timestamp = time.strftime(JSON_DATE_FORMAT, logging.Formatter().converter(time.time()))
        line, _ = Marshaller().encode({"timestamp": timestamp, "level": "ERROR", **error_object})
        return [str(line)]
    title = ": ".join(filter(None, (error_object.get("errorType"), error_object.get("errorMessage"))))
    lines = [f"[ERROR] {title}" if title else "[ERROR]"]
    trace = error_object.get("stackTrace")
    if trace is not None:
        lines.append("Traceback (most recent call last):")
        for entry in trace:
            lines += [_indented(line) for line in entry.splitlines()] or [""]
    return lines


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return _NBSP * (len(line) - len(text)) + text
