"""The journal as text: one line a fact, virtual time first."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    Fact,
    InitEnded,
    Invocation,
    InvocationThrottled,
)
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant

_Event = Invocation | InitEnded | InvocationThrottled | EnvironmentRetired
"""The facts that have a line of their own."""


def timeline(journal: Iterable[Fact], start: Instant, *, last: int = 15, dropped: int = 0) -> str:
    """The last facts as lines; times are seconds since ``start``. Says how many are left out before them.

    ``dropped`` is how many facts the journal has lost to its limit.
    """
    lines: list[str] = []
    task_roots: dict[int, str] = {}
    for fact in journal:
        if isinstance(fact, EnvironmentStarted):
            task_roots[fact.environment] = fact.task_root
        elif isinstance(fact, _Event):
            lines.append(_line(fact, start))
            if isinstance(fact, InitEnded) and fact.status == "error":
                # An environment may be older than what the journal has kept.
                lines.append(f"{'':16}its modules were looked for in {task_roots.get(fact.environment, '…')}")
    left_out = len(lines) - last
    head = [f"… {left_out} earlier"] if left_out > 0 else []
    if dropped:
        head.insert(0, f"… {dropped} facts dropped: journal_limit (--lambda-journal-limit)")
    return "\n".join([*head, *lines[-last:]])


def _line(fact: _Event, start: Instant) -> str:
    when = fact.started if isinstance(fact, Invocation) else fact.at
    if isinstance(fact, InitEnded):
        when = Instant(fact.at - fact.duration)
    return f"{(when - start) / SECOND:12.3f} s  {_what(fact)}"


def _what(fact: _Event) -> str:
    if isinstance(fact, Invocation):
        how = "cold" if fact.cold_start else "warm"
        error = f"  {fact.error_type}" if fact.error_type else ""
        took = _milliseconds(fact.ended - fact.started)
        where = f"\n{_stopped(fact.stopped_at)}" if fact.stopped_at else ""
        return f"{_place(fact)}  INVOKE  {how}  {took}  {fact.status}{error}  {fact.request_id}{where}{_left(fact)}"
    if isinstance(fact, InitEnded):
        return f"{_place(fact)}  INIT    {_milliseconds(fact.duration)}  {fact.status}"
    if isinstance(fact, InvocationThrottled):
        return f"{fact.function_name}     THROTTLED  {fact.reason}"
    return f"{_place(fact)}  SHUTDOWN  {fact.reason}"


def _stopped(stack: tuple[str, ...]) -> str:
    """The innermost line, below its invocation."""
    frame, _, source = stack[-1].strip().partition("\n")
    return f"{'':16}stopped at {frame}: {source.strip()}"


def _left(invocation: Invocation) -> str:
    """What the invocation left behind, a line each, below it."""
    return "".join(f"\n{'':16}left behind: {leftover}" for leftover in invocation.leftovers)


def _place(fact: Invocation | InitEnded | EnvironmentRetired) -> str:
    return f"{fact.function_name} #{fact.environment}"


def _milliseconds(duration: int) -> str:
    return f"{duration / MILLISECOND:,.2f} ms"
