"""What a handler writes to its standard streams arrives in the log as the same bytes, cut into the same events."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from parity.comparison import assert_equal
from parity.table import read

CASES = read("printing", calls=2, header="import sys\n")


@pytest.mark.fidelity("G14", "G15", "G32", "C11")
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("name", CASES)
def test_anything_printed(tmp_path: Path, name: str, log_format: str) -> None:
    """Whatever a handler prints, and however, both runtimes put the same into the log."""
    assert_equal(dataclasses.replace(CASES[name], configuration={"log_format": log_format}), tmp_path)


def test_the_streams_of_the_test_are_back(tmp_path: Path) -> None:
    """Neither run leaves its streams behind."""
    before = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    assert_equal(CASES["replaced for good"], tmp_path)
    assert (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) == before
