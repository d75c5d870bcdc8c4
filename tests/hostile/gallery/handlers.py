"""Handlers that fight the process they run in. Each is one function; ``../test_gallery.py`` has the verdicts.

The module is a task root's, imported afresh for each environment. With the variable ``AT_IMPORT`` it calls the function
of that name while it is imported.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import concurrent.futures
import contextlib
import ctypes
import decimal
import gc
import io
import json
import locale
import logging
import multiprocessing
import os
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

SURVIVED = "survived"
LONG = 10_000
kept: list[Any] = []
"""What a handler keeps from one invocation to the next."""


def returns(event: Any, context: Any) -> Any:
    """Do no harm."""
    return SURVIVED


# -- code that never ends ----------------------------------------------------------------------------------------------


def spins(event: Any, context: Any) -> Any:
    """Compute for ever."""
    while True:
        pass


def polls_the_clock(event: Any, context: Any) -> Any:
    """Look at the clock for ever."""
    while time.time() > 0:
        pass


def polls_the_remaining_time(event: Any, context: Any) -> Any:
    """Wait for a remaining time that never comes."""
    while context.get_remaining_time_in_millis() >= 0:
        pass


def swallows_everything(event: Any, context: Any) -> Any:
    """Catch whatever could end the loop."""
    while True:
        try:
            while True:
                pass
        except BaseException:
            print("caught")


def swallows_around_sleep(event: Any, context: Any) -> Any:
    """Sleep for ever, whatever sleep raises."""
    while True:
        try:
            time.sleep(1)
        except:
            print("caught")


def blocks_in_finally(event: Any, context: Any) -> Any:
    """Sleep on in ``finally``."""
    try:
        time.sleep(LONG)
    finally:
        time.sleep(LONG)
        print("finally")


def nests_finally(event: Any, context: Any) -> Any:
    """Begin a new endless loop in each ``finally``."""
    try:
        try:
            try:
                spins(event, context)
            finally:
                time.sleep(LONG)
        finally:
            spins(event, context)
    finally:
        print("finally")


def returns_from_finally(event: Any, context: Any) -> Any:
    """Return from ``finally``, which forgets the exception."""
    try:
        time.sleep(LONG)
    finally:
        return SURVIVED


class Swallower:
    """A context manager that no exception leaves."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> bool:
        print("swallowed")
        return True


def swallows_on_exit(event: Any, context: Any) -> Any:
    """Leave every block through an ``__exit__`` that swallows."""
    while True:
        with Swallower():
            time.sleep(LONG)


def ignores_generator_exit(event: Any, context: Any) -> Any:
    """Close a generator that yields once more."""

    def stubborn() -> Iterator[int]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    generator = stubborn()
    next(generator)
    generator.close()  # type: ignore[attr-defined]


def blocks_in_del(event: Any, context: Any) -> Any:
    """Delete an object that takes for ever to go."""

    class Slow:
        def __del__(self) -> None:
            time.sleep(LONG)
            print("deleted")

    Slow()
    print("after")
    return SURVIVED


def raises_in_del(event: Any, context: Any) -> Any:
    """Delete an object that raises as it goes."""

    class Angry:
        def __del__(self) -> None:
            raise ValueError("from __del__")

    Angry()
    return SURVIVED


def exits_in_del(event: Any, context: Any) -> Any:
    """Delete an object that ends the program as it goes."""

    class Last:
        def __del__(self) -> None:
            sys.exit(3)

    Last()
    return SURVIVED


def backtracks(event: Any, context: Any) -> Any:
    """Match a regular expression that takes longer than the universe has."""
    return re.match(r"(a+)+$", "a" * 60 + "b")


def receives(event: Any, context: Any) -> Any:
    """Read from a socket that nobody writes to."""
    ours, _theirs = socket.socketpair()
    return ours.recv(1)


def locks_twice(event: Any, context: Any) -> Any:
    """Take a lock that it has already."""
    lock = threading.Lock()
    return lock.acquire() and lock.acquire()


def waits_for_a_condition(event: Any, context: Any) -> Any:
    """Wait for a notification that never comes."""
    with (condition := threading.Condition()):
        condition.wait()


