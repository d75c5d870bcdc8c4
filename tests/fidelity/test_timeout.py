"""Deadlines: the answer and the log of a timeout, what becomes of the code, and what the next request finds."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

SLEEPS = """
    import time

    def handler(seconds, context):
        time.sleep(seconds)
        print("done waiting")
        return "awake"
"""


def assert_timed_out(response: InvokeResponse, seconds: int) -> None:
    """The answer is that of a timeout, to the byte."""
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert response.executed_version == "$LATEST"
    assert response.raw_payload.decode() == (
        '{"errorType":"Sandbox.Timedout","errorMessage":'
        f'"RequestId: {response.request_id} Error: Task timed out after {seconds}.00 seconds"}}'
    )


# -- the answer, the log, the time ------------------------------------------------------------------------------------


@pytest.mark.fidelity("I60", "I62", "P-25")
@pytest.mark.parametrize("timeout", [1, 3, 15, 900])
def test_the_answer_of_a_timeout(aws_lambda: LambdaService, deploy: Deploy, timeout: int) -> None:
    """The answer names the configured timeout with two decimals; exactly that much time has passed."""
    function = deploy(SLEEPS, timeout=timeout)
    response = function.invoke(3_600)
    assert_timed_out(response, timeout)
    assert response.duration == aws_lambda.clock.elapsed == timedelta(seconds=timeout)
    assert [invocation.status for invocation in function.invocations] == ["timeout"]


@pytest.mark.fidelity("I60")
def test_meeting_the_deadline_is_a_timeout(deploy: Deploy) -> None:
    """A handler that wakes at the very deadline is late; a microsecond earlier it is in time."""
    function = deploy(SLEEPS, timeout=3)
    assert function.invoke(2.999999).payload == "awake"
    assert_timed_out(function.invoke(3), 3)


@pytest.mark.fidelity("I63", "I66", "P03", "P06")
def test_the_log_of_a_timeout(deploy: Deploy) -> None:
    """START, END and a REPORT that ends in its status: no "Task timed out", and nothing from after the sleep."""
    function = deploy(SLEEPS, timeout=3)
    function.invoke(0)
    response = function.invoke(60)
    start, end, report = response.logs.splitlines()
    assert start == f"START RequestId: {response.request_id} Version: $LATEST"
    assert end == f"END RequestId: {response.request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {response.request_id}\tDuration: 3000\.00 ms\tBilled Duration: 3000 ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tStatus: timeout",
        report,
    )


@pytest.mark.fidelity("P06")
def test_the_report_of_a_cold_timeout(deploy: Deploy) -> None:
    """In an environment's first request the status follows the init duration."""
    report = deploy(SLEEPS, timeout=3).invoke(60).report
    assert report.endswith(" MB\tInit Duration: 0.00 ms\tStatus: timeout")


