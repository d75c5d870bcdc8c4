"""What a handler receives for what a caller sends (fidelity 1.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction
from pytest_lambda_env.errors import InvalidRequestContentException

Deploy = Callable[..., LambdaFunction]

SHOW = "def handler(event, context):\n    return repr(event)\n"


@pytest.mark.fidelity("D01")
def test_an_event_is_parsed(deploy: Deploy) -> None:
    """The handler gets plain Python objects, made from JSON, not the caller's own."""
    sent = {"text": "é☃😀", "list": [1, 2.5, True, None], "nested": {"a": {}}}
    source = "def handler(event, context):\n    event['nested']['a']['b'] = 1\n    return event\n"
    assert deploy(source).invoke(sent).payload == {**sent, "nested": {"a": {"b": 1}}}
    assert sent["nested"] == {"a": {}}


@pytest.mark.fidelity("D04")
@pytest.mark.parametrize("event", [b'{"a": NaN}', b'{"a":Infinity}', b"[-Infinity]"])
def test_what_only_python_reads_as_json_is_refused(deploy: Deploy, event: bytes) -> None:
    """NaN and infinities, which Python's own ``json`` accepts, never reach a handler."""
    fn = deploy(SHOW)
    with pytest.raises(InvalidRequestContentException):
        fn.invoke(event)
    assert fn.invocations == []


@pytest.mark.parametrize(
    ("event", "received"),
    [
        pytest.param(b"\xef\xbb\xbf{}", "{}", marks=pytest.mark.fidelity("D07"), id="D07-byte order mark"),
        pytest.param(b'{"a": 1, "a": 2}', "{'a': 2}", marks=pytest.mark.fidelity("D08"), id="D08-duplicate key"),
        *(
            pytest.param(event, received, marks=pytest.mark.fidelity("D09"), id=f"D09-{event.decode()}")
            for event, received in (
                (b"10", "10"),
                (b"1.10", "1.1"),
                (b"1E2", "100.0"),
                (b"1e400", "inf"),
                (b"123456789012345678901234567890", "123456789012345678901234567890"),
            )
        ),
        *(
            pytest.param(event, received, marks=pytest.mark.fidelity("D10"), id=f"D10-{received}")
            for event, received in ((b"null", "None"), (b'"x"', "'x'"), (b"[1]", "[1]"), (b"true", "True"))
        ),
        pytest.param(b"", "{}", marks=pytest.mark.fidelity("D11"), id="D11-empty payload"),
    ],
)
def test_the_bytes_of_an_event(deploy: Deploy, event: bytes, received: str) -> None:
    """Any JSON value may be an event, and it is read as the runtime reads it."""
    assert deploy(SHOW).invoke(event).payload == received


@pytest.mark.fidelity("D10")
@pytest.mark.parametrize("event", [None, "x", [1], 7, True, 1.5])
def test_an_event_need_not_be_an_object(deploy: Deploy, event: Any) -> None:
    """Scalars, arrays and null arrive as they are."""
    assert deploy(SHOW).invoke(event).payload == repr(event)


@pytest.mark.fidelity("D11")
def test_without_a_payload_the_event_is_an_empty_object(deploy: Deploy) -> None:
    """``Invoke`` without a payload sends ``{}``."""
    assert deploy(SHOW).invoke().payload == "{}"
