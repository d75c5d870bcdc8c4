"""Where a function's code is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.code import root_of


@pytest.mark.parametrize(
    ("module_name", "file"),
    [
        ("app", "app.py"),
        ("app", "app/__init__.py"),
        ("pkg.sub.app", "pkg/sub/app.py"),
        ("pkg.sub", "pkg/sub/__init__.py"),
        ("fast", "fast.cpython-312-x86_64-linux-gnu.so"),
    ],
)
def test_root_of_is_where_the_name_can_be_imported(tmp_path: Path, module_name: str, file: str) -> None:
    """The root is the file's path less the dotted name."""
    assert root_of(module_name, tmp_path / file) == tmp_path


@pytest.mark.parametrize(
    ("module_name", "file"), [("__main__", "run.py"), ("made.up", "app.py"), ("x.app", "y/app.py")]
)
def test_root_of_refuses_a_name_that_is_not_the_files(tmp_path: Path, module_name: str, file: str) -> None:
    """A module loaded under another name than its file's has no root; the message says what to do."""
    with pytest.raises(UsageError, match="Name the handler as a string"):
        root_of(module_name, tmp_path / file)