@pytest.mark.fidelity("I68")
def test_a_handler_in_time(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A handler that is done before its deadline answers normally, after the time that it took."""
    response = deploy(SLEEPS, timeout=900).invoke(899.5)
    assert (response.function_error, response.payload) == (None, "awake")
    assert response.duration == aws_lambda.clock.elapsed == timedelta(seconds=899.5)
    assert "\ndone waiting\n" in response.logs


@pytest.mark.fidelity("I67", "C10")
def test_remaining_time(deploy: Deploy) -> None:
    """The remaining time begins at the timeout and falls as time passes."""
    function = deploy(
        """
        import time

        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(4)
            return before, context.get_remaining_time_in_millis()
        """,
        timeout=10,
    )
    assert function.invoke({}).payload == [10_000, 6_000]


@pytest.mark.fidelity("I67")
def test_polling_the_remaining_time_ends(deploy: Deploy) -> None:
    """A handler that works until little time is left sees time pass, and ends by itself."""
    function = deploy(
        """
        def handler(event, context):
            rounds = 0
            while context.get_remaining_time_in_millis() > 1000:
                rounds += 1
            return context.get_remaining_time_in_millis()
        """,
        timeout=60,
    )
    response = function.invoke({})
    assert response.function_error is None
    assert 0 < response.payload <= 1000


# -- the code is dead -------------------------------------------------------------------------------------------------

# Each writes and prints before its end, and tries to after it.
SURVIVORS = {
    "nothing caught": """
        time.sleep(60)
    """,
    "except Exception": """
        try:
            time.sleep(60)
        except Exception:
            after("caught")
    """,
    "except BaseException": """
        try:
            time.sleep(60)
        except BaseException:
            after("caught")
        after("went on")
        return "survived"
    """,
    "bare except that returns": """
        try:
            time.sleep(60)
        except:
            return "survived"
    """,
    "finally that sleeps": """
        try:
            time.sleep(60)
        finally:
            time.sleep(60)
            after("slept again")
    """,
    "finally that returns": """
        try:
            time.sleep(60)
        finally:
            return "survived"
    """,
    "sleeps for ever": """
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass
    """,
    "swallows in nested calls": """
        def stubborn(depth):
            try:
                return stubborn(depth - 1) if depth else time.sleep(60)
            except BaseException:
                after("caught")
                return stubborn(depth)

        return stubborn(5)
    """,
    "context manager that suppresses": """
        with contextlib.suppress(BaseException):
            time.sleep(60)
        after("went on")
    """,
    "raises something else": """
        try:
            time.sleep(60)
        except BaseException as end:
            after("caught")
            raise ValueError("mine") from end
    """,
    "exits": """
        try:
            time.sleep(60)
        except BaseException:
            os._exit(7)
    """,
    "asyncio": """
        async def main():
            try:
                await asyncio.sleep(60)
            except BaseException:
                after("caught")
            after("went on")
            await asyncio.sleep(60)

        asyncio.run(main())
    """,
    "waits for an event": """
        try:
            threading.Event().wait()
        except BaseException:
            after("caught")
    """,
    "joins a thread": """
        def work():
            try:
                time.sleep(60)
            except BaseException:
                after("caught in the thread")
            after("the thread went on")

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        after("joined")
    """,
    "a thread that sleeps for ever": """
        def work():
            while True:
                try:
                    time.sleep(1)
                except BaseException:
                    pass

        threading.Thread(target=work).start()
        time.sleep(60)
    """,
}
SURVIVOR = """
    import asyncio, contextlib, logging, os, threading, time

    def after(what):
        with contextlib.suppress(BaseException):
            logging.error("AFTER %s", what)
        print("AFTER", what)
        with open("/tmp/after", "a") as file:
            file.write(what)

    def handler(event, context):
        if event == "look":
            return sorted(os.listdir("/tmp"))
        print("before")
        open("/tmp/before", "w").close()
"""


@pytest.mark.fidelity("I63", "I69")
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in SURVIVORS.items()])
def test_a_dead_handler_has_no_effect(deploy: Deploy, body: str) -> None:
    """However a handler meets its end, it answers a timeout, prints nothing more and writes nothing more."""
    tracer, threads = sys.gettrace(), set(threading.enumerate())
    function = deploy(SURVIVOR + body, timeout=2)
    response = function.invoke("live")
    assert_timed_out(response, 2)
    assert response.duration == timedelta(seconds=2)
    assert "\nbefore\nEND " in response.logs
    assert "AFTER" not in response.logs
    assert function.invoke("look").payload == ["before"]
    assert sys.gettrace() is tracer
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.fidelity("I69")
def test_the_tasks_of_a_dead_event_loop(deploy: Deploy) -> None:
    """Tasks that waited are gone with their loop: nothing of them runs when a later request collects garbage."""
    function = deploy(
        """
        import asyncio, gc

        async def waits():
            try:
                await asyncio.sleep(60)
            finally:
                print("AFTER waiting")

        async def ticks():
            try:
                while True:
                    yield
                    await asyncio.sleep(1)
            finally:
                print("AFTER ticking")

        async def main():
            task = asyncio.create_task(waits())
            async for _ in ticks():
                pass

        def handler(event, context):
            if event == "collect":
                gc.collect()
            else:
                asyncio.run(main())
        """
    )
    assert_timed_out(function.invoke({}), 3)
    response = function.invoke("collect")
    assert response.function_error is None
    assert "AFTER" not in response.environment.log.text()
    assert "Task was destroyed" not in response.environment.log.text()


@pytest.mark.fidelity("I69")
def test_a_generator_that_refuses_to_close(deploy: Deploy) -> None:
    """Code that runs when a dead handler's objects are collected has no effect either."""
    function = deploy(
        """
        import time

        def stubborn():
            try:
                yield
            finally:
                print("AFTER closing")

        class Stubborn:
            def __del__(self):
                print("AFTER deletion")

        def handler(event, context):
            generator, thing = stubborn(), Stubborn()
            next(generator)
            time.sleep(60)
        """
    )
    response = function.invoke({})
    assert_timed_out(response, 3)
    assert "AFTER" not in response.environment.log.text()


BUSY_LOOPS = {
    "computes": """
        while True:
            pass
    """,
    "computes and swallows": """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                print("AFTER")
    """,
    "computes in a library": """
        import json
        while True:
            json.loads(json.dumps([1, 2, 3], indent=1))
    """,
    "blocked in a lock": """
        import threading
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    """,
    "blocked in a socket": """
        import socket
        mine, theirs = socket.socketpair()
        mine.recv(1)
    """,
}


@pytest.mark.fidelity("I60", "I69")
@pytest.mark.lambda_service(real_time_guard=0.2)
@pytest.mark.skipif(os.name == "nt", reason="only bytecode can be interrupted there")
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in BUSY_LOOPS.items()])
def test_a_handler_that_never_looks_at_a_clock(deploy: Deploy, body: str) -> None:
    """A handler that computes for ever is stopped after the real-time guard's seconds, and has timed out."""
    function = deploy("def handler(event, context):" + body, timeout=900)
    began = time.perf_counter()
    response = function.invoke({})
    assert time.perf_counter() - began < 10
    assert_timed_out(response, 900)
    assert response.duration == timedelta(seconds=900)
    assert "AFTER" not in response.logs
    assert any(", in handler\n" in place for place in response.stopped_at)


