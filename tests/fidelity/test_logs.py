"""What a function's prints, log records and failures look like in its log (fidelity 1.7 and 1.8)."""

from __future__ import annotations

import base64
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction
from pytest_lambda_env.errors import InvalidParameterValueException

Deploy = Callable[..., LambdaFunction]

AT_A_KNOWN_TIME = pytest.mark.lambda_service(start="2026-11-21T00:04:17.194Z")


def running(*statements: str) -> str:
    """The source of a handler with these statements."""
    body = "\n    ".join(statements)
    return (
        f"import logging, sys, warnings\nlogger = logging.getLogger('app')\ndef handler(event, context):\n    {body}\n"
    )


def lines(response: InvokeResponse) -> list[str]:
    """What the function wrote during the invocation: the lines between START and END."""
    found = re.search(r"^START .*\n((?s:.*))^END ", response.logs, re.MULTILINE)
    assert found is not None
    return found[1].split("\n")[:-1]


def records(response: InvokeResponse) -> list[dict[str, Any]]:
    """The function's JSON records."""
    parsed = [json.loads(line) for line in response.logs.splitlines()]
    return [record for record in parsed if "type" not in record]


# --- Text


@pytest.mark.fidelity("G01")
@pytest.mark.parametrize(
    ("configuration", "name"),
    [
        ({}, "LambdaLoggerHandler"),
        ({"log_format": "JSON"}, "LambdaLoggerHandlerWithFrameType"),
        ({"environment": {"AWS_LAMBDA_LOG_LEVEL": "INFO"}}, "LambdaLoggerHandlerWithFrameType"),
    ],
)
def test_the_root_logger_has_one_handler(deploy: Deploy, configuration: dict[str, Any], name: str) -> None:
    """It is there before the function's code is imported; its class tells whether a level is configured."""
    source = """
        import logging
        at_import = [type(handler).__name__ for handler in logging.getLogger().handlers]

        def handler(event, context):
            return at_import
    """
    assert deploy(source, **configuration).invoke({}).payload == [name]


@pytest.mark.fidelity("G02")
def test_basic_config_does_nothing(deploy: Deploy) -> None:
    """The root logger has a handler already, so its level stays too."""
    source = """
        import logging
        logging.basicConfig(level=logging.DEBUG, format="mine: %(message)s")

        def handler(event, context):
            logging.info("dropped")
            logging.warning("kept")
            return [logging.getLogger().level, len(logging.getLogger().handlers)]
    """
    response = deploy(source).invoke({})
    assert response.payload == [30, 1]
    assert "dropped" not in response.logs
    assert "mine" not in response.logs


@pytest.mark.fidelity("G03")
def test_info_is_dropped_by_default(deploy: Deploy) -> None:
    """The root level is WARNING, unless the function sets another."""
    source = running("logging.info('first')", "logging.getLogger().setLevel('INFO')", "logging.info('second')")
    response = deploy(source).invoke({})
    assert "first" not in response.logs
    assert "second" in response.logs


@pytest.mark.fidelity("G04")
@AT_A_KNOWN_TIME
def test_a_line_of_text(deploy: Deploy) -> None:
    """Level, UTC time with milliseconds, request id and message, with tabs between them."""
    response = deploy(running("logger.warning('w %s', 'x')")).invoke({})
    assert lines(response) == [f"[WARNING]\t2026-11-21T00:04:17.194Z\t{response.request_id}\tw x"]


@pytest.mark.fidelity("G05")
@AT_A_KNOWN_TIME
def test_a_line_of_init_has_no_request_id(deploy: Deploy) -> None:
    """Before the first invocation its place is empty."""
    response = deploy("import logging\nlogging.warning('init')\ndef handler(event, context): ...\n").invoke({})
    assert "\n[WARNING]\t2026-11-21T00:04:17.194Z\t\tinit\nSTART " in response.logs


@pytest.mark.fidelity("G06")
def test_a_level_without_a_name(deploy: Deploy) -> None:
    """It is called by its number."""
    [line] = lines(deploy(running("logger.log(35, 'between')")).invoke({}))
    assert line.startswith("[Level 35]\t")


@pytest.mark.fidelity("G07")
def test_a_logged_exception(deploy: Deploy) -> None:
    """Its traceback, Python's own with its carets, follows the line and has no final newline."""
    source = """
        import logging

        def handler(event, context):
            try:
                return event["a"] + 1 / event["b"]
            except ZeroDivisionError:
                logging.exception("boom")
    """
    response = deploy(source).invoke({"a": 1, "b": 0})
    [message] = [event.message for event in response.environment.log.events if "boom" in event.message]
    head, _, traceback = message.partition("\tboom\n")
    assert head.startswith("[ERROR]\t")
    assert traceback.startswith("Traceback (most recent call last):\n  File ")
    assert traceback.endswith("\nZeroDivisionError: division by zero")
    assert ("^" in traceback) is (sys.version_info >= (3, 11))


