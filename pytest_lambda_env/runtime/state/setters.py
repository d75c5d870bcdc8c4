"""Doors before the functions that set something of the whole process: a setting is read before it changes.

Some settings are not handed on at all: pytest writes tracebacks of a hanging or crashing run through ``faulthandler``,
and would lose its file; what ``gc.freeze`` freezes can't be told from what the test process froze. A limit's hard value
is not lowered, as nothing could raise it again. Limits on memory are left to whoever enforces the function's. Signals
and timers are no settings here: each process has a table of its own (:mod:`..doors.signals`). Changes
by C code, or of ``os.nice``, ``os.setuid`` and the like, are not noticed: nobody could take the last ones back.
"""

from __future__ import annotations

import faulthandler
import functools
import gc
import locale
import os
import socket
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.package_files import is_package_file
from pytest_lambda_env.runtime.state.settings import DEBUGGERS, Setting, always, in_force, is_programs

_Function = Callable[..., Any]

try:
    resource: Any = import_module("resource")
except ImportError:  # Windows
    resource = None

_real: dict[str, _Function] = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module, names in (
        (faulthandler, ("enable", "disable", "register", "unregister")),
        (faulthandler, ("dump_traceback_later", "cancel_dump_traceback_later")),
        (gc, ("disable", "enable", "freeze", "set_debug", "set_threshold", "unfreeze")),
        (locale, ("setlocale",)),
        (resource, ("getrlimit", "prlimit", "setrlimit")),
        (socket, ("setdefaulttimeout",)),
        (sys, ("set_int_max_str_digits", "setswitchinterval", "settrace")),
    )
    for name in names
    if hasattr(module, name)
}


def _owned() -> bool:
    """Whether code of the environment that is in force calls; not this package, which does its work there too."""
    return current.life is not None and not is_package_file(sys._getframe(2).f_code.co_filename)


def _noting(name: str, settings: Callable[..., Iterable[Setting]]) -> _Function:
    real = _real[name]

    @functools.wraps(real)
    def door(*args: Any, **kwargs: Any) -> Any:
        if _owned() and in_force.settings is not None:
            for setting in settings(*args, **kwargs):
                in_force.settings.about_to_change(setting)
        return real(*args, **kwargs)

    return door


def _of(*settings: Setting) -> Callable[..., Iterable[Setting]]:
    return lambda *_, **__: settings


def _collect(enabled: bool) -> None:
    _real["gc.enable" if enabled else "gc.disable"]()


_COLLECTION = Setting("gc.isenabled", gc.isenabled, _collect)
_THRESHOLDS = Setting("gc.set_threshold", gc.get_threshold, lambda thresholds: _real["gc.set_threshold"](*thresholds))
_LOCALE = Setting(
    "locale",
    lambda: _real["locale.setlocale"](locale.LC_ALL),
    lambda name: _real["locale.setlocale"](locale.LC_ALL, name),
)


def _plain(getter: str, setter: str) -> Setting:
    module, _, name = getter.rpartition(".")
    return Setting(setter, getattr(sys.modules[module], name), _real[setter])


# -- limits -------------------------------------------------------------------------------------------------------


def _limit(which: int) -> Setting | None:
    memory = {getattr(resource, name, None) for name in ("RLIMIT_AS", "RLIMIT_DATA")}
    name = next(
        (name for name in dir(resource) if name.startswith("RLIMIT_") and getattr(resource, name) == which), None
    )
    if name is None or which in memory:
        return None
    return Setting(
        f"resource.{name}",
        lambda: resource.getrlimit(which),
        lambda limits: _real["resource.setrlimit"](which, limits),
        told=always,
    )


def _set_soft_limit(which: int, limits: Any) -> None:
    soft, hard = limits
    setting = _limit(which)
    if setting is not None and in_force.settings is not None:
        in_force.settings.about_to_change(setting)
    _, real_hard = resource.getrlimit(which)
    lowers = hard != resource.RLIM_INFINITY and (real_hard == resource.RLIM_INFINITY or hard < real_hard)
    if lowers and (soft == resource.RLIM_INFINITY or soft > hard):
        raise ValueError("current limit exceeds maximum limit")
    _real["resource.setrlimit"](which, (soft, real_hard if lowers else hard))


def _setrlimit(which: int, limits: Any, /) -> None:
    if not _owned():
        _real["resource.setrlimit"](which, limits)
    else:
        _set_soft_limit(which, limits)


def _prlimit(pid: int, which: int, limits: Any = None, /) -> Any:
    if limits is None or not _owned() or pid not in (0, os.getpid()):
        return _real["resource.prlimit"](pid, which, *(() if limits is None else (limits,)))
    before = resource.getrlimit(which)
    _set_soft_limit(which, limits)
    return before


def _not_handed_on(name: str) -> _Function:
    real = _real[name]

    @functools.wraps(real)
    def door(*args: Any, **kwargs: Any) -> Any:
        return None if _owned() else real(*args, **kwargs)

    return door


def _settrace(function: Any, /) -> None:
    asking = sys._getframe(1).f_globals.get("__name__", "").partition(".")[0]
    # Coverage keeps an account of every call: it would be wrong for the rest of the test, also if put back.
    if is_programs(sys.gettrace()) or asking in DEBUGGERS or not _owned():
        _real["sys.settrace"](function)


def _replacements() -> Iterable[tuple[str, _Function]]:
    for name in ("gc.disable", "gc.enable"):
        yield name, _noting(name, _of(_COLLECTION))
    yield "gc.set_debug", _noting("gc.set_debug", _of(_plain("gc.get_debug", "gc.set_debug")))
    yield "gc.set_threshold", _noting("gc.set_threshold", _of(_THRESHOLDS))
    yield "locale.setlocale", _noting("locale.setlocale", _of(_LOCALE))
    for getter, setter in (
        ("socket.getdefaulttimeout", "socket.setdefaulttimeout"),
        ("sys.getswitchinterval", "sys.setswitchinterval"),
        ("sys.get_int_max_str_digits", "sys.set_int_max_str_digits"),  # from 3.10.7 on
    ):
        if setter in _real:
            yield setter, _noting(setter, _of(_plain(getter, setter)))
    yield "sys.settrace", functools.wraps(_real["sys.settrace"])(_settrace)
    for name in _real:
        if name.startswith("faulthandler.") or name in ("gc.freeze", "gc.unfreeze"):
            yield name, _not_handed_on(name)
    if resource is not None:
        yield "resource.setrlimit", functools.wraps(resource.setrlimit)(_setrlimit)
        if "resource.prlimit" in _real:
            yield "resource.prlimit", functools.wraps(resource.prlimit)(_prlimit)


def doors() -> Iterable[Door]:
    """What sets limits, the locale, garbage collection and some more, on this platform."""
    for name, replacement in _replacements():
        module, _, attribute = name.rpartition(".")
        # A staticmethod, because the original does not bind either.
        yield Door(sys.modules[module], attribute, _real[name], staticmethod(replacement))