def waits_for_an_event(event: Any, context: Any) -> Any:
    """Wait for an event that nobody sets, over and over."""
    while not threading.Event().wait(LONG):
        pass


def waits_for_a_queue(event: Any, context: Any) -> Any:
    """Take from an empty queue."""
    return queue.Queue[int]().get()


def waits_for_a_simple_queue(event: Any, context: Any) -> Any:
    """Take from an empty simple queue, which is written in C."""
    return queue.SimpleQueue[int]().get()


def waits_for_a_future(event: Any, context: Any) -> Any:
    """Wait for a future that nobody works on."""
    return concurrent.futures.Future[int]().result()


def waits_for_a_semaphore(event: Any, context: Any) -> Any:
    """Take a semaphore twice."""
    semaphore = threading.BoundedSemaphore(1)
    return semaphore.acquire() and semaphore.acquire()


def waits_at_a_barrier(event: Any, context: Any) -> Any:
    """Wait alone at a barrier for two."""
    return threading.Barrier(2).wait()


def joins_for_ever(event: Any, context: Any) -> Any:
    """Join a thread that sleeps."""
    thread = threading.Thread(target=time.sleep, args=[LONG])
    thread.start()
    thread.join()


def sleeps_in_a_loop(event: Any, context: Any) -> Any:
    """Sleep in an event loop."""
    asyncio.run(asyncio.sleep(LONG))


def spins_in_a_loop(event: Any, context: Any) -> Any:
    """Keep an event loop busy."""

    async def busy() -> None:
        while True:
            await asyncio.sleep(0)

    asyncio.run(busy())


def refuses_cancellation(event: Any, context: Any) -> Any:
    """Leave a task that swallows its cancellation, so that ``asyncio.run`` never ends."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                print("not me")

    async def main() -> None:
        kept.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)

    asyncio.run(main())


def swallows_in_a_loop(event: Any, context: Any) -> Any:
    """Catch whatever an event loop throws into its coroutine."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(LONG)
            except BaseException:
                print("caught")

    asyncio.run(stubborn())


def runs_a_sleeping_program(event: Any, context: Any) -> Any:
    """Wait for a child process."""
    subprocess.run(["sleep", "60"])


def waits_for_a_deaf_program(event: Any, context: Any) -> Any:
    """Wait for a child process that ignores SIGTERM."""
    program = "trap '' TERM; echo ready; while :; do sleep 1; done"
    with subprocess.Popen(["sh", "-c", program], stdout=subprocess.PIPE) as child:
        child.stdout.read(5)  # type: ignore[union-attr]
        child.terminate()
        child.wait()


# -- ends --------------------------------------------------------------------------------------------------------------


def exits(event: Any, context: Any) -> Any:
    """``sys.exit`` with the event as its status."""
    print("before")
    sys.exit(event)


def calls_exit(event: Any, context: Any) -> Any:
    """The built-in ``exit()``."""
    exit(4)


def calls_quit(event: Any, context: Any) -> Any:
    """The built-in ``quit()``."""
    quit()


def exits_at_once(event: Any, context: Any) -> Any:
    """``os._exit``, inside a block that swallows."""
    while True:
        with Swallower():
            os._exit(7)


def aborts(event: Any, context: Any) -> Any:
    """``os.abort``."""
    os.abort()


def kills_itself(event: Any, context: Any) -> Any:
    """Send itself the signal that the event names, by ``os.kill``."""
    os.kill(os.getpid(), signal.Signals[event])
    return SURVIVED


def raises_a_signal(event: Any, context: Any) -> Any:
    """Raise the signal that the event names."""
    signal.raise_signal(signal.Signals[event])
    return SURVIVED


