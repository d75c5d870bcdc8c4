"""The context object: attributes, texts and remaining time (fidelity 1.5)."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest

from pytest_lambda_env.runtime.client.context import LambdaContext

VARIABLES = {
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    "AWS_LAMBDA_FUNCTION_NAME": "fn",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}
ATTRIBUTES = {
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "tenant_id",
    "client_context",
    "identity",
    "_w3c_fields",
    "_epoch_deadline_time_in_ms",
}


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test sees the variables of one function."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def make(client_context: Any = None, cognito_identity: Any = None, deadline: int = 0) -> LambdaContext:
    """A context of the function above."""
    return LambdaContext("rid", client_context, cognito_identity, deadline, "arn", None)


@pytest.mark.fidelity("C01")
def test_it_has_exactly_the_official_attributes() -> None:
    """The attributes are AWS's, private ones included, and no other."""
    assert set(vars(make())) == ATTRIBUTES


@pytest.mark.fidelity("C02", "C03")
def test_the_function_is_described_by_its_variables() -> None:
    """Name, version, memory and log names are the variables' text: the memory size is a str."""
    context = make()
    assert context.memory_limit_in_mb == "128"
    assert context.function_name == "fn"
    assert context.function_version == "$LATEST"
    assert context.log_group_name == "/aws/lambda/fn"
    assert context.log_stream_name == VARIABLES["AWS_LAMBDA_LOG_STREAM_NAME"]


@pytest.mark.fidelity("C03")
def test_variables_are_read_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is unset by then gives None, and a later change is not seen."""
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    context = make()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "late")
    assert context.function_name is None


@pytest.mark.fidelity("C04")
def test_identity_is_always_there() -> None:
    """Without an identity the object is there and its ids are None."""
    identity = make().identity
    assert repr(identity) == "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"
    assert identity.cognito_identity_id is None
    assert identity.cognito_identity_pool_id is None


@pytest.mark.fidelity("C07")
def test_identity_ids_come_from_the_header() -> None:
    """The header's camel-case keys become snake-case attributes; a key left out is None."""
    identity = make(cognito_identity={"cognitoIdentityId": "id", "other": 1}).identity
    assert identity.cognito_identity_id == "id"
    assert identity.cognito_identity_pool_id is None


@pytest.mark.fidelity("C05")
def test_no_client_context_is_none() -> None:
    """Without a client context the attribute is None; an empty one is an object."""
    assert make().client_context is None
    assert repr(make({}).client_context) == "ClientContext([custom=None,env=None,client=None])"


@pytest.mark.fidelity("C06", "C13")
def test_a_client_context_keeps_only_known_keys() -> None:
    """Known client keys become attributes, custom and env stay dicts, and the rest is dropped."""
    sent = {"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "T", "unknown": 1}, "unknown": 1}
    received = make(sent).client_context
    assert received is not None
    assert received.client is not None
    assert received.custom == {"a": 1}
    assert received.client.app_title == "T"
    assert received.client.installation_id is None
    assert not hasattr(received, "unknown")
    assert not hasattr(received.client, "unknown")
    assert repr(received) == (
        "ClientContext([custom={'a': 1},env={'b': 2},client=Client([installation_id=None,app_title=T,"
        "app_version_name=None,app_version_code=None,app_package_name=None])])"
    )


@pytest.mark.fidelity("C09")
@pytest.mark.parametrize("name", ["client_context", "cognito_identity"])
def test_a_header_that_is_no_object_is_an_attribute_error(name: str) -> None:
    """JSON that is not an object fails on its first key, as AWS's code does."""
    with pytest.raises(AttributeError, match=r"^'list' object has no attribute 'get'$"):
        make(*(([], None) if name == "client_context" else (None, [])))


@pytest.mark.fidelity("C10")
@pytest.mark.parametrize(
    ("now", "left"), [(1_000.0, 2_500), (1_000.0009, 2_500), (1_002.4999, 1), (1_002.5, 0), (9e9, 0)]
)
def test_remaining_time_follows_the_clock(monkeypatch: pytest.MonkeyPatch, now: float, left: int) -> None:
    """It is the deadline less the current time, in whole milliseconds, never negative, at the time of the call."""
    context = make(deadline=1_002_500)
    monkeypatch.setattr(time, "time", lambda: now)
    remaining = context.get_remaining_time_in_millis()
    assert (remaining, type(remaining)) == (left, int)


class Sink:
    """A log that remembers."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def log(self, text: str) -> None:
        """Remember one text."""
        self.written.append(text)


@pytest.mark.fidelity("C11")
def test_log_writes_to_the_log_sink_of_the_root_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text goes out as it is, through the first root handler that has a log sink."""
    handler, sink = logging.NullHandler(), Sink()
    handler.log_sink = sink  # type: ignore[attr-defined]
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler(), handler])
    make().log({"a": 1})
    make().log("x")
    assert sink.written == ["{'a': 1}", "x"]