@pytest.mark.fidelity("G08")
def test_a_wrong_format_fails_the_invocation(deploy: Deploy) -> None:
    """What formatting a record raises reaches the function's code."""
    response = deploy(running("logger.warning('%d apples', 'some')")).invoke({})
    assert response.payload["errorType"] == "TypeError"
    assert response.payload["errorMessage"] == "%d format: a real number is required, not str"


@pytest.mark.fidelity("G09")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't change a process's time zone")
@AT_A_KNOWN_TIME
def test_a_functions_own_format_shows_utc_too(deploy: Deploy) -> None:
    """Every formatter prints UTC, whatever the function's time zone is."""
    source = """
        import logging, time
        logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(asctime)s %(message)s"))

        def handler(event, context):
            logging.warning("here it is %s", time.strftime("%H:%M"))
    """
    response = deploy(source, environment={"TZ": "UTC-9"}).invoke({})
    assert lines(response) == ["2026-11-21 00:04:17,194 here it is 09:04"]


@pytest.mark.fidelity("G10")
def test_only_later_handlers_know_the_request_id(deploy: Deploy) -> None:
    """The runtime's handler labels the record, for itself and for those that come after it."""
    source = """
        import logging

        class Own(logging.Handler):
            def emit(self, record):
                print(self.get_name(), getattr(record, "aws_request_id", "unlabelled"))

        for name, logger in (("before", logging.getLogger("app")), ("after", logging.getLogger())):
            own = Own()
            own.set_name(name)
            logger.addHandler(own)

        def handler(event, context):
            logging.getLogger("app").warning("x")
    """
    response = deploy(source).invoke({})
    before, _, after = lines(response)
    assert before == "before unlabelled"
    assert after == f"after {response.request_id}"


@pytest.mark.fidelity("G11")
def test_each_invocation_labels_its_own_records(deploy: Deploy) -> None:
    """The label changes from one invocation to the next, for every thread of the process."""
    source = """
        import logging, threading

        def handler(event, context):
            thread = threading.Thread(target=logging.warning, args=("from a thread",))
            thread.start()
            thread.join()
    """
    fn = deploy(source)
    for response in (fn.invoke({}), fn.invoke({})):
        [line] = lines(response)
        assert line.split("\t")[2:] == [response.request_id, "from a thread"]


@pytest.mark.fidelity("G12", "G13")
def test_an_uncaught_exception(deploy: Deploy, tmp_path: Path) -> None:
    """The log has the error without time and request id, then its frames, indented by no-break spaces."""
    response = deploy("def handler(event, context):\n    raise ValueError('x')\n").invoke({})
    assert lines(response) == [
        "[ERROR] ValueError: x",
        "Traceback (most recent call last):",
        f'\u00a0\u00a0File "{tmp_path / "app.py"}", line 2, in handler',
        "\u00a0\u00a0\u00a0\u00a0raise ValueError('x')",
    ]
    assert "[ERROR] ValueError: x\nTraceback " in "".join(event.message for event in response.environment.log.events)


@pytest.mark.fidelity("G12")
def test_an_uncaught_exception_without_a_message(deploy: Deploy) -> None:
    """Only the type is named."""
    assert lines(deploy(running("raise ValueError")).invoke({}))[0] == "[ERROR] ValueError"


@pytest.mark.fidelity("G14")
def test_every_printed_line_is_an_event(deploy: Deploy) -> None:
    """A newline ends it; a carriage return stays inside it."""
    response = deploy(running("print('a\\nb')", "print('another\\rline')")).invoke({})
    messages = [event.message for event in response.environment.log.events]
    assert messages[2:5] == ["a\n", "b\n", "another\rline\n"]