def kills_its_group(event: Any, context: Any) -> Any:
    """Kill every process of its group."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def follows_a_null_pointer(event: Any, context: Any) -> Any:
    """Crash in C."""
    return ctypes.string_at(0)


def raises_keyboard_interrupt(event: Any, context: Any) -> Any:
    """``raise KeyboardInterrupt``."""
    raise KeyboardInterrupt


def raises_generator_exit(event: Any, context: Any) -> Any:
    """``raise GeneratorExit``."""
    raise GeneratorExit


class Mine(BaseException):
    """An exception that is no ``Exception``."""


def raises_a_base_exception(event: Any, context: Any) -> Any:
    """Raise an exception of its own that no ``except Exception`` catches."""
    raise Mine("mine")


class Picky(Exception):
    """An exception that needs arguments."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(what, why)


def raises_what_can_not_be_made(event: Any, context: Any) -> Any:
    """Raise a class that can't be instantiated."""
    raise Picky  # type: ignore[call-arg]


def raises_a_mute_exception(event: Any, context: Any) -> Any:
    """Raise an exception that can't be shown."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    raise Mute


def raises_an_exception_that_exits(event: Any, context: Any) -> Any:
    """Raise an exception that ends the program when it is shown."""

    class Exiting(Exception):
        def __str__(self) -> str:
            sys.exit(5)

    raise Exiting


def raises_a_slow_exception(event: Any, context: Any) -> Any:
    """Raise an exception that takes for ever to show."""

    class Slow(Exception):
        def __str__(self) -> str:
            time.sleep(LONG)
            return "at last"

    raise Slow


def recurses(event: Any, context: Any) -> Any:
    """Recurse until Python has enough."""
    return recurses(event, context)


def recurses_and_catches(event: Any, context: Any) -> Any:
    """Recurse, and catch the error at the bottom, where there is no room for anything."""
    try:
        return recurses_and_catches(event, context)
    except RecursionError:
        return SURVIVED


class Mirror:
    """An object whose representation contains itself."""

    def __repr__(self) -> str:
        return f"Mirror({self!r})"


def recurses_in_repr(event: Any, context: Any) -> Any:
    """Show an object that can't be shown."""
    return repr(Mirror())


def raises_with_a_mirror(event: Any, context: Any) -> Any:
    """Raise an exception whose message recurses when it is shown."""
    raise ValueError(Mirror())


# -- what can't be sent ------------------------------------------------------------------------------------------------


def answers_deeply(event: Any, context: Any) -> Any:
    """Answer with a hundred thousand nested lists."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


def answers_too_much(event: Any, context: Any) -> Any:
    """Answer with 7 MB."""
    return "x" * 7 * 1024 * 1024


def answers_with_a_circle(event: Any, context: Any) -> Any:
    """Answer with a list that contains itself."""
    circle: list[Any] = []
    circle.append(circle)
    return circle


def answers_with_a_surrogate(event: Any, context: Any) -> Any:
    """Answer with half a character."""
    return "\ud800"


def answers_with_nan_keys(event: Any, context: Any) -> Any:
    """Answer with numbers as keys, NaN among them."""
    return {float("nan"): 1, float("inf"): 2}


def answers_with_generators(event: Any, context: Any) -> Any:
    """Answer with a generator of generators."""
    return {"rows": ((each for each in range(3)) for _ in range(3))}


def answers_with_a_set(event: Any, context: Any) -> Any:
    """Answer with a set."""
    return [{1, 2}]


class Liar:
    """Claims to be a namedtuple."""

    def _asdict(self) -> Any:
        raise ValueError("no dictionary")


def answers_with_a_liar(event: Any, context: Any) -> Any:
    """Answer with an object whose ``_asdict`` raises."""
    return Liar()


class Matryoshka:
    """Claims to be a namedtuple, and gives another of its kind."""

    def _asdict(self) -> Any:
        return {"inner": Matryoshka()}


def answers_with_a_matryoshka(event: Any, context: Any) -> Any:
    """Answer with an object that is different at each look, for ever."""
    return Matryoshka()


class Hostile(dict[str, Any]):
    """A dictionary with no way in."""

    def __iter__(self) -> Any:
        raise ValueError("no iteration")

    def __len__(self) -> int:
        raise ValueError("no length")

    keys = items = values = __iter__


def answers_with_a_hostile_dictionary(event: Any, context: Any) -> Any:
    """Answer with a dictionary whose methods all raise."""
    return Hostile(a=1)


class Growing(dict[str, Any]):
    """A dictionary that grows while it is read."""

    def items(self) -> Any:
        for number, item in enumerate(super().items()):
            self[f"new-{number}"] = number
            yield item


def answers_with_a_growing_dictionary(event: Any, context: Any) -> Any:
    """Answer with a dictionary that changes while it is written."""
    return Growing(a=1)


class Text(str):
    """Text that can't be encoded."""

    __slots__ = ()

    def encode(self, *arguments: Any, **options: Any) -> bytes:
        raise ValueError("no encoding")

    def __str__(self) -> str:
        raise ValueError("no text")


