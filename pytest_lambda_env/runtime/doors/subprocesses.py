"""Child processes of handler code: what they inherit, and that they run in real time.

A child knows nothing of doors. So whatever of the environment it is to see is handed to it when it starts: each of
``_preparations`` may change the arguments of ``subprocess.Popen`` before the child is made.
"""

from __future__ import annotations

import functools
import inspect
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.children import child_variables
from pytest_lambda_env.runtime.doors.door import Door

Arguments = dict[str, Any]
"""The arguments of one ``Popen`` by name, defaults included; a preparation changes them in place."""

_real_popen = subprocess.Popen.__init__
_signature = inspect.signature(_real_popen)
_real_time_waits = {name: getattr(subprocess.Popen, name) for name in ("wait", "communicate")}


def _hand_on_variables(arguments: Arguments) -> None:
    # The C environment is the test process's own: hand the environment's variables on explicitly.
    arguments["env"] = child_variables(arguments["env"])


_preparations: tuple[Callable[[Arguments], None], ...] = (_hand_on_variables,)


def _popen(*args: Any, **kwargs: Any) -> None:
    life = current.life
    if life is None:
        return _real_popen(*args, **kwargs)
    try:
        bound = _signature.bind(*args, **kwargs)
    except TypeError:
        return _real_popen(*args, **kwargs)  # which says it best
    bound.apply_defaults()
    for prepare in _preparations:
        prepare(bound.arguments)
    return _real_popen(*bound.args, **bound.kwargs)


def _in_real_time(name: str) -> Door:
    real = _real_time_waits[name]

    @functools.wraps(real)
    def waits_really(self: Any, *args: Any, **kwargs: Any) -> Any:
        clock, current.clock = current.clock, None
        try:
            return real(self, *args, **kwargs)
        finally:
            current.clock = clock

    return Door(subprocess.Popen, name, real, waits_really)


def doors() -> Iterable[Door]:
    """``subprocess.Popen``, which all of ``subprocess`` and ``asyncio``'s subprocesses are built on."""
    yield Door(subprocess.Popen, "__init__", _real_popen, functools.wraps(_real_popen)(_popen))
    for name in _real_time_waits:
        yield _in_real_time(name)
