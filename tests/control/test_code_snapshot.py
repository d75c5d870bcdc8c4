"""The code of a published version stays what it was, and runs in its own place as long as that is the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_lambda_env.control.code_files import code_files
from pytest_lambda_env.control.code_snapshot import CodeSnapshot
from pytest_lambda_env.model.code import FunctionCode


def write(root: Path, files: dict[str, str]) -> Path:
    """Files below a folder, made as needed."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def names(root: Path) -> list[str]:
    """What counts as code below a folder."""
    return [name for name, _ in code_files(root)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A function's folder. To ``app.py`` has just been written, however slow the machine is."""
    root = write(tmp_path / "code", {"app.py": "x = 1", "data/prices.json": "{}", "pkg/__init__.py": ""})
    tick = time.time_ns() + 3_600_000_000_000
    os.utime(root / "app.py", ns=(tick, tick))
    return root


@pytest.fixture
def snapshot(root: Path, tmp_path: Path) -> CodeSnapshot:
    """What is there now."""
    (tmp_path / "copy").mkdir()
    return CodeSnapshot(FunctionCode(handler="app.handler", task_root=root), tmp_path / "copy")


def rewrite(root: Path) -> None:
    """In place, with the same size and the same time, as within a tick of a coarse clock."""
    path = root / "app.py"
    before = path.stat()
    path.write_text("x = 2", encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        rewrite,
        lambda root: (root / "app.py").write_text("x = 10", encoding="utf-8"),
        lambda root: (root / "data" / "prices.json").write_text("[]", encoding="utf-8"),
        lambda root: (root / "app.py").unlink(),
        lambda root: (root / "new.py").touch(),
        lambda root: (root / "pkg" / "__init__.py").rename(root / "pkg" / "other.py"),
        lambda root: root.rename(root.with_name("elsewhere")),
    ],
    ids=["rewritten within a tick", "rewritten", "data", "removed", "added", "renamed", "moved away"],
)
def test_what_has_changed_runs_from_the_copy(
    root: Path, tmp_path: Path, snapshot: CodeSnapshot, change: Callable[[Path], object]
) -> None:
    """The copy has every file as it was."""
    assert snapshot.code().task_root == root
    change(root)
    copy = snapshot.code().task_root
    assert copy == tmp_path / "copy"
    assert names(copy) == ["app.py", "data/prices.json", "pkg/__init__.py"]
    assert (copy / "app.py").read_text(encoding="utf-8") == "x = 1"
    assert (copy / "data" / "prices.json").read_text(encoding="utf-8") == "{}"


def test_what_is_written_again_as_it_was_has_not_changed(root: Path, snapshot: CodeSnapshot) -> None:
    """Contents count, not times; and a change that is taken back is none."""
    (root / "app.py").write_text("x = 2", encoding="utf-8")
    assert snapshot.code().task_root != root
    (root / "app.py").write_text("x = 1", encoding="utf-8")
    os.utime(root / "app.py", (0, 0))
    assert snapshot.code().task_root == root


def test_what_is_no_code(root: Path, snapshot: CodeSnapshot) -> None:
    """Hidden folders, virtual environments, caches and what coverage writes are neither copied nor a change."""
    write(
        root,
        {
            ".git/HEAD": "",
            ".venv/lib/x.py": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/x.py": "",
            "node_modules/x.js": "",
            "pkg/__pycache__/x.cpython-313.pyc": "",
            "app.pyc": "",
            ".coverage.host.12": "",
        },
    )
    assert names(root) == ["app.py", "data/prices.json", "pkg/__init__.py"]
    assert snapshot.code().task_root == root
    write(root, {".env": "STAGE=prod"})
    assert ".env" in names(root)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_followed(root: Path, tmp_path: Path) -> None:
    """Shared code that is linked into two places is in both; links that lead back are not walked for ever."""
    shared = write(tmp_path / "shared", {"money.py": "", "again/x.py": ""})
    for place in (root / "shared", root / "pkg" / "shared"):
        place.symlink_to(shared, target_is_directory=True)
    (shared / "again" / "up").symlink_to(root, target_is_directory=True)
    (root / "linked.py").symlink_to(shared / "money.py")
    (root / "nowhere.py").symlink_to(tmp_path / "gone.py")
    found = names(root)
    assert {"linked.py", "shared/money.py", "pkg/shared/money.py", "shared/again/x.py"} <= set(found)
    assert "nowhere.py" not in found
    (tmp_path / "copy").mkdir()
    snapshot = CodeSnapshot(FunctionCode(handler="app.handler", task_root=root), tmp_path / "copy")
    assert names(tmp_path / "copy") == found
    (shared / "money.py").write_text("x = 1", encoding="utf-8")
    assert snapshot.code().task_root == tmp_path / "copy"