def answers_with_hostile_text(event: Any, context: Any) -> Any:
    """Answer with text whose methods raise."""
    return Text("text")


def ends_while_answering(event: Any, context: Any) -> Any:
    """Answer with an object that ends the program when it is written."""

    class Last:
        def _asdict(self) -> Any:
            sys.exit(6)

    return Last()


def sleeps_while_answering(event: Any, context: Any) -> Any:
    """Answer with an object that takes for ever to write."""

    class Slow:
        def _asdict(self) -> Any:
            time.sleep(LONG)

    return Slow()


async def is_a_coroutine(event: Any, context: Any) -> Any:
    """Be asynchronous, which nobody awaits."""
    return SURVIVED


def is_a_generator(event: Any, context: Any) -> Iterator[Any]:
    """Be a generator, which nobody asks."""
    yield SURVIVED


async def is_an_asynchronous_generator(event: Any, context: Any) -> AsyncIterator[Any]:
    """Be both."""
    yield SURVIVED


# -- output ------------------------------------------------------------------------------------------------------------


def prints_much(event: Any, context: Any) -> Any:
    """Print 100 MB, line by line."""
    line = "x" * 1023
    for _ in range(100 * 1024):
        print(line)
    return SURVIVED


def prints_a_long_line(event: Any, context: Any) -> Any:
    """Print one line of 20 MB."""
    print("y" * 20 * 1024 * 1024)
    return SURVIVED


def prints_rubbish(event: Any, context: Any) -> Any:
    """Write bytes that are no text, and say that they be sent if the event says so."""
    if event == "flush":
        sys.stdout.flush()
    else:
        sys.stdout.buffer.write(bytes(range(256)) * 10)
    return SURVIVED


def closes_stdout(event: Any, context: Any) -> Any:
    """Close the standard streams."""
    sys.stdout.close()
    sys.stderr.close()
    return SURVIVED


def closes_descriptors(event: Any, context: Any) -> Any:
    """Close the descriptors of the standard streams, and all that follow."""
    os.close(1)
    os.closerange(0, 100)
    return SURVIVED


def redirects_descriptors(event: Any, context: Any) -> Any:
    """Let the descriptors of the standard streams lead elsewhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return SURVIVED


def forgets_stdout(event: Any, context: Any) -> Any:
    """Have no standard streams any more."""
    sys.stdout = sys.stderr = sys.stdin = None
    print("to nobody")
    return SURVIVED


def replaces_stdout(event: Any, context: Any) -> Any:
    """Print into a stream that raises."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise ValueError("no writing")

    sys.stdout = sys.stderr = Broken()
    return SURVIVED


# -- what the whole process shares -------------------------------------------------------------------------------------


def _no(*arguments: Any, **options: Any) -> Any:
    raise RuntimeError("replaced by a handler")


def patches(event: Any, context: Any) -> Any:
    """Replace the function that the event names, ``module.function``, and leave it so."""
    module, _, name = event.rpartition(".")
    setattr(sys.modules[module], name, _no)
    return SURVIVED


def moves_into_the_void(event: Any, context: Any) -> Any:
    """Work in a directory that is gone."""
    os.mkdir("/tmp/gone")
    os.chdir("/tmp/gone")
    os.rmdir("/tmp/gone")
    os.umask(0o777)
    return SURVIVED


def clears_the_variables(event: Any, context: Any) -> Any:
    """Have no environment variables any more."""
    os.environ.clear()
    return SURVIVED