@pytest.mark.fidelity("G15")
def test_stdout_and_stderr_share_the_log(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    """Both go to the log in the order of writing, unbuffered, and to the test's own streams."""
    source = running("sys.stdout.write('out ')", "sys.stderr.write('err ')", "print('out again')", "logger.error('e')")
    response = deploy(source).invoke({})
    printed, logged = lines(response)
    assert printed == "out err out again"
    assert logged.endswith("\te")
    captured = capsys.readouterr()
    assert captured.err == "err "
    assert captured.out.startswith("out out again\n[ERROR]\t")


@pytest.mark.fidelity("G16")
def test_the_log_result_has_everything_in_order(deploy: Deploy) -> None:
    """Prints and records stand between START and END, REPORT after them."""
    source = running("print('printed')", "logging.getLogger().setLevel('INFO')", "logging.info('logged')")
    response = deploy(source).invoke({}, log_type="Tail")
    assert response.log_result is not None
    text = base64.b64decode(response.log_result).decode()
    rid = response.request_id
    assert re.search(
        rf"^START RequestId: {rid} Version: \$LATEST\nprinted\n\[INFO\]\t[^\t]*\t{rid}\tlogged\n"
        rf"END RequestId: {rid}\nREPORT RequestId: {rid}\t.*\t\n\Z",
        text,
        re.MULTILINE,
    )


# --- Levels and JSON


@pytest.mark.fidelity("G20")
@pytest.mark.parametrize(("value", "as_json"), [("JSON", True), ("json", True), ("Text", False), ("yaml", False)])
def test_the_format_variable(deploy: Deploy, value: str, *, as_json: bool) -> None:
    """Its case does not matter, and anything but JSON is text."""
    response = deploy(running("logger.warning('x')"), environment={"AWS_LAMBDA_LOG_FORMAT": value}).invoke({})
    [line] = lines(response)
    assert line.startswith("{" if as_json else "[WARNING]\t")


@pytest.mark.fidelity("G20")
def test_the_format_is_read_before_the_functions_code(deploy: Deploy) -> None:
    """A function can't change it any more."""
    source = "import os\nos.environ['AWS_LAMBDA_LOG_FORMAT'] = 'JSON'\n" + running("logger.warning('x')")
    [line] = lines(deploy(source).invoke({}))
    assert line.startswith("[WARNING]\t")


@pytest.mark.fidelity("G21")
@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("DEBUG", "DEBUG"),
        ("info", "INFO"),
        ("WARN", "WARNING"),
        ("FATAL", "CRITICAL"),
        ("TRACE", "DEBUG"),
        ("trace", "WARNING"),
        ("verbose", "WARNING"),
    ],
)
def test_the_level_variable(deploy: Deploy, value: str, level: str) -> None:
    """Python's level names count in any case, TRACE in capitals only; others leave the root logger as it is."""
    source = running("return logging.getLevelName(logging.getLogger().level)")
    assert deploy(source, environment={"AWS_LAMBDA_LOG_LEVEL": value}).invoke({}).payload == level


@pytest.mark.fidelity("G21")
@pytest.mark.parametrize(("level", "root"), [(None, "INFO"), ("TRACE", "DEBUG"), ("ERROR", "ERROR")])
def test_the_configured_application_log_level(deploy: Deploy, level: str | None, root: str) -> None:
    """With the JSON format a level is always configured, INFO unless told otherwise."""
    source = running("return logging.getLevelName(logging.getLogger().level)")
    assert deploy(source, log_format="JSON", application_log_level=level).invoke({}).payload == root


@pytest.mark.fidelity("G22", "G23", "G24")
@AT_A_KNOWN_TIME
def test_a_line_of_json(deploy: Deploy) -> None:
    """The keys have a fixed order, the time no milliseconds, text is not escaped, and what is None is left out."""
    response = deploy(running("logger.warning('w %s', 'é')"), log_format="JSON").invoke({})
    assert (
        '{"timestamp": "2026-11-21T00:04:17Z", "level": "WARNING", "message": "w é", "logger": "app", '
        f'"requestId": "{response.request_id}"}}\n'
    ) in response.logs


@pytest.mark.fidelity("G22", "G25")
def test_a_logged_exception_in_json(deploy: Deploy, tmp_path: Path) -> None:
    """Trace, type and message are keys of their own, and only then the place of the logging call."""
    source = """
        import logging

        def handler(event, context):
            try:
                return event["a"] + 1 / event["b"]
            except ZeroDivisionError:
                logging.exception("boom", extra={"order": 7})
    """
    [record] = records(deploy(source, log_format="JSON").invoke({"a": 1, "b": 0}))
    assert list(record) == [
        *("timestamp", "level", "message", "logger", "stackTrace", "errorType", "errorMessage"),
        *("requestId", "location", "order"),
    ]
    assert record["errorType"] == "ZeroDivisionError"
    assert record["errorMessage"] == "division by zero"
    assert record["location"] == f"{tmp_path / 'app.py'}:handler:8"
    [frame] = record["stackTrace"]
    assert "line 6, in handler\n" in frame
    assert ("^" in frame) is (sys.version_info >= (3, 11))


