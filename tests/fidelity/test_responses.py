"""What a caller receives for what a handler returns (fidelity 1.4)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction

Deploy = Callable[..., LambdaFunction]

DEFINITIONS = """
import asyncio, array, collections, dataclasses, datetime, decimal, enum, fractions, pathlib, uuid
from collections import OrderedDict, defaultdict, namedtuple
from decimal import Decimal

Pair = namedtuple("Pair", "a b")

class Record:
    def _asdict(self):
        return {"x": 1}

class WithForJson:
    def for_json(self):
        return "never asked"

class Number(enum.IntEnum):
    SEVEN = 7

class Text(str, enum.Enum):
    X = "x"

class Plain(enum.Enum):
    ONE = 1

@dataclasses.dataclass
class Data:
    x: int

def generate():
    yield 1

CIRCLE = []
CIRCLE.append(CIRCLE)
"""


def returning(deploy: Deploy, expression: str, **configuration: str) -> InvokeResponse:
    """The response of a handler that returns the expression."""
    source = f"{DEFINITIONS}\ndef handler(event, context):\n    return {expression}\n"
    return deploy(source, **configuration).invoke({})


@pytest.mark.parametrize(
    ("expression", "payload"),
    [
        pytest.param("None", b"null", marks=pytest.mark.fidelity("M01"), id="M01"),
        pytest.param("{'a': [1, 2]}", b'{"a": [1, 2]}', marks=pytest.mark.fidelity("M02"), id="M02"),
        *(
            pytest.param(f"[Decimal('{text}')]", payload, marks=pytest.mark.fidelity("M03"), id=f"M03-{text}")
            for text, payload in (
                ("1.10", b"[1.10]"),
                ("1E+3", b"[1E+3]"),
                ("-Infinity", b"[-Infinity]"),
                ("NaN", b"[NaN]"),
                ("sNaN", b"[NaN]"),
                ("-NaN", b"[NaN]"),
            )
        ),
        pytest.param(
            "[float('nan'), float('inf'), -float('inf')]",
            b"[NaN, Infinity, -Infinity]",
            marks=pytest.mark.fidelity("M04"),
            id="M04",
        ),
        pytest.param(r"b'\x00raw\xff'", b"\x00raw\xff", marks=pytest.mark.fidelity("M05"), id="M05"),
        pytest.param(
            "{'a': b'abc', b'k': 1, 'l': [b'x']}",
            b'{"a": "abc", "k": 1, "l": ["x"]}',
            marks=pytest.mark.fidelity("M06"),
            id="M06",
        ),
        pytest.param(
            "Pair(1, [Pair(2, 3)])",
            b'{"a": 1, "b": [{"a": 2, "b": 3}]}',
            marks=pytest.mark.fidelity("M08"),
            id="M08",
        ),
        pytest.param("[Record()]", b'[{"x": 1}]', marks=pytest.mark.fidelity("M09"), id="M09"),
        pytest.param("(1, ('a',))", b'[1, ["a"]]', marks=pytest.mark.fidelity("M10"), id="M10"),
        pytest.param("[Number.SEVEN, Text.X]", b'[7, "x"]', marks=pytest.mark.fidelity("M11"), id="M11"),
        pytest.param(
            "{1: 'a', 1.5: 'b', None: 'c', False: 'd'}",
            b'{"1": "a", "1.5": "b", "null": "c", "false": "d"}',
            marks=pytest.mark.fidelity("M12"),
            id="M12",
        ),
        pytest.param("2**70", b"1180591620717411303424", marks=pytest.mark.fidelity("M20"), id="M20"),
        pytest.param(
            "[OrderedDict(b=1, a=2), defaultdict(int, d=1, c=2)]",
            b'[{"b": 1, "a": 2}, {"d": 1, "c": 2}]',
            marks=pytest.mark.fidelity("M23"),
            id="M23",
        ),
    ],
)
def test_the_payload_of_a_result(deploy: Deploy, expression: str, payload: bytes) -> None:
    """The bytes on the wire are those that the runtime's own encoder writes."""
    response = returning(deploy, expression)
    assert response.function_error is None
    assert response.raw_payload == payload


