"""Signals that a handler sends itself, what it installs for them, and what never leaves its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

Deploy = Callable[..., LambdaFunction]


@pytest.fixture(autouse=True)
def the_test_s_own() -> Iterator[None]:
    """No test here changes what the test process itself does with signals."""

    def state() -> list[object]:
        timer = signal.getitimer(signal.ITIMER_REAL)[1]
        return [*(signal.getsignal(n) for n in signal.valid_signals()), signal.pthread_sigmask(0, ()), timer]

    before = state()
    yield
    assert state() == before


def words(response: InvokeResponse) -> str:
    """What the platform says of a process that ended."""
    assert response.payload["errorType"] == "Runtime.ExitError"
    message: str = response.payload["errorMessage"]
    return message.partition("Error: ")[2]


WORDS = {
    "SIGHUP": "hangup",
    "SIGQUIT": "quit",
    "SIGILL": "illegal instruction",
    "SIGTRAP": "trace/breakpoint trap",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point exception",
    "SIGKILL": "killed",
    "SIGUSR1": "user defined signal 1",
    "SIGSEGV": "segmentation fault",
    "SIGUSR2": "user defined signal 2",
    "SIGALRM": "alarm clock",
    "SIGTERM": "terminated",
    "SIGVTALRM": f"signal {int(getattr(signal, 'SIGVTALRM', 0))}",
    "SIGINT": "interrupt",
}


@pytest.mark.fidelity("E16")
@pytest.mark.parametrize(("name", "expected"), WORDS.items(), ids=WORDS)
def test_the_words_of_each_signal(deploy: Deploy, name: str, expected: str) -> None:
    """A signal that the process does not handle ends it, and is worded as Go words it."""
    response = deploy(f"import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.{name})").invoke({})
    assert words(response) == f"Runtime exited with error: signal: {expected}"


@pytest.mark.fidelity("E16")
@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="this platform has no real-time signals")
def test_the_words_of_a_signal_without_a_name(deploy: Deploy) -> None:
    """A real-time signal is known by its number."""
    response = deploy("import signal\ndef handler(e, c): signal.raise_signal(signal.SIGRTMIN + 2)").invoke({})
    assert words(response) == f"Runtime exited with error: signal: signal {signal.SIGRTMIN + 2}"


WAYS = [
    "os.kill(os.getpid(), signal.SIGTERM)",
    "os.kill(0, signal.SIGTERM)",
    "os.kill(-os.getpgrp(), signal.SIGTERM)",
    "os.killpg(os.getpgrp(), signal.SIGTERM)",
    "os.killpg(0, signal.SIGTERM)",
    "signal.raise_signal(signal.SIGTERM)",
    "signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)",
    "signal.pthread_kill(threading.get_ident(), signal.SIGTERM)",
    "threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start(); time.sleep(1)",
    "kill(os.getpid(), 15)",
]


@pytest.mark.fidelity("E16")
@pytest.mark.parametrize("statement", WAYS)
def test_every_way_of_sending(deploy: Deploy, statement: str) -> None:
    """However a process signals itself or its group, only its environment ends, at that instant."""
    source = (
        f"import os, signal, threading, time\nfrom os import kill\ndef handler(e, c):\n    {statement}\n    return 1"
    )
    response = deploy(source).invoke({})
    assert words(response) == "Runtime exited with error: signal: terminated"
    assert response.duration.total_seconds() == 0


REFUSED = {
    "its parent": "os.kill(os.getppid(), signal.SIGTERM)",
    "the first process": "os.kill(1, signal.SIGTERM)",
    "its parent's group": "os.killpg(os.getpgid(os.getppid()), signal.SIGTERM)",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_other_processes_are_out_of_reach(deploy: Deploy, statement: str) -> None:
    """Of a process that is not the handler's own only the existence can be seen."""
    if "getpgid" in statement and os.getpgid(os.getppid()) == os.getpgrp():
        pytest.skip("the parent is in this process's own group")
    function = deploy(
        f"""
        import os, signal

        def handler(event, context):
            try:
                {statement}
            except PermissionError as error:
                {statement.replace("signal.SIGTERM", "0")}
                return error.errno
        """
    )
    assert function.invoke({}).payload == 1


def test_everybody_does_not_mean_the_test(deploy: Deploy) -> None:
    """``kill(-1)`` reaches all other processes of a sandbox: there are none."""
    assert deploy("import os\ndef handler(e, c): return [os.kill(-1, 9), 1]").invoke({}).payload == [None, 1]


def test_no_such_process(deploy: Deploy) -> None:
    """A process that does not exist is reported as ever."""
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    function = deploy("import os\ndef handler(pid, c): os.kill(pid, 15)")
    assert function.invoke(int(ended.stdout)).payload["errorType"] == "ProcessLookupError"


