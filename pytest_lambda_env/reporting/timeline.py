"""The journal as text: one line a fact, virtual time first."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    EventEnded,
    Fact,
    InitEnded,
    Invocation,
    InvocationRefused,
    InvocationThrottled,
    ProvisionedConcurrencyChanged,
    RecordSent,
    TrafficShifted,
)
from pytest_lambda_env.reporting.around import around, version
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant

_Inside = Invocation | InitEnded | EnvironmentRetired
"""What happens in an environment."""
_Around = (
    InvocationThrottled | InvocationRefused | EventEnded | RecordSent | ProvisionedConcurrencyChanged | TrafficShifted
)
"""What the service around the function does."""
_Event = _Inside | _Around
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
        elif isinstance(fact, _Event) and _is_news(fact):
            lines.append(_line(fact, start))
            if isinstance(fact, InitEnded) and fact.status == "error":
                # An environment may be older than what the journal has kept.
                lines.append(f"{'':16}its modules were looked for in {task_roots.get(fact.environment, '…')}")
    left_out = len(lines) - last
    head = [f"… {left_out} earlier"] if left_out > 0 else []
    if dropped:
        head.insert(0, f"… {dropped} facts dropped: journal_limit (--lambda-journal-limit)")
    return "\n".join([*head, *lines[-last:]])


def _is_news(fact: _Event) -> bool:
    """Whether it says more than the lines before it: an event that has succeeded at once does not."""
    return not isinstance(fact, EventEnded) or fact.condition != "Success" or fact.attempts > 1


def _line(fact: _Event, start: Instant) -> str:
    when = fact.started if isinstance(fact, Invocation) else fact.at
    if isinstance(fact, InitEnded):
        when = Instant(fact.at - fact.duration)
    what = _inside(fact) if isinstance(fact, _Inside) else around(fact)
    return f"{(when - start) / SECOND:12.3f} s  {what}"


def _inside(fact: _Inside) -> str:
    if isinstance(fact, Invocation):
        took = _milliseconds(fact.ended - fact.started)
        where = f"\n{_stopped(fact.stopped_at)}" if fact.stopped_at else ""
        said = [
            _start_of(fact),
            took,
            fact.status,
            fact.error_type,
            version(fact.executed_version, fact.qualifier),
            _attempt(fact),
            fact.request_id,
        ]
        return f"{_place(fact)}  INVOKE  {'  '.join(filter(None, said))}{where}{_left(fact)}"
    if isinstance(fact, InitEnded):
        return f"{_place(fact)}  INIT    {_milliseconds(fact.duration)}  {fact.status}"
    return f"{_place(fact)}  SHUTDOWN  {fact.reason}"


def _start_of(invocation: Invocation) -> str:
    """How the environment was found."""
    how = "cold" if invocation.cold_start else "warm"
    if invocation.initialization_type == "provisioned-concurrency" and not invocation.cold_start:
        how = "provisioned"
    return f"{how}, spilled over" if invocation.spilled_over else how


def _attempt(invocation: Invocation) -> str:
    return f"attempt {invocation.attempt}" if invocation.attempt > 1 else ""


def _stopped(stack: tuple[str, ...]) -> str:
    """The innermost line, below its invocation."""
    frame, _, source = stack[-1].strip().partition("\n")
    return f"{'':16}stopped at {frame}: {source.strip()}"


def _left(invocation: Invocation) -> str:
    """What the invocation left behind, a line each, below it."""
    return "".join(f"\n{'':16}left behind: {leftover}" for leftover in invocation.leftovers)


def _place(fact: _Inside) -> str:
    return f"{fact.function_name} #{fact.environment}"


def _milliseconds(duration: int) -> str:
    return f"{duration / MILLISECOND:,.2f} ms"
