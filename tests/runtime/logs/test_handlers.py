"""The root handler of Lambda's Python runtime: classes, formats, and the error block."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import importlib.util
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.logs.handlers import (
    LambdaLoggerHandler,
    LambdaLoggerHandlerWithFrameType,
    RequestLabels,
    format_error,
    is_json,
    root_handler,
    root_level,
)
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.logs.streams import Streams
from pytest_lambda_env.simulation.instant import Instant

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


class Life:
    """A process that the test can end."""

    over = False

    def check(self) -> None:
        """Never unwinds: what is tested here is what happens silently."""


class Root:
    """A root handler on a logger of its own, in a living process."""

    def __init__(self, log_format: str | None = None, log_level: str | None = None) -> None:
        self.life = Life()
        self.log = EnvironmentLog("stream", lambda: Instant(0))
        self.streams = Streams(self.log, self.life)
        self.labels = RequestLabels()
        self.labels.aws_request_id = REQUEST_ID
        self.forward: list[logging.Handler] = []
        self.handler = root_handler(
            self.streams.stdout, self.labels, log_format=log_format, log_level=log_level, forward=self.forward
        )
        self.logger = logging.Logger("app", logging.DEBUG)  # noqa: LOG001 - out of the hierarchy
        self.logger.addHandler(self.handler)

    @contextlib.contextmanager
    def running(self) -> Iterator[logging.Logger]:
        """The time in which code of the process runs on this thread."""
        before, current.life = current.life, self.life
        self.streams.enter()
        try:
            yield self.logger
        finally:
            self.streams.leave()
            current.life = before

    @property
    def line(self) -> str:
        """The only event of the log."""
        [event] = self.log.events
        return event.message

    @property
    def fields(self) -> dict[str, Any]:
        """The only event of the log, parsed."""
        fields: dict[str, Any] = json.loads(self.line)
        return fields


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formatters show UTC, as the runtime makes them (fidelity G09)."""
    monkeypatch.setattr(logging.Formatter, "converter", staticmethod(time.gmtime))


def record(level: int = logging.WARNING, message: object = "w %s", *args: object) -> logging.LogRecord:
    """A record of 2026-11-21T00:04:17.194Z."""
    made = logging.LogRecord("app", level, "/var/task/app.py", 7, message, args, None, "handler")
    made.created, made.msecs = 1795219457.194, 194.0
    return made


def failing(error: BaseException) -> tuple[type[BaseException], BaseException, Any]:
    """The exc_info of an exception that was raised."""
    try:
        raise error  # noqa: TRY301
    except BaseException as raised:  # noqa: BLE001
        return type(raised), raised, raised.__traceback__


# -- which handler -------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("G01")
@pytest.mark.parametrize(
    ("log_format", "log_level", "expected"),
    [
        (None, None, "LambdaLoggerHandler"),
        ("Text", "", "LambdaLoggerHandler"),
        ("JSON", None, "LambdaLoggerHandlerWithFrameType"),
        ("Text", "INFO", "LambdaLoggerHandlerWithFrameType"),
        (None, "nonsense", "LambdaLoggerHandlerWithFrameType"),
    ],
)
def test_the_handlers_class(log_format: str | None, log_level: str | None, expected: str) -> None:
    """A JSON format or any level at all gives the handler that tells the platform its records' levels."""
    assert type(Root(log_format, log_level).handler).__name__ == expected


@pytest.mark.fidelity("G20")
@pytest.mark.parametrize(
    ("value", "expected"), [("JSON", True), ("json", True), ("Text", False), ("", False), (None, False)]
)
def test_the_format_variable(value: str | None, *, expected: bool) -> None:
    """Only JSON, in any case, is JSON."""
    assert is_json(value) is expected


@pytest.mark.fidelity("G21")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("INFO", "INFO"),
        ("info", "INFO"),
        ("WARN", "WARN"),
        ("FATAL", "FATAL"),
        ("TRACE", "DEBUG"),
        ("trace", None),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_the_level_variable(value: str | None, expected: str | None) -> None:
    """A level that Python knows is applied; TRACE, in capitals only, is DEBUG; all else leaves the level."""
    assert root_level(value) == expected


