"""What reaches a handler: events of any form, and a context made from any headers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity.case import Case
from parity.comparison import assert_equal
from parity.loop import Headers, assert_alike
from parity.table import read

EVENTS = [
    "{}", "null", "true", "5", "-0", "-0.0", "1e400", "1E5", "12345678901234567890123", "[1, 2.50]", '""', '"text"',
    '"\\ud83d\\ude00 é \\u0000"', '"é☃😀"', '{"a": 1, "a": 2}', '{"": {"": []}}', ' {"a" : [ ] } ', "[[[[[[]]]]]]",
    '{"a": "' + "x" * 100_000 + '"}', "0.1234567890123456789", "9" * 4000,
]  # fmt: skip

CLIENT_CONTEXTS = [
    "null",
    "{}",
    '{"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "T", "x": 1}, "x": 1}',
    '{"client": {}}',
    '{"client": null, "custom": null}',
    '{"custom": "text", "env": [1]}',
    '{"custom": {"é": "☃"}}',
    '{"w3c": {"traceparent": "00-a-b-01", "tracestate": 5, "x": "y"}, "custom": {}}',
    '{"w3c": []}',
]

DESCRIBING = """
def handler(event, context):
    attributes = {name: str(value) for name, value in sorted(vars(context).items())}
    remaining = context.get_remaining_time_in_millis()
    context.mine = 1
    return [type(event).__name__, event, repr(context), attributes, context.w3c(), remaining, str(type(context))[:6]]
"""

USING = read("contexts", calls=2)


def describe(event: Any, context: Any) -> Any:
    """A handler that returns all it can see of its arguments."""
    attributes = {name: str(value) for name, value in sorted(vars(context).items())}
    remaining = context.get_remaining_time_in_millis()
    return [type(event).__name__, str(event), repr(context), attributes, context.w3c(), remaining]


@pytest.mark.fidelity("D07", "D08", "D09", "D10", "D11")
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event[:20])
def test_any_json(tmp_path: Path, event: str) -> None:
    """An event of any JSON arrives, and comes back, in the same way."""
    assert_equal(Case("event", DESCRIBING, [event, event]), tmp_path)


@pytest.mark.fidelity("C01", "C02", "C03", "C05", "C06", "C10", "C12", "C13")
@pytest.mark.parametrize("client_context", CLIENT_CONTEXTS)
def test_any_client_context(tmp_path: Path, client_context: str) -> None:
    """A client context that a caller may send makes the same context object."""
    assert_equal(Case("client context", DESCRIBING, [{}, {}], client_context=client_context), tmp_path)


@pytest.mark.fidelity("C03", "C04", "C14", "C15", "C16")
@pytest.mark.parametrize("name", USING)
def test_any_use_of_the_context(tmp_path: Path, name: str) -> None:
    """Whatever a handler does with its context, it meets the same object."""
    assert_equal(dataclasses.replace(USING[name], client_context='{"client": {"app_title": "T"}}'), tmp_path)


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
def test_any_bytes_written(event: bytes, content_type: str) -> None:
    """Bytes that ``Invoke`` would not let through arrive, or are refused, in the same way."""
    assert_alike(describe, event, Headers(content_type))


@given(st.binary())
def test_any_bytes(event: bytes) -> None:
    """Whatever bytes arrive, both runtimes make the same of them."""
    assert_alike(describe, event)


@pytest.mark.fidelity("C01", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C12", "C13", "C20")
@pytest.mark.parametrize(
    "headers",
    [
        Headers(),
        Headers(tenant_id="blue"),
        Headers(client_context="", cognito_identity=""),
        Headers(client_context="null", cognito_identity="null"),
        Headers(client_context="{}", cognito_identity="{}"),
        Headers(client_context='{"client": "text"}'),
        Headers(client_context="["),
        Headers(client_context="[]"),
        Headers(client_context="5"),
        Headers(cognito_identity='{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p", "x": 1}'),
        Headers(cognito_identity="{"),
        Headers(cognito_identity="[]"),
    ],
)
def test_any_header(headers: Headers) -> None:
    """Headers that only the service can send make the same context, or fail in the same way."""
    assert_alike(describe, headers=headers)
