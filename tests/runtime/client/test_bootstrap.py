"""One process's runtime: a failed init, the error objects of invocations, the trace variable (fidelity 1.1 to 1.6)."""

from __future__ import annotations

import builtins
import importlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env.model.payload import encode_event
from pytest_lambda_env.runtime.client.bootstrap import (
    UNHANDLED_EXCEPTION_WARNING,
    Bootstrap,
    RuntimeReply,
    RuntimeRequest,
)
from pytest_lambda_env.runtime.client.context import LambdaContext
from pytest_lambda_env.runtime.client.faults import ErrorObject, error_object

Handler = Callable[[Any, Any], Any]
Write = Callable[[str, str], Path]
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


class Process:
    """A bootstrap and what it reported: errors, warnings and requests, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.errors: list[ErrorObject] = []
        self.started: list[str] = []
        self.bootstrap = Bootstrap(log_error=self._error, request_started=self._start)

    def _error(self, error: ErrorObject) -> None:
        self.log.append("error")
        self.errors.append(error)

    def _start(self, request: RuntimeRequest) -> None:
        self.log.append("start")
        self.started.append(request.request_id)

    def invoke(self, event: bytes = b"{}", **headers: Any) -> RuntimeReply:
        """Send one request; headers left out have plain values."""
        request = {"request_id": REQUEST_ID, "invoked_function_arn": "arn", "deadline_ms": 0, **headers}
        return self.bootstrap.invoke(RuntimeRequest(event=event, **request))


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    """A process of a current runtime, with no variables of its own."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    monkeypatch.delenv("LAMBDA_DISABLE_PREVIEW_WARN", raising=False)
    # Set first, so that whatever the bootstrap does to it is undone.
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "outer")
    return Process()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module into an importable task root; it is forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)

    def write(name: str, source: str) -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        importlib.invalidate_caches()
        return path

    yield write
    for name in set(sys.modules) - known:
        if name.startswith("rb_"):
            del sys.modules[name]


def failure(process: Process, handler: Handler, **request: Any) -> ErrorObject:
    """The error object of one invocation, having checked that payload, log and reply agree on it."""
    assert process.bootstrap.init(handler) is None
    reply = process.invoke(**request)
    assert reply.error is not None
    assert json.loads(reply.payload) == reply.error == process.errors[-1]
    assert reply.content_type == "application/json"
    return reply.error


def init_error(process: Process, handler: str) -> ErrorObject:
    """The error object of a failed init, having checked that payload, log and reply agree on it."""
    reply = process.bootstrap.init(handler)
    assert reply is not None
    assert reply.error is not None
    assert json.loads(reply.payload) == reply.error == process.errors[-1]
    return reply.error


def raising(exc: BaseException) -> Handler:
    """A handler that raises the exception."""

    def handler(event: Any, context: Any) -> Any:
        raise exc

    return handler


# --- init


@pytest.mark.fidelity("H25", "E09")
def test_an_exception_at_import_is_an_init_error(process: Process, write: Write) -> None:
    """The error has no request id, and its trace runs from importlib to the module's own line."""
    path = write("rb_fails", 'raise Exception("Runtime startup fails")\n')
    error = init_error(process, "rb_fails.handler")
    assert error is not None
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert error["errorMessage"] == "Runtime startup fails"
    assert error["errorType"] == "Exception"
    assert error["requestId"] == ""
    first, *frozen, last = error["stackTrace"]
    assert re.fullmatch(r'  File ".*importlib.__init__\.py", line \d+, in import_module\n    return .*\n', first)
    assert all(re.fullmatch(r'  File "<frozen importlib\._bootstrap\w*>", line \d+, in \w+\n', f) for f in frozen)
    assert last == f'  File "{path}", line 1, in <module>\n    raise Exception("Runtime startup fails")\n'