def test_its_own_children(deploy: Deploy) -> None:
    """A handler ends its own children, one by one or as a group."""
    function = deploy(
        """
        import os, signal, subprocess, sys

        def handler(event, context):
            command = [sys.executable, "-c", "import time; time.sleep(600)"]
            first, second = subprocess.Popen(command), subprocess.Popen(command, start_new_session=True)
            first.terminate()
            os.killpg(second.pid, signal.SIGKILL)
            return first.wait(), second.wait()
        """
    )
    assert function.invoke({}).payload == [-15, -9]


HARMLESS = ["SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT", "SIGPIPE"]


@pytest.mark.parametrize("name", HARMLESS)
def test_signals_that_do_nothing(deploy: Deploy, name: str) -> None:
    """Some signals are ignored by default, SIGPIPE by Python."""
    response = deploy(f"import signal\ndef handler(e, c): return signal.raise_signal(signal.{name})").invoke({})
    assert (response.function_error, response.payload) == (None, None)


def test_a_stopped_process_stands_still(deploy: Deploy) -> None:
    """A process that stops itself is there until its deadline."""
    source = "import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.SIGSTOP)"
    response = deploy(source, timeout=7).invoke({})
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert response.duration.total_seconds() == 7


def test_a_handler_s_handlers(deploy: Deploy) -> None:
    """What the code installs runs in its main thread, and is still there in the next invocation."""
    function = deploy(
        """
        import os, signal, threading, time

        seen = []

        def note(number, frame):
            seen.append([number, threading.current_thread() is threading.main_thread()])

        before = signal.signal(signal.SIGTERM, note)

        def handler(event, context):
            os.kill(os.getpid(), signal.SIGTERM)
            thread = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM))
            thread.start()
            thread.join()
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.raise_signal(signal.SIGUSR1)
            return seen, before == signal.SIG_DFL, signal.getsignal(signal.SIGTERM) is note
        """
    )
    twice = [[int(signal.SIGTERM), True]] * 2
    assert function.invoke({}).payload == [twice, True, True]
    assert function.invoke({}).payload == [twice * 2, True, True]


def test_the_handler_of_an_interrupt(deploy: Deploy) -> None:
    """``SIGINT`` raises ``KeyboardInterrupt``, which the code may catch."""
    function = deploy(
        """
        import os, signal

        def handler(event, context):
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                return "caught"
        """
    )
    assert function.invoke({}).payload == "caught"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("signal.SIGKILL, signal.SIG_IGN", "OSError"),
        ("0, signal.SIG_IGN", "ValueError"),
        ("999, signal.SIG_IGN", "ValueError"),
        ("signal.SIGTERM, 'no'", "TypeError"),
    ],
)
def test_what_can_not_be_installed(deploy: Deploy, arguments: str, error: str) -> None:
    """Wrong arguments are refused as ever."""
    response = deploy(f"import signal\ndef handler(e, c): signal.signal({arguments})").invoke({})
    assert response.payload["errorType"] == error


def test_handlers_are_installed_in_the_main_thread(deploy: Deploy) -> None:
    """In a thread of the code's own ``signal.signal`` is refused."""
    function = deploy(
        """
        import signal
        from concurrent.futures import ThreadPoolExecutor

        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                pool.submit(signal.signal, signal.SIGTERM, signal.SIG_IGN).result()
        """
    )
    assert function.invoke({}).payload["errorType"] == "ValueError"


def test_blocked_signals(deploy: Deploy) -> None:
    """A blocked signal is pending until it is unblocked, or waited for."""
    function = deploy(
        """
        import os, signal, threading, time

        def handler(event, context):
            seen = []
            signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2])
            os.kill(os.getpid(), signal.SIGUSR1)
            pending = signal.sigpending() == {signal.SIGUSR1}
            nothing = list(seen)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
            threading.Timer(5, os.kill, (os.getpid(), signal.SIGUSR2)).start()
            waited = signal.sigwait([signal.SIGUSR2])
            return pending, nothing, seen == [signal.SIGUSR1], waited == signal.SIGUSR2
        """,
        timeout=10,
    )
    response = function.invoke({}).raise_for_error()
    assert response.payload == [True, [], True, True]
    assert response.duration.total_seconds() == 5


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="this platform has none")
def test_waiting_for_a_signal_in_vain(deploy: Deploy) -> None:
    """``sigtimedwait`` takes its virtual time."""
    function = deploy("import signal\ndef handler(e, c): return signal.sigtimedwait([signal.SIGUSR1], 2.5)")
    response = function.invoke({})
    assert (response.function_error, response.payload) == (None, None)
    assert response.duration.total_seconds() == 2.5


ALARMED = """
    import asyncio, queue, signal, threading, time

    class Late(Exception):
        pass

    def ring(number, frame):
        raise Late

    def wait(what):
        if what == "sleep":
            time.sleep(60)
        elif what == "queue":
            queue.Queue().get()
        elif what == "event":
            threading.Event().wait(60)
        elif what == "pause":
            signal.pause()
        else:
            asyncio.run(asyncio.sleep(60))

    def handler(what, context):
        signal.signal(signal.SIGALRM, ring)
        signal.{alarm}
        try:
            wait(what)
        except Late:
            return "rang"
        finally:
            left = signal.alarm(0)
"""


