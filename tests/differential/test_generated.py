"""Handlers that nobody wrote: generated responses, exceptions, prints and log calls, equal in both runtimes."""

from __future__ import annotations

import enum
import logging
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parity.case import Case
from parity.comparison import assert_equal
from parity.loop import assert_alike

CONFIGURATIONS = [
    {"runtime": "python3.11", "log_format": "Text"},
    {"runtime": "python3.13", "log_format": "JSON", "application_log_level": "DEBUG"},
]


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


class Faulty:
    """It has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Own(Exception):
    """An exception with a text of its own."""

    def __str__(self) -> str:
        return f"own: {self.args!r}"


texts = st.text(max_size=20) | st.text(st.characters(categories=["Cs", "Ll", "Cc", "Zs"]), max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.decimals()
    | st.binary(max_size=10)
    | st.sampled_from([Number.SEVEN, Letter.X, Plain.A, 2**200, -(10**40)])
    | st.dates()
)
# A signalling NaN has no hash.
keys = scalars.filter(lambda each: not (isinstance(each, Decimal) and each.is_snan()))
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(Pair, st.integers(), inner)
        | st.sets(st.integers(), max_size=2)
    ),
    max_leaves=12,
)

types: list[Callable[..., BaseException]] = [
    ValueError, KeyError, OSError, UnicodeError, RuntimeError, StopIteration, ImportError, SyntaxError, Own,
    AssertionError, ZeroDivisionError, type("Größe", (Exception,), {}), SystemExit, GeneratorExit,
]  # fmt: skip


def made(make: Callable[..., BaseException], arguments: list[Any]) -> BaseException:
    """An exception of these arguments; of none where its class won't have them."""
    try:
        return make(*arguments)
    except TypeError:
        return make()


exceptions = st.builds(made, st.sampled_from(types), st.lists(scalars, max_size=3))


class Failure(NamedTuple):
    """How a handler fails: an exception, what it is raised from or during, its notes, and how deep."""

    error: BaseException
    cause: BaseException | None
    context: BaseException | None
    notes: list[str]
    depth: int

    def happen(self, depth: int | None = None) -> None:
        """Raise it."""
        if depth is None:
            depth = self.depth
        if depth:
            return self.happen(depth - 1)
        self.error.__traceback__ = None
        self.error.__context__ = None
        if sys.version_info >= (3, 11):
            self.error.__notes__ = list(self.notes)
        if self.context is None:
            raise self.error from self.cause
        try:
            raise self.context.with_traceback(None)  # noqa: TRY301  caught at once, for the context
        except BaseException:  # noqa: BLE001  any exception may be generated
            raise self.error  # noqa: B904  its context is the point


failures = st.builds(
    Failure, exceptions, st.none() | exceptions, st.none() | exceptions, st.lists(texts, max_size=2), st.integers(0, 6)
)


class Print(NamedTuple):
    """One call of print, or a bare write."""

    text: str
    end: str
    stderr: bool

    def run(self) -> None:
        """Print it."""
        print(self.text, end=self.end, file=sys.stderr if self.stderr else sys.stdout)


class Log(NamedTuple):
    """One call of a logger."""

    logger: str
    level: int
    message: Any
    arguments: tuple[Any, ...]
    extra: dict[str, Any] | None
    failure: Failure | None

    def run(self) -> None:
        """Log it; with an exception that happens just before, if there is one."""
        logger = logging.getLogger(self.logger)
        if self.failure is None:
            logger.log(self.level, self.message, *self.arguments, extra=self.extra)
            return
        try:
            self.failure.happen()
        except BaseException:
            logger.log(self.level, self.message, *self.arguments, extra=self.extra, exc_info=True)


class Fail(NamedTuple):
    """The end of the handler."""

    failure: Failure

    def run(self) -> None:
        """Fail."""
        self.failure.happen()


prints = st.builds(Print, texts, st.sampled_from(["\n", "", "\r", "\n\n"]), st.booleans())
messages = st.one_of(texts, st.sampled_from(["%s", "%d and %r", "%(a)s", "100%", "%"]), values)
extras = st.dictionaries(
    st.sampled_from(["a", "é", "level", "timestamp", "requestId", "tenantId", "location", "stackTrace"]),
    values | st.builds(Faulty),
    max_size=3,
)
logs = st.builds(
    Log,
    st.sampled_from(["", "app", "app.deep", "é"]),
    st.sampled_from([10, 20, 25, 30, 40, 50]) | st.integers(-5, 80),
    messages,
    st.lists(values, max_size=2).map(tuple) | st.tuples(st.dictionaries(texts, values, max_size=2)),
    st.none() | extras,
    st.none() | failures,
)


def performing(steps: list[Any], response: Any) -> Callable[[Any, Any], Any]:
    """A handler that takes these steps and returns the response."""

    def handler(event: Any, context: Any) -> Any:
        for step in steps:
            try:
                step.run()
            except (TypeError, ValueError, KeyError, RuntimeError, OverflowError) as error:
                if isinstance(step, Fail):
                    raise
                # What formatting raises, the caller of the logger gets; most handlers would not go on.
                print(type(error).__name__)
        return response

    return handler


@settings(max_examples=150)
@given(values)
def test_any_response(response: Any) -> None:
    """Whatever a handler returns, both runtimes send the same."""
    assert_alike(lambda event, context: response)


@given(failures)
def test_any_failure(failure: Failure) -> None:
    """However a handler fails, both runtimes send the same error, or die of the same exception."""
    assert_alike(lambda event, context: failure.happen())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=["text", "json"])
@settings(max_examples=60)
@given(steps=st.lists(prints | logs | prints | logs | st.builds(Fail, failures), max_size=6), response=values)
def test_any_course(
    tmp_path_factory: pytest.TempPathFactory, configuration: dict[str, Any], steps: list[Any], response: Any
) -> None:
    """Whatever a handler prints and logs, in whatever order, and however it ends: the same payload, log and events."""
    case = Case("generated", events=({}, {}), configuration=configuration)
    assert_equal(case, tmp_path_factory.getbasetemp(), performing(steps, response))
