"""The gallery in other runs of pytest: two workers, and a limit of real time that has a signal of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytest.importorskip("pytest_timeout")

GALLERY = Path(__file__).with_name("test_gallery.py")
CONFIGURATION = Path(__file__).parents[2] / "pyproject.toml"

SOME = "swallows or finally or exits or executor or (spins and import)"
"""Ways in which a handler is stopped or ends, and one that leaves threads."""

RUNS = {
    "two workers": ["-n2"],
    "a limit by signal": ["-p", "no:xdist", "--timeout=60", "--timeout-method=signal"],
}


def outcomes(pytester: pytest.Pytester, *arguments: str) -> dict[str, int]:
    """How many of the tests passed, failed, and so on."""
    result = pytester.runpytest_subprocess(
        *("-c", str(CONFIGURATION), "-p", "no:cacheprovider", "-q", "-k", SOME, str(GALLERY), *arguments), timeout=120
    )
    found = result.parseoutcomes()
    assert found.get("passed", 0) > 25
    assert not {"failed", "error", "errors"} & set(found)
    return {kind: number for kind, number in found.items() if kind not in ("deselected", "warning", "warnings")}


def test_other_runs_see_the_same(pytester: pytest.Pytester) -> None:
    """With xdist's workers, and beside pytest-timeout's alarm, every row has the outcome of a plain run."""
    plain = outcomes(pytester, "-p", "no:xdist", "-p", "no:timeout")
    assert {name: outcomes(pytester, *arguments) for name, arguments in RUNS.items()} == dict.fromkeys(RUNS, plain)
