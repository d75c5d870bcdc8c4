"""The dialect of JSON that the runtime reads and writes (fidelity 1.3 and 1.4)."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import fractions
import pathlib
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from pytest_lambda_env.runtime.client.faults import Fault
from pytest_lambda_env.runtime.client.marshaller import Marshaller


@pytest.fixture
def marshaller(monkeypatch: pytest.MonkeyPatch) -> Marshaller:
    """The marshaller of a current runtime."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    return Marshaller()


# --- events


@pytest.mark.fidelity("D01", "D08", "D09", "D10")
@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"1.10", 1.1),
        (b"1e400", float("inf")),
        (b"12345678901234567890", 12345678901234567890),
        (b"null", None),
        (b'"x"', "x"),
        (b"[1]", [1]),
        (b"true", True),
        ('"é☃😀"'.encode(), "é☃😀"),
    ],
)
def test_json_events_are_parsed(marshaller: Marshaller, payload: bytes, event: object) -> None:
    """Any JSON value is an event; numbers are int or float and the last of equal keys wins."""
    received = marshaller.decode(payload, "application/json")
    assert (received, type(received)) == (event, type(event))


@pytest.mark.fidelity("D02")
@pytest.mark.parametrize("content_type", ["", "application/json; charset=utf-8", "text/plain", "Application/JSON"])
def test_other_content_types_arrive_as_bytes(marshaller: Marshaller, content_type: str) -> None:
    """Only the exact content type is parsed."""
    assert marshaller.decode(b'{"a": 1}', content_type) == b'{"a": 1}'


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"", "Expecting value: line 1 column 1 (char 0)", marks=pytest.mark.fidelity("D03")),
        pytest.param(b'{"a": NaN}', "Expecting value: line 1 column 7 (char 6)", marks=pytest.mark.fidelity("D04")),
        pytest.param(b'{"a":Infinity}', "Expecting value: line 1 column 6 (char 5)", marks=pytest.mark.fidelity("D04")),
        pytest.param(
            b'{"a":1}x',
            "Extra data: line 1 column 8 - line 1 column 9 (char 7 - 8)",
            marks=pytest.mark.fidelity("D05"),
        ),
        pytest.param(
            b"\xff",
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            marks=pytest.mark.fidelity("D06"),
        ),
    ],
)
def test_what_is_not_json_is_a_fault(marshaller: Marshaller, payload: bytes, reason: str) -> None:
    """The runtime refuses an event it can't parse, in simplejson's words."""
    with pytest.raises(Fault) as caught:
        marshaller.decode(payload, "application/json")
    assert caught.value.type == "Runtime.UnmarshalError"
    assert caught.value.message == f"Unable to unmarshal input: {reason}"
    assert caught.value.trace is None


@pytest.mark.fidelity("D07")
def test_a_byte_order_mark_is_skipped(marshaller: Marshaller) -> None:
    """A UTF-8 byte order mark before the JSON does no harm."""
    assert marshaller.decode(b"\xef\xbb\xbf{}", "application/json") == {}


# --- responses


class Pair(NamedTuple):
    """A named tuple."""

    a: int
    b: Any


class WithAsdict:
    """Encoded through its ``_asdict``."""

    def _asdict(self) -> dict[str, int]:
        return {"x": 1}


class WithForJson:
    """Not encoded: the runtime leaves ``for_json`` off."""

    def for_json(self) -> dict[str, int]:
        """What simplejson would use if asked to."""
        return {"x": 1}


class Number(enum.IntEnum):
    """An enum of ints."""

    SEVEN = 7


class Letter(str, enum.Enum):
    """An enum of strings."""

    X = "x"


class Plain(enum.Enum):
    """An enum of nothing in particular."""

    A = 1


@dataclasses.dataclass
class Order:
    """A dataclass."""

    id: int


@pytest.mark.parametrize(
    ("response", "payload"),
    [
        pytest.param(None, "null", marks=pytest.mark.fidelity("M01")),
        pytest.param({"a": [1, 2]}, '{"a": [1, 2]}', marks=pytest.mark.fidelity("M02")),
        pytest.param("x", '"x"', marks=pytest.mark.fidelity("M02")),
        *(
            pytest.param(Decimal(text), sent, marks=pytest.mark.fidelity("M03"))
            for text, sent in [
                ("1.10", "1.10"),
                ("1E+3", "1E+3"),
                ("-Infinity", "-Infinity"),
                ("NaN", "NaN"),
                ("-NaN", "NaN"),
                ("sNaN", "NaN"),
            ]
        ),
        pytest.param(
            [float("nan"), float("inf"), -float("inf")],
            "[NaN, Infinity, -Infinity]",
            marks=pytest.mark.fidelity("M04"),
        ),
        pytest.param({"a": b"abc", b"k": 1}, '{"a": "abc", "k": 1}', marks=pytest.mark.fidelity("M06")),
        pytest.param([b"x"], '["x"]', marks=pytest.mark.fidelity("M06")),
        pytest.param(Pair(1, [Pair(2, 3)]), '{"a": 1, "b": [{"a": 2, "b": 3}]}', marks=pytest.mark.fidelity("M08")),
        pytest.param(WithAsdict(), '{"x": 1}', marks=pytest.mark.fidelity("M09")),
        pytest.param((1, 2), "[1, 2]", marks=pytest.mark.fidelity("M10")),
        pytest.param(Number.SEVEN, "7", marks=pytest.mark.fidelity("M11")),
        pytest.param(Letter.X, '"x"', marks=pytest.mark.fidelity("M11")),
        pytest.param(
            {1: 0, 1.5: 0, None: 0, False: 0},
            '{"1": 0, "1.5": 0, "null": 0, "false": 0}',
            marks=pytest.mark.fidelity("M12"),
        ),
        pytest.param({True: 0}, '{"true": 0}', marks=pytest.mark.fidelity("M12")),
        pytest.param(2**70, "1180591620717411303424", marks=pytest.mark.fidelity("M20")),
        pytest.param(
            collections.OrderedDict([("b", 1), ("a", 2)]), '{"b": 1, "a": 2}', marks=pytest.mark.fidelity("M23")
        ),
        pytest.param(collections.defaultdict(int, b=1, a=2), '{"b": 1, "a": 2}', marks=pytest.mark.fidelity("M23")),
    ],
)
def test_what_json_carries(marshaller: Marshaller, response: object, payload: str) -> None:
    """These values go out, in exactly these characters."""
    assert marshaller.encode(response) == (payload, "application/json")


