"""``python -m benchmarks``: measure, print one table."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import cold_start, fixture, memory, service, startup, virtual_time, warm_invoke
from benchmarks.results import Result, machine, table

_MEASUREMENTS = {
    "warm": warm_invoke.measure,
    "cold": cold_start.measure,
    "time": virtual_time.measure,
    "fixture": fixture.measure,
    "startup": startup.measure,
    "memory": memory.measure,
    "service": service.measure,
}


def main(arguments: list[str] | None = None) -> None:
    """Measure what was asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print one table.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(_MEASUREMENTS)}")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the rows to this file as well")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in _MEASUREMENTS]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(_MEASUREMENTS)}")
    results: list[Result] = []
    for name in options.names or _MEASUREMENTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        results += _MEASUREMENTS[name]()
    facts = machine()
    print(", ".join(facts.values()), "", table(results), sep="\n")
    if options.json is not None:
        rows = [asdict(result) for result in results]
        options.json.write_text(json.dumps({"machine": facts, "results": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