@pytest.mark.fidelity("I69")
def test_where_the_handler_was(deploy: Deploy, tmp_path: Path) -> None:
    """The response tells where the handler was when it was stopped."""
    response = deploy(SLEEPS, timeout=1).invoke(60)
    assert response.stopped_at == (f'  File "{tmp_path / "app.py"}", line 5, in handler\n    time.sleep(seconds)\n',)


# -- what stays and what goes -----------------------------------------------------------------------------------------

NUMBER = """
    import os, pathlib, time

    number = 0

    def handler(event, context):
        global number
        number = event.get("number", number)
        if "content" in event:
            with open("/tmp/file", "w") as file:
                file.write(event["content"])
        time.sleep(event.get("seconds", 0))
        content = pathlib.Path("/tmp/file").read_text() if os.path.exists("/tmp/file") else None
        return {"number": number, "content": content}
"""


@pytest.mark.fidelity("I64", "V40")
def test_globals_go_and_tmp_stays(deploy: Deploy) -> None:
    """After a timeout the same environment serves the next request with fresh globals and the old ``/tmp``."""
    function = deploy(NUMBER, timeout=1)
    warm = function.invoke({"number": 42})
    assert function.invoke({}).payload["number"] == 42
    function.invoke({"content": "some-content", "seconds": 10})
    after = function.invoke({})
    assert after.payload == {"number": 0, "content": "some-content"}
    assert after.environment is warm.environment
    assert after.environment.log_stream_name == warm.environment.log_stream_name
    assert after.cold_start
    assert not function.invoke({}).cold_start


