"""Threads, waits and event loops of handler code, in virtual time.

Almost everything in the standard library that waits, waits on a ``threading.Condition``: events, semaphores,
barriers, queues, futures, executors, timers. So one door covers them; besides it there are joins, selectors
(``asyncio``) and the C queue that executors use, which is replaced by its Python twin.

Not virtual, because no door of Python's leads there: ``lock.acquire(timeout=)``, ``select.select`` and ``poll`` called
directly, sockets, ``multiprocessing``, C extensions. A subprocess runs in real time (:mod:`.subprocesses`).
"""

from __future__ import annotations

import _thread
import functools
import queue
import selectors
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from pytest_lambda_env.runtime.current import NOBODY, current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.exception_elsewhere import let_it_come
from pytest_lambda_env.runtime.life import ProcessKilled
from pytest_lambda_env.runtime.memory_limit import in_force
from pytest_lambda_env.simulation.instant import Instant, microseconds
from pytest_lambda_env.simulation.virtual_clock import VirtualClock, Waiter

_real_wait = threading.Condition.wait
_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_start_new_thread = _thread.start_new_thread

_REAL_PATIENCE = 0.2
"""Real seconds in which something real may still happen before virtual time jumps."""


class _Ending:
    """The end of one thread of an environment, for those that join it."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.reached = False

    def reach(self) -> None:
        with self.condition:
            self.reached = True
            self.condition.notify_all()


_endings: WeakKeyDictionary[threading.Thread, _Ending] = WeakKeyDictionary()


def _virtual_clock() -> VirtualClock | None:
    clock = current.clock
    if not isinstance(clock, VirtualClock):
        return None
    if current.life is not None:
        current.life.check()
    return clock


def _wait(self: Any, timeout: float | None = None) -> bool:
    clock = _virtual_clock()
    if clock is None:
        return _real_wait(self, timeout)
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    until = None if timeout is None else Instant(clock.now + max(0, microseconds(timeout)))
    waiter = Waiter(clock)
    self._waiters.append(waiter)
    saved = self._release_save()
    notified = False
    try:
        notified = clock.wait(waiter, until)
    finally:
        self._acquire_restore(saved)
        if not notified and waiter in self._waiters:
            self._waiters.remove(waiter)
    return notified


def _in_environment(run: Callable[[], Any], ending: _Ending, thread: threading.Thread | None) -> Callable[[], None]:
    """``run`` for a new thread, which belongs to the calling thread's environment."""
    clock = _virtual_clock()
    inherited = current.save()
    started = None
    if current.leftovers is not None:
        started = current.leftovers.thread_starts(thread, lambda: ending.reached, run)
    if in_force.limit is not None:
        in_force.limit.thread_starts()

    starting: set[object] = getattr(current.life, "starting", set())

    def run_in_environment() -> None:
        tracer = sys.gettrace()
        current.restore(inherited)
        if started is not None:
            started.identifier = threading.get_ident()
        threads: set[int] = getattr(current.life, "threads", set())
        threads.add(threading.get_ident())
        starting.discard(ending)
        if clock is not None:
            clock.thread_runs()
        try:
            try:
                if current.life is not None:
                    current.life.check()  # The process may have died before its thread came to run.
                run()
            finally:
                # Nothing more is sent to the thread: it has left the function's code.
                let_it_come()
        except (ProcessKilled, SystemExit):
            pass  # It ends without a word: its process is dead, or it has left (which pytest would report).
        finally:
            # From here on the thread's own bookkeeping is the real thing again, in which nothing may be raised.
            if sys.gettrace() is not tracer:
                sys.settrace(tracer)
            threads.discard(threading.get_ident())
            current.restore(NOBODY)
            ending.reach()
            if clock is not None:
                clock.thread_ended()

    starting.add(ending)
    if clock is not None:
        clock.thread_started()
    return run_in_environment