@pytest.mark.parametrize("alarm", ["alarm(5)", "setitimer(signal.ITIMER_REAL, 5)"])
@pytest.mark.parametrize("what", ["sleep", "queue", "event", "pause", "asyncio"])
def test_an_alarm_rings_in_virtual_time(deploy: Deploy, what: str, alarm: str) -> None:
    """A handler's own timeout by ``SIGALRM`` ends its waits at the virtual instant; the environment lives on."""
    function = deploy(ALARMED.replace("{alarm}", alarm), timeout=30)
    for _ in range(3):
        response = function.invoke(what).raise_for_error()
        assert response.payload == "rang"
        assert response.duration.total_seconds() == 5


def test_an_alarm_that_returns_lets_the_wait_go_on(deploy: Deploy) -> None:
    """A handler that returns interrupts nothing; an interval rings again; what is left can be asked for."""
    function = deploy(
        """
        import signal, time

        def handler(event, context):
            rung = []
            signal.signal(signal.SIGALRM, lambda number, frame: rung.append(time.time()))
            began = time.time()
            signal.setitimer(signal.ITIMER_REAL, 2, 3)
            time.sleep(6)
            left = signal.setitimer(signal.ITIMER_REAL, 0)
            time.sleep(10)
            return [round(each - began, 3) for each in rung], left, signal.getitimer(signal.ITIMER_REAL)
        """,
        timeout=60,
    )
    response = function.invoke({}).raise_for_error()
    assert response.payload == [[2, 5], [2, 3], [0, 0]]
    assert response.duration.total_seconds() == 16


def test_an_alarm_without_a_handler_is_deadly(deploy: Deploy) -> None:
    """By default an alarm ends the process."""
    response = deploy("import signal, time\ndef handler(e, c): signal.alarm(2); time.sleep(60)", timeout=30).invoke({})
    assert words(response) == "Runtime exited with error: signal: alarm clock"
    assert response.duration.total_seconds() == 2


def test_an_alarm_after_the_end(deploy: Deploy) -> None:
    """An alarm that is still to come when the handler returns rings in a later invocation, as the process thaws."""
    function = deploy(
        """
        import signal, time

        rung = []
        signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))

        def handler(event, context):
            if event:
                signal.alarm(5)
            time.sleep(1)
            return len(rung)
        """
    )
    assert function.invoke(True).payload == 0
    time.sleep(60)
    assert function.invoke(False).payload == 1


def test_an_event_loop_s_handlers(deploy: Deploy) -> None:
    """``loop.add_signal_handler`` works, as does the interrupt that ``asyncio.run`` turns into a cancellation."""
    function = deploy(
        """
        import asyncio, os, signal

        async def main():
            told = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
            asyncio.get_running_loop().call_later(3, os.kill, os.getpid(), signal.SIGTERM)
            await told.wait()
            return "told"

        def handler(event, context):
            return asyncio.run(main())
        """,
        timeout=10,
    )
    response = function.invoke({}).raise_for_error()
    assert (response.payload, response.duration.total_seconds()) == ("told", 3)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A test process that an interrupt reaches: one that a shell has started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "source",
    [
        "def handler(e, c): spin()\ndef spin():\n    while True: pass",
        "import asyncio\ndef handler(e, c): asyncio.run(spin())\nasync def spin():\n    while True: pass",
        (
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "def handler(e, c): spin()\ndef spin():\n    while True: pass"
        ),
    ],
    ids=["plain", "event loop", "ignored"],
)
@pytest.mark.usefixtures("interruptible")
def test_a_person_s_interrupt_is_pytest_s(deploy: Deploy, source: str) -> None:
    """A real Ctrl-C reaches pytest, whatever the handler does with its own ``SIGINT``."""
    function = deploy(source)
    me, press = os.getpid(), os.kill

    def press_soon() -> None:
        while not any(frame.f_code.co_name == "spin" for frame in frames()):
            pass
        press(me, signal.SIGINT)

    def frames() -> Iterator[Any]:
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
        while frame is not None:
            yield frame
            frame = frame.f_back

    person = threading.Thread(target=press_soon)
    person.start()
    with pytest.raises(KeyboardInterrupt):
        function.invoke({})
    person.join()


def test_an_exit_in_a_thread_ends_the_thread(deploy: Deploy) -> None:
    """``sys.exit`` in a thread is the thread's own affair; ``os._exit`` there ends the process at that instant."""
    function = deploy(
        """
        import os, sys, threading, time

        def handler(event, context):
            leave = sys.exit if event else os._exit
            thread = threading.Timer(2, leave, (3,))
            thread.start()
            time.sleep(10)
            return "done"
        """,
        timeout=30,
    )
    assert function.invoke(True).payload == "done"
    response = function.invoke(False)
    assert words(response) == "Runtime exited with error: exit status 3"
    assert response.duration.total_seconds() == 2