def replaces_the_variables(event: Any, context: Any) -> Any:
    """Have a plain dictionary for environment variables."""
    os.environ = {}  # type: ignore[assignment]
    return SURVIVED


def shuts_logging_down(event: Any, context: Any) -> Any:
    """End logging."""
    logging.shutdown()
    logging.disable(logging.CRITICAL)
    logging.error("never seen")
    return SURVIVED


def removes_log_handlers(event: Any, context: Any) -> Any:
    """Take every handler from the root logger and make libraries' loggers silent."""
    logging.root.handlers.clear()
    logging.root.setLevel(logging.CRITICAL)
    logging.getLogger("botocore").disabled = True
    logging.getLogger("moto").addHandler(logging.NullHandler())
    logging.raiseExceptions = False
    return SURVIVED


def logs_to_a_broken_handler(event: Any, context: Any) -> Any:
    """Log to a handler that raises."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise ValueError("no logging")

    logging.root.addHandler(Broken())
    logging.error("lost")


def logs_in_circles(event: Any, context: Any) -> Any:
    """Log to a handler that logs."""

    class Circular(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logging.error("again")

    logging.root.handlers[:] = [Circular()]
    logging.error("once")


def forgets_all_modules(event: Any, context: Any) -> Any:
    """Empty ``sys.modules``."""
    sys.modules.clear()
    return SURVIVED


def forgets_its_module(event: Any, context: Any) -> Any:
    """Remove itself from ``sys.modules``."""
    del sys.modules[__name__]
    return SURVIVED


def forgets_libraries(event: Any, context: Any) -> Any:
    """Remove modules that everybody shares from ``sys.modules``, and import them anew."""
    for name in ("json", "logging", "decimal"):
        kept.append(sys.modules.pop(name))
        __import__(name)
    return SURVIVED


def replaces_the_modules(event: Any, context: Any) -> Any:
    """Have another ``sys.modules``."""
    sys.modules = dict(sys.modules)
    return SURVIVED


def forgets_where_modules_are(event: Any, context: Any) -> Any:
    """Leave nothing to import from."""
    sys.path.clear()
    sys.meta_path.clear()
    sys.path_hooks.clear()
    return SURVIVED


def traces(event: Any, context: Any) -> Any:
    """Leave a tracer and a profiler running, here and in new threads."""

    def tracer(*arguments: Any) -> Any:
        return tracer

    threading.settrace(tracer)
    threading.setprofile(tracer)
    sys.setprofile(tracer)
    sys.settrace(tracer)
    return SURVIVED


def handles_signals(event: Any, context: Any) -> Any:
    """Leave handlers of its own for signals."""
    for name in ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTERM", "SIGINT", "SIGCHLD"):
        signal.signal(signal.Signals[name], _no)
    return SURVIVED


def blocks_signals(event: Any, context: Any) -> Any:
    """Block every signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    return SURVIVED


def sets_an_alarm(event: Any, context: Any) -> Any:
    """Leave an alarm that is due in a minute."""
    signal.alarm(60)
    return SURVIVED


def waits_for_an_alarm(event: Any, context: Any) -> Any:
    """Let an alarm end an endless loop."""

    def rings(*arguments: object) -> None:
        raise TimeoutError("alarm")

    signal.signal(signal.SIGALRM, rings)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    while True:
        pass


def disables_garbage_collection(event: Any, context: Any) -> Any:
    """Have no garbage collected."""
    gc.disable()
    gc.set_threshold(1)
    gc.callbacks.append(_no)
    return SURVIVED


def limits_recursion(event: Any, context: Any) -> Any:
    """Allow only as much recursion as the event says."""
    sys.setrecursionlimit(event)
    return SURVIVED


def changes_the_interpreter(event: Any, context: Any) -> Any:
    """Change what the interpreter has one of."""
    sys.setswitchinterval(10)
    sys.dont_write_bytecode = not sys.dont_write_bytecode
    sys.argv = ["handler"]
    socket.setdefaulttimeout(0.001)
    tempfile.tempdir = "/nowhere"
    return SURVIVED


