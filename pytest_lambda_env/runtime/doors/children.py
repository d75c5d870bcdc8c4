"""A child process gets the environment's variables, however it is started; never the test process's own.

``os.environ`` of an environment is only Python's (:mod:`pytest_lambda_env.runtime.variables`); the C environment
behind it, with the machine's credentials, is what a child would inherit that is given no variables.
``subprocess.Popen`` has a door of its own; here are the ways around it: the children of ``multiprocessing`` that are
not forked, and ``os.exec*`` and ``os.spawn*`` without an ``e``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_lambda_env.runtime.child_network import NO_CREDENTIALS, network_variables
from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door

_ENVIRONMENT = 5
"""Where ``fork_exec`` takes the child's variables, as a list of ``b"NAME=value"``; None: those of the C environment."""

_real_execve = os.execve


def child_variables(given: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """The variables of a child: those given to it or else the environment's own, and those that keep it here."""
    own = os.environ if given is None else given
    return {**NO_CREDENTIALS, **own, **(network_variables(current.network.rules) if current.network else {})}


def _fork_exec_door(real: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(real)
    def fork_exec(*arguments: Any) -> int:
        if current.life is not None and len(arguments) > _ENVIRONMENT and arguments[_ENVIRONMENT] is None:
            variables = [os.fsencode(f"{name}={value}") for name, value in child_variables().items()]
            arguments = (*arguments[:_ENVIRONMENT], variables, *arguments[_ENVIRONMENT + 1 :])
        return real(*arguments)

    return fork_exec


def _execv_door(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def execv(path: Any, argv: Any, /) -> None:
        if current.life is None:
            real(path, argv)
        _real_execve(path, argv, child_variables())

    return execv


def doors() -> Iterable[Door]:
    """``os.execv``, on which its relatives are built, and what ``multiprocessing`` starts children with."""
    yield Door(os, "execv", os.execv, staticmethod(_execv_door(os.execv)))
    try:
        import _posixsubprocess
    except ImportError:
        return  # Windows
    real: Any = _posixsubprocess.fork_exec
    yield Door(_posixsubprocess, "fork_exec", real, staticmethod(_fork_exec_door(real)))
