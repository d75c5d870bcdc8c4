"""The whole process, as far as Python can see it, before and after: what handler code may not have changed.

``from process_snapshot import differences, snapshot``. A service's own things (its doors, the watching thread and
its signal) come with the service and its first invocation: take both snapshots inside, after a first invocation, or
both outside. Modules, loggers and exit callbacks that a shared library brings with its first import are meant to stay;
additions of modules and of silent loggers are therefore no difference, unless a module is the function's own.
"""

from __future__ import annotations

import asyncio.events
import atexit
import builtins
import contextlib
import contextvars
import copyreg
import datetime
import decimal
import faulthandler
import gc
import io
import json
import locale
import logging
import multiprocessing
import os
import pathlib
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
from types import ModuleType
from typing import Any

import pytest_lambda_env.runtime.current
from pytest_lambda_env.runtime.modules.territory import is_installed

_OWNERS: dict[str, Any] = {
    **{
        module.__name__: module
        for module in (
            *(builtins, datetime, decimal, io, json, locale, logging, os, os.path, random, signal, socket),
            *(subprocess, tempfile, threading, time, warnings, pytest_lambda_env.runtime.current),
        )
    },
    **{
        f"{kind.__module__}.{kind.__qualname__}": kind
        for kind in (
            *(asyncio.BaseEventLoop, logging.Handler, logging.Logger, logging.LogRecord, logging.Manager),
            *(json.JSONEncoder, json.JSONDecoder, pathlib.Path, random.Random, socket.socket, subprocess.Popen),
            *(threading.Condition, threading.Event, threading.Thread, threading.Timer),
        )
    },
}
_SYS = (
    *("argv", "breakpointhook", "displayhook", "dont_write_bytecode", "excepthook", "executable", "exit", "meta_path"),
    *("modules", "path", "path_hooks", "platform", "prefix", "setprofile", "settrace", "stderr", "stdin", "stdout"),
    *("unraisablehook", "version_info", "__excepthook__", "__stderr__", "__stdin__", "__stdout__"),
)
_MOVING = {
    *("_active", "_cleanup", "_counter", "_shutdown_locks", "__warningregistry__", "filters", "onceregistry"),
    *("altzone", "daylight", "timezone", "tzname"),
}
"""Names of the watched modules that change in the course of things, or are looked at in another way."""


class _Object:
    """An object, equal to itself only; held, so that no other one gets its address."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Object) and other._thing is self._thing

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return object.__repr__(self._thing)


def snapshot(*, collect: bool = True) -> dict[str, object]:
    """Everything that :func:`differences` compares, by name.

    ``collect``: files and sockets that wait for the garbage collector would be differences only now and then. It takes
    most of the time.
    """
    if collect:
        gc.collect()
    return {name: value for part in _PARTS for name, value in part()}


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What is not as it was, a line each: ``"sys.excepthook: <function …> -> <function …>"``."""
    return [
        f"{name}: {before.get(name, 'absent')!r} -> {after.get(name, 'absent')!r}"
        for name in (*before, *(name for name in after if name not in before))
        if not (name in before and name in after and before[name] == after[name])
        and not (name not in before and _may_come(name, after[name]))
    ]


def _may_come(name: str, value: object) -> bool:
    thing = value._thing if isinstance(value, _Object) else None
    if isinstance(thing, ModuleType):
        if thing.__name__.startswith("pytest_lambda_env."):
            return True  # parts that are imported when they are first needed
        file = getattr(thing, "__file__", None)
        return not isinstance(file, str) or is_installed(file)
    return name.startswith("logger ") and value == (logging.NOTSET, [], [], False, True)


def _modules() -> Iterator[tuple[str, object]]:
    for name, module in list(sys.modules.items()):
        yield f"sys.modules[{name!r}]", _Object(module)


def _owners() -> Iterator[tuple[str, object]]:
    for name, owner in _OWNERS.items():
        for attribute, value in list(vars(owner).items()):
            if attribute not in _MOVING:
                yield f"{name}.{attribute}", _Object(value)


