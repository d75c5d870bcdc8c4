"""The same function under AWS's own runtime client and under ours: equal payloads, errors and contexts.

Paths of the two runtimes differ, so runs of their own frames are masked in stack traces; all else must be equal.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import importlib
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.runtime.client.bootstrap import Bootstrap, RuntimeRequest
from pytest_lambda_env.runtime.client.faults import ErrorObject

official = pytest.importorskip("awslambdaric.bootstrap", reason="awslambdaric is not importable here")
official_client = pytest.importorskip("awslambdaric.lambda_runtime_client")
official_marshaller = pytest.importorskip("awslambdaric.lambda_runtime_marshaller")

Handler = Callable[[Any, Any], Any]
RUNTIMES = ["AWS_Lambda_python3.11", "AWS_Lambda_python3.13"]
VARIABLES = {
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    "AWS_LAMBDA_FUNCTION_NAME": "fn",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one runtime made of one request: a payload, or the exception that ended its process."""

    payload: bytes | None = None
    content_type: str | None = None
    error: str | None = None
    escaped: str | None = None


class Headers(NamedTuple):
    """What a request carries beside its id, event and deadline."""

    content_type: str = "application/json"
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None


class WireRecorder:
    """Stands in for the C extension that talks to the service."""

    def __init__(self) -> None:
        self.outcome = Outcome()

    def post_invocation_result(self, invoke_id: str, data: bytes, content_type: str, *_: object) -> None:
        """Take a response off the wire."""
        self.outcome = Outcome(payload=data, content_type=content_type)

    def post_error(self, invoke_id: str, error: str, *_: object) -> None:
        # The extension takes the text as UTF-8, so this is where a lone surrogate raises.
        """Take an error object off the wire."""
        payload = error.encode("utf-8")
        self.outcome = Outcome(payload=payload, content_type="application/json", error="reported")


class SilentSink:
    """A log that keeps nothing: logs are compared elsewhere."""

    def log_error(self, lines: list[str]) -> None:
        """Ignore an error block."""


def run_official(handler: Handler, event: bytes, headers: Headers) -> Outcome:
    """One request to AWS's own runtime client."""
    wire = WireRecorder()
    client = official_client.LambdaRuntimeClient("localhost")
    client.marshaller = official_marshaller.LambdaMarshaller()
    with mock.patch.object(official_client, "runtime_client", wire):
        try:
            official.handle_event_request(
                client, handler, "rid", event, headers.content_type, headers.client_context,
                headers.cognito_identity, "arn", 5_000, headers.tenant_id, SilentSink(),
            )  # fmt: skip
        except BaseException as exc:  # noqa: BLE001 - what escapes is part of the comparison
            return Outcome(escaped=type(exc).__name__)
    return masked(wire.outcome)


def run_ours(handler: Handler, event: bytes, headers: Headers) -> Outcome:
    """The same request to our bootstrap."""
    bootstrap = Bootstrap(log_error=lambda error: None, request_started=lambda request: None)
    assert bootstrap.init(handler) is None
    request = RuntimeRequest(
        request_id="rid", event=event, invoked_function_arn="arn", deadline_ms=5_000, **headers._asdict()
    )
    try:
        reply = bootstrap.invoke(request)
    except BaseException as exc:  # noqa: BLE001 - what escapes is part of the comparison
        return Outcome(escaped=type(exc).__name__)
    error = "reported" if reply.error else None
    return masked(Outcome(payload=reply.payload, content_type=reply.content_type, error=error))


# A run of JSON strings, each a frame in a file of either package.
RUNTIME_FRAMES = re.compile(
    rb'(?:"  File \\"(?:[^"\\]|\\\\)*(?:awslambdaric|pytest_lambda_env)[\\/](?:[^"\\]|\\.)*"(?:, )?)+'
)


def masked(outcome: Outcome) -> Outcome:
    """An outcome whose stack trace no longer tells which runtime made it."""
    if outcome.error is None or outcome.payload is None:
        return outcome
    return dataclasses.replace(outcome, payload=RUNTIME_FRAMES.sub(b"<runtime>", outcome.payload))


def assert_equal(handler: Handler, event: bytes = b"{}", headers: Headers | None = None) -> None:
    """Compare the two runtimes on one request, under an older and a current Python runtime."""
    for runtime in RUNTIMES:
        with mock.patch.dict(os.environ, {**VARIABLES, "AWS_EXECUTION_ENV": runtime}):
            theirs = run_official(handler, event, headers or Headers())
            assert run_ours(handler, event, headers or Headers()) == theirs
            assert theirs != Outcome(), "the official runtime has not answered"


# --- responses


class Pair(NamedTuple):
    """A named tuple."""

    a: int
    b: Any


class Number(enum.IntEnum):
    """An enum of ints."""

    SEVEN = 7


