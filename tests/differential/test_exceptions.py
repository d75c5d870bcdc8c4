"""What a handler raises ends in the same error object and the same log, or in the same end of the process."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from parity.comparison import assert_equal
from parity.table import read

CASES = read("exceptions")


@pytest.mark.fidelity("E01", "E02", "E03", "E04", "E05", "E06", "E07", "E08", "E09", "E10", "E11", "E14", "E15", "E16")
@pytest.mark.fidelity("G12", "G13", "G31", "H16", "H17", "H24", "H31")
@pytest.mark.parametrize(("runtime", "log_format"), [("python3.11", "Text"), ("python3.13", "JSON")])
@pytest.mark.parametrize("name", CASES)
def test_any_failure(tmp_path: Path, name: str, runtime: str, log_format: str) -> None:
    """A failing handler makes the same error object and log in both runtimes, or the same end of the process."""
    case = CASES[name]
    if sys.version_info < case.since:
        pytest.skip(f"needs Python {case.since}")
    configuration = {"runtime": runtime, "log_format": log_format}
    assert_equal(dataclasses.replace(case, configuration=configuration), tmp_path)
