"""The gallery's canary, and its task root."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def canary() -> ModuleType:
    """``canary.py`` beside this file."""
    # Not an import: the folders of tests are no packages, and which of them are on sys.path depends on pytest's start.
    spec = importlib.util.spec_from_file_location("hostile_canary", HERE / "canary.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.a_clean_service_works()  # what is imported for that is no difference later
    return module


@pytest.fixture(scope="session")
def _gallery_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    copy = tmp_path_factory.mktemp("gallery")

    def fresh() -> Path:
        original = HERE / "gallery"
        if {path.name: path.read_bytes() for path in copy.glob("*.*")} != {
            path.name: path.read_bytes() for path in original.glob("*.py")
        }:
            shutil.rmtree(copy)
            shutil.copytree(original, copy, ignore=shutil.ignore_patterns("__pycache__"))
        return copy

    return fresh


@pytest.fixture
def gallery(_gallery_copy: Callable[[], Path]) -> Path:
    """A copy of ``gallery/``, which a handler may damage."""
    return _gallery_copy()