def _has_begun(thread: threading.Thread) -> bool:
    """Whether a thread exists, or has existed, whose start has failed or was interrupted while it waited."""
    return thread in threading._limbo or thread._started.is_set()  # type: ignore[attr-defined]


def _does_not_begin(ending: _Ending, clock: VirtualClock | None) -> None:
    """A thread that was announced could not be started."""
    getattr(current.life, "starting", set()).discard(ending)
    ending.reach()
    if clock is not None:
        clock.thread_ended()


def _start(self: threading.Thread) -> None:
    clock = _virtual_clock()
    thread: Any = self
    if current.life is None or not thread._initialized or thread._started.is_set():
        return _real_start(self)  # or its error: that of a second start must not count as a thread
    ending = _Ending()
    self.run = _in_environment(self.run, ending, self)  # type: ignore[method-assign]
    # On Lambda a thread never outlives its process; here it must not keep pytest from exiting.
    self._daemonic = True  # type: ignore[attr-defined]
    _endings[self] = ending
    try:
        _real_start(self)
    except BaseException:
        if not _has_begun(self):
            _does_not_begin(ending, clock)
        raise
    return None


def _start_new_thread(function: Any, args: Any, kwargs: Any = None, /) -> int:
    clock = _virtual_clock()
    if current.life is None or not callable(function):
        return _real_start_new_thread(function, args, *(() if kwargs is None else (kwargs,)))
    ending = _Ending()
    run = functools.wraps(function)(functools.partial(function, *args, **(kwargs or {})))
    run_in_environment = _in_environment(run, ending, None)
    try:
        return _real_start_new_thread(run_in_environment, ())
    except BaseException:
        _does_not_begin(ending, clock)
        raise


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    ending = _endings.get(self)
    clock = _virtual_clock()
    if clock is None or ending is None or self is threading.current_thread():
        return _real_join(self, timeout)
    with ending.condition:
        ending.condition.wait_for(lambda: ending.reached, timeout)
    if ending.reached:
        _real_join(self)
    return None


def _selector_door(kind: type[selectors.BaseSelector]) -> Door:
    real_select: Callable[..., list[Any]] = kind.select

    @functools.wraps(real_select)
    def select(self: selectors.BaseSelector, timeout: float | None = None) -> list[Any]:
        life = current.life
        if life is not None and life.over and timeout is not None and timeout <= 0:
            # The loop of a dead process cancels its tasks: they must end now, not when they are collected.
            return real_select(self, 0)
        clock = _virtual_clock()
        if clock is None:
            return real_select(self, timeout)
        # An event loop always watches the pipe that wakes it. More than that is real: a socket, a child's output.
        watches_world = len(self.get_map()) > 1
        ready = real_select(self, min(timeout or _REAL_PATIENCE, _REAL_PATIENCE) if watches_world else 0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        until = None if timeout is None else Instant(clock.now + microseconds(timeout))
        clock.wait(Waiter(clock, ready=lambda: bool(real_select(self, 0))), until)
        return real_select(self, 0)

    return Door(kind, "select", real_select, select)


def doors() -> Iterable[Door]:
    """Everything of the standard library through which handler code waits, beside ``time.sleep``."""
    yield Door(threading.Condition, "wait", _real_wait, functools.wraps(_real_wait)(_wait))
    yield Door(threading.Thread, "start", _real_start, functools.wraps(_real_start)(_start))
    yield Door(threading.Thread, "join", _real_join, functools.wraps(_real_join)(_join))
    for name in ("start_new_thread", "start_new"):
        replacement = functools.wraps(_real_start_new_thread)(_start_new_thread)
        yield Door(_thread, name, getattr(_thread, name), staticmethod(replacement))
    yield Door(queue, "SimpleQueue", queue.SimpleQueue, queue._PySimpleQueue)  # type: ignore[attr-defined]
    for name in ("EpollSelector", "KqueueSelector", "_PollLikeSelector", "SelectSelector"):
        if hasattr(selectors, name):
            yield _selector_door(getattr(selectors, name))
