"""Signals that handler code sends itself, and what it does with them.

Each process of an environment has a table of its own (:mod:`..signal_table`). A signal that it sends itself, or its
group, is looked up there: a Python handler runs at once, a default action that is deadly ends the environment (fidelity
E16), and one that stops a process lets it stand still until its deadline. Other processes are out of reach, as on
Lambda, but for the code's own children.

Alarms (``signal.alarm``, ``setitimer``) ring on the process's clock: in virtual time, that is while the code waits.
Code that computes without ever waiting does not get as far. Timers of processor time never ring.

Not modelled: ``pidfd_send_signal``, and a real fault of C code, which ends the test process.
"""

from __future__ import annotations

import _thread
import errno
import functools
import os
import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.alarms import Alarm
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.process import acting_life, die
from pytest_lambda_env.runtime.life import ProcessLife
from pytest_lambda_env.runtime.pulse import pulse
from pytest_lambda_env.runtime.signal_table import HARMLESS, STOPPING, UNSTOPPABLE, main_thread_of_interpreter
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant, microseconds
from pytest_lambda_env.simulation.real_clock import real_sleep
from pytest_lambda_env.simulation.virtual_clock import VirtualClock, Waiter

_NAMES = {
    os: ("kill", "killpg"),
    signal: (
        *("signal", "getsignal", "raise_signal", "pthread_kill", "pthread_sigmask", "sigpending", "siginterrupt"),
        *("set_wakeup_fd", "alarm", "setitimer", "getitimer", "pause", "sigwait", "sigwaitinfo", "sigtimedwait"),
    ),
}
_real: dict[str, Callable[..., Any]] = {
    name: getattr(owner, name) for owner, names in _NAMES.items() for name in names if hasattr(owner, name)
}
_open = open
_A_DAY = 86_400 * SECOND


# -- sending --------------------------------------------------------------------------------------------------------


def deliver(life: ProcessLife, number: int, frame: FrameType | None = None) -> None:
    """What a signal does to the process that it is sent to. The caller is one of its threads."""
    table = life.signals
    if number in table.blocked and number not in UNSTOPPABLE:
        table.pending.add(number)
        if table.paused is not None:
            table.paused()
        return
    action = table.action(number)
    if action == signal.SIG_DFL or number in UNSTOPPABLE:
        if number in STOPPING:
            _stand_still()
        elif number not in HARMLESS:
            die(life, -number)
    elif action != signal.SIG_IGN:
        if threading.get_ident() == life.thread:
            table.call(number, frame)
        else:
            _hand_to_main_thread(life, number)


def _hand_to_main_thread(life: ProcessLife, number: int) -> None:
    """Python handlers run in the main thread. They can't where the test itself runs in another one."""
    table = life.signals
    table.hand_over(number)
    if main_thread_of_interpreter(life.thread):
        while table.handed and not life.over and life.anchored is not None:
            pulse.send(life.thread)
            real_sleep(MILLISECOND)


def _stand_still() -> None:
    clock = current.clock
    while clock is not None:
        clock.sleep(_A_DAY)


def _kill(pid: int, signal_number: int, /) -> None:
    life = acting_life()
    if life is None or signal_number == 0:
        _real["kill"](pid, signal_number)
    elif pid in (0, os.getpid()):
        deliver(life, _checked(signal_number))
    elif pid == -1:
        pass  # All other processes: Linux leaves out the one that calls.
    elif pid < 0:
        _killpg(-pid, signal_number)
    else:
        _real["kill"](pid, 0)
        _refuse_unless(_is_descendant(pid))
        _real["kill"](pid, signal_number)


def _killpg(pgid: int, signal_number: int, /) -> None:
    life = acting_life()
    if life is None or signal_number == 0:
        _real["killpg"](pgid, signal_number)
    elif pgid in (0, os.getpgrp()):
        deliver(life, _checked(signal_number))
    else:
        _real["killpg"](pgid, 0)
        _refuse_unless(_is_descendant(pgid))
        _real["killpg"](pgid, signal_number)


def _is_descendant(pid: int) -> bool:
    """Whether a process descends from this one. Where the system does not tell, every process counts as one."""
    ours = os.getpid()
    if not os.path.isdir("/proc/self"):
        return pid != os.getppid()
    while pid not in (0, 1, ours):
        try:
            with _open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:
            return False
    return pid == ours


def _refuse_unless(permitted: bool) -> None:
    if not permitted:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _raise_signal(signalnum: int, /) -> None:
    life = acting_life()
    if life is None:
        _real["raise_signal"](signalnum)
    else:
        deliver(life, _checked(signalnum))


def _pthread_kill(thread_id: int, signalnum: int, /) -> None:
    life = acting_life()
    if life is None or signalnum == 0:
        _real["pthread_kill"](thread_id, signalnum)
    else:
        # Whichever thread it goes to, a Python handler runs in the main one, and a default action ends the process.
        deliver(life, _checked(signalnum))


# -- the table ------------------------------------------------------------------------------------------------------


def _checked(number: int) -> int:
    if not 1 <= number < signal.NSIG:
        raise ValueError("signal number out of range")
    return int(number)


def _signal(signalnum: int, handler: Any) -> Any:
    life = acting_life()
    if life is None:
        return _real["signal"](signalnum, handler)
    number = _checked(signalnum)
    if threading.get_ident() != life.thread:
        raise ValueError("signal only works in main thread of the main interpreter")
    if not callable(handler) and handler not in (signal.SIG_DFL, signal.SIG_IGN):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    if number in UNSTOPPABLE:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    before = life.signals.action(number)
    life.signals.install(number, handler if callable(handler) else signal.Handlers(handler))
    return before