@pytest.mark.fidelity("H12", "H13", "H15")
@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        (".h", "ValueError", "Empty module name"),
        ("/ok.h", "TypeError", "the 'package' argument is required to perform a relative import for '.ok'"),
        ("rb_dynamic.h", "RuntimeError", "h"),
    ],
)
def test_an_exception_of_resolution_itself_has_a_trace(
    process: Process, write: Write, handler: str, error_type: str, message: str
) -> None:
    """An exception that the runtime does not word is reported with its frames, without this package's."""
    write("rb_dynamic", "def __getattr__(name):\n    raise RuntimeError(name)\n")
    error = init_error(process, handler)
    assert error is not None
    assert (error["errorType"], error["errorMessage"]) == (error_type, message)
    assert error["stackTrace"]
    assert not any("pytest_lambda_env" in frame for frame in error["stackTrace"])


@pytest.mark.fidelity("H03", "H10", "H20")
@pytest.mark.parametrize(
    ("handler", "error_type", "frames"),
    [
        ("rb_nomod.h", "Runtime.ImportModuleError", 0),
        ("rb_ok.missing", "Runtime.HandlerNotFound", 0),
        ("rb_bad.h", "Runtime.UserCodeSyntaxError", 1),
    ],
)
def test_a_fault_at_init_keeps_its_own_trace(
    process: Process, write: Write, handler: str, error_type: str, frames: int
) -> None:
    """The runtime's own faults have an empty trace, or the one entry of a syntax error."""
    write("rb_ok", "")
    write("rb_bad", "def h(e,c)\n")
    error = init_error(process, handler)
    assert error is not None
    assert (error["errorType"], error["requestId"], len(error["stackTrace"])) == (error_type, "", frames)


