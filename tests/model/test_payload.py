"""Events on their way to the function: what JSON carries, and where it says no."""

from __future__ import annotations

import collections
import datetime
import enum
import json
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.errors import InvalidRequestContentException, UsageError
from pytest_lambda_env.model.payload import encode_event

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Size(enum.IntEnum):
    """An int by inheritance."""

    SMALL = 1


class Colour(enum.Enum):
    """Not an int."""

    RED = 1


@given(json_values)
def test_every_json_value_arrives_as_it_is(value: Any) -> None:
    """Decoding the bytes gives the test's own value back."""
    assert json.loads(encode_event(value).decode("utf-8")) == value


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ({"a": [1, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        (None, b"null"),
        ({}, b"{}"),
        ("x", b'"x"'),
        ("é", '"é"'.encode()),
        ((1, (2,)), b"[1,[2]]"),
        (collections.OrderedDict(b=1, a=2), b'{"b":1,"a":2}'),
        (Size.SMALL, b"1"),
        ({"1": 1, "-1": 1, "1.5": 1, "true": 1, "null": [{"false": 0}]},
         b'{"1":1,"-1":1,"1.5":1,"true":1,"null":[{"false":0}]}'),
        ('{"1":', b'"{\\"1\\":"'),
    ],
)  # fmt: skip
def test_the_bytes_of_an_event(event: Any, payload: bytes) -> None:
    """Events are compact UTF-8; tuples are arrays and keys that look like numbers are strings."""
    assert encode_event(event) == payload


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            {"Records": [{"when": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)}]},
            'event["Records"][0]["when"] is a datetime, which JSON can\'t carry; pass its isoformat()',
        ),
        ({"a": (1, {2})}, 'event["a"][1] is a set, which JSON can\'t carry; pass a sorted list'),
        (Decimal("1.10"), "event is a Decimal, which JSON can't carry; pass its str() or its float()"),
        ([uuid.UUID(int=1)], "event[0] is an UUID, which JSON can't carry; pass its str()"),
        ({"a": b"x"}, 'event["a"] is a bytes, which JSON can\'t carry; pass text, for example its base64 form'),
        ([Colour.RED], "event[0] is a Colour, which JSON can't carry; pass its value"),
        ({"a": object()}, 'event["a"] is an object, which JSON can\'t carry; pass plain JSON values'),
        ({'a"b': [float("nan")]}, r'event["a\"b"][0] is nan, which JSON can' + "'t carry"),
        ([float("-inf")], "event[0] is -inf, which JSON can't carry"),
        (["x\ud800"], "event[0] has a lone surrogate, which UTF-8 can't carry"),
        ([{"\ud800": 1}], r'event[0] has the key "\ud800" with a lone surrogate, which UTF-8 can' + "'t carry"),
    ],
)
def test_what_json_can_t_carry_is_named_with_its_path(event: Any, message: str) -> None:
    """The error says where the value is, what it is and what to pass instead."""
    with pytest.raises(UsageError) as caught:
        encode_event(event)
    assert str(caught.value) == message


@pytest.mark.parametrize("key", [1, -1, 0, 10**30, 1.5, -0.0, 1e300, 1e-7, True, False, None, Size.SMALL])
@pytest.mark.parametrize("around", [lambda d: d, lambda d: {"a": 1, "b": [0, d]}, lambda d: {"x": 1} | d])
def test_a_key_that_json_would_change_is_refused(key: Any, around: Callable[[Any], Any]) -> None:
    """JSON would turn the key into a string without a word, and the handler would not find it."""
    with pytest.raises(UsageError, match="a JSON key is a string") as caught:
        encode_event(around({key: 1}))
    assert f" has the key {key!r}, a" in str(caught.value)


@given(
    st.recursive(
        st.none() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(), inner)
        ),
    )
)
def test_no_key_is_ever_changed(value: Any) -> None:
    """Whatever the keys: either the value arrives as it is, or it is refused."""
    try:
        payload = encode_event(value)
    except UsageError as error:
        assert "a JSON key is a string" in str(error)  # noqa: PT017 - both outcomes are right, a third is not
    else:
        assert json.loads(payload) == value


