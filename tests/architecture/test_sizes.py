"""The package stays a house of short modules, each named after its one idea."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parents[2] / "pytest_lambda_env"
LONGEST = 400
MEDIAN = 150
# Names that say where code was put, not what it is about.
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def lines(module: Path) -> int:
    """The lines of a file, blank ones and comments included."""
    return len(module.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_no_module_is_long(module: Path) -> None:
    """No module has more than 400 lines."""
    assert lines(module) <= LONGEST


def test_the_typical_module_is_short() -> None:
    """Half of the modules have at most 150 lines; package faces, which are nearly empty, don't count."""
    assert median(lines(module) for module in MODULES if module.name != "__init__.py") <= MEDIAN


def test_names_say_what_a_module_is_about() -> None:
    """No file or folder is named utils, helpers, manager, common or the like."""
    parts = {part for module in MODULES for part in module.relative_to(PACKAGE).with_suffix("").parts}
    assert not {part for part in parts if part.strip("_") in VAGUE}
