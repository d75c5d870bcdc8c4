"""What a handler returns leaves both runtimes as the same bytes, or as the same failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity.case import Case
from parity.comparison import assert_equal
from parity.table import read

CLASSES = """
    import asyncio, collections, dataclasses, datetime, enum, fractions, io, os, pathlib, types, uuid
    from decimal import Decimal

    Pair = collections.namedtuple("Pair", "a b")
    Number = enum.IntEnum("Number", "ONE TWO")
    Plain = enum.Enum("Plain", "A")
    Flag = enum.IntFlag("Flag", "R W")

    class Letter(str, enum.Enum):
        X = "x"

    class LoudInt(int):
        def __repr__(self): return "loud"

    class LoudFloat(float):
        def __repr__(self): return "loud"

    class LoudText(str):
        def __str__(self): return "loud"

    class WithAsdict:
        def _asdict(self): return {"x": [Pair(1, 2)]}

    class WithBadAsdict:
        def _asdict(self): return [1]

    class WithForJson:
        def for_json(self): return 1

    class Failing(dict):
        def items(self): raise RuntimeError("no items")

    @dataclasses.dataclass
    class Point:
        x: int = 1

    def circle():
        items = {}
        items["self"] = [items]
        return items

    def deep(n):
        items = []
        for _ in range(n):
            items = [items]
        return items

    def spoken(event, context):
        print("before")
        yield 1
"""

EXPRESSIONS = {
    "nothing": "None",
    "true": "True",
    "text": "'x'",
    "empty text": "''",
    "control characters": r"'\x00\x1f\x7f\t\n\r\"\\/'",
    "unicode": r"'é☃😀\u2028\u2029\ufeff'",
    "lone surrogate": r"['\ud800']",
    "surrogate pair in two": r"'\ud83d\ude00'",
    "lists": "[1, [2, []], {}]",
    "tuples": "(1, (2,), ())",
    "dict": "{'a': [1, 2], 'b': {'c': None}}",
    "ordered dict": "collections.OrderedDict(b=1, a=2)",
    "default dict": "collections.defaultdict(int, b=1)",
    "counter": "collections.Counter('aab')",
    "chain map": "collections.ChainMap({'a': 1})",
    "mapping proxy": "types.MappingProxyType({'a': 1})",
    "failing dict": "Failing(a=1)",
    "big int": "[2**70, -(2**70)]",
    "int subclass": "LoudInt(3)",
    "floats": "[1.0, -0.0, 1e300, 1e-7, 0.1, 1e16, 123456789012345678.0]",
    "float subclass": "LoudFloat(1.5)",
    "odd floats": "[float('nan'), float('inf'), -float('inf')]",
    "decimals": "[Decimal(t) for t in '1.10 1E+3 -0 0E-7 Infinity -Infinity NaN -NaN sNaN NaN7'.split()]",
    "a decimal": "Decimal('12.340')",
    "bytes": r"b'\xff raw'",
    "no bytes": "b''",
    "nested bytes": r"{'a': b'abc', b'k': [b'\xc3\xa9']}",
    "nested bad bytes": r"{'a': b'\xff'}",
    "bad bytes key": r"{b'\xff': 1}",
    "named tuple": "Pair(1, [Pair(2, 3)])",
    "asdict": "WithAsdict()",
    "bad asdict": "WithBadAsdict()",
    "class with asdict": "WithAsdict",
    "for_json": "WithForJson()",
    "int enum": "[Number.ONE, Number.TWO]",
    "int flag": "Flag.R | Flag.W",
    "str enum": "Letter.X",
    "plain enum": "Plain.A",
    "enum keys": "{Number.TWO: 1, Letter.X: 2}",
    "text subclass": "[LoudText('a'), {LoudText('k'): 1}]",
    "odd keys": "{1: 0, 1.5: 0, None: 0, False: 0, float('inf'): 0, float('nan'): 0}",
    "equal keys": "{1: 'int', '1': 'text'}",
    "tuple key": "{(1, 2): 3}",
    "decimal key": "{Decimal(1): 3}",
    "set": "{'a': {1}}",
    "frozen set": "frozenset()",
    "datetime": "datetime.datetime(2026, 1, 2)",
    "date": "datetime.date(2026, 1, 2)",
    "timedelta": "datetime.timedelta(1)",
    "uuid": "uuid.UUID(int=1)",
    "path": "pathlib.Path('/tmp')",
    "fraction": "fractions.Fraction(1, 3)",
    "exception": "ValueError('x')",
    "class": "ValueError",
    "function": "circle",
    "module": "os",
    "generator": "(i for i in [1])",
    "iterator": "iter([1])",
    "range": "range(3)",
    "bytearray": "bytearray(b'x')",
    "memory view": "memoryview(b'x')",
    "string io": "io.StringIO('x')",
    "deque": "collections.deque([1])",
    "user dict": "collections.UserDict(a=1)",
    "dict keys": "{'a': 1}.keys()",
    "data class": "Point()",
    "complex": "1j",
    "ellipsis": "...",
    "the context": "context",
    "the event": "event",
    "circle": "circle()",
    "deep": "deep(100_000)",
    "result of a coroutine": "asyncio.run(asyncio.sleep(0, 'slept'))",
    "http response": "{'statusCode': 200, 'headers': {'a': 'b'}, 'body': '{\"é\": 1}'}",
    "long text": "'é' * 200_000",
}

HANDLERS = read("callables", calls=2, header="import warnings\nwarnings.simplefilter('ignore')\n", whole=True)


def returning(expression: str) -> str:
    """A handler that returns an expression's value."""
    return CLASSES + f"\n    def handler(event, context):\n        return {expression}\n"


@pytest.mark.fidelity("M01", "M02", "M03", "M04", "M05", "M06", "M07", "M08", "M09", "M10", "M11", "M12", "M13", "M14")
@pytest.mark.fidelity("M15", "M16", "M17", "M18", "M19", "M20", "M21", "M23")
@pytest.mark.parametrize("runtime", ["python3.11", "python3.13"])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_any_value(tmp_path: Path, name: str, runtime: str) -> None:
    """A returned value makes the same payload in both runtimes, or the same error."""
    case = Case(name, returning(EXPRESSIONS[name]), [{"a": 1}], configuration={"runtime": runtime})
    assert_equal(case, tmp_path)


@pytest.mark.fidelity("H18", "H19")
@pytest.mark.parametrize("name", HANDLERS)
def test_any_callable(tmp_path: Path, name: str) -> None:
    """A callable of any kind answers alike, cold and warm."""
    assert_equal(HANDLERS[name], tmp_path)