def warns_loudly(event: Any, context: Any) -> Any:
    """Make every warning an error."""
    warnings.simplefilter("error")
    return SURVIVED


def changes_the_locale(event: Any, context: Any) -> Any:
    """Have another locale."""
    wanted = "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8"
    locale.setlocale(locale.LC_ALL, wanted)
    return SURVIVED


def seeds(event: Any, context: Any) -> Any:
    """Make random numbers predictable."""
    random.seed(0)
    return SURVIVED


def calculates_coarsely(event: Any, context: Any) -> Any:
    """Have three digits only."""
    decimal.getcontext().prec = 3
    decimal.DefaultContext.prec = 3
    return SURVIVED


def replaces_hooks(event: Any, context: Any) -> Any:
    """Hear of every exception itself."""
    sys.excepthook = sys.unraisablehook = sys.displayhook = sys.breakpointhook = threading.excepthook = _no
    return SURVIVED


def registers_for_the_end(event: Any, context: Any) -> Any:
    """Ask to be called when the interpreter ends, and end it then."""
    atexit.register(sys.exit, 9)
    atexit.register(print, "the end")
    return SURVIVED


def finalizes(event: Any, context: Any) -> Any:
    """Ask to be called when an object is gone, or the interpreter ends."""

    class Object:
        pass

    kept.append(Object())
    weakref.finalize(kept[-1], _no)
    return SURVIVED


def forgets_whose_it_is(event: Any, context: Any) -> Any:
    """Tell the simulator that this thread belongs to nobody."""
    from pytest_lambda_env.runtime.current import current

    current.life = current.clock = current.files = current.aws_calls = None
    return SURVIVED


def breaks_the_simulator(event: Any, context: Any) -> Any:
    """Replace a part of the simulator."""
    import pytest_lambda_env.runtime.current

    pytest_lambda_env.runtime.current.current = None  # type: ignore[assignment]
    return SURVIVED


def closes_what_it_finds(event: Any, context: Any) -> Any:
    """Close every file and socket of the process."""
    for thing in gc.get_objects():
        if isinstance(thing, (io.IOBase, socket.socket)):
            with contextlib.suppress(Exception):
                thing.close()
    return SURVIVED


# -- what it leaves behind ---------------------------------------------------------------------------------------------


def leaves_a_thread(event: Any, context: Any) -> Any:
    """Leave a thread that sleeps; ``event``: whether it is a daemon."""
    threading.Thread(target=time.sleep, args=[LONG], daemon=event, name="sleeper").start()
    return SURVIVED


def leaves_a_busy_thread(event: Any, context: Any) -> Any:
    """Leave a thread that computes for ever, and catches everything."""

    def busy() -> None:
        while True:
            with Swallower():
                while True:
                    pass

    threading.Thread(target=busy, name="busy").start()
    return SURVIVED


def leaves_a_blocked_thread(event: Any, context: Any) -> Any:
    """Leave a thread that waits for a socket."""
    kept.extend(pair := socket.socketpair())
    threading.Thread(target=pair[0].recv, args=[1], name="blocked").start()
    return SURVIVED


def prints_later(event: Any, context: Any) -> Any:
    """Leave a thread that prints five seconds later; afterwards only sleep for as long."""

    def later() -> None:
        time.sleep(5)
        print("later")

    if event == "again":
        time.sleep(10)
    else:
        threading.Thread(target=later, name="later").start()
    return SURVIVED


def leaves_many_threads(event: Any, context: Any) -> Any:
    """Leave a thousand threads."""
    for number in range(1000):
        threading.Thread(target=time.sleep, args=[LONG], name=f"one-of-many-{number}").start()
    return SURVIVED


def leaves_an_executor(event: Any, context: Any) -> Any:
    """Leave an executor at work."""
    kept.append(executor := concurrent.futures.ThreadPoolExecutor(4))
    kept.extend(executor.submit(time.sleep, LONG) for _ in range(8))
    return SURVIVED


def exits_in_a_thread(event: Any, context: Any) -> Any:
    """``sys.exit`` in a thread."""
    thread = threading.Thread(target=sys.exit, args=[3])
    thread.start()
    thread.join()
    return SURVIVED


