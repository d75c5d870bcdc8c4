"""Makes ``fidelity.md``: ``python docs/make_fidelity_table.py``.

What a row says comes from ``fidelity_rows.toml``; which tests pin it, from the ``fidelity`` marks in the test suite,
read from its source so that skipped tests count.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # which pytest brings

DOCS = Path(__file__).parent
ROWS = DOCS / "fidelity_rows.toml"
TABLE = DOCS / "fidelity.md"
TESTS = DOCS.parent / "tests"

STATUSES = ("modelled", "simplified", "not modelled")

INTRODUCTION = """\
# Fidelity

<!-- Made by docs/make_fidelity_table.py from docs/fidelity_rows.toml and the marks of the tests. Don't edit. -->

What AWS Lambda does, row by row, and what this simulator makes of it. Code and tests name the rows by their ids
(`@pytest.mark.fidelity("H01")`). The rows come from recordings of AWS's answers, from AWS's documentation, and from
reading and running AWS's own runtime client, awslambdaric 4.0.1; where version 4.2.2 differs, the runtime follows it.

- **modelled**: as on AWS; the tests show it.
- **simplified**: the difference is named.
- **not modelled**: what happens instead is named.

{counts}
"""


@dataclass(frozen=True)
class Row:
    """One behaviour of AWS Lambda. ``remark`` says what differs here, if anything does."""

    id: str
    behaviour: str
    status: str = "modelled"
    remark: str = ""


@dataclass(frozen=True)
class Section:
    """The rows of one heading, in order."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Test:
    """A test function that carries the mark of a row; ``file`` is relative to the tests."""

    file: str
    name: str


def read_sections() -> list[Section]:
    """The rows as they are written down."""
    return [
        Section(title=section["title"], rows=tuple(_row(name, said) for name, said in section["rows"].items()))
        for section in tomllib.loads(ROWS.read_text(encoding="utf-8"))["section"]
    ]


def _row(name: str, said: str | dict[str, str]) -> Row:
    return Row(name, said) if isinstance(said, str) else Row(name, **said)


def find_tests() -> dict[str, list[Test]]:
    """The tests of each row: those of ``tests/fidelity`` first, which see what a user sees."""
    found: dict[str, list[Test]] = {}
    files = sorted(TESTS.rglob("test_*.py"), key=lambda path: (path.parent.name != "fidelity", path))
    for path in files:
        source = path.read_text(encoding="utf-8")
        if "mark.fidelity" not in source:
            continue
        for row, name in marked(source, path.name):
            test = Test(path.relative_to(TESTS).as_posix(), name)
            if test not in found.setdefault(row, []):
                found[row].append(test)
    return found


def marked(source: str, filename: str) -> Iterator[tuple[str, str]]:
    """Each row that a module's marks name, with the function that carries the mark.

    A mark counts in a decorator, also in the parameters that it lists; elsewhere it raises ``ValueError``.
    """
    tree = ast.parse(source, filename)
    misplaced = {mark.lineno for mark in _marks(tree)}
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for decorator in function.decorator_list:
            for mark in _marks(decorator):
                misplaced.discard(mark.lineno)
                for argument in mark.args:
                    yield ast.literal_eval(argument), function.name
    if misplaced:
        raise ValueError(f"{filename}: the fidelity marks of lines {sorted(misplaced)} are not in a test's decorators")


def _marks(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fidelity":
            yield node


def problems(sections: list[Section], tests: dict[str, list[Test]]) -> list[str]:
    """What is wrong with rows and marks, a line each."""
    rows = [row for section in sections for row in section.rows]
    known = {row.id for row in rows}
    found = [f"{row.id} has the status {row.status!r}" for row in rows if row.status not in STATUSES]
    found += [f"{name} is listed twice" for name, times in Counter(row.id for row in rows).items() if times > 1]
    for row in rows:
        if row.status == "modelled" and row.id not in tests:
            found.append(f"{row.id} has no test; give it one, or say what happens instead")
        if row.status != "modelled" and not row.remark:
            found.append(f"{row.id} is {row.status}, but no remark says how")
    for name, places in tests.items():
        if name not in known:
            found.append(f"{places[0].file}::{places[0].name} names the row {name}, which {ROWS.name} has not")
    return found


def make_table(sections: list[Section], tests: dict[str, list[Test]]) -> str:
    """The page."""
    statuses = Counter(row.status for section in sections for row in section.rows)
    counts = ", ".join(f"{statuses[status]} {status}" for status in STATUSES)
    parts = [INTRODUCTION.format(counts=f"Of {sum(statuses.values())} rows: {counts}.")]
    for section in sections:
        lines = [f"## {section.title}", "", "| row | AWS Lambda | here | tests |", "|---|---|---|---|"]
        lines += [_line(row, tests.get(row.id, [])) for row in section.rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(row: Row, tests: list[Test]) -> str:
    status = row.status if row.status == "modelled" else f"**{row.status}**"
    here = f"{status}. {row.remark}" if row.remark else status
    links = "<br>".join(f"[{test.name}](../tests/{test.file})" for test in tests)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (row.id, row.behaviour, here, links)) + " |"


if __name__ == "__main__":
    every_section, every_test = read_sections(), find_tests()
    if wrong := problems(every_section, every_test):
        sys.exit("\n".join(wrong))
    TABLE.write_text(make_table(every_section, every_test), encoding="utf-8", newline="\n")
