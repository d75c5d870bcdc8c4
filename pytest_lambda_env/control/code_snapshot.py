"""The code of a published version, kept so that it stays what it was (fidelity V04, V05).

A version runs its code where it lies, so that breakpoints, tracebacks and coverage lead to the developer's own files.
Only when those have changed since does it run a copy, made when it was published.

Tried and rejected: always running the copy (breakpoints and coverage miss it); copying when ``update_code`` is called
(by then the files have changed); keeping code objects only (a module that was not yet imported, and every data file,
would be today's).
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_lambda_env.errors import InvalidParameterValueException
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.quotas import UNZIPPED_BYTES

_NO_CODE = frozenset({"__pycache__", "node_modules"})

_Stamps = dict[str, tuple[int, int]]


class CodeSnapshot:
    """What lay below a function's task root at one moment; ``copy_to`` is an empty directory for it."""

    def __init__(self, code: FunctionCode, copy_to: Path) -> None:
        self._original = code
        self._stamps: _Stamps = {}
        for path, name in _files(code.task_root):
            self._stamps[name] = _stamp(path)
            target = copy_to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        self._copy = replace(code, task_root=copy_to)

    def code(self) -> FunctionCode:
        """The code in its own place, if that is as it was, or else the copy."""
        root = self._original.task_root
        unchanged = {name: _stamp(path) for path, name in _files(root)} == self._stamps
        return self._original if unchanged else self._copy


def code_sha256(code: FunctionCode) -> str:
    """A digest of the code, in base64. Equal code has equal digests, wherever it lies.

    Raises AWS's error for code of more than 250 MB (fidelity I95).
    """
    digest = hashlib.sha256(code.handler.encode())
    if code.function is not None:
        digest.update(_identity(code.function))
    else:
        size = 0
        for path, name in _files(code.task_root):
            data = path.read_bytes()
            size += len(data)
            if size > UNZIPPED_BYTES:
                raise InvalidParameterValueException(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")
            digest.update(f"\0{name}\0{len(data)}\0".encode())
            digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    """The files that would be deployed, in order: no hidden directory, virtual environment or cache."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            each
            for each in folders
            if not each.startswith(".") and each not in _NO_CODE and not Path(folder, each, "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not name.endswith((".pyc", ".pyo")):
                yield path, path.relative_to(root).as_posix()


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _identity(function: Callable[..., Any]) -> bytes:
    """What tells one function of a test module from another: its name and its code."""
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return name.encode() + (b"" if code is None else code.co_code + repr(code.co_consts).encode())