# -- text ----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("G04", "G10")
def test_a_text_line() -> None:
    """Level, UTC time with milliseconds, request id and message, between tabs."""
    root = Root()
    with root.running():
        root.handler.handle(record(logging.WARNING, "w %s", "x"))
    assert root.line == f"[WARNING]\t2026-11-21T00:04:17.194Z\t{REQUEST_ID}\tw x\n"


@pytest.mark.fidelity("G05", "G11")
def test_the_request_id_before_between_and_after_invocations() -> None:
    """No id stands between two tabs; the latest one stays until the next."""
    root = Root()
    root.labels.aws_request_id = None
    with root.running() as logger:
        logger.info("init")
        root.labels.aws_request_id = "one"
        logger.info("first")
    with root.running() as logger:
        logger.info("between")
    assert [line.split("\t")[2] for line in root.log.text().splitlines()] == ["", "one", "one"]


@pytest.mark.fidelity("G06")
def test_an_unnamed_level() -> None:
    """A level without a name shows its number."""
    root = Root()
    with root.running() as logger:
        logger.log(35, "x")
    assert root.line.startswith("[Level 35]\t")


@pytest.mark.fidelity("G07")
def test_an_exception_in_text() -> None:
    """The traceback follows the line's newline and brings none of its own; the readable log adds it."""
    root = Root()
    with root.running() as logger:
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            logger.exception("boom")
    assert "\tboom\nTraceback (most recent call last):\n" in root.line
    assert root.line.endswith("\nZeroDivisionError: division by zero")
    assert root.log.text().endswith("\nZeroDivisionError: division by zero\n")


@pytest.mark.fidelity("G08")
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_a_bad_format_raises_into_user_code(log_format: str) -> None:
    """What formatting a record raises is the handler function's own failure."""
    root = Root(log_format)
    with root.running() as logger, pytest.raises(TypeError, match="%d format: a real number is required"):
        logger.warning("%d", "x")
    assert root.log.events == []


@pytest.mark.fidelity("G10")
def test_a_record_is_labelled_for_later_handlers() -> None:
    """Handlers after the runtime's find the request id and the tenant on the record."""
    root, seen = Root(), logging.Handler()
    seen.emit = lambda record: found.append((record.aws_request_id, record.tenant_id))  # type: ignore[attr-defined,method-assign]
    found: list[tuple[str, str | None]] = []
    root.logger.addHandler(seen)
    root.labels.tenant_id = "blue"
    with root.running() as logger:
        logger.warning("x")
    assert found == [(REQUEST_ID, "blue")]


# -- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("G22", "G23", "G24")
def test_a_json_line() -> None:
    """The fields in AWS's order, without milliseconds, non-ASCII text as it is."""
    root = Root("JSON")
    with root.running():
        root.handler.handle(record(logging.WARNING, "w %s", "é"))
    assert root.line == (
        '{"timestamp": "2026-11-21T00:04:17Z", "level": "WARNING", "message": "w é", "logger": "app", '
        f'"requestId": "{REQUEST_ID}"}}\n'
    )


@pytest.mark.fidelity("G25")
def test_an_exception_in_json() -> None:
    """The trace is a list of frames; the location is that of the logging call."""
    root = Root("JSON")
    with root.running() as logger:
        try:
            raise ValueError("x")  # noqa: TRY301
        except ValueError:
            logger.exception("boom")
    fields = root.fields
    assert list(fields) == [
        *("timestamp", "level", "message", "logger"),
        *("stackTrace", "errorType", "errorMessage", "requestId", "location"),
    ]
    assert (fields["errorType"], fields["errorMessage"]) == ("ValueError", "x")
    assert len(fields["stackTrace"]) == 1
    assert 'raise ValueError("x")' in fields["stackTrace"][0]
    path, function, _ = fields["location"].rsplit(":", 2)
    assert (Path(path).name, function) == (Path(__file__).name, "test_an_exception_in_json")


@pytest.mark.fidelity("G26")
@pytest.mark.parametrize(
    ("level", "name"), [(25, "INFO"), (35, "WARNING"), (55, "CRITICAL"), (5, "NOTSET"), (10, "DEBUG")]
)
def test_levels_are_rounded_down_on_the_record(level: int, name: str) -> None:
    """Levels become multiples of ten up to 50, and later handlers see the rounded one."""
    root, found = Root("JSON"), record(level)
    with root.running():
        root.handler.handle(found)
    assert root.fields["level"] == name == found.levelname
    assert found.levelno == min(level, 50) // 10 * 10


