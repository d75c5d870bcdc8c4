"""The code of a published version, kept so that it stays what it was (fidelity V04, V05).

A version runs its code where it lies, so that breakpoints, tracebacks and coverage lead to the developer's own files.
Only when those have changed since does it run a copy, made when it was published.

Tried and rejected: always running the copy (breakpoints and coverage miss it); copying when ``update_code`` is called
(by then the files have changed); keeping code objects only (a module that was not yet imported, and every data file,
would be today's). What has begun to run in its place, and would read changed files later, is replaced when
``update_code`` or ``publish_version`` tells of the change.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pytest_lambda_env.control.code_files import code_files
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.simulation.instant import SECOND

_SETTLED = 2 * SECOND * 1_000
"""Nanoseconds. A file system's clock may be as coarse as that: what was written again within it looks untouched."""


class _Stamp(NamedTuple):
    """What a file looked like; ``settled``: whether any later change must show in its time or size."""

    modified: int
    size: int
    settled: bool


class CodeSnapshot:
    """What lay below a function's task root at one moment; ``copy_to`` is an empty directory for it."""

    def __init__(self, code: FunctionCode, copy_to: Path) -> None:
        self._original = code
        self._copy = replace(code, task_root=copy_to)
        self._stamps: dict[str, _Stamp] = {}
        for name, path in code_files(code.task_root):
            target = copy_to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            status = path.stat()
            shutil.copy2(path, target)
            settled = target.stat().st_ctime_ns - status.st_mtime_ns > _SETTLED
            self._stamps[name] = _Stamp(status.st_mtime_ns, status.st_size, settled)

    def code(self) -> FunctionCode:
        """The code in its own place, if that is as it was, or else the copy."""
        files = dict(code_files(self._original.task_root))
        as_it_was = files.keys() == self._stamps.keys() and all(map(self._is_as_it_was, files, files.values()))
        return self._original if as_it_was else self._copy

    def _is_as_it_was(self, name: str, path: Path) -> bool:
        stamp, status = self._stamps[name], path.stat()
        if status.st_size != stamp.size:
            return False
        if stamp.settled and status.st_mtime_ns == stamp.modified:
            return True
        return path.read_bytes() == (self._copy.task_root / name).read_bytes()