def _interpreter() -> Iterator[tuple[str, object]]:
    for name in _SYS:
        yield f"sys.{name}", _Object(getattr(sys, name, None))
    for name in ("argv", "meta_path", "path", "path_hooks"):
        yield f"content of sys.{name}", list(map(_comparable, getattr(sys, name)))
    for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"):
        yield f"sys.{name} is closed", getattr(getattr(sys, name, None), "closed", None)
    for name in ("getrecursionlimit", "getswitchinterval", "get_int_max_str_digits", "get_asyncgen_hooks"):
        if hasattr(sys, name):
            yield f"sys.{name}()", getattr(sys, name)()
    yield "sys.gettrace()", _Object(sys.gettrace())
    yield "sys.getprofile()", _Object(sys.getprofile())
    yield "gc", (gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count(), list(gc.callbacks))
    yield "faulthandler", faulthandler.is_enabled()
    yield "atexit", getattr(atexit, "_ncallbacks", int)()
    yield "random", random.getstate()
    yield "decimal", (repr(decimal.getcontext()), repr(decimal.DefaultContext))
    yield "exception being handled", sys.exc_info()[0]
    yield "finalizers", len(weakref.finalize._registry)  # type: ignore[attr-defined]
    yield "contextvars", {name: _Object(value) for name, value in contextvars.copy_context().items()}
    yield "locale", locale.setlocale(locale.LC_ALL)
    yield "warnings.filters", list(warnings.filters)
    yield "copyreg", {kind: _Object(copyreg.dispatch_table[kind]) for kind in (datetime.datetime, datetime.date)
                      if kind in copyreg.dispatch_table}  # fmt: skip


def _threads() -> Iterator[tuple[str, object]]:
    for thread in threading.enumerate():
        yield f"thread {thread.name}", _Object(thread)
    for name in ("_profile_hook", "_trace_hook", "_threading_atexits"):
        value = getattr(threading, name, None)
        yield f"threading.{name}", list(value) if isinstance(value, list) else value
    events: Any = asyncio.events
    yield "asyncio policy", _Object(getattr(events, "_event_loop_policy", None))
    yield "asyncio running loop", _Object(events._get_running_loop())
    local = getattr(getattr(events, "_event_loop_policy", None), "_local", None)
    yield "asyncio current loop", _Object(getattr(local, "_loop", None))
    yield "multiprocessing", multiprocessing.get_start_method(allow_none=True)
    yield "socket.getdefaulttimeout()", socket.getdefaulttimeout()


def _operating_system() -> Iterator[tuple[str, object]]:
    yield "working directory", os.getcwd()
    os.umask(mask := os.umask(0o022))
    yield "umask", mask
    yield "os.environ itself", _Object(os.environ)
    yield "os.environ", {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    yield "time zone", time.tzname
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        # pytest-timeout has another handler for each test, of one name.
        yield f"signal {number}", getattr(handler, "__qualname__", handler)
    if hasattr(signal, "getitimer"):
        # The virtual one is the pulse's while a service is open: it goes off and is set again.
        for name in ("ITIMER_REAL", "ITIMER_PROF"):
            remaining, interval = signal.getitimer(getattr(signal, name))
            yield name, (remaining > 0, interval)
        yield "blocked signals", signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(descriptor := signal.set_wakeup_fd(-1))
        yield "signal.set_wakeup_fd", descriptor
    yield from _descriptors()
    yield from _limits()


def _descriptors() -> Iterator[tuple[str, object]]:
    directory = next((each for each in ("/proc/self/fd", "/dev/fd") if os.path.isdir(each)), None)
    for name in os.listdir(directory) if directory else ():
        try:
            status = os.fstat(int(name))
        except OSError:  # the one that listed the directory
            continue
        yield f"descriptor {name}", (status.st_dev, status.st_ino, status.st_rdev)
    yield "child processes", children()


def children() -> list[int]:
    """The ids of this process's children, where the system tells."""
    found: list[int] = []
    for thread in pathlib.Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            found += map(int, (thread / "children").read_text("ascii").split())
    return sorted(found)


def _limits() -> Iterator[tuple[str, object]]:
    try:
        import resource
    except ImportError:  # Windows
        return
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            yield f"resource.{name}", resource.getrlimit(getattr(resource, name))


def _loggers() -> Iterator[tuple[str, object]]:
    manager = logging.root.manager
    yield "logging.root", _Object(logging.root)
    yield "logging.disable", manager.disable
    yield "logging levels", dict(logging._levelToName)
    named = {name: each for name, each in manager.loggerDict.items() if isinstance(each, logging.Logger)}
    for name, logger in {"root": logging.root, **named}.items():
        handlers, filters = list(map(_comparable, logger.handlers)), list(map(_comparable, logger.filters))
        yield f"logger {name}", (logger.level, handlers, filters, logger.disabled, logger.propagate)


def _comparable(thing: object) -> object:
    return thing if isinstance(thing, str | int | None) else _Object(thing)


_PARTS = (_modules, _owners, _interpreter, _threads, _operating_system, _loggers)