def test_a_tuple_key_is_refused() -> None:
    """A key that JSON can't write at all is named in the same way."""
    with pytest.raises(UsageError) as caught:
        encode_event({"a": {(1, 2): 3}})
    assert str(caught.value) == 'event["a"] has the key (1, 2), a tuple; a JSON key is a string'


def test_a_circular_event_is_refused() -> None:
    """A container inside itself has no end in JSON."""
    items: list[Any] = [1]
    items.append({"items": items})
    with pytest.raises(UsageError, match=r'^event\[1\]\["items"\] contains itself, which JSON can\'t carry$'):
        encode_event(items)


def test_a_container_used_twice_is_fine() -> None:
    """Only a container inside itself is circular; the same one side by side is written twice."""
    shared = {"1": 1}
    assert encode_event([shared, shared]) == b'[{"1":1},{"1":1}]'


def test_an_event_too_deep_for_the_encoder_is_refused() -> None:
    """Nesting beyond the interpreter's limit is the test's error, not a crash."""
    event: list[Any] = []
    for _ in range(200_000):
        event = [event]
    with pytest.raises(UsageError, match=r"^JSON can't carry this event: "):
        encode_event(event)
    while event:
        event = event.pop()


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="This interpreter writes ints of any length")
def test_an_int_that_python_won_t_write_is_refused() -> None:
    """An int with more digits than the interpreter's limit is named with its path."""
    with pytest.raises(UsageError, match=r'^event\["n"\] is an int that Python won\'t write: '):
        encode_event({"n": 10**5000})


# --- raw payloads


@pytest.mark.parametrize("payload", [b'{"a": 1}', b" null ", b'"\xc3\xa9"', b"\xef\xbb\xbf{}", b"1e400", b'"\\ud800"'])
def test_bytes_that_are_json_travel_as_they_are(payload: bytes) -> None:
    """A raw payload is not rewritten."""
    assert encode_event(payload) is payload


@pytest.mark.fidelity("D11", "I11")
def test_an_empty_payload_is_an_empty_object() -> None:
    """The service turns no payload at all into an empty object."""
    assert encode_event(b"") == b"{}"


PREFIX = "Could not parse request body into json: Could not parse payload into json: "
EXPECTED = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        pytest.param(
            b"\x99\xeb,j\x07\xa1zYh",
            f"Unexpected character ((CTRL-CHAR, code 153)): {EXPECTED}{SOURCE}1, column: 1]",
            marks=pytest.mark.fidelity("I36"),
        ),
        pytest.param(
            b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt",
            f"Invalid UTF-8 start byte 0x87{SOURCE}1, column: 3]",
            marks=pytest.mark.fidelity("I37"),
        ),
        (b'{"a":\n "\xff"}', f"Invalid UTF-8 start byte 0xff{SOURCE}2, column: 4]"),
        (b'{"a":\xff}', f"Unexpected character ('\xff' (code 255)): {EXPECTED}{SOURCE}1, column: 6]"),
        (b'{"a": NaN}', f"Unexpected character ('N' (code 78)): {EXPECTED}{SOURCE}1, column: 7]"),
        (b'{"a":1}\nx', f"Unexpected character ('x' (code 120)): {EXPECTED}{SOURCE}2, column: 1]"),
        (b'{"a":1', f"Unexpected end-of-input{SOURCE}1, column: 7]"),
        (b" ", f"Unexpected end-of-input{SOURCE}1, column: 2]"),
    ],
)
def test_bytes_that_are_not_json_are_refused_as_the_service_does(payload: bytes, found: str) -> None:
    """The service's own error, with the recorded words and the place of the first offence."""
    with pytest.raises(InvalidRequestContentException) as caught:
        encode_event(payload)
    assert caught.value.message == PREFIX + found
    assert caught.value.body == {"Type": "User", "message": PREFIX + found}


@given(st.binary())
def test_any_bytes_are_json_or_refused(payload: bytes) -> None:
    """There is no third outcome for a raw payload."""
    try:
        assert encode_event(payload) == (payload or b"{}")
    except InvalidRequestContentException as error:
        assert error.message.startswith(PREFIX)  # noqa: PT017 - both outcomes are right, a third is not