@pytest.mark.fidelity("M05")
def test_bytes_that_are_no_json_stay_bytes(deploy: Deploy) -> None:
    """A caller gets a raw payload as it is."""
    assert returning(deploy, r"b'\x89PNG'").payload == b"\x89PNG"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        pytest.param(
            r"{'a': b'\xff'}",
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            marks=pytest.mark.fidelity("M07"),
            id="M07",
        ),
        pytest.param(
            "Plain.ONE", "Object of type Plain is not JSON serializable", marks=pytest.mark.fidelity("M11"), id="M11"
        ),
        pytest.param(
            "{(1, 2): 3}",
            "keys must be str, int, float, bool or None, not tuple",
            marks=pytest.mark.fidelity("M13"),
            id="M13",
        ),
        pytest.param(
            "{Decimal(1): 1}",
            # simplejson 3 names the type with its module.
            r"keys must be str, int, float, bool or None, not (decimal\.)?Decimal",
            marks=pytest.mark.fidelity("M14"),
            id="M14",
        ),
        *(
            pytest.param(
                expression,
                f"Object of type {name} is not JSON serializable",
                marks=pytest.mark.fidelity("M15"),
                id=f"M15-{name}",
            )
            for expression, name in (
                ("{1}", "set"),
                ("frozenset()", "frozenset"),
                ("datetime.datetime(2026, 1, 1)", "datetime"),
                ("datetime.date(2026, 1, 1)", "date"),
                ("datetime.timedelta(1)", "timedelta"),
                ("uuid.UUID(int=1)", "UUID"),
                ("Data(1)", "Data"),
                ("generate()", "generator"),
                ("range(1)", "range"),
                ("bytearray()", "bytearray"),
                ("memoryview(b'')", "memoryview"),
                ("1j", "complex"),
                ("pathlib.PurePosixPath('a')", "PurePosixPath"),
                ("collections.deque()", "deque"),
                ("collections.UserDict()", "UserDict"),
                ("{}.keys()", "dict_keys"),
                ("fractions.Fraction(1, 2)", "Fraction"),
                ("ValueError('x')", "ValueError"),
                ("Data", "type"),
            )
        ),
        pytest.param("CIRCLE", "Circular reference detected", marks=pytest.mark.fidelity("M16"), id="M16"),
        pytest.param(
            "WithForJson()",
            "Object of type WithForJson is not JSON serializable",
            marks=pytest.mark.fidelity("M17"),
            id="M17",
        ),
    ],
)
def test_a_result_that_is_not_json(deploy: Deploy, expression: str, reason: str) -> None:
    """The invocation fails with the runtime's own error, which names the culprit's type and has no trace."""
    response = returning(deploy, expression)
    assert response.function_error == "Unhandled"
    assert response.payload["errorType"] == "Runtime.MarshalError"
    assert re.fullmatch(f"Unable to marshal response: {reason}", response.payload["errorMessage"])
    assert response.payload["requestId"] == response.request_id
    assert response.payload["stackTrace"] == []


@pytest.mark.fidelity("M18")
@pytest.mark.parametrize(
    ("runtime", "payload"),
    [
        ("python3.11", rb'"\u00e9\u2603\ud83d\ude00"'),
        ("python3.12", '"é☃😀"'.encode()),
        ("python3.13", '"é☃😀"'.encode()),
    ],
)
def test_text_beyond_ascii(deploy: Deploy, runtime: str, payload: bytes) -> None:
    """Runtimes up to Python 3.11 escape it, later ones send UTF-8."""
    assert returning(deploy, "'é☃😀'", runtime=runtime).raw_payload == payload


@pytest.mark.fidelity("M19")
def test_a_lone_surrogate_is_escaped_by_older_runtimes(deploy: Deploy) -> None:
    """Up to Python 3.11 the escape is ASCII, and goes out."""
    assert returning(deploy, r"'\ud800'", runtime="python3.11").raw_payload == rb'"\ud800"'


@pytest.mark.fidelity("M19")
def test_a_lone_surrogate_ends_the_process_of_newer_runtimes(deploy: Deploy) -> None:
    """From Python 3.12 on it has no UTF-8 form, which the runtime finds out too late to report."""
    response = returning(deploy, r"'\ud800'", runtime="python3.12")
    assert response.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {response.request_id} Error: Runtime exited with error: exit status 1",
    }
    assert "UnicodeEncodeError" in response.logs


@pytest.mark.fidelity("M21")
def test_the_log_of_a_result_that_is_not_json(deploy: Deploy) -> None:
    """The log has the error and the head of a traceback, with nothing below it."""
    response = returning(deploy, "{1}")
    assert (
        "[ERROR] Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable\n"
        f"Traceback (most recent call last):\nEND RequestId: {response.request_id}\n"
    ) in response.logs