@pytest.mark.fidelity("G26")
@pytest.mark.parametrize(("level", "name"), [(25, "INFO"), (35, "WARNING"), (55, "CRITICAL")])
def test_levels_are_rounded_down_in_json(deploy: Deploy, level: int, name: str) -> None:
    """And the record itself is changed: a handler that comes later sees the rounded level."""
    source = """
        import logging

        class Later(logging.Handler):
            def emit(self, record):
                seen.append([record.levelno, record.levelname])

        seen = []
        logging.getLogger().addHandler(Later())

        def handler(event, context):
            logging.log(event, "x")
            return seen
    """
    response = deploy(source, log_format="JSON").invoke(level)
    assert [record["level"] for record in records(response)] == [name]
    assert response.payload == [[min(level // 10 * 10, 50), name]]


@pytest.mark.fidelity("G27")
def test_extras_come_last_and_replace_nothing(deploy: Deploy) -> None:
    """An extra that has the name of a key, or is None, is silently left out."""
    extra = {"order": 7, "nothing": None, "level": "mine", "requestId": "mine", "location": "mine", "tenantId": "t"}
    response = deploy(running(f"logger.warning('x', extra={extra!r})"), log_format="JSON").invoke({})
    [record] = records(response)
    assert list(record)[4:] == ["requestId", "order", "tenantId"]
    assert record["level"] == "WARNING"
    assert record["requestId"] == response.request_id


@pytest.mark.fidelity("G28")
def test_an_extra_that_is_not_json_is_shown_as_text(deploy: Deploy) -> None:
    """``str()`` of it stands in the record, as in awslambdaric 4.2; earlier ones raised into the function's code."""
    source = running("import datetime", "logger.warning('x', extra={'day': datetime.date(2026, 11, 21)})")
    [record] = records(deploy(source, log_format="JSON").invoke({}))
    assert record["day"] == "2026-11-21"


@pytest.mark.fidelity("G29")
def test_stack_info_is_ignored_in_json(deploy: Deploy) -> None:
    """The record has no key for it."""
    response = deploy(running("logger.warning('x', stack_info=True)"), log_format="JSON").invoke({})
    [record] = records(response)
    assert list(record) == ["timestamp", "level", "message", "logger", "requestId"]


@pytest.mark.fidelity("G30")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="records know their task since Python 3.12")
def test_a_tasks_name_is_an_extra(deploy: Deploy) -> None:
    """A record from inside a task names it, one from outside has no such key."""
    source = """
        import asyncio, logging

        async def work():
            logging.warning("inside")

        def handler(event, context):
            logging.warning("outside")
            asyncio.run(work())
    """
    outside, inside = records(deploy(source, log_format="JSON").invoke({}))
    assert "taskName" not in outside
    assert re.fullmatch(r"Task-\d+", inside["taskName"])


@pytest.mark.fidelity("G31")
@AT_A_KNOWN_TIME
def test_an_uncaught_exception_in_json(deploy: Deploy, tmp_path: Path) -> None:
    """One line has time, level and the error object; the level's key is awslambdaric 4.2's."""
    response = deploy("def handler(event, context):\n    raise ValueError('x')\n", log_format="JSON").invoke({})
    [record] = records(response)
    assert list(record.items()) == [
        ("timestamp", "2026-11-21T00:04:17Z"),
        ("level", "ERROR"),
        ("errorMessage", "x"),
        ("errorType", "ValueError"),
        ("requestId", response.request_id),
        ("stackTrace", [f"  File \"{tmp_path / 'app.py'}\", line 2, in handler\n    raise ValueError('x')\n"]),
    ]


@pytest.mark.fidelity("G32")
def test_prints_stay_text_in_json(deploy: Deploy) -> None:
    """The format is for log records; what a function prints is not touched."""
    response = deploy(running("print('plain', {'a': 1})"), log_format="JSON").invoke({})
    assert "\nplain {'a': 1}\n" in response.logs


@pytest.mark.fidelity("G34")
def test_the_logging_configuration(deploy: Deploy) -> None:
    """Text has no levels; JSON adds INFO for both, and changing back removes them."""

    def settings() -> tuple[str, str | None, str | None]:
        configuration = fn.configuration
        return configuration.log_format, configuration.application_log_level, configuration.system_log_level

    fn = deploy(running("pass"), function_name="fn")
    assert settings() == ("Text", None, None)
    assert fn.configuration.log_group_name == "/aws/lambda/fn"
    fn.update_configuration(log_format="JSON")
    assert settings() == ("JSON", "INFO", "INFO")
    fn.update_configuration(log_format="Text")
    assert settings() == ("Text", None, None)


@pytest.mark.fidelity("G34")
@pytest.mark.parametrize("setting", ["application_log_level", "system_log_level"])
def test_levels_need_the_json_format(deploy: Deploy, setting: str) -> None:
    """A level with the text format is an error of the API."""
    with pytest.raises(InvalidParameterValueException):
        deploy(running("pass"), **{setting: "DEBUG"})
