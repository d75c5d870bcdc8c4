"""Whether the test process is as it was: a snapshot of what handler code could have changed, and a handler that works.

Modules and loggers that a shared library brings along may come and stay; a module of the gallery's own may not.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import decimal
import gc
import io
import json
import locale
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest_lambda_env.runtime.current
from pytest_lambda_env import LambdaService

GALLERY = Path(__file__).with_name("gallery")

_MODULES = (builtins, io, json, logging, os, random, signal, socket, subprocess, tempfile, threading, time, warnings)
_CLASSES = (logging.Handler, logging.Logger, threading.Condition, threading.Thread, subprocess.Popen)
_HOOKS = ("breakpointhook", "displayhook", "excepthook", "unraisablehook")
_STREAMS = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
_MOVING = {
    "altzone",
    "daylight",
    "timezone",
    "tzname",
    "_active",
    "_cleanup",
    "_counter",
    "_dangling",
    "_limbo",
    "_main_thread",
    "_shutdown_locks",
}
_PER_TEST = {"filters", "onceregistry", "showwarning", "_showwarnmsg_impl", "_filters_version"}
"""Names of the modules above that change in the course of things, and what pytest itself replaces for each test."""


class _Same:
    """An object that equals itself only, and stays alive for that."""

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return object.__repr__(self.thing)


def snapshot() -> dict[str, object]:
    """What :func:`differences` compares, by name."""
    return dict(item for part in (_names, _interpreter, _logging, _threads, _system) for item in part())


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What is not as it was, a line each: ``"sys.excepthook: <function …> -> <function …>"``."""
    found = []
    for name in {**before, **after}:
        old, new = before.get(name, "absent"), after.get(name, "absent")
        if old != new and not (name not in before and _may_come(name, new)):
            found.append(f"{name}: {old!r:.200} -> {new!r:.200}")
    return found


def _may_come(name: str, value: object) -> bool:
    if name.startswith("sys.modules "):
        file = getattr(getattr(value, "thing", None), "__file__", None) or ""
        return Path(file).name not in {path.name for path in GALLERY.iterdir()}
    return name.startswith("logger ") and value == (0, [], [], False, True)


def _names() -> Iterator[tuple[str, object]]:
    for owner in (*_MODULES, *_CLASSES, pytest_lambda_env.runtime.current):
        for name, value in list(vars(owner).items()):
            if name not in _MOVING and (owner is not warnings or name not in _PER_TEST):
                yield f"{owner.__name__}.{name}", _Same(value)
    for name, module in list(sys.modules.items()):
        yield f"sys.modules {name}", _Same(module)


def _interpreter() -> Iterator[tuple[str, object]]:
    for name in (*_HOOKS, *_STREAMS, "modules", "path", "meta_path", "path_hooks", "argv"):
        yield f"sys.{name}", _Same(getattr(sys, name))
    for name in ("path", "meta_path", "path_hooks", "argv"):
        yield f"in sys.{name}", [each if isinstance(each, str) else _Same(each) for each in getattr(sys, name)]
    for name in _STREAMS:
        yield f"closed sys.{name}", getattr(getattr(sys, name), "closed", None)
    yield "exception being handled", sys.exc_info()[0]
    yield "finalizers at exit", len(weakref.finalize._registry)  # type: ignore[attr-defined]
    yield "bytecode", sys.dont_write_bytecode
    yield "recursion", sys.getrecursionlimit()
    yield "switch interval", sys.getswitchinterval()
    yield "tracing", (_Same(sys.gettrace()), _Same(sys.getprofile()))
    yield "gc", (gc.isenabled(), gc.get_threshold(), len(gc.callbacks))
    yield "atexit", getattr(atexit, "_ncallbacks", int)()
    yield "warnings", list(warnings.filters)
    yield "locale", locale.setlocale(locale.LC_ALL)
    yield "random", random.getstate()
    yield "decimal", (repr(decimal.getcontext()), decimal.DefaultContext.prec)


def _logging() -> Iterator[tuple[str, object]]:
    yield "logging.disable", logging.root.manager.disable
    loggers = {**logging.root.manager.loggerDict, "root": logging.root}
    for name, logger in loggers.items():
        if isinstance(logger, logging.Logger):
            lists = ([_Same(each) for each in group] for group in (logger.handlers, logger.filters))
            yield f"logger {name}", (logger.level, *lists, logger.disabled, logger.propagate)


def _threads() -> Iterator[tuple[str, object]]:
    for thread in threading.enumerate():
        yield f"thread {thread.name}", _Same(thread)
    for name in ("_trace_hook", "_profile_hook", "excepthook"):
        yield f"threading.{name}", _Same(getattr(threading, name))
    yield "running loop", _Same(asyncio._get_running_loop())


def _system() -> Iterator[tuple[str, object]]:
    yield "working directory", os.getcwd()
    os.umask(mask := os.umask(0o022))
    yield "umask", mask
    yield "os.environ", {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    yield "time zone", time.tzname
    yield "socket timeout", socket.getdefaulttimeout()
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        # pytest-timeout has another handler for each test, of one name.
        yield f"signal {number!r}", getattr(handler, "__qualname__", handler)
    if hasattr(signal, "setitimer"):
        yield "alarm", signal.getitimer(signal.ITIMER_REAL)[0] > 0
        yield "blocked signals", signal.pthread_sigmask(signal.SIG_BLOCK, ())
    for descriptor in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():
        try:
            status = os.fstat(int(descriptor))
        except OSError:  # the one that listed the others
            continue
        yield f"descriptor {descriptor}", (status.st_dev, status.st_ino)
    yield "children", children()


def children() -> list[int]:
    """The ids of this process's children, where the system tells."""
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            found += map(int, (thread / "children").read_text("ascii").split())
    return sorted(found)


def settled_differences(before: Mapping[str, object], patience: float = 0.5) -> list[str]:
    """The differences that stay when garbage has been collected and what ends by itself has ended."""
    until = time.monotonic() + patience
    while found := differences(before, snapshot()):
        if time.monotonic() > until:
            return found
        gc.collect()
        time.sleep(0.01)
    return []


def a_clean_service_works(number: int = 3) -> None:
    """A handler that means well gives the right answer, has its log, and reaches moto."""
    from moto import mock_aws

    with mock_aws(), LambdaService(task_root=GALLERY, start="2026-03-29T00:59:00Z") as service:
        function = service.create_function("plain.handler", timeout=10)
        for attempt in ("cold", "warm"):
            response = function.invoke({"number": number})
            assert response.function_error is None, response.raw_payload
            third = "0.3333333333333333333333333333"
            expected = {"account": "123456789012", "slept": number, "files": ["note"], "third": third}
            assert response.payload == expected, response.payload
            assert response.cold_start == (attempt == "cold")
            lines: list[Any] = response.logs.splitlines()
            assert f"printed {number}" in lines, lines
            assert any(line.startswith("[WARNING]\t2026-03-29T00:59:") and line.endswith("\tlogged") for line in lines)
            assert [(call.service, call.operation) for call in response.aws_calls] == [("sts", "GetCallerIdentity")]
        assert service.clock.elapsed.total_seconds() == 2 * number
