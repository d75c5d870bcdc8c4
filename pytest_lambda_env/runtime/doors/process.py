"""Ending the process, its last words, and the C-level environment: what may not reach the test process."""

from __future__ import annotations

import functools
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.life import ProcessLife

_real: dict[str, Callable[..., Any]] = {
    name: getattr(os, name) for name in ("_exit", "abort", "putenv", "system", "unsetenv") if hasattr(os, name)
}
_real_call_handlers = logging.Logger.callHandlers
_test_process = os.getpid()


def acting_life() -> ProcessLife | None:
    """The life of the process whose code is calling; None for other callers, and in a child that it forked."""
    life = current.life
    return life if isinstance(life, ProcessLife) and os.getpid() == _test_process else None


def die(life: ProcessLife, exit_code: int) -> NoReturn:
    """End the calling process at this instant; a negative code is a signal."""
    life.end("exit", exit_code)
    life.wake()
    life.unwind()


def _exit(status: int) -> None:
    life = acting_life()
    if life is None:
        _real["_exit"](status)
    else:
        die(life, status & 0xFF)


def _abort() -> None:
    life = acting_life()
    if life is None:
        _real["abort"]()
    else:
        die(life, -signal.SIGABRT)


def _system(command: str) -> int:
    if acting_life() is None:
        return int(_real["system"](command))
    # The C function would hand on the test process's own environment, credentials included.
    code = subprocess.call(command, shell=True)  # noqa: S602 - what the handler asks for
    if os.name == "nt":
        return code
    return code << 8 if code >= 0 else -code


def _unless_owned(name: str) -> Callable[..., Any]:
    """``os.environ`` of an environment is its own; the C environment behind it stays the test process's."""
    real = _real[name]

    @functools.wraps(real)
    def replacement(*args: Any) -> None:
        if current.life is None:
            real(*args)

    return replacement


def _call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
    # A thread of a dead process may outlive it by a few instructions, when the test's own handlers are back in place.
    if current.life is None or not current.life.over:
        _real_call_handlers(self, record)


def doors() -> Iterable[Door]:
    """``os._exit``, ``abort``, ``system``, ``putenv`` and ``unsetenv``; and the log of the dead."""
    yield Door(
        logging.Logger, "callHandlers", _real_call_handlers, functools.wraps(_real_call_handlers)(_call_handlers)
    )
    replacements: dict[str, Callable[..., Any]] = {
        "_exit": _exit,
        "abort": _abort,
        "putenv": _unless_owned("putenv"),
        "system": _system,
        "unsetenv": _unless_owned("unsetenv"),
    }
    for name, original in _real.items():
        # A staticmethod, because the original does not bind either.
        yield Door(os, name, original, staticmethod(functools.wraps(original)(replacements[name])))