class Letter(str, enum.Enum):
    """An enum of strings."""

    X = "x"


class Plain(enum.Enum):
    """An enum of nothing in particular."""

    A = 1


class WithAsdict:
    """Encoded through its ``_asdict``."""

    def _asdict(self) -> dict[str, int]:
        return {"x": 1}


class WithBadAsdict:
    """Its ``_asdict`` gives no dict."""

    def _asdict(self) -> list[int]:
        return [1]


class WithForJson:
    """Not encoded: the runtime leaves ``for_json`` off."""

    def for_json(self) -> int:
        """What simplejson would use if asked to."""
        return 1


class LoudInt(int):
    """An int whose repr is no number."""

    def __repr__(self) -> str:
        return "loud"


class LoudFloat(float):
    """A float whose repr is no number."""

    def __repr__(self) -> str:
        return "loud"


def circle() -> dict[str, Any]:
    """A dict inside itself."""
    items: dict[str, Any] = {}
    items["self"] = [items]
    return items


def deep() -> list[Any]:
    """More nesting than the encoder can follow."""
    items: list[Any] = []
    for _ in range(100_000):
        items = [items]
    return items


RESPONSES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "true": lambda: True,
    "text": lambda: "x",
    "empty text": lambda: "",
    "unicode": lambda: "é☃😀\u2028\x00\x7f",
    "surrogate": lambda: ["\ud800"],
    "list": lambda: [1, [2, []], {}],
    "tuple": lambda: (1, (2,)),
    "dict": lambda: {"a": [1, 2], "b": {"c": None}},
    "ordered dict": lambda: collections.OrderedDict(b=1, a=2),
    "default dict": lambda: collections.defaultdict(int, b=1),
    "counter": lambda: collections.Counter("aab"),
    "big int": lambda: 2**70,
    "int subclass": lambda: LoudInt(3),
    "float": lambda: [1.0, -0.0, 1e300, 1e-7, 0.1],
    "float subclass": lambda: LoudFloat(1.5),
    "odd floats": lambda: [float("nan"), float("inf"), -float("inf")],
    "decimals": lambda: [Decimal(t) for t in ("1.10", "1E+3", "-0", "Infinity", "-Infinity", "NaN", "-NaN", "sNaN")],
    "bytes": lambda: b"\xff raw",
    "nested bytes": lambda: {"a": b"abc", b"k": [b"\xc3\xa9"]},
    "nested bad bytes": lambda: {"a": b"\xff"},
    "bad bytes key": lambda: {b"\xff": 1},
    "named tuple": lambda: Pair(1, [Pair(2, 3)]),
    "asdict": WithAsdict,
    "bad asdict": WithBadAsdict,
    "asdict class": lambda: WithAsdict,
    "for_json": WithForJson,
    "int enum": lambda: Number.SEVEN,
    "str enum": lambda: Letter.X,
    "plain enum": lambda: Plain.A,
    "enum keys": lambda: {Number.SEVEN: 1, Letter.X: 2},
    "odd keys": lambda: {1: 0, 1.5: 0, None: 0, False: 0, float("inf"): 0},
    "tuple key": lambda: {(1, 2): 3},
    "decimal key": lambda: {Decimal(1): 3},
    "set": lambda: {"a": {1}},
    "datetime": lambda: datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
    "uuid": lambda: uuid.UUID(int=1),
    "exception": lambda: ValueError("x"),
    "class": lambda: ValueError,
    "function": lambda: circle,
    "generator": lambda: (i for i in [1]),
    "bytearray": lambda: bytearray(b"x"),
    "complex": lambda: 1j,
    "circle": circle,
    "deep": deep,
}


@pytest.mark.fidelity("M01", "M02", "M03", "M04", "M05", "M06", "M07", "M08", "M09", "M10", "M11", "M12", "M13", "M14")
@pytest.mark.fidelity("M15", "M16", "M17", "M18", "M19", "M20", "M21", "M23")
@pytest.mark.parametrize("make", RESPONSES.values(), ids=RESPONSES.keys())
def test_responses(make: Callable[[], Any]) -> None:
    """A response makes the same payload, or the same failure, in both runtimes."""
    assert_equal(lambda event, context: make())


def is_hashable(value: Any) -> bool:
    """Whether the value can be a key; a signalling NaN can't."""
    return not (isinstance(value, Decimal) and value.is_snan())


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Ll"]))
    | st.decimals()
    | st.binary()
    | st.sampled_from([Number.SEVEN, Letter.X, Plain.A])
    | st.dates()
)
responses = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(scalars.filter(is_hashable), inner)
        | st.tuples(inner, inner)
        | st.builds(Pair, st.integers(), inner)
    ),
)