def _getsignal(signalnum: int) -> Any:
    life = acting_life()
    return _real["getsignal"](signalnum) if life is None else life.signals.action(_checked(signalnum))


def _siginterrupt(signalnum: int, flag: bool, /) -> None:
    if acting_life() is None:
        _real["siginterrupt"](signalnum, flag)


def _set_wakeup_fd(fd: int, /, **options: Any) -> int:
    life = acting_life()
    if life is None:
        return int(_real["set_wakeup_fd"](fd, **options))
    before, life.signals.wakeup_fd = life.signals.wakeup_fd, fd
    return before


def _pthread_sigmask(how: int, mask: Iterable[int]) -> set[Any]:
    life = acting_life()
    if life is None:
        return set(_real["pthread_sigmask"](how, mask))
    table, numbers = life.signals, {_checked(each) for each in mask}
    before = _as_enums(table.blocked)
    if how == signal.SIG_BLOCK:
        table.blocked |= numbers
    elif how == signal.SIG_UNBLOCK:
        table.blocked -= numbers
    else:
        table.blocked = numbers
    for number in sorted(table.pending - table.blocked):
        table.pending.discard(number)
        deliver(life, number)
    return before


def _sigpending() -> set[Any]:
    life = acting_life()
    return set(_real["sigpending"]()) if life is None else _as_enums(life.signals.pending)


def _as_enums(numbers: Iterable[int]) -> set[Any]:
    known = {int(each) for each in signal.Signals}
    return {signal.Signals(number) if number in known else number for number in numbers}


# -- waiting --------------------------------------------------------------------------------------------------------


def _wait_for(life: ProcessLife, done: Callable[[], bool], until: Instant | None) -> bool:
    """Wait on the process's clock until a signal has brought ``done`` about; False if ``until`` came first."""
    table, clock = life.signals, current.clock
    while not done():
        if isinstance(clock, VirtualClock):
            waiter = Waiter(clock)
            table.paused = waiter.release
            # A signal may have come since ``done`` was asked.
            came = done() or clock.wait(waiter, until)
        else:
            awake = _thread.allocate_lock()
            awake.acquire()
            table.paused = functools.partial(_release, awake)
            left = -1.0 if until is None or clock is None else max(0.0, (until - clock.read(None)) / SECOND)
            came = done() or awake.acquire(True, left)
        table.paused = None
        if not came:
            return False
    return True


def _release(lock: _thread.LockType) -> None:
    if lock.locked():
        lock.release()


def _pause() -> None:
    life = acting_life()
    if life is None:
        _real["pause"]()
        return
    calls = life.signals.calls
    _wait_for(life, lambda: life.signals.calls != calls, None)


def _wait_for_one_of(life: ProcessLife, sigset: Iterable[int], timeout: float | None) -> int | None:
    table, numbers, clock = life.signals, {_checked(each) for each in sigset}, current.clock
    until = None if timeout is None or clock is None else Instant(clock.read(None) + microseconds(timeout))
    if not _wait_for(life, lambda: bool(numbers & table.pending), until):
        return None
    number = min(numbers & table.pending)
    table.pending.discard(number)
    return number


def _sigwait(sigset: Iterable[int]) -> Any:
    life = acting_life()
    if life is None:
        return _real["sigwait"](sigset)
    number = _wait_for_one_of(life, sigset, None)
    assert number is not None
    return _as_enums([number]).pop()


def _sigwaitinfo(sigset: Iterable[int], /) -> Any:
    life = acting_life()
    return _real["sigwaitinfo"](sigset) if life is None else _info(_wait_for_one_of(life, sigset, None))


def _sigtimedwait(sigset: Iterable[int], timeout: float, /) -> Any:
    life = acting_life()
    return _real["sigtimedwait"](sigset, timeout) if life is None else _info(_wait_for_one_of(life, sigset, timeout))


def _info(number: int | None) -> Any:
    return None if number is None else signal.struct_siginfo((number, 0, 0, os.getpid(), os.getuid(), 0, 0))


# -- alarms ---------------------------------------------------------------------------------------------------------


def _setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    life = acting_life()
    if life is None:
        before: tuple[float, float] = _real["setitimer"](which, seconds, interval)
        return before
    if which != signal.ITIMER_REAL:
        return (0.0, 0.0)
    if seconds < 0 or interval < 0:
        raise signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
    left = _alarm_left(life)
    if life.signals.alarm is not None:
        life.signals.alarm.cancel()
    ring = functools.partial(deliver, life, signal.SIGALRM)
    life.signals.alarm = Alarm(microseconds(seconds), microseconds(interval), ring) if seconds else None
    return left


def _getitimer(which: int, /) -> tuple[float, float]:
    life = acting_life()
    if life is None:
        left: tuple[float, float] = _real["getitimer"](which)
        return left
    return _alarm_left(life) if which == signal.ITIMER_REAL else (0.0, 0.0)


def _alarm_left(life: ProcessLife) -> tuple[float, float]:
    alarm = life.signals.alarm
    return (0.0, 0.0) if alarm is None else alarm.left()


def _alarm(seconds: int, /) -> int:
    if acting_life() is None:
        return int(_real["alarm"](seconds))
    # Rounded up, as Linux does: an alarm that is still to come never counts as none.
    return -int(-_setitimer(signal.ITIMER_REAL, int(seconds))[0] // 1)


_REPLACEMENTS: dict[str, Callable[..., Any]] = {name: globals()[f"_{name}"] for name in _real}


def doors() -> Iterable[Door]:
    """The functions of ``signal``, and of ``os`` those that send one."""
    for owner, names in _NAMES.items():
        for name in names:
            if name in _real:
                replacement = functools.wraps(_real[name])(_REPLACEMENTS[name])
                yield Door(owner, name, _real[name], staticmethod(replacement))