@pytest.mark.fidelity("H30")
def test_an_init_error_is_logged_after_a_warning(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    """AWS's warning goes through the root logger first, then the error is logged, and returned."""

    class Order(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            process.log.append(f"{record.name} {record.levelname}")

    order = Order()
    logging.getLogger().addHandler(order)
    try:
        error = init_error(process, "rb_nomod.h")
    finally:
        logging.getLogger().removeHandler(order)
    assert process.log == ["root WARNING", "error"]
    assert caplog.messages == [UNHANDLED_EXCEPTION_WARNING]
    assert process.errors == [error]
    start = "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code."
    assert UNHANDLED_EXCEPTION_WARNING.startswith(start)
    assert UNHANDLED_EXCEPTION_WARNING.endswith("\r")


@pytest.mark.fidelity("H31")
def test_an_invoke_error_comes_without_a_warning(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    """Only init errors carry AWS's warning."""
    failure(process, raising(ValueError("x")))
    assert caplog.messages == []
    assert process.log == ["start", "error"]


@pytest.mark.fidelity("H26", "H27", "E14")
@pytest.mark.parametrize("statement", ["raise SystemExit(0)", "raise KeyboardInterrupt", "raise BaseException"])
def test_a_base_exception_at_import_escapes(process: Process, write: Write, statement: str) -> None:
    """Whatever is not an Exception ends the process: it passes through, unlogged."""
    write("rb_exits", statement + "\n")
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - BaseException itself is one of the cases
        process.bootstrap.init("rb_exits.handler")
    assert not isinstance(caught.value, Exception)
    assert process.log == []


@pytest.mark.fidelity("H33")
@pytest.mark.parametrize(
    ("variables", "site"),
    [
        ({"AWS_EXECUTION_ENV": "AWS_Lambda_python3.15"}, "docs.aws.amazon.com"),
        ({"AWS_EXECUTION_ENV": "AWS_Lambda_python3.15", "LAMBDA_DISABLE_PREVIEW_WARN": ""}, "docs.aws.amazon.com"),
        ({"AWS_EXECUTION_ENV": "AWS_Lambda_python3.15", "AWS_REGION": "cn-north-1"}, "docs.amazonaws.cn"),
        ({"AWS_EXECUTION_ENV": "AWS_Lambda_python3.15", "LAMBDA_DISABLE_PREVIEW_WARN": "1"}, None),
        ({"AWS_EXECUTION_ENV": "AWS_Lambda_python3.14"}, None),
    ],
)
def test_a_preview_runtime_warns(
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variables: dict[str, str],
    site: str | None,
) -> None:
    """A preview runtime logs a warning at init, unless told not to."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert process.bootstrap.init("os.getcwd") is None
    expected = (
        "LAMBDA_WARNING: This is a preview runtime version and should not be used for production workloads. "
        f"For further information and to provide feedback, see https://{site}/lambda/latest/dg/lambda-runtimes.html\r"
    )
    assert caplog.messages == ([expected] if site else [])


# --- the error object of an invocation


class CodeOnly(Exception):
    """Its text comes from its arguments, not from a message."""

    def __init__(self, code: int) -> None:
        self.code = code


class Unprintable(Exception):
    """Has no text at all."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.fidelity("E01", "E02", "E03", "E05")
@pytest.mark.parametrize(
    ("exc", "error_type", "message"),
    [
        (ValueError("x"), "ValueError", "x"),
        (KeyError("missing"), "KeyError", "'missing'"),
        (ValueError(), "ValueError", ""),
        (CodeOnly(5), "CodeOnly", "5"),
        (ValueError("two\nlines"), "ValueError", "two\nlines"),
        (json.JSONDecodeError("m", "", 0), "JSONDecodeError", "m: line 1 column 1 (char 0)"),
    ],
)
def test_the_error_object_of_an_exception(process: Process, exc: Exception, error_type: str, message: str) -> None:
    """Type name and text of the exception, the request's id, and the frames, in AWS's key order."""
    error = failure(process, raising(exc))
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error["errorType"], error["errorMessage"]) == (error_type, message)
    assert error["requestId"] == REQUEST_ID
    assert len(error["stackTrace"]) == 1


@pytest.mark.fidelity("E01")
def test_no_trace_is_an_empty_list() -> None:
    """A missing trace is reported as an empty one."""
    assert error_object("m", "T", None) == {"errorMessage": "m", "errorType": "T", "requestId": "", "stackTrace": []}


@pytest.mark.fidelity("E01")
def test_the_payload_has_aws_s_separators(process: Process) -> None:
    """The error object is encoded like a response."""
    process.bootstrap.init(lambda event, context: {1})
    assert process.invoke(request_id="r").payload == (
        b'{"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", '
        b'"errorType": "Runtime.MarshalError", "requestId": "r", "stackTrace": []}'
    )


@pytest.mark.fidelity("E03")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Exception groups came with 3.11")
def test_an_exception_group_reports_its_own_text(process: Process) -> None:
    """The members of a group are only counted."""
    group = vars(builtins)["ExceptionGroup"]
    assert failure(process, raising(group("g", [ValueError("x")])))["errorMessage"] == "g (1 sub-exception)"


@pytest.mark.fidelity("E04", "E05")
def test_causes_and_notes_are_left_out(process: Process) -> None:
    """Of ``raise X from Y`` only X is reported, and without its notes."""

    def handler(event: Any, context: Any) -> None:
        error = ValueError("the error")
        error.__notes__ = ["the note"]  # type: ignore[attr-defined]
        try:
            event["the cause"]
        except KeyError as cause:
            raise error from cause

    assert failure(process, handler)["errorMessage"] == "the error"
    assert "the cause" not in json.dumps(process.errors)
    assert "the note" not in json.dumps(process.errors)


@pytest.mark.fidelity("E06", "E07")
def test_one_string_per_frame(process: Process, write: Write) -> None:
    """Frames are outermost first, each with its source line and without carets."""
    path = write("rb_deep", "def h(event, context):\n    return inner(1)\n\n\ndef inner(x):\n    return x + 1 / 0\n")
    assert process.bootstrap.init("rb_deep.h") is None
    error = process.invoke().error
    assert error is not None
    assert error["stackTrace"] == [
        f'  File "{path}", line 2, in h\n    return inner(1)\n',
        f'  File "{path}", line 6, in inner\n    return x + 1 / 0\n',
    ]


@pytest.mark.fidelity("E06")
def test_frames_of_this_package_are_hidden(process: Process) -> None:
    """What stands in for the platform leaves no frame, just as the platform has none."""
    error = failure(process, lambda event, context: encode_event(object()))
    assert error["errorType"] == "UsageError"
    [frame] = error["stackTrace"]
    assert "in <lambda>" in frame


@pytest.mark.fidelity("E08")
def test_a_leading_bootstrap_file_of_the_user_is_dropped(process: Process, tmp_path: Path) -> None:
    """Frames of any file named bootstrap.py are dropped up to the first other file."""
    source = "def h(event, context):\n    return inner()\n"
    inner = compile("def inner():\n    raise ValueError\n", "/var/task/other.py", "exec")
    names: dict[str, Any] = {}
    exec(inner, names)  # noqa: S102
    exec(compile(source, "/var/task/bootstrap.py", "exec"), names)  # noqa: S102
    assert failure(process, names["h"])["stackTrace"] == ['  File "/var/task/other.py", line 2, in inner\n']


@pytest.mark.fidelity("E08", "E09")
def test_with_nothing_but_bootstrap_frames_all_are_kept(process: Process) -> None:
    """If every frame is of a bootstrap.py, the runtime's own comes first."""
    names: dict[str, Any] = {}
    exec(compile("def h(event, context):\n    raise ValueError\n", "/var/task/bootstrap.py", "exec"), names)  # noqa: S102
    runtime, user = failure(process, names["h"])["stackTrace"]
    assert re.match(r'  File ".*bootstrap\.py", line \d+, in invoke\n', runtime)
    assert user == '  File "/var/task/bootstrap.py", line 2, in h\n'


@pytest.mark.fidelity("E10")
def test_a_recursion_is_collapsed(process: Process, write: Write) -> None:
    """More than three equal frames become three and a count."""
    source = "def h(event, context, n=9):\n    return 1 / 0 if n == 0 else h(event, context, n - 1)\n"
    path = write("rb_loop", source)
    assert process.bootstrap.init("rb_loop.h") is None
    error = process.invoke().error
    assert error is not None
    frame = f'  File "{path}", line 2, in h\n    {source.splitlines()[1].strip()}\n'
    assert error["stackTrace"] == [frame, frame, frame, "  [Previous line repeated 7 more times]\n"]


@pytest.mark.fidelity("E11")
def test_an_exception_without_text_kills_the_process(process: Process) -> None:
    """If the exception's own ``str`` raises, that exception escapes and nothing is reported."""
    process.bootstrap.init(raising(Unprintable()))
    with pytest.raises(RuntimeError, match=r"^no text$"):
        process.invoke()
    assert process.errors == []


@pytest.mark.fidelity("E12", "D03")
def test_an_unreadable_event_is_a_fault_of_the_runtime(process: Process) -> None:
    """The handler is not called; the error has the request's id and no trace."""
    called: list[object] = []
    error = failure(process, lambda event, context: called.append(event), event=b"")
    assert error == error_object(
        "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)", "Runtime.UnmarshalError", [], REQUEST_ID
    )
    assert called == []


@pytest.mark.fidelity("E12", "M21", "C15")
def test_an_unwritable_response_is_a_fault_of_the_runtime(process: Process) -> None:
    """A response that can't be encoded is logged and answered like an exception, without a trace."""
    error = failure(process, lambda event, context: context)
    assert error == error_object(
        "Unable to marshal response: Object of type LambdaContext is not JSON serializable",
        "Runtime.MarshalError",
        [],
        REQUEST_ID,
    )


@pytest.mark.fidelity("E12", "C08")
@pytest.mark.parametrize(
    ("header", "name"), [("client_context", "Client Context"), ("cognito_identity", "Cognito Identity")]
)
def test_a_malformed_header_is_a_fault_of_the_runtime(process: Process, header: str, name: str) -> None:
    """A context header that is not JSON is reported by its name, before the event is looked at."""
    error = failure(process, raising(AssertionError()), event=b"not json", **{header: "{"})
    assert error["errorType"] == "Runtime.LambdaContextUnmarshalError"
    assert error["errorMessage"].startswith(f"Unable to parse {name} JSON: Expecting property name enclosed in")
    assert error["stackTrace"] == []


@pytest.mark.fidelity("C09")
def test_a_header_that_is_no_object_is_an_exception(process: Process) -> None:
    """JSON that is not an object fails while the context is made, as an ordinary exception."""
    error = failure(process, raising(AssertionError()), client_context="[]")
    assert (error["errorType"], error["errorMessage"]) == (
        "AttributeError",
        "'list' object has no attribute 'get'",
    )
    assert error["stackTrace"]


@pytest.mark.fidelity("E14")
@pytest.mark.parametrize("exc", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), BaseException("mine")])
def test_a_base_exception_escapes(process: Process, exc: BaseException) -> None:
    """Whatever is not an Exception ends the process: it passes through, unlogged."""
    process.bootstrap.init(raising(exc))
    with pytest.raises(type(exc)) as caught:
        process.invoke()
    assert caught.value is exc
    assert process.errors == []