@given(responses)
def test_any_response(response: Any) -> None:
    """Whatever a handler returns, both runtimes send the same."""
    assert_equal(lambda event, context: response)


# --- exceptions


class CodeOnly(Exception):
    """Its text comes from its arguments, not from a message."""

    def __init__(self, code: int) -> None:
        self.code = code


class Unprintable(Exception):
    """Has no text at all."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def chained(event: Any, context: Any) -> Any:
    """Raise one exception from another."""
    try:
        event["missing"]
    except KeyError as cause:
        raise ValueError("second") from cause


def recursive(event: Any, context: Any, n: int = 9) -> Any:
    """Fail ten frames deep in one function."""
    return 1 / 0 if n == 0 else recursive(event, context, n - 1)


def generated(event: Any, context: Any) -> Any:
    """Fail in code without source."""
    exec("def inner():\n    raise ValueError('no source')\ninner()")  # noqa: S102


def multi_line(event: Any, context: Any) -> Any:
    """Fail inside an expression of several lines."""
    return {
        "a": 1,
        "b": event["missing"]["deeper"],
    }


def raising(make: Callable[[], BaseException]) -> Handler:
    """A handler that raises what ``make`` makes."""

    def handler(event: Any, context: Any) -> Any:
        raise make()

    return handler


def bootstrap_file(source: str) -> Handler:
    """A handler from a user's own file named bootstrap.py."""
    names: dict[str, Any] = {}
    exec(compile("def other(): raise ValueError\n", "/var/task/other.py", "exec"), names)  # noqa: S102
    exec(compile(source, "/var/task/bootstrap.py", "exec"), names)  # noqa: S102
    handler: Handler = names["h"]
    return handler


FAILURES: dict[str, Any] = {
    "value error": raising(lambda: ValueError("x")),
    "key error": raising(lambda: KeyError("missing")),
    "no text": raising(ValueError),
    "code only": raising(lambda: CodeOnly(5)),
    "two lines": raising(lambda: ValueError("two\nlines")),
    "unicode": raising(lambda: ValueError("é☃😀")),
    "surrogate": raising(lambda: ValueError("\ud800")),
    "unprintable": raising(Unprintable),
    "syntax error": lambda event, context: compile("def", "x.py", "exec"),
    "chained": chained,
    "recursive": recursive,
    "generated": generated,
    "multi line": multi_line,
    "not callable": 5,
    "none": None,
    "wrong arity": lambda: None,
    "builtin": len,
    "bootstrap file": bootstrap_file("def h(event, context): other()\n"),
    "only bootstrap files": bootstrap_file("def h(event, context): raise ValueError\n"),
    "exit": raising(lambda: SystemExit(3)),
    "interrupt": raising(KeyboardInterrupt),
}


@pytest.mark.fidelity("E01", "E02", "E03", "E04", "E06", "E07", "E08", "E09", "E10", "E11", "E14", "H16", "H17", "H24")
@pytest.mark.parametrize("handler", FAILURES.values(), ids=FAILURES.keys())
def test_failures(handler: Handler) -> None:
    """A failing handler makes the same error object, or the same end of the process, in both runtimes."""
    assert_equal(handler)


@given(st.text() | st.text(st.characters(categories=["Cs", "Ll"])))
def test_any_message(message: str) -> None:
    """Whatever an exception says, both runtimes report the same."""
    assert_equal(raising(lambda: ValueError(message)))


# --- events and contexts


def describe(event: Any, context: Any) -> Any:
    """A handler that returns all it can see of its arguments."""
    attributes = {name: str(value) for name, value in sorted(vars(context).items())}
    remaining = context.get_remaining_time_in_millis()
    return [type(event).__name__, str(event), repr(context), attributes, context.w3c(), remaining]


@pytest.mark.fidelity("D01", "D02", "D03", "D04", "D05", "D06", "D07", "D08", "D09", "D10")
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", ""])
@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"{}",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a":Infinity}',
        b'{"a":1}x',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"1e400",
        b"null",
        b'"\\ud800"',
        b"[1, 2.50]",
        b"9" * 5000,
        b"[" * 100_000,
    ],
)
def test_events(event: bytes, content_type: str) -> None:
    """An event arrives, or is refused, in the same way in both runtimes."""
    assert_equal(describe, event, Headers(content_type))


@given(st.binary())
def test_any_event(event: bytes) -> None:
    """Whatever bytes arrive, both runtimes make the same of them."""
    assert_equal(describe, event)