@pytest.mark.fidelity("G27")
def test_extras_come_last_and_never_replace_a_field() -> None:
    """Own attributes follow the fields; those named like a field, or None, are left out."""
    root = Root("JSON")
    extra = {"level": 1, "requestId": 2, "timestamp": 3, "logger": 4, "location": 5, "order": "é", "none": None}
    with root.running() as logger:
        logger.warning("x", extra={**extra, "tenantId": "mine"})
    assert list(root.fields)[-2:] == ["order", "tenantId"]
    assert (root.fields["level"], root.fields["logger"], root.fields["tenantId"]) == ("WARNING", "app", "mine")
    assert "location" not in root.fields


@pytest.mark.fidelity("G22", "G27")
def test_the_tenant_in_json() -> None:
    """An invocation's tenant wins over an extra of that name."""
    root = Root("JSON")
    root.labels.tenant_id = "blue"
    with root.running() as logger:
        logger.warning("x", extra={"tenantId": "mine", "order": 1})
    assert list(root.fields)[-3:] == ["requestId", "tenantId", "order"]
    assert root.fields["tenantId"] == "blue"


@pytest.mark.fidelity("G28")
def test_an_extra_that_is_not_json() -> None:
    """From runtime client 4.2 on, a value that JSON has no form for is shown as text and does not fail."""
    root = Root("JSON")
    with root.running() as logger:
        logger.warning("x", extra={"thing": {1}})
    assert root.fields["thing"] == "{1}"


@pytest.mark.fidelity("G29")
def test_stack_info_is_ignored_in_json() -> None:
    """A stack that was asked for appears in no field."""
    root = Root("JSON")
    with root.running() as logger:
        logger.warning("x", stack_info=True)
    assert set(root.fields) == {"timestamp", "level", "message", "logger", "requestId"}


@pytest.mark.fidelity("G30")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="records have no task name before Python 3.12")
def test_a_tasks_name_is_an_extra() -> None:
    """Inside asyncio the task's name appears, outside nothing does."""
    root = Root("JSON")

    async def handle() -> None:
        root.logger.warning("inside")

    with root.running() as logger:
        logger.warning("outside")
        asyncio.run(handle())
    outside, inside = (json.loads(event.message) for event in root.log.events)
    assert "taskName" not in outside
    assert inside["taskName"].startswith("Task-")


def test_a_dict_message_stays_an_object() -> None:
    """From runtime client 4.2 on, a dict that is logged without arguments is not turned into text."""
    root = Root("JSON")
    with root.running() as logger:
        logger.warning({"order": 1})
    assert root.fields["message"] == {"order": 1}


@pytest.mark.fidelity("G32")
def test_print_stays_text_in_json_mode() -> None:
    """The format is the logger's; printed output is what it is."""
    root = Root("JSON")
    with root.running():
        print("plain")
    assert root.line == "plain\n"


@pytest.mark.fidelity("G33")
@pytest.mark.parametrize(
    ("log_format", "frame_types"),
    [
        ("Text", ["a55a0003", "a55a000b", "a55a000f", "a55a0013", "a55a0017", "a55a001b"]),
        ("JSON", ["a55a0002", "a55a000a", "a55a000e", "a55a0012", "a55a0016", "a55a001a"]),
    ],
)
def test_the_platform_is_told_each_level(log_format: str, frame_types: list[str]) -> None:
    """The frame type of a record follows its format and its rounded level."""
    told: list[str] = []

    class Sink:
        def log(self, msg: str, frame_type: bytes | None = None) -> None:
            told.append((frame_type or b"").hex())

    root = Root(log_format, "DEBUG")
    root.handler.log_sink = Sink()
    with root.running():
        for level in (1, 10, 20, 30, 40, 60):
            root.handler.handle(record(level))
    assert told == frame_types


# -- the same as AWS's own classes ---------------------------------------------------------------------------------

official = pytest.importorskip("awslambdaric.bootstrap")
official_log_utils = pytest.importorskip("awslambdaric.lambda_runtime_log_utils")


