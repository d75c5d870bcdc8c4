"""The page that tells users what is modelled, and the rows and marks that it is made of."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    """The names of the program that makes the page."""
    return runpy.run_path(str(DOCS / "make_fidelity_table.py"))


def test_rows_and_marks_agree(generator: dict[str, Any]) -> None:
    """Every mark names a known row, and every row has a test or says what happens instead."""
    assert generator["problems"](generator["read_sections"](), generator["find_tests"]()) == []


def test_the_page_is_up_to_date(generator: dict[str, Any]) -> None:
    """The page is what ``python docs/make_fidelity_table.py`` would write."""
    expected = generator["make_table"](generator["read_sections"](), generator["find_tests"]())
    assert (DOCS / "fidelity.md").read_text(encoding="utf-8") == expected


def test_marks_are_found_in_decorators(generator: dict[str, Any]) -> None:
    """A mark may stand above a test or in one of its parameters, with several rows."""
    source = (
        "@pytest.mark.fidelity('A', 'B')\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.fidelity('C')),\n"
        "    *(pytest.param(y, marks=[pytest.mark.slow, pytest.mark.fidelity('D')]) for y in (1, 2))])\n"
        "def test_one(x): ...\n"
        "class TestMore:\n"
        "    @pytest.mark.fidelity('A')\n"
        "    async def test_two(self): ...\n"
    )
    found = sorted(generator["marked"](source, "test_x.py"))
    assert found == [("A", "test_one"), ("A", "test_two"), ("B", "test_one"), ("C", "test_one"), ("D", "test_one")]


@pytest.mark.parametrize("source", ["pytestmark = pytest.mark.fidelity('A')\n", "CASE = [pytest.mark.fidelity('A')]\n"])
def test_a_mark_elsewhere_is_refused(generator: dict[str, Any], source: str) -> None:
    """What could not be attributed to a test is not silently lost."""
    with pytest.raises(ValueError, match="test_x"):
        list(generator["marked"](source, "test_x.py"))


@pytest.mark.parametrize(
    ("row", "tests", "problem"),
    [
        ({"id": "A"}, {}, "A has no test"),
        ({"id": "A", "remark": "differs"}, {}, "A has no test"),
        ({"id": "A", "status": "simplified"}, {"A": [("test_x.py", "test_one")]}, "no remark says how"),
        ({"id": "A", "status": "planned", "remark": "later"}, {}, "has the status 'planned'"),
        ({"id": "A", "status": "not modelled", "remark": "nothing"}, {"B": [("test_x.py", "test_one")]}, "the row B"),
    ],
)
def test_what_is_wrong_is_named(
    generator: dict[str, Any], row: dict[str, str], tests: dict[str, list[tuple[str, str]]], problem: str
) -> None:
    """A row without a test or a reason, an unknown status and an unknown row are each reported."""
    section = generator["Section"](title="t", rows=(generator["Row"](behaviour="b", **row),))
    places = {name: [generator["Test"](*place) for place in found] for name, found in tests.items()}
    [reported] = generator["problems"]([section], places)
    assert problem in reported
