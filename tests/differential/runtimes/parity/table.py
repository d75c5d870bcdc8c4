"""The written handlers: tables in ``handlers/*.toml``, source texts by name."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]  # which pytest brings

from parity.case import Case

_TABLES = Path(__file__).parents[2] / "handlers"
_HANDLER = re.compile(r"^(?:async def handler|def handler|class handler|handler =)", re.MULTILINE)


def read(table: str, *, calls: int = 1, header: str = "", whole: bool = False) -> dict[str, Case]:
    """Every case of a table by name. ``calls``: how often a handler is invoked unless its entry says.

    A source without a handler is the body of one, unless the table holds ``whole`` modules; ``header`` stands above it.
    """
    entries = tomllib.loads((_TABLES / f"{table}.toml").read_text(encoding="utf-8"))
    return {name: _case(name, {"calls": calls, **entry}, header, whole=whole) for name, entry in entries.items()}


def _case(name: str, entry: dict[str, Any], header: str, *, whole: bool) -> Case:
    source = entry.pop("source", "")
    if source and not whole and not _HANDLER.search(source):
        source = "def handler(event, context):\n" + textwrap.indent(source, "    ")
    major, minor = entry.pop("since", "3.10").split(".")
    events = [{"call": number} for number in range(entry.pop("calls"))]
    return Case(name, header + source, events, since=(int(major), int(minor)), **entry)