@pytest.mark.fidelity("M05")
def test_top_level_bytes_go_out_raw(marshaller: Marshaller) -> None:
    """Bytes are a payload already, of no known content type."""
    assert marshaller.encode(b"\xff{") == (b"\xff{", "application/unknown")


def fault_of(marshaller: Marshaller, response: object) -> Fault:
    """The fault that encoding the response raises."""
    with pytest.raises(Fault) as caught:
        marshaller.encode(response)
    assert caught.value.type == "Runtime.MarshalError"
    assert caught.value.trace is None
    return caught.value


def circle() -> list[object]:
    """A list inside itself."""
    items: list[object] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param(
            {"a": b"\xff"},
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            marks=pytest.mark.fidelity("M07"),
        ),
        pytest.param(Plain.A, "Object of type Plain is not JSON serializable", marks=pytest.mark.fidelity("M11")),
        pytest.param(
            {(1, 2): 3},
            "keys must be str, int, float, bool or None, not tuple",
            marks=pytest.mark.fidelity("M13"),
        ),
        pytest.param(circle(), "Circular reference detected", marks=pytest.mark.fidelity("M16")),
        pytest.param(
            WithForJson(), "Object of type WithForJson is not JSON serializable", marks=pytest.mark.fidelity("M17")
        ),
    ],
)
def test_what_json_refuses(marshaller: Marshaller, response: object, reason: str) -> None:
    """A response that can't be encoded is a fault, in simplejson's words."""
    assert fault_of(marshaller, response).message == f"Unable to marshal response: {reason}"


@pytest.mark.fidelity("M14")
def test_a_decimal_key_is_refused(marshaller: Marshaller) -> None:
    """A Decimal is a value and not a key; simplejson 3 names its module, simplejson 4 doesn't."""
    prefix = "Unable to marshal response: keys must be str, int, float, bool or None, not "
    assert fault_of(marshaller, {Decimal(1): 1}).message in {prefix + "Decimal", prefix + "decimal.Decimal"}


@pytest.mark.fidelity("M15")
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: {1}, "set"),
        (lambda: frozenset({1}), "frozenset"),
        (lambda: datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), "datetime"),
        (lambda: datetime.date(2026, 1, 2), "date"),
        (lambda: datetime.timedelta(1), "timedelta"),
        (lambda: uuid.UUID(int=1), "UUID"),
        (lambda: Order(1), "Order"),
        (lambda: (i for i in [1]), "generator"),
        (lambda: range(3), "range"),
        (lambda: bytearray(b"x"), "bytearray"),
        (lambda: memoryview(b"x"), "memoryview"),
        (lambda: 1j, "complex"),
        (lambda: pathlib.PurePosixPath("x"), "PurePosixPath"),
        (lambda: collections.deque([1]), "deque"),
        (lambda: collections.UserDict(a=1), "UserDict"),
        ({"a": 1}.keys, "dict_keys"),
        (lambda: fractions.Fraction(1, 2), "Fraction"),
        (lambda: ValueError("x"), "ValueError"),
        (lambda: Order, "type"),
    ],
)
def test_other_types_are_refused_by_name(marshaller: Marshaller, make: Callable[[], object], name: str) -> None:
    """A value of any other type is refused, wherever it is, and the message names its type."""
    expected = f"Unable to marshal response: Object of type {name} is not JSON serializable"
    assert fault_of(marshaller, make()).message == expected
    assert fault_of(marshaller, {"a": [make()]}).message == expected


@pytest.mark.fidelity("M18", "M19")
@pytest.mark.parametrize(
    ("runtime", "escaped"),
    [("3.9", True), ("3.11", True), (None, True), ("3.12", False), ("3.13", False), ("3.14", False), ("3.15", False)],
)
def test_escaping_depends_on_the_runtime(monkeypatch: pytest.MonkeyPatch, runtime: str | None, escaped: bool) -> None:
    """From python3.12 on, text goes out as it is; before, everything beyond ASCII is escaped."""
    monkeypatch.delenv("AWS_EXECUTION_ENV", raising=False)
    if runtime is not None:
        monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{runtime}")
    payload, _ = Marshaller().encode("é☃😀\ud800")
    assert payload == (r'"\u00e9\u2603\ud83d\ude00\ud800"' if escaped else '"é☃😀\ud800"')


@pytest.mark.fidelity("M18")
def test_the_runtime_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function can't change its runtime's escaping once the process is up."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.11")
    marshaller = Marshaller()
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    assert marshaller.encode("é") == (r'"\u00e9"', "application/json")
