"""Imports point down, and each third party is known in one place only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_lambda_env"

# simplejson is what Lambda's own runtime marshals with; _typeshed exists for type checkers only.
EVERYWHERE = {"_typeshed", "pytest_lambda_env", "simplejson"}
# The third parties that a layer is there to know.
THIRD_PARTIES = {
    "plugin": {"_pytest", "pluggy", "pytest"},
    "hookspecs": {"pluggy", "pytest"},
    "bridges": {"boto3", "botocore", "freezegun", "moto"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The top-level names of what a file imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_third_parties_stay_in_their_layer(module: Path) -> None:
    """A module imports the standard library, simplejson, and what its own layer is there to know."""
    layer = module.relative_to(PACKAGE).with_suffix("").parts[0]
    allowed = EVERYWHERE | THIRD_PARTIES.get(layer, set())
    assert set(imported(module)) - sys.stdlib_module_names <= allowed


def test_layer_contracts_hold() -> None:
    """import-linter's contracts in pyproject.toml are kept."""
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    # Its own process: the linter puts the working directory on sys.path.
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