def dies_in_a_thread(event: Any, context: Any) -> Any:
    """``os._exit`` in a thread, while the handler waits."""
    threading.Thread(target=os._exit, args=[3]).start()
    time.sleep(LONG)
    print("after")


def leaves_a_program(event: Any, context: Any) -> Any:
    """Leave a child process running."""
    kept.append(subprocess.Popen(["sleep", "60"]))
    return SURVIVED


def leaves_a_process(event: Any, context: Any) -> Any:
    """Leave a process of ``multiprocessing`` running."""
    kept.append(process := multiprocessing.get_context("fork").Process(target=os.read, args=[os.pipe()[0], 1]))
    process.start()
    return SURVIVED


def forks(event: Any, context: Any) -> Any:
    """Fork, and return from the handler in the child too."""
    if child := os.fork():
        os.waitpid(child, 0)
    return SURVIVED


def forks_and_raises(event: Any, context: Any) -> Any:
    """Fork, and let the child end as the event says."""
    if child := os.fork():
        os.waitpid(child, 0)
        return SURVIVED
    if event == "exit":
        sys.exit(3)
    raise ValueError("the child")


def leaves_open_files(event: Any, context: Any) -> Any:
    """Leave nearly as many open files as Lambda allows."""
    kept.extend(open(f"/tmp/{number}", "w") for number in range(900))
    return SURVIVED


def leaves_a_slow_object(event: Any, context: Any) -> Any:
    """Keep an object that takes for ever to go."""

    class Slow:
        def __del__(self) -> None:
            time.sleep(LONG)

    kept.append(Slow())
    return SURVIVED


def leaves_a_task(event: Any, context: Any) -> Any:
    """Leave a task pending in an event loop that is not closed."""

    async def begin() -> None:
        kept.append(asyncio.ensure_future(asyncio.sleep(LONG)))
        await asyncio.sleep(0)

    kept.append(loop := asyncio.new_event_loop())
    loop.run_until_complete(begin())
    return SURVIVED


# -- files -------------------------------------------------------------------------------------------------------------


def deletes_its_own_file(event: Any, context: Any) -> Any:
    """Remove the function's code."""
    os.remove(__file__)
    return SURVIVED


def writes_beside_its_code(event: Any, context: Any) -> Any:
    """Write to the task root."""
    with open(os.path.join(os.path.dirname(__file__), "scribble"), "w") as file:
        file.write("scribble")
    return SURVIVED


def fills_tmp(event: Any, context: Any) -> Any:
    """Write more than fits, and look what ``/tmp`` holds afterwards if the event says so."""
    if event == "look":
        return sorted(os.listdir("/tmp"))
    with open("/tmp/full", "wb") as file:
        for _ in range(65):
            file.write(bytes(8 * 1024 * 1024))
    return SURVIVED


def removes_tmp(event: Any, context: Any) -> Any:
    """Remove ``/tmp`` itself; afterwards write there again."""
    with open("/tmp/mine", "w") as file:
        file.write("mine")
    # Whatever else fails here: nobody's but its own directory.
    if os.listdir("/tmp") != ["mine"]:
        return "this is not my /tmp"
    if event != "again":
        shutil.rmtree("/tmp")
    return SURVIVED


def climbs_out_of_tmp(event: Any, context: Any) -> Any:
    """Write beside ``/tmp`` by a link and a relative path."""
    os.symlink(os.path.dirname(__file__), "/tmp/link")
    with open("/tmp/link/scribble", "w") as file:
        file.write("scribble")
    return SURVIVED


# -- at import ---------------------------------------------------------------------------------------------------------


def patches_sleep(event: Any, context: Any) -> Any:
    """Replace ``time.sleep`` and ``print``."""
    time.sleep = builtins.print = json.dumps = _no
    return SURVIVED


def exits_quietly(event: Any, context: Any) -> Any:
    """``sys.exit(0)``."""
    sys.exit(0)


if "AT_IMPORT" in os.environ:
    globals()[os.environ["AT_IMPORT"]](None, None)
