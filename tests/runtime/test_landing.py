"""Where what unwinds a process's code is raised, in threads that are really there, and where it is not."""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors import waits
from pytest_lambda_env.runtime.exception_elsewhere import raise_where_seen
from pytest_lambda_env.runtime.landing import Landing, has_just_taken_a_lock
from pytest_lambda_env.runtime.life import ProcessKilled, ProcessLife


def seen_in(function: Any, thread: threading.Thread) -> FrameType:
    """The frame in which a thread is, once it is in ``function``."""
    while True:
        frame = sys._current_frames()[thread.ident or 0]
        if frame.f_code is function.__code__:
            return frame


def test_a_condition_has_its_lock_back_when_it_raises() -> None:
    """However often a thread is seen as it takes a lock back: what releases it next would release another's."""
    condition: Any = threading.Condition(threading.Lock())
    bottom: list[FrameType] = []

    def wait() -> None:
        bottom.append(sys._getframe())
        with condition:
            condition.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    while not condition._waiters:
        pass
    with condition:
        condition.notify()
        frame = seen_in(threading.Condition._acquire_restore, thread)  # type: ignore[attr-defined]
        landing = Landing(lambda _: False)
        looks = [landing.allowed(frame, bottom[0], overdue=False) for _ in range(10)]
        at_last = landing.allowed(frame, bottom[0], overdue=True)
    thread.join()
    assert looks == [False] * 10
    assert at_last


class Walker:
    """A thread that goes through two functions, each of which waits until it may go on."""

    def __init__(self) -> None:
        self.gates = threading.Lock(), threading.Lock()
        self.end = ""
        for gate in self.gates:
            gate.acquire()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """Note how it ends."""
        try:
            self.outer()
            self.end = "returned"
        except ProcessKilled as error:
            self.end = traceback.extract_tb(error.__traceback__)[-1].name

    def outer(self) -> None:
        """Wait, and call."""
        self.gates[0].acquire()
        self.inner()

    def inner(self) -> None:
        """Wait again."""
        self.gates[1].acquire()

    def place(self, function: Any) -> tuple[int, FrameType, int]:
        """The thread, and where in ``function`` it waits."""
        frame = seen_in(function, self.thread)
        while not has_just_taken_a_lock(frame.f_code, frame.f_lasti):
            pass
        return self.thread.ident or 0, frame, frame.f_lasti

    def finish(self) -> None:
        """Let it go on to its end."""
        for gate in self.gates:
            if gate.locked():
                gate.release()
        self.thread.join()


@pytest.fixture
def walker() -> Iterator[Walker]:
    """One that waits in its outer function."""
    walker = Walker()
    yield walker
    walker.finish()


def test_it_is_raised_where_the_thread_was_seen(walker: Walker) -> None:
    """A thread that is still there raises as soon as it goes on."""
    raise_where_seen(*walker.place(Walker.outer), ProcessKilled)
    walker.finish()
    assert walker.end == "outer"


def test_it_is_not_raised_elsewhere(walker: Walker) -> None:
    """A thread that has gone on meanwhile raises nothing, be it in something called there, or at its end."""
    thread, frame, _ = walker.place(Walker.outer)
    walker.gates[0].release()
    walker.place(Walker.inner)
    raise_where_seen(thread, frame, frame.f_lasti, ProcessKilled)
    walker.finish()
    raise_where_seen(thread, frame, frame.f_lasti, ProcessKilled)
    assert walker.end == "returned"


def in_thread_of(life: ProcessLife, run: Callable[[], None], before: Callable[[], None] = lambda: None) -> list[Any]:
    """Run something in a thread of a process; the result is what pytest would have been told of it."""
    told: list[Any] = []
    outer = current.save()
    current.life = life
    try:
        run_in_environment = waits._in_environment(run, waits._Ending(), None)
    finally:
        current.restore(outer)
    assert len(life.starting) == 1
    before()
    thread = threading.Thread(target=run_in_environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", told.append)
        patch.setattr(sys, "unraisablehook", told.append)
        thread.start()
        thread.join()
    assert life.starting == life.threads == set()
    return told


def test_a_thread_whose_process_is_dead_does_not_begin() -> None:
    """A process may die between the start of a thread and the first line of it."""
    life, ran = ProcessLife(), list[int]()
    told = in_thread_of(life, lambda: ran.append(1), before=lambda: life.end("timeout"))
    assert (ran, told) == ([], [])


def test_what_comes_late_ends_a_thread_without_a_word() -> None:
    """An exception that was sent at the last instruction of a thread's code is not raised in its bookkeeping."""

    def run() -> None:
        me = ctypes.c_ulong(threading.get_ident())
        send = functools.partial(ctypes.pythonapi.PyThreadState_SetAsyncExc, me, ctypes.py_object(ProcessKilled))
        for _ in iter(send, 1):  # sends without a call, after which it would be raised, and is over
            pass

    assert in_thread_of(ProcessLife(), run) == []
