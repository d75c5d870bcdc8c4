"""The ``time`` module as handler code and the test see it: the calling thread's own clock.

Three kinds of callers (:mod:`.current`): a thread of an environment, for which every clock and ``sleep`` are
virtual; the test's thread, for which the wall clock and ``sleep`` are virtual and monotonic clocks stay real; every
other thread, and pytest itself, for which nothing changes.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, cast

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.simulation.instant import SECOND, Instant, microseconds

_REAL_TIME_PACKAGES = frozenset(
    {"_pytest", "pytest", "pluggy", "py", "xdist", "execnet", "coverage", "hypothesis", "freezegun"}
)

_LOG_RECORD = logging.LogRecord.__init__.__code__
"""Making a log record reads the clock; a handler that logs much is not polling."""

_real: dict[str, Callable[..., Any]] = {
    name: getattr(time, name) for name in dir(time) if callable(getattr(time, name))
}
_real_time, _real_time_ns, _real_sleep = time.time, time.time_ns, time.sleep
real_monotonic = time.monotonic


def wall_instant(instant: Instant) -> Instant:
    """The wall clock shows the timeline's own instants, unless a test freezes time itself."""
    return instant


class WallClock:
    """What clocks show: the wall clock, shifted by a test's own ``freeze_time``; monotonic ones since ``boot``."""

    boot: Instant = Instant(0)
    shift: Callable[[Instant], Instant] = staticmethod(wall_instant)


def keeps_real_time(module_name: str) -> bool:
    """Whether a module's clocks stay real even on the test's own thread: pytest, its plugins, and what measures.

    Not this package's, though it is a plugin of pytest: contexts and events have the time that the test has.
    """
    package = module_name.partition(".")[0]
    return package in _REAL_TIME_PACKAGES or (package.startswith("pytest_") and package != "pytest_lambda_env")


def wall_clock(frame: FrameType) -> Instant | None:
    """The instant that the wall clock shows to the code at ``frame``, or None where time is real."""
    clock = current.clock
    if clock is None:
        return None
    if clock.virtual_waits:
        return WallClock.shift(clock.read(_site(frame)))
    if keeps_real_time(frame.f_globals.get("__name__", "")):
        return None
    return WallClock.shift(clock.read(None))


def _site(frame: FrameType) -> object:
    # moto at work for a handler is not polling, and must not meet the deadline in the middle of what it does.
    return None if frame.f_code is _LOG_RECORD or current.life is None else (frame.f_code, frame.f_lasti)


def _time() -> float:
    instant = wall_clock(sys._getframe(1))
    return _real_time() if instant is None else instant / SECOND


def _time_ns() -> int:
    instant = wall_clock(sys._getframe(1))
    return _real_time_ns() if instant is None else instant * 1000


def _sleep(seconds: float, /) -> None:
    clock, life = current.clock, current.life
    if clock is None or (life is None and keeps_real_time(sys._getframe(1).f_globals.get("__name__", ""))):
        _real_sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if life is not None:
        life.check()
    clock.sleep(microseconds(seconds))


def _of_present_seconds(name: str) -> Callable[..., Any]:
    """``gmtime``, ``localtime`` and ``ctime``: of the present unless told otherwise."""
    real = _real[name]

    def door(*seconds: float | None) -> Any:
        if not seconds or seconds[0] is None:
            instant = wall_clock(sys._getframe(1))
            seconds = seconds if instant is None else (instant / SECOND,)
        return real(*seconds)

    return door


def _of_present_struct(name: str, leading: int) -> Callable[..., Any]:
    """``asctime`` and ``strftime``: of the present unless a time follows the ``leading`` arguments."""
    real = _real[name]

    def door(*arguments: Any) -> Any:
        if len(arguments) == leading:
            instant = wall_clock(sys._getframe(1))
            if instant is not None:
                arguments = (*arguments, _real["localtime"](instant / SECOND))
        return real(*arguments)

    return door


def _since_boot(instant: Instant) -> int:
    """Microseconds on a monotonic clock: small, so that sums of floats stay exact to the microsecond (asyncio)."""
    return instant - WallClock.boot


def _monotonic(name: str) -> Callable[[], float]:
    real = _real[name]

    def door() -> float:
        clock = current.clock
        if clock is None or not clock.virtual_waits:
            return cast("float", real())
        return _since_boot(clock.read(_site(sys._getframe(1)))) / SECOND

    return door


def _monotonic_ns(name: str) -> Callable[[], int]:
    real = _real[name]

    def door() -> int:
        clock = current.clock
        if clock is None or not clock.virtual_waits:
            return cast("int", real())
        return _since_boot(clock.read(_site(sys._getframe(1)))) * 1000

    return door


def _clock_gettime(which: int, /) -> float:
    nanoseconds = _virtual_clock_ns(which, sys._getframe(1))
    return cast("float", _real["clock_gettime"](which)) if nanoseconds is None else nanoseconds / 1e9


def _clock_gettime_ns(which: int, /) -> int:
    nanoseconds = _virtual_clock_ns(which, sys._getframe(1))
    return cast("int", _real["clock_gettime_ns"](which)) if nanoseconds is None else nanoseconds


def _virtual_clock_ns(which: int, frame: FrameType) -> int | None:
    if which == time.CLOCK_REALTIME:
        instant = wall_clock(frame)
        return None if instant is None else instant * 1000
    clock = current.clock
    if clock is None or not clock.virtual_waits or which not in _MONOTONIC_CLOCKS:
        return None
    return _since_boot(clock.read(_site(frame))) * 1000


_MONOTONIC_CLOCKS = {
    getattr(time, name) for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME") if hasattr(time, name)
}

_REPLACEMENTS: dict[str, Callable[..., object]] = {
    "time": _time,
    "time_ns": _time_ns,
    "sleep": _sleep,
    "gmtime": _of_present_seconds("gmtime"),
    "localtime": _of_present_seconds("localtime"),
    "ctime": _of_present_seconds("ctime"),
    "asctime": _of_present_struct("asctime", leading=0),
    "strftime": _of_present_struct("strftime", leading=1),
    "monotonic": _monotonic("monotonic"),
    "monotonic_ns": _monotonic_ns("monotonic_ns"),
    "perf_counter": _monotonic("perf_counter"),
    "perf_counter_ns": _monotonic_ns("perf_counter_ns"),
    "clock_gettime": _clock_gettime,
    "clock_gettime_ns": _clock_gettime_ns,
}


def doors() -> Iterable[Door]:
    """The functions of ``time`` that this platform has."""
    for name, replacement in _REPLACEMENTS.items():
        if name in _real:
            replacement.__name__ = name
            replacement.__doc__ = _real[name].__doc__
            # A staticmethod, because the original does not bind either: `class X: clock = time.monotonic`.
            yield Door(time, name, _real[name], staticmethod(replacement))