# --- handlers of every kind


@pytest.mark.fidelity("H16")
def test_a_handler_that_is_not_callable_fails_at_invoke(process: Process, write: Write) -> None:
    """Init succeeds; the invocation fails with the one frame there is, the runtime's own."""
    write("rb_text", "h = 'text'\n")
    assert process.bootstrap.init("rb_text.h") is None
    error = process.invoke().error
    assert error is not None
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "'str' object is not callable")
    [frame] = error["stackTrace"]
    assert re.match(r'  File ".*bootstrap\.py", line \d+, in invoke\n', frame)


@pytest.mark.fidelity("H17")
def test_a_handler_of_the_wrong_arity_fails_at_invoke(process: Process) -> None:
    """The handler is called with two positional arguments, whatever it takes."""

    def h() -> None: ...

    error = failure(process, h)  # type: ignore[arg-type]
    assert error["errorType"] == "TypeError"
    assert error["errorMessage"].endswith("h() takes 0 positional arguments but 2 were given")


@pytest.mark.fidelity("H18")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_an_async_handler_returns_a_coroutine(process: Process) -> None:
    """The runtime awaits nothing: a coroutine is a response that JSON can't carry."""

    async def h(event: Any, context: Any) -> None: ...

    assert failure(process, h)["errorMessage"] == (
        "Unable to marshal response: Object of type coroutine is not JSON serializable"
    )


