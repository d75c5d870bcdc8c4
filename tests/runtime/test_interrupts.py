"""What can be stopped, where an interrupt lands, and what it must not leave behind."""

from __future__ import annotations

import os
import signal
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.runtime import pulse, watchdog

pytestmark = pytest.mark.skipif(os.name == "nt", reason="only bytecode can be interrupted there")

Deploy = Callable[..., LambdaFunction]


@pytest.fixture
def deploy(tmp_path: Path) -> Any:
    """A function from its handler's body, in a service with a short real-time guard, and in a warm environment."""
    with LambdaService(real_time_guard=0.05) as service:

        def deploy(body: str) -> LambdaFunction:
            source = "def handler(event, context):\n    if event == 'warm up': return\n"
            (tmp_path / "app.py").write_text(source + textwrap.indent(textwrap.dedent(body), "    "))
            function = service.create_function("app.handler", code=tmp_path, timeout=900)
            # On a busy machine INIT may take longer than the guard allows.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(service._watchdog, "_limit", None)
                function.invoke("warm up").raise_for_error()
            return function

        yield deploy


KEEPS_THE_INTERPRETER = {
    "a regular expression": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "a power": "pow(3, 10**9)",
    "a product": "n = 1 << 40_000_000; n * (n + 1) * n * n",
    "a division": "n = 3 << 40_000_000; n ** 3 // (n + 7)",
    "a conversion": "import sys; getattr(sys, 'set_int_max_str_digits', int)(0); str(7 ** 40_000_000)",
    "a sort with a key": "sorted(range(10**9), key=lambda n: -n)",
    "a comprehension in a swallowing loop": """
        while True:
            try:
                [n for n in range(10**9)]
            except BaseException:
                pass
    """,
}


@pytest.mark.fidelity("I60", "I69")
@pytest.mark.parametrize("body", KEEPS_THE_INTERPRETER.values(), ids=KEEPS_THE_INTERPRETER)
def test_c_code_that_asks_for_signals_is_stopped(deploy: Deploy, body: str) -> None:
    """C code that lets no other thread run is stopped by the kernel's timer."""
    if "sorted" in body:
        body = body.replace("10**9", "10**6").replace("sorted", "while True: sorted")
    response = deploy(body).invoke({})
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert any("in handler" in line for line in response.stopped_at)


BLOCKED = {
    "recv": "import socket; mine, theirs = socket.socketpair(); mine.recv(1)",
    "accept": "import socket; s = socket.create_server(('127.0.0.1', 0)); s.accept()",
    "lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "with lock": "import threading\nlock = threading.Lock()\nwith lock:\n    with lock:\n        pass",
    "semaphore": "import threading; threading.Semaphore(0).acquire()",
    "event": "import threading; threading.Event().wait()",
    "condition": "import threading\nc = threading.Condition()\nwith c:\n    c.wait()",
    **{
        f"condition whose {lock} a busy thread has": f"import threading\nc = threading.Condition(threading.{lock}())\n"
        "def keep():\n    with c:\n        while True:\n            pass\n"
        "with c:\n    threading.Thread(target=keep).start()\n    c.wait()"
        for lock in ("Lock", "RLock")
    },
    "queue": "import queue; queue.Queue().get()",
    "simple queue": "import queue; queue.SimpleQueue().get()",
    "real simple queue": "import _queue; _queue.SimpleQueue().get()",
    "select": "import select, socket; pair = socket.socketpair(); select.select(pair[:1], [], [])",
    "poll": "import select; select.poll().poll()",
    "selector": "import selectors; selectors.DefaultSelector().select()",
    "pipe": "import os; r, w = os.pipe(); os.read(r, 1)",
    "subprocess": "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])",
    "communicate": "import subprocess\np = subprocess.Popen(['sleep', '600'], stdout=-1, stderr=-1)\n"
    "try:\n    p.communicate()\nfinally:\n    p.kill()",
    "waitpid": "import os, subprocess\np = subprocess.Popen(['sleep', '600'])\ntry:\n    os.waitpid(p.pid, 0)\n"
    "finally:\n    p.kill()",
    "join": "import threading\ndone = threading.Event()\nt = threading.Thread(target=done.wait)\nt.start()\nt.join()",
    "future": "from concurrent.futures import Future; Future().result()",
    "executor": "from concurrent.futures import ThreadPoolExecutor\nimport threading\n"
    "with ThreadPoolExecutor() as pool:\n    pool.submit(threading.Event().wait).result()",
    "event loop": "import asyncio\nasync def main():\n    await asyncio.Event().wait()\nasyncio.run(main())",
    "pause": "import signal; signal.pause()",
    "sigwait": "import signal; signal.sigwait({signal.SIGUSR1})",
    "busy thread": "import threading\ndef run():\n    while True:\n        pass\n"
    "t = threading.Thread(target=run)\nt.start()\nt.join()",
    "in a library": "import json\nwhile True:\n    json.loads(json.dumps([1, 2, 3], indent=1))",
}