class Collected:
    """The sink of AWS's handlers."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes | None]] = []

    def log(self, msg: str, frame_type: bytes | None = None) -> None:
        """Keep what is written."""
        self.records.append((msg, frame_type))

    def log_error(self, message_lines: list[str]) -> None:
        """Join the lines as AWS's telemetry sink does."""
        self.log("\n".join(message_lines))


def official_line(found: logging.LogRecord, log_format: str) -> tuple[str, bytes | None]:
    """What AWS's own setup makes of a record."""
    sink, own_root = Collected(), logging.Logger("root")  # noqa: LOG001
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(official.logging, "getLogger", lambda: own_root)
        patch.setattr(official, "_GLOBAL_AWS_REQUEST_ID", REQUEST_ID)
        official._setup_logging(official_log_utils.LogFormat.from_str(log_format), "DEBUG", sink)
        own_root.handlers[0].handle(found)
    return sink.records[0]


names = st.text(alphabet="abcdeé_", min_size=1, max_size=6).map("x".__add__)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.binary(max_size=2)
    | st.sets(st.integers(), max_size=1)
)


@pytest.mark.fidelity("G04", "G06", "G07", "G22", "G26", "G27")
@given(
    level=st.integers(0, 60),
    message=st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]), max_size=20)
    | st.dictionaries(names, values, max_size=3),
    extra=st.dictionaries(names | st.sampled_from(["level", "requestId", "tenantId", "location", "taskName"]), values),
    error=st.none() | st.sampled_from([ValueError("é\nx"), KeyError("k"), ValueError()]),
    log_format=st.sampled_from(["Text", "JSON"]),
)
def test_lines_are_those_of_the_official_client(
    level: int, message: object, extra: dict[str, Any], error: Exception | None, log_format: str
) -> None:
    """For any record, text and frame type are byte for byte those of AWS's runtime client."""
    found = record(level, message)
    found.exc_info = None if error is None else failing(error)
    found.__dict__.update(extra)
    ours, sink = Root(log_format, "DEBUG"), Collected()
    theirs = official_line(copy.copy(found), log_format)
    ours.handler.log_sink = sink
    with ours.running():
        ours.handler.handle(found)
    assert sink.records == [theirs]


def official_log_error(log_format: str) -> Callable[[dict[str, Any], Any], None]:
    """AWS's function for uncaught exceptions, which is another one for each format."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_LAMBDA_LOG_FORMAT", log_format)
        spec = importlib.util.spec_from_file_location("awslambdaric.bootstrap_again", official.__file__)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    log_error: Callable[[dict[str, Any], Any], None] = module.log_error
    return log_error


ERRORS = [
    {
        "errorMessage": "x",
        "errorType": "ValueError",
        "requestId": "r",
        "stackTrace": ['  File "a.py", line 1, in h\n    1\n'],
    },
    {"errorMessage": "", "errorType": "ValueError", "requestId": "", "stackTrace": []},
    {"errorMessage": "only a message", "errorType": "", "requestId": "", "stackTrace": ["", "  \n", "a\n\n    b"]},
    {"errorMessage": "", "errorType": "", "requestId": "", "stackTrace": []},
    {"errorMessage": "two\nlines é", "errorType": "E"},
]


@pytest.mark.fidelity("G12", "G13", "G31")
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("environment", ["AWS_Lambda_python3.11", "AWS_Lambda_python3.13"])
def test_errors_are_those_of_the_official_client(
    error: dict[str, Any], log_format: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block of an uncaught exception is AWS's own, in both formats and in both dialects of JSON."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", environment)
    monkeypatch.setattr(time, "time", lambda: 1795219457.194)
    root, theirs = Root(log_format), Collected()
    official_log_error(log_format)(error, theirs)
    with root.running():
        root.handler.log_sink.log_error(format_error(error, log_format))  # type: ignore[attr-defined]
    assert root.line == theirs.records[0][0]


@pytest.mark.fidelity("G12", "G13")
def test_the_error_block() -> None:
    """Type and message, then the trace indented with no-break spaces, and neither time nor request id."""
    trace = ['  File "/var/task/app.py", line 2, in handler\n    raise Exception("Handler fails")\n']
    assert format_error({"errorMessage": "Handler fails", "errorType": "Exception", "stackTrace": trace}, None) == [
        "[ERROR] Exception: Handler fails",
        "Traceback (most recent call last):",
        '\u00a0\u00a0File "/var/task/app.py", line 2, in handler',
        '\u00a0\u00a0\u00a0\u00a0raise Exception("Handler fails")',
    ]


# -- the test's own view -------------------------------------------------------------------------------------------


def test_log_lines_reach_capsys(capsys: pytest.CaptureFixture[str]) -> None:
    """The test sees logged lines on stdout, where the runtime writes them outside Lambda."""
    root = Root()
    with root.running() as logger:
        logger.warning("seen")
    assert capsys.readouterr().out == root.line


def test_records_reach_caplog(caplog: pytest.LogCaptureFixture) -> None:
    """The test's handlers get each record that their own level lets through."""
    root = Root()
    root.forward.append(caplog.handler)
    caplog.handler.setLevel(logging.INFO)
    with root.running() as logger:
        logger.debug("low")
        logger.info("high")
    assert caplog.messages == ["high"]
    assert root.log.text().count("\n") == 2


