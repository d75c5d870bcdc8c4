"""Which files below a task root are the function's code: what would be in the archive that is deployed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_NO_CODE_FOLDERS = frozenset({"__pycache__", "node_modules"})
_NO_CODE_ENDINGS = (".pyc", ".pyo")
_NO_CODE_BEGINNING = ".coverage"  # which coverage writes beside the code in the course of a test run


def code_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Each file's name below ``root``, and where it is. No hidden folder, virtual environment or cache.

    Links are followed, as tools that pack archives do, but for those that lead back to where they come from.
    """
    if root.is_dir():
        yield from _below(root, "", ())


def _below(folder: Path, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = Path(entry.path)
            if entry.is_file():
                if not entry.name.endswith(_NO_CODE_ENDINGS) and not entry.name.startswith(_NO_CODE_BEGINNING):
                    yield prefix + entry.name, path
            elif entry.is_dir() and not _is_no_code(entry):
                yield from _below(path, f"{prefix}{entry.name}/", (*above, real))


def _is_no_code(folder: os.DirEntry[str]) -> bool:
    return folder.name.startswith(".") or folder.name in _NO_CODE_FOLDERS or Path(folder.path, "pyvenv.cfg").exists()
