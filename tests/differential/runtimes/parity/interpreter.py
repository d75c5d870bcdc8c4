"""An interpreter of its own for AWS's runtime client, as far as one process can have two: everything is given back.

The runtime wants the interpreter for itself: it replaces the streams, adds a root handler, and imports the handler
for good. A handler may then change all of this again.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from pytest_lambda_env.runtime.logs.log import EnvironmentLog

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OF_LOGGING = (
    *("_levelToName", "_nameToLevel", "_loggerClass", "_logRecordFactory", "_handlers", "_handlerList"),
    *("raiseExceptions", "lastResort", "logThreads", "logMultiprocessing", "logProcesses", "logAsyncioTasks"),
)


class Pipe(io.RawIOBase):
    """The other end of file descriptor 1 or 2: the function's log, until it is ``cut``."""

    mode = "wb"

    def __init__(self, log: EnvironmentLog, descriptor: int) -> None:
        self.cut = False
        self.name = {1: "<stdout>", 2: "<stderr>"}[descriptor]
        self._log = log
        self._descriptor = descriptor
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, data: ReadableBuffer) -> int:
        """Take what was flushed."""
        content = bytes(data)
        text = self._decode(content)
        if text and not self.cut:
            self._log.write(text)
        return len(content)


class Telemetry:
    """The other end of the telemetry channel: takes frames, and keeps each one's message."""

    def __init__(self, log: EnvironmentLog) -> None:
        self._log = log

    def write(self, frame: bytes) -> None:
        """Take one frame (fidelity G33)."""
        length = int.from_bytes(frame[4:8], "big")
        assert frame[:2] == b"\xa5\x5a"
        assert len(frame) == 16 + length
        self._log.frame(frame[16:].decode())

    def close(self) -> None:
        """The runtime has ended."""


@contextlib.contextmanager
def own_interpreter(log: EnvironmentLog, variables: Mapping[str, str], task_root: Path, now: int) -> Iterator[None]:
    """Streams that lead to ``log``, these variables and no others, ``task_root`` to import from.

    Time stands still at ``now``, in nanoseconds since the Unix epoch.
    """
    pipes = Pipe(log, 1), Pipe(log, 2)
    stdout, stderr = (
        io.TextIOWrapper(io.BufferedWriter(pipe), encoding="utf-8", errors=errors, line_buffering=line_buffering)
        for pipe, errors, line_buffering in zip(pipes, ("strict", "backslashreplace"), (False, True), strict=True)
    )
    vars(stdout).update(mode="w")
    vars(stderr).update(mode="w")
    directory, limit = Path.cwd(), sys.getrecursionlimit()
    with (
        mock.patch.dict(os.environ, variables, clear=True),
        mock.patch.multiple(time, time=lambda: now // 1000 / 1e6, time_ns=lambda: now),
        mock.patch.multiple(sys, stdout=stdout, stderr=stderr, path=[str(task_root), *sys.path]),
        mock.patch.multiple(sys, __stdout__=stdout, __stderr__=stderr),
        _own_modules(task_root),
        _own_logging(),
        _own_warnings(),
    ):
        os.chdir(task_root)
        try:
            yield
        finally:
            os.chdir(directory)
            sys.setrecursionlimit(limit)
            # A process that did not exit is frozen, or killed: what is left in its buffers is lost.
            for pipe in pipes:
                pipe.cut = True


@contextlib.contextmanager
def _own_modules(task_root: Path) -> Iterator[None]:
    before = dict(sys.modules)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            facts = getattr(module, "__dict__", {})  # not getattr of the rest: a module may have its own
            paths = [facts.get("__file__") or "", *facts.get("__path__", ())]
            if name not in before and any(path.startswith(str(task_root)) for path in paths):
                del sys.modules[name]
        sys.path_importer_cache.pop(str(task_root), None)


@contextlib.contextmanager
def _own_logging() -> Iterator[None]:
    root, manager = logging.root, logging.root.manager
    kept = {thing: vars(thing).copy() for thing in (root, manager)}
    outside = {name: getattr(logging, name) for name in _OF_LOGGING if hasattr(logging, name)}
    converter = logging.Formatter.converter
    vars(root).update(level=logging.WARNING, handlers=[], filters=[], disabled=False, _cache={})
    vars(manager).update(_disable=0, loggerDict={}, loggerClass=None, logRecordFactory=None)
    vars(logging).update(_levelToName=logging._levelToName.copy(), _nameToLevel=logging._nameToLevel.copy())
    vars(logging).update(_loggerClass=logging.Logger, _logRecordFactory=logging.LogRecord, raiseExceptions=True)
    references = outside["_handlerList"][:]
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for thing, attributes in kept.items():
            vars(thing).clear()
            vars(thing).update(attributes)
        manager._clear_cache()  # type: ignore[attr-defined]
        vars(logging).update(outside)
        outside["_handlerList"][:] = references
        logging.Formatter.converter = converter


@contextlib.contextmanager
def _own_warnings() -> Iterator[None]:
    # Both runtimes begin with the test's filters; pytest's own recorder would keep warnings from the streams.
    with warnings.catch_warnings(), mock.patch.object(warnings, "_showwarnmsg_impl", _print_warning):
        yield


def _print_warning(message: Any) -> None:
    # As the interpreter does; its own function may be a recorder's by the time this module is imported.
    _warnings: Any = warnings
    sys.stderr.write(_warnings._formatwarnmsg(message))