@pytest.mark.fidelity("C11")
def test_log_falls_back_to_standard_output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without such a handler the text goes to stdout, with no newline added."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    make().log(5)
    assert capsys.readouterr().out == "5"


@pytest.mark.fidelity("C12")
def test_repr() -> None:
    """The repr lists the public attributes in AWS's order."""
    assert repr(make()) == (
        "LambdaContext([aws_request_id=rid,log_group_name=/aws/lambda/fn,"
        "log_stream_name=2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef,function_name=fn,"
        "memory_limit_in_mb=128,function_version=$LATEST,invoked_function_arn=arn,client_context=None,"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])"
    )


@pytest.mark.fidelity("C14")
def test_only_the_context_itself_takes_new_attributes() -> None:
    """A handler may hang data on the context, but not on its parts."""
    context: Any = make({"client": {}})
    context.mine = 1
    assert context.mine == 1
    for part in (context.identity, context.client_context, context.client_context.client):
        with pytest.raises(AttributeError):
            part.mine = 1


@pytest.mark.fidelity("C15")
def test_it_is_not_json() -> None:
    """JSON can't carry a context, and says so by its class name."""
    with pytest.raises(TypeError, match=r"^Object of type LambdaContext is not JSON serializable$"):
        json.dumps(make())


@pytest.mark.fidelity("C20")
def test_tenant_id_and_arn_may_be_left_out() -> None:
    """Both are None where the request carried none."""
    context = LambdaContext("rid", None, None, 0)
    assert context.tenant_id is None
    assert context.invoked_function_arn is None
    assert LambdaContext("rid", None, None, 0, "arn", "blue").tenant_id == "blue"


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (None, {}),
        ({}, {}),
        ({"w3c": None}, {}),
        ({"w3c": ["traceparent"]}, {}),
        ({"w3c": {"traceparent": "00-a-b-01", "tracestate": 5, "baggage": "k=v", "x": "y"}},
         {"traceparent": "00-a-b-01", "baggage": "k=v"}),
    ],
)  # fmt: skip
def test_w3c_returns_the_known_text_fields(sent: Any, received: dict[str, str]) -> None:
    """Only traceparent, tracestate and baggage are passed on, and only as text."""
    assert make(sent).w3c() == received


def test_w3c_returns_a_copy_and_leaves_the_client_context() -> None:
    """Changing the answer changes nothing, and the fields don't show in the client context."""
    sent = {"w3c": {"baggage": "k=v"}, "custom": {"a": 1}}
    context = make(sent)
    context.w3c()["baggage"] = "changed"
    assert context.w3c() == {"baggage": "k=v"}
    assert repr(context.client_context) == "ClientContext([custom={'a': 1},env=None,client=None])"
    assert sent == {"w3c": {"baggage": "k=v"}, "custom": {"a": 1}}