def test_caplog_sees_levels_as_they_were_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The JSON form's rounding is not the test's concern; the function's later handlers still see it."""
    root, found = Root("JSON"), record(25, "x")
    root.forward.append(caplog.handler)
    levels: list[tuple[int, str]] = []

    def note(seen: logging.LogRecord) -> bool:
        levels.append((seen.levelno, seen.levelname))
        return True

    caplog.handler.addFilter(note)
    with root.running():
        root.handler.handle(found)
    assert levels == [(25, "Level 25")]
    assert (found.levelno, found.levelname) == (20, "INFO")


def test_the_tests_handlers_run_outside_the_environment() -> None:
    """A handler of the test that writes a file or reads a clock does so as the test, not as the function."""
    root, lives = Root(), []
    seen = logging.Handler()
    seen.emit = lambda record: lives.append(current.life)  # type: ignore[method-assign]
    root.forward.append(seen)
    with root.running() as logger:
        logger.warning("x")
        assert current.life is root.life
    assert lives == [None]


def test_a_dead_process_logs_nothing(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """After its death a process leaves no line in its log, in caplog or on the screen."""
    root = Root()
    root.forward.append(caplog.handler)
    with root.running() as logger:
        root.life.over = True
        logger.warning("late")
        root.handler.log_sink.log("late")
    assert root.log.events == []
    assert caplog.messages == []
    assert capsys.readouterr().out == ""


def test_another_threads_records_are_the_tests_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A server in a fixture that logs while a handler runs does not write to the handler's log."""
    root = Root()
    root.forward.append(caplog.handler)
    with root.running() as logger:
        thread = threading.Thread(target=logger.warning, args=("server",))
        thread.start()
        thread.join()
    assert caplog.messages == ["server"]
    assert root.log.events == []


def test_context_log_finds_the_sink() -> None:
    """The sink takes text without a newline as an event of its own."""
    root = Root()
    with root.running() as logger:
        handler = logger.handlers[0]
        assert isinstance(handler, LambdaLoggerHandler | LambdaLoggerHandlerWithFrameType)
        handler.log_sink.log("from the context")
        print("next")
    assert root.log.text() == "from the context\nnext\n"


def test_live_logging_does_not_take_the_handlers_streams(pytester: pytest.Pytester) -> None:
    """A live log suspends capturing for each record; the handler's output still goes to its log."""
    pytester.makepyfile(
        """
        import logging, sys
        from pytest_lambda_env.runtime.current import current
        from pytest_lambda_env.runtime.logs.log import EnvironmentLog
        from pytest_lambda_env.runtime.logs.handlers import RequestLabels, root_handler
        from pytest_lambda_env.runtime.logs.streams import Streams

        class Life:
            over = False

        def test_both():
            life = Life()
            log = EnvironmentLog("stream", lambda: 0)
            streams = Streams(log, life)
            handler = root_handler(streams.stdout, RequestLabels(), forward=logging.root.handlers[:])
            current.life = life
            streams.enter()
            handler.handle(logging.LogRecord("app", 40, "a.py", 1, "logged", (), None))
            print("printed")
            streams.leave()
            current.life = None
            assert "printed" in log.text()
        """
    )
    result = pytester.runpytest_inprocess("--log-cli-level=INFO", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*live log call*", "*logged*"])
