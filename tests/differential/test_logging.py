"""What a handler logs arrives as the same records, in text and in JSON."""

from __future__ import annotations

import dataclasses
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from parity.comparison import assert_equal
from parity.table import read

HEADER = """
import decimal, json, logging, logging.config, sys
root = logging.getLogger(); log = logging.getLogger("app"); h = root.handlers[0]

"""
CASES = read("logging", calls=2, header=HEADER)
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "text": {"log_format": "Text"},
    "json": {"log_format": "JSON"},
    "json debug": {"log_format": "JSON", "application_log_level": "DEBUG"},
    "text at a level": {"environment": {"AWS_LAMBDA_LOG_LEVEL": "info"}},
}
AT_A_LEVEL = ["every level", "default level", "level of a logger", "what is there", "sink", "exception"]
LEVELS = ["TRACE", "trace", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "NOTSET", "5", "", "odd"]


@pytest.mark.fidelity("G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09", "G10", "G11", "G14", "G22", "G23")
@pytest.mark.fidelity("G24", "G25", "G26", "G27", "G28", "G29", "G30", "G33")
@pytest.mark.parametrize("configuration", ["text", "json"])
@pytest.mark.parametrize("name", CASES)
def test_anything_logged(tmp_path: Path, name: str, configuration: str) -> None:
    """Whatever a handler logs, and however it has set up logging, both runtimes put the same into the log."""
    assert_equal(dataclasses.replace(CASES[name], configuration=CONFIGURATIONS[configuration]), tmp_path)


@pytest.mark.fidelity("G01", "G21", "G26")
@pytest.mark.parametrize("configuration", ["json debug", "text at a level"])
@pytest.mark.parametrize("name", AT_A_LEVEL)
def test_a_configured_level(tmp_path: Path, name: str, configuration: str) -> None:
    """A configured level lets the same records pass."""
    assert_equal(dataclasses.replace(CASES[name], configuration=CONFIGURATIONS[configuration]), tmp_path)


@pytest.mark.fidelity("G20", "G21")
@pytest.mark.parametrize("level", LEVELS)
def test_names_of_levels(tmp_path: Path, level: str) -> None:
    """The variable that names the level is read in the same way, whatever it says."""
    variables = {"AWS_LAMBDA_LOG_LEVEL": level, "AWS_LAMBDA_LOG_FORMAT": "json"}
    assert_equal(dataclasses.replace(CASES["default level"], configuration={"environment": variables}), tmp_path)


def test_the_configuration_of_the_test_is_back(tmp_path: Path) -> None:
    """Neither run leaves its loggers, handlers or level names behind."""
    root = logging.getLogger()
    before = root.level, root.handlers[:], logging.Formatter.converter, logging.getLevelName(30)
    assert_equal(CASES["level names"], tmp_path)
    assert_equal(CASES["level of a logger"], tmp_path)
    assert (root.level, root.handlers[:], logging.Formatter.converter, logging.getLevelName(30)) == before
    assert logging.Formatter.converter is time.localtime
    assert logging.getLogger("app").level == logging.NOTSET