@pytest.mark.fidelity("C01", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C12", "C13", "C20")
@pytest.mark.parametrize(
    "headers",
    [
        Headers(),
        Headers(tenant_id="blue"),
        Headers(client_context="", cognito_identity=""),
        Headers(client_context="null", cognito_identity="null"),
        Headers(client_context="{}", cognito_identity="{}"),
        Headers(client_context='{"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "T", "x": 1}, "x": 1}'),
        Headers(client_context='{"client": {}}'),
        Headers(client_context='{"client": "text"}'),
        Headers(client_context="["),
        Headers(client_context="[]"),
        Headers(client_context="5"),
        Headers(client_context='{"w3c": {"traceparent": "00-a-b-01", "tracestate": 5, "x": "y"}, "custom": {}}'),
        Headers(client_context='{"w3c": []}'),
        Headers(cognito_identity='{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p", "x": 1}'),
        Headers(cognito_identity="{"),
        Headers(cognito_identity="[]"),
    ],
)
def test_contexts(headers: Headers) -> None:
    """The context's attributes, texts and failures are the same in both runtimes."""
    assert_equal(describe, headers=headers)


# --- init


class NextRequest(BaseException):
    """The official runtime has come through its init and asks for work."""


def init_official(handler: str) -> ErrorObject | None:
    """The error object that AWS's runtime posts for a handler string; None if it loads."""
    posted: list[ErrorObject] = []

    base: Any = official_client.LambdaRuntimeClient

    class Client(base):  # type: ignore[misc]
        def wait_next_invocation(self) -> None:
            raise NextRequest

        def post_init_error(self, error: ErrorObject, *_: object) -> None:
            posted.append(error)

    with (
        mock.patch.object(official, "_setup_logging"),
        mock.patch.object(official, "create_log_sink", mock.MagicMock),
        mock.patch.multiple(sys, stdout=sys.stdout, stderr=sys.stderr),
        pytest.raises((SystemExit, NextRequest)),
    ):
        official.run(handler, Client("localhost"))
    return posted[0] if posted else None


def init_ours(handler: str) -> ErrorObject | None:
    """The error object of our bootstrap for a handler string; None if it loads."""
    logged: list[ErrorObject] = []
    error = Bootstrap(log_error=logged.append, request_started=lambda request: None).init(handler)
    assert logged == ([] if error is None else [error])
    return error


MODULES = {
    "od_ok": "def h(event, context): return event\nnotfn = 'text'\n",
    "od_imp": "import nope_mod\n",
    "od_from": "from os import nope\n",
    "od_bad": "def h(e,c)\n",
    "od_outer": "import od_bad\n",
    "od_indent": "  x = 1\n y = 2\n",
    "od_null": "x = 1\n\0\n",
    "od_cls": "class A:\n    def h(event, context): return event\n",
    "od_dynamic": "def __getattr__(name):\n    raise RuntimeError(name)\n",
    "od_raises": "def inner():\n    raise Exception('Runtime startup fails')\ninner()\n",
}
HANDLERS = [
    "ok", "", "od_nomod.h", "od_imp.h", "od_from.h", "sys.h", "builtins.print", "os.getcwd", "sys/foo.h", "od_ok.h",
    "od_ok.missing", "od_ok.", "od_ok.notfn", ".h", "/ok.h", "..ok.h", "od_cls.A.h", "od_dynamic.h", "od_bad.h",
    "od_outer.h", "od_indent.h", "od_null.h", "od_raises.h", "od_sub/mod.h", "od_sub.mod.h", "od_sub/mod/h",
]  # fmt: skip


@pytest.fixture
def task_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """An importable directory with every module above; the value forgets what was imported from it."""
    for name, source in MODULES.items():
        (tmp_path / f"{name}.py").write_text(source)
    (tmp_path / "od_sub").mkdir()
    (tmp_path / "od_sub" / "mod.py").write_text("def h(event, context): return event\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    def forget() -> None:
        for name in [name for name in sys.modules if name.startswith("od_")]:
            del sys.modules[name]

    yield forget
    forget()


@pytest.mark.fidelity("H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H09", "H10", "H11", "H12", "H13", "H14")
@pytest.mark.fidelity("H15", "H16", "H20", "H21", "H22", "H23", "H25")
@pytest.mark.parametrize("handler", HANDLERS)
def test_init(task_root: Callable[[], None], handler: str) -> None:
    """A handler string loads, or fails with the same error object, in both runtimes."""
    theirs = init_official(handler)
    task_root()
    assert init_ours(handler) == theirs


@pytest.mark.fidelity("H30", "H33")
@pytest.mark.parametrize("runtime", ["AWS_Lambda_python3.14", "AWS_Lambda_python3.15"])
@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
def test_warnings_of_a_failed_init(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, runtime: str, region: str
) -> None:
    """Both runtimes log the same warnings before the error."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.delenv("LAMBDA_DISABLE_PREVIEW_WARN", raising=False)
    init_official("od_nomod.h")
    theirs = caplog.messages
    caplog.clear()
    init_ours("od_nomod.h")
    assert caplog.messages == theirs
    assert len(theirs) == (2 if runtime.endswith("3.15") else 1)