class Adder:
    """A callable object."""

    def __call__(self, event: Any, context: Any) -> Any:
        """Add one to the event."""
        return event + 1


@pytest.mark.fidelity("H19")
@pytest.mark.parametrize("handler", [Adder(), lambda event, context: event + 1])
def test_any_callable_is_a_handler(process: Process, handler: Handler) -> None:
    """A callable object is called like a function."""
    assert process.bootstrap.init(handler) is None
    assert process.invoke(b"1").payload == b"2"


@pytest.mark.fidelity("H24")
def test_a_syntax_error_at_invoke_is_an_ordinary_exception(process: Process) -> None:
    """Only at import does a syntax error have a form of its own."""
    error = failure(process, lambda event, context: compile("def", "x.py", "exec"))
    assert error["errorType"] == "SyntaxError"
    assert len(error["stackTrace"]) == 1


# --- replies


@pytest.mark.fidelity("M01", "M02", "M03")
def test_a_reply_carries_the_encoded_response(process: Process) -> None:
    """A success has a payload in UTF-8 and no error."""
    process.bootstrap.init(lambda event, context: {"é": [Decimal("1.10"), None]})
    reply = process.invoke()
    assert reply == RuntimeReply(payload='{"é": [1.10, null]}'.encode(), content_type="application/json", error=None)
    assert process.log == ["start"]


