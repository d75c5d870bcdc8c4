"""What invocations have left behind, as an error: a fold over the journal for ``leftovers="error"``."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_env.errors import LeftoversFound
from pytest_lambda_env.model.facts import Fact, Invocation

_REMEDIES = {
    "thread": "join it, or leave its executor's `with` block, before the handler returns",
    "process": "wait for it, or terminate and then wait",
    "file": "close it, best by a `with` block",
    "task": "await it, cancel and await it, or run everything in asyncio.run()",
}
"""What to do about each kind. A changed state of the process is no unfinished work: it is told of, and no error."""


def check_leftovers(facts: Iterable[Fact]) -> None:
    """Raise :class:`LeftoversFound` if invocations among the facts have left work unfinished."""
    lines: list[str] = []
    count = 0
    for fact in facts:
        if not isinstance(fact, Invocation):
            continue
        unfinished = [each for each in fact.leftovers if each.kind in _REMEDIES]
        count += len(unfinished)
        for each in unfinished:
            lines.append(f"  {fact.function_name}, request {fact.request_id}")
            lines.append(f"    {each}")
            lines.append(f"    -> {_REMEDIES[each.kind]}")
    if count:
        what = "1 thing was left" if count == 1 else f"{count} things were left"
        raise LeftoversFound(
            f"{what} behind. Lambda freezes that when the handler returns, and it goes on in the middle of a later "
            'invocation, or never. Finish it first, make it in INIT if it is to stay, or set leftovers="report".\n'
            + "\n".join(lines)
        )
