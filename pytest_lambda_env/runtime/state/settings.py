"""Settings of the interpreter and the process: recursion, garbage collection, signals, limits, locale.

Each is a :class:`Setting`, read and written by functions. Three ways to find that handler code has changed one:

- the few of :data:`POLLED` are read in every invocation, because nothing tells when they change;
- the others are set through one function each, and a door before that function (:mod:`.setters`) reads them first:
  who changes nothing pays nothing;
- hooks that are attributes of modules (``sys.excepthook``) are among the watched names (:mod:`.names`).
"""

from __future__ import annotations

import decimal
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.state.words import state

_settrace, _gettrace, _setprofile, _getprofile = sys.settrace, sys.gettrace, sys.setprofile, sys.getprofile

DEBUGGERS = {"bdb", "coverage", "debugpy", "pdb", "pudb", "pydevd", "_pydevd_bundle"}


def always(_: object) -> bool:
    """Yes, whatever the value is."""
    return True


def never(_: object) -> bool:
    """No, whatever the value is."""
    return False


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be read and written.

    ``told``: whether a new value is worth a word. ``kept``: whether the next, warm invocation finds it again.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]
    told: Callable[[Any], bool] = never
    kept: Callable[[Any], bool] = always


def _set_tracer(tracer: Any) -> None:
    # A debugger that a person has started in the handler goes on into the test.
    if is_programs(_gettrace()):
        _settrace(tracer)


def is_programs(tracer: Any) -> bool:
    """Whether a tracer is the program's own: not a debugger's, and not one in C, which only itself can start."""
    home = getattr(tracer, "__module__", None) or type(tracer).__module__
    return (tracer is None or callable(tracer)) and str(home).partition(".")[0] not in DEBUGGERS


def _set_profiler(profiler: Any) -> None:
    present: Any = _getprofile()
    if hasattr(present, "disable"):
        present.disable()  # or cProfile's would end another one when it is collected
    if profiler is None or callable(profiler):
        _setprofile(profiler)
    else:
        profiler.enable()  # cProfile's


def _lists() -> tuple[tuple[Any, ...], ...]:
    return tuple(sys.argv), tuple(sys.path_hooks), tuple(gc.callbacks)


def _set_lists(lists: tuple[tuple[Any, ...], ...]) -> None:
    sys.argv[:], sys.path_hooks[:], gc.callbacks[:] = lists


def _monitoring() -> tuple[Setting, ...]:
    """From Python 3.12 on cProfile works by another way. One that handler code left on is stopped, and not kept."""
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is None:
        return ()

    def free(tool: str | None) -> None:
        if tool is None:
            monitoring.set_events(monitoring.PROFILER_ID, 0)
            monitoring.free_tool_id(monitoring.PROFILER_ID)

    return (Setting("sys.monitoring", partial(monitoring.get_tool, monitoring.PROFILER_ID), free, kept=never),)


_NUMBERS = attrgetter("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
_AS_IMPORTED = decimal.DefaultContext.copy()


def _decimals() -> tuple[Any, ...]:
    template = decimal.DefaultContext
    # Its traps are a view of them, which is equal to another view: it says nothing about what was there before.
    traps = None if template.traps == _AS_IMPORTED.traps else dict(template.traps)
    return *_NUMBERS(template), traps


def _set_decimals(values: tuple[Any, ...]) -> None:
    template: Any = decimal.DefaultContext
    template.prec, template.rounding, template.Emin, template.Emax, template.capitals, template.clamp, traps = values
    template.traps = _AS_IMPORTED.traps if traps is None else traps


POLLED = (
    *_monitoring(),
    Setting("decimal.DefaultContext", _decimals, _set_decimals),
    Setting("sys.settrace", _gettrace, _set_tracer, told=is_programs, kept=is_programs),
    Setting("sys.setprofile", _getprofile, _set_profiler, told=is_programs, kept=is_programs),
    Setting("sys.argv, sys.path_hooks, gc.callbacks", _lists, _set_lists),
)


class Settings:
    """The settings as one process has them."""

    def __init__(self, polled: tuple[Setting, ...] = POLLED) -> None:
        self._polled = polled
        self._reads = [each.read for each in polled]
        self._inside: dict[str, tuple[Setting, Any]] = {}
        self._outside: dict[str, tuple[Setting, Any]] = {}
        """What is given back: of the settings that the process has changed, or is about to."""
        self._expected: list[Any] = []

    def put_in(self) -> None:
        """Put the process's own settings in force."""
        for setting, value in list(self._inside.values()):
            self._outside[setting.name] = setting, setting.read()
            # What the setting refers to may be gone: a closed descriptor, a limit that has been lowered since.
            with suppress(OSError, ValueError):
                setting.write(value)
        self._expected = [read() for read in self._reads]

    def take_out(self) -> list[Leftover]:
        """Put the test's settings in force; tells what the process has changed since ``put_in``."""
        if not self._outside and [read() for read in self._reads] == self._expected:
            return []
        for setting, before in zip(self._polled, self._expected, strict=True):
            self.about_to_change(setting, before)
        leftovers = []
        for setting, outside in self._outside.values():
            value, known = setting.read(), self._inside.pop(setting.name, (setting, outside))[1]
            if value == outside:
                continue
            with suppress(OSError, ValueError):
                setting.write(outside)
            if setting.kept(value):
                self._inside[setting.name] = setting, value
            if value != known and setting.told(value):
                leftovers.append(state(setting.name, value))
        self._outside.clear()
        return leftovers

    def about_to_change(self, setting: Setting, *before: Any) -> None:
        """A setting may change now: what it is at the moment is given back in the end."""
        if setting.name not in self._outside:
            self._outside[setting.name] = setting, before[0] if before else setting.read()


class _Place:
    """Whose settings are in force. An instance: changing a class costs the interpreter its caches."""

    settings: Settings | None = None


in_force = _Place()