@pytest.mark.fidelity("M05")
def test_bytes_are_the_payload(process: Process) -> None:
    """A handler that returns bytes sends just those."""
    process.bootstrap.init(lambda event, context: b"\xff")
    assert process.invoke() == RuntimeReply(payload=b"\xff", content_type="application/unknown", error=None)


@pytest.mark.fidelity("D02", "D11")
def test_an_event_of_another_content_type_arrives_as_bytes(process: Process) -> None:
    """The request's content type decides whether the event is parsed."""
    process.bootstrap.init(lambda event, context: [type(event).__name__])
    assert process.invoke(b"{}").payload == b'["dict"]'
    assert process.invoke(b"{}", content_type="text/plain").payload == b'["bytes"]'


@pytest.mark.fidelity("M19")
@pytest.mark.parametrize("handler", [lambda event, context: "\ud800", raising(ValueError("\ud800"))])
def test_a_lone_surrogate_kills_the_process(process: Process, handler: Handler) -> None:
    """From python3.12 on, text that UTF-8 can't carry fails where nothing catches it."""
    process.bootstrap.init(handler)
    with pytest.raises(UnicodeEncodeError):
        process.invoke()


@pytest.mark.fidelity("M18", "M19")
def test_older_runtimes_escape_a_lone_surrogate(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to python3.11 the payload is ASCII, whatever the text."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.11")
    process.bootstrap.init(lambda event, context: "é\ud800")
    assert process.invoke().payload == rb'"\u00e9\ud800"'


# --- the context and the trace variable


@pytest.mark.fidelity("C16", "C17", "C20")
def test_each_request_has_a_context_of_its_own(process: Process) -> None:
    """The context carries the request's headers, and is a new object each time."""
    contexts: list[LambdaContext] = []
    process.bootstrap.init(lambda event, context: contexts.append(context))
    headers: dict[str, Any] = {
        "client_context": '{"custom": {"a": 1}}',
        "cognito_identity": '{"cognitoIdentityId": "i"}',
    }
    process.invoke(request_id="one", tenant_id="blue", deadline_ms=5, **headers)
    process.invoke(request_id="two", client_context="null", cognito_identity="")
    first, second = contexts
    assert first is not second
    assert (first.aws_request_id, second.aws_request_id) == ("one", "two")
    assert (first.tenant_id, second.tenant_id) == ("blue", None)
    assert first.invoked_function_arn == "arn"
    assert first.client_context is not None
    assert first.client_context.custom == {"a": 1}
    assert first.identity.cognito_identity_id == "i"
    assert second.client_context is None
    assert second.identity.cognito_identity_id is None
    assert process.started == ["one", "two"]


@pytest.mark.fidelity("X01")
def test_the_trace_variable_follows_each_request(process: Process) -> None:
    """It is set before each invocation, and deleted before one without a trace id."""
    process.bootstrap.init(lambda event, context: os.environ.get("_X_AMZN_TRACE_ID"))
    assert process.invoke(trace_id="Root=1").payload == b'"Root=1"'
    assert process.invoke(trace_id="Root=2").payload == b'"Root=2"'
    assert process.invoke().payload == b"null"
    assert process.invoke().payload == b"null"


@pytest.mark.fidelity("X02")
def test_init_leaves_the_trace_variable_alone(process: Process, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that looks for the trace id at import finds none."""
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    write("rb_trace", "import os\nseen = os.environ.get('_X_AMZN_TRACE_ID')\ndef h(event, context): return [seen]\n")
    assert process.bootstrap.init("rb_trace.h") is None
    assert process.invoke(trace_id="Root=1").payload == b"[null]"