OPEN_FILES = {
    "flushed": (
        """
        file = open("/tmp/file", "w")
        file.write("kept")
        file.flush()
        time.sleep(60)
        """,
        "kept",
    ),
    "still in a buffer": (
        """
        with open("/tmp/file", "w") as file:
            file.write("lost")
            time.sleep(60)
        """,
        "",
    ),
    "written in a finally": (
        """
        file = open("/tmp/file", "wb", buffering=0)
        file.write(b"kept")
        try:
            time.sleep(60)
        finally:
            file.write(b"lost")
        """,
        "kept",
    ),
    "written through a descriptor": (
        """
        descriptor = os.open("/tmp/file", os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, b"kept")
        try:
            time.sleep(60)
        finally:
            os.write(descriptor, b"lost")
        """,
        "kept",
    ),
}


@pytest.mark.fidelity("I64", "I69")
@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell which descriptors are open")
@pytest.mark.parametrize(
    ("body", "content"), [pytest.param(*body_and_content, id=name) for name, body_and_content in OPEN_FILES.items()]
)
def test_a_file_that_was_open(deploy: Deploy, body: str, content: str) -> None:
    """A file that was open keeps what had been written, and gets nothing that its buffer held or code writes later."""
    function = deploy(
        """
    import os, time

    def handler(event, context):
        if event == "look":
            with open("/tmp/file") as file:
                return file.read()
    """
        + body
    )
    function.invoke({})
    assert function.invoke("look").payload == content


@pytest.mark.fidelity("I65")
def test_the_init_after_a_timeout_counts_as_duration(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A process that is started again does so on the request's own time, and reports no ``Init Duration``."""
    function = deploy(
        "import time\ntime.sleep(2)\ndef handler(seconds, context): time.sleep(seconds)",
        timeout=3,
    )
    first = function.invoke(0.5)
    assert (first.init_duration, first.duration) == (timedelta(seconds=2), timedelta(seconds=0.5))
    assert "\tInit Duration: 2000.00 ms\t" in first.report
    function.invoke(60)
    again = function.invoke(0.5)
    assert (again.init_duration, again.duration) == (None, timedelta(seconds=2.5))
    assert "\tDuration: 2500.00 ms\tBilled Duration: 2500 ms\t" in again.report
    assert "Init Duration" not in again.logs
    assert aws_lambda.clock.elapsed == timedelta(seconds=2 + 0.5 + 3 + 2.5)


@pytest.mark.fidelity("I65", "I67")
def test_the_init_after_a_timeout_uses_up_the_timeout(deploy: Deploy) -> None:
    """The handler has only what that init has left of its timeout; a longer sleep times out again."""
    function = deploy(
        """
        import time
        time.sleep(2)

        def handler(seconds, context):
            remaining = context.get_remaining_time_in_millis()
            time.sleep(seconds)
            return remaining
        """,
        timeout=3,
    )
    assert function.invoke(2.5).payload == 3_000
    assert_timed_out(function.invoke(60), 3)
    response = function.invoke(2.5)
    assert_timed_out(response, 3)
    assert response.duration == timedelta(seconds=3)
    assert function.invoke(0).payload == 1_000


@pytest.mark.fidelity("I69")
def test_the_test_process_is_unharmed(aws_lambda: LambdaService, deploy: Deploy, capsys: Any) -> None:
    """After a timeout the test's own prints, files, sleeps and threads work as ever."""
    deploy(SURVIVOR + SURVIVORS["sleeps for ever"]).invoke({})
    print("still here")
    assert capsys.readouterr().out == "before\nstill here\n"
    elapsed = aws_lambda.clock.elapsed
    time.sleep(1)
    assert aws_lambda.clock.elapsed == elapsed + timedelta(seconds=1)
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
