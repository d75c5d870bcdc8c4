"""Rows of the one table, and the machine they were measured on."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What we want of a row, in words, and whether this run has reached it."""

    text: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row. ``value`` is None for a peer that is not installed; ``note`` then says so."""

    measurement: str
    subject: str
    value: float | None
    unit: str
    note: str = ""
    goal: Goal | None = None


_COLUMNS = ("measurement", "subject", "median", "goal", "met")


def table(results: Iterable[Result]) -> str:
    """All rows as a Markdown table that also reads well in a terminal."""
    rows = [_COLUMNS, *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cells(result: Result) -> tuple[str, ...]:
    value = "" if result.value is None else f"{_rounded(result.value)} {result.unit}"
    goal, met = ("", "") if result.goal is None else (result.goal.text, "yes" if result.goal.met else "no")
    return result.measurement, result.subject, " ".join(filter(None, (value, result.note))), goal, met


def _rounded(value: float) -> str:
    """Three digits that count: more would claim a precision that no shared machine has."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": f"{os.cpu_count()} x {_processor()}",
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