@pytest.mark.fidelity("I60", "I69")
@pytest.mark.parametrize("body", BLOCKED.values(), ids=BLOCKED)
def test_a_blocked_handler_is_stopped(deploy: Deploy, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a handler waits for that never comes, it ends as timed out, and leaves no thread behind."""
    monkeypatch.setattr(watchdog, "_LONGEST_DEFERRAL", 0.2)
    deploy("return").invoke({})
    threads = set(threading.enumerate())
    response = deploy(body).invoke({})
    assert response.payload["errorType"] == "Sandbox.Timedout"
    # What has left the process's code has still to leave the interpreter's.
    patience = time.monotonic() + 10
    while (left := set(threading.enumerate()) - threads) and time.monotonic() < patience:
        pass
    assert left == set()


@pytest.mark.fidelity("I60", "I69")
def test_a_blocked_handler_is_stopped_in_real_time(tmp_path: Path) -> None:
    """With a real clock the deadline itself interrupts what blocks."""
    (tmp_path / "app.py").write_text("import threading\ndef handler(event, context): threading.Event().wait()")
    with LambdaService(clock="real") as service:
        response = service.create_function("app.handler", code=tmp_path, timeout=1).invoke({})
    assert response.payload["errorMessage"].endswith("Task timed out after 1.00 seconds")


@pytest.mark.fidelity("I60", "I69")
def test_a_thread_other_than_the_main_one(deploy: Deploy) -> None:
    """In a test that runs in another thread, a handler that computes is stopped too."""
    answers: list[Any] = []
    function = deploy("while True:\n    pass")
    thread = threading.Thread(target=lambda: answers.append(function.invoke({}).payload["errorType"]))
    thread.start()
    thread.join(20)
    assert answers == ["Sandbox.Timedout"]


def test_a_late_stop_says_so(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where C code could not be interrupted, the response tells where, and by how much the stop came late."""
    monkeypatch.setattr(watchdog, "_LONGEST_DEFERRAL", -1.0)
    response = deploy("sum(range(10_000_000))\nwhile True:\n    pass").invoke({})
    assert "in handler" in response.stopped_at[-1]
    assert "s too late" in response.stopped_at[-1]
    assert "can't be interrupted" in response.stopped_at[-1]


# -- the signal -----------------------------------------------------------------------------------------------------


def test_services_close_in_any_order(tmp_path: Path) -> None:
    """The signal stays ours until the last service is closed, and then signal and timer are as before."""
    before = signal.getsignal(pulse.SIGNAL), signal.getitimer(signal.ITIMER_VIRTUAL)
    first, second = LambdaService(real_time_guard=0.05).__enter__(), LambdaService(real_time_guard=0.05).__enter__()
    (tmp_path / "app.py").write_text("def handler(event, context):\n    while event: pass")
    functions = [service.create_function("app.handler", code=tmp_path) for service in (first, second)]
    for function in functions:
        function.invoke(False)
    first.close()
    assert functions[1].invoke(True).payload["errorType"] == "Sandbox.Timedout"
    second.close()
    assert (signal.getsignal(pulse.SIGNAL), signal.getitimer(signal.ITIMER_VIRTUAL)) == before


def test_a_timer_of_the_test_itself_is_left_alone() -> None:
    """A program that uses the processor timer keeps it."""
    with LambdaService() as service:
        signal.setitimer(signal.ITIMER_VIRTUAL, 1000, 2000)
        try:
            service.create_function(lambda event, context: None).invoke()
            assert signal.getitimer(signal.ITIMER_VIRTUAL)[1] == 2000
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


# -- where it lands -------------------------------------------------------------------------------------------------

shared = threading.Lock()


def free(lock: Any) -> bool:
    """Whether another thread can take a lock."""
    taken: list[bool] = []

    def take() -> None:
        taken.append(lock.acquire(timeout=5))
        if taken[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return taken[0]


HOLDERS: dict[str, Callable[..., Any]] = {}


def holder(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a handler that holds the shared lock for ever."""
    HOLDERS[function.__name__] = function
    return function


@holder
def computes(event: Any, context: Any) -> None:
    """With the lock held."""
    with shared:
        while True:
            pass


@holder
def swallows(event: Any, context: Any) -> None:
    """So that it must be pursued line by line."""
    while True:
        with shared:
            try:
                while True:
                    pass
            except BaseException:  # noqa: BLE001, S110 - that is what it does
                pass


@holder
def takes_and_gives(event: Any, context: Any) -> None:
    """Most of its time between the two."""
    while True:
        with shared:
            pass


@holder
def takes_and_tries(event: Any, context: Any) -> None:
    """The classical pattern, with a gap between taking and trying."""
    while True:
        shared.acquire()
        try:
            pass
        finally:
            shared.release()


@pytest.mark.parametrize("handler", HOLDERS.values(), ids=HOLDERS)
def test_a_lock_that_the_test_shares_is_free_again(handler: Callable[..., Any]) -> None:
    """However a handler held a shared lock when it was stopped, others can take it."""
    with LambdaService(real_time_guard=0.02) as service:
        function = service.create_function(handler)
        for _ in range(10):
            assert function.invoke({}).payload["errorType"] == "Sandbox.Timedout"
            assert free(shared)


def test_a_callback_in_a_library_is_handler_code() -> None:
    """A handler's own function that botocore calls is stopped there, and botocore unwinds."""
    import boto3
    from moto import mock_aws

    def for_ever(**_: Any) -> None:
        while True:
            pass

    with mock_aws(), LambdaService(real_time_guard=1) as service:
        client = boto3.client("sqs", region_name="us-east-1")
        client.meta.events.register("before-send.sqs", for_ever)
        response = service.create_function(lambda event, context: client.list_queues()).invoke({})
        assert response.payload["errorType"] == "Sandbox.Timedout"
        assert "for_ever" in response.stopped_at[-1]
        client.meta.events.unregister("before-send.sqs", for_ever)
        assert client.list_queues()
