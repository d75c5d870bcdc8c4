"""Processes that end in the middle of a request: the answer, the log, and what the next request finds."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

HANDLER = """
    import logging, os, signal, sys, threading, time

    def after(what):
        print("AFTER", what)
        with open("/tmp/after", "a") as file:
            file.write(what)

    def handler(event, context):
        if event == "look":
            return sorted(os.listdir("/tmp"))
        print("before")
        open("/tmp/before", "w").close()
        {statement}
        after("went on")
"""


def assert_exited(response: InvokeResponse, text: str) -> None:
    """The answer is that of a process that ended, to the byte."""
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert response.executed_version == "$LATEST"
    assert response.raw_payload.decode() == (
        f'{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: {response.request_id} Error: {text}"}}'
    )


STATUS = "Runtime exited with error: exit status {}"
SIGNAL = "Runtime exited with error: signal: {}"
NO_REASON = "Runtime exited without providing a reason"

ENDINGS = {
    "sys.exit(0)": NO_REASON,
    "sys.exit()": NO_REASON,
    "sys.exit(None)": NO_REASON,
    "sys.exit(256)": NO_REASON,
    "sys.exit(3)": STATUS.format(3),
    "sys.exit(-1)": STATUS.format(255),
    "sys.exit(True)": STATUS.format(1),
    "sys.exit('reason')": STATUS.format(1),
    "exit(4)": STATUS.format(4),
    "quit()": NO_REASON,
    "raise SystemExit(5)": STATUS.format(5),
    "os._exit(0)": NO_REASON,
    "os._exit(7)": STATUS.format(7),
    "raise KeyboardInterrupt": SIGNAL.format("interrupt"),
    "raise GeneratorExit": STATUS.format(1),
    "raise BaseException('mine')": STATUS.format(1),
    "raise type('Mine', (BaseException,), {})": STATUS.format(1),
}


@pytest.mark.fidelity("E14", "E15", "E16", "E17", "I80", "I81", "I84")
@pytest.mark.parametrize(("statement", "text"), ENDINGS.items(), ids=ENDINGS)
def test_the_answer_of_an_exit(deploy: Deploy, statement: str, text: str) -> None:
    """Whatever is no ``Exception`` ends the process; the answer words its exit status, in two keys."""
    function = deploy(HANDLER.replace("{statement}", statement))
    response = function.invoke({})
    assert_exited(response, text)
    assert "AFTER" not in response.logs
    assert [invocation.status for invocation in function.invocations] == ["crash"]


@pytest.mark.fidelity("E16", "I82", "I84")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("os.abort()", SIGNAL.format("aborted")),
        ("os.kill(os.getpid(), signal.SIGKILL)", SIGNAL.format("killed")),
        ("os.kill(os.getpid(), signal.SIGTERM)", SIGNAL.format("terminated")),
        ("os.kill(os.getpid(), signal.SIGABRT)", SIGNAL.format("aborted")),
    ],
)
def test_the_answer_of_a_signal(deploy: Deploy, statement: str, text: str) -> None:
    """A process that a signal ends is reported with the signal's name."""
    response = deploy(HANDLER.replace("{statement}", statement)).invoke({})
    assert_exited(response, text)
    assert "AFTER" not in response.logs


@pytest.mark.fidelity("E11")
def test_an_exception_that_can_not_be_shown(deploy: Deploy) -> None:
    """Where ``str()`` of an exception raises, the runtime itself dies of that."""
    function = deploy(
        """
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("no words")

        def handler(event, context):
            raise Mute
        """
    )
    response = function.invoke({})
    assert_exited(response, STATUS.format(1))
    assert "RuntimeError: no words" in response.logs


@pytest.mark.fidelity("I84", "P03", "P06")
def test_the_log_of_a_crash(deploy: Deploy) -> None:
    """The log ends with END and a REPORT that tells status and error type."""
    response = deploy(HANDLER.replace("{statement}", "time.sleep(0.5); os._exit(1)"), timeout=30).invoke({})
    _, start, printed, end, report = response.logs.splitlines()
    assert start == f"START RequestId: {response.request_id} Version: $LATEST"
    assert printed == "before"
    assert end == f"END RequestId: {response.request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {response.request_id}\tDuration: 500\.00 ms\tBilled Duration: 500 ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: 0\.00 ms\t"
        r"Status: error\tError Type: Runtime\.ExitError",
        report,
    )


@pytest.mark.fidelity("E14", "I81")
@pytest.mark.parametrize(
    ("statement", "printed"),
    [
        ("sys.exit('reason')", "reason\n"),
        ("raise KeyboardInterrupt('mine')", "KeyboardInterrupt: mine\n"),
    ],
)
def test_what_ends_a_process_is_printed(deploy: Deploy, statement: str, printed: str) -> None:
    """As any Python process does, it says on stderr what ended it: a text for ``sys.exit``, a traceback else."""
    log = deploy(HANDLER.replace("{statement}", statement)).invoke({}).logs
    assert f"\n{printed}END" in log
    assert ("Traceback (most recent call last):" in log) == ("raise" in statement)


SWALLOWED = {
    "finally that prints": """
        try:
            os._exit(1)
        finally:
            after("finally")
    """,
    "except BaseException": """
        try:
            os._exit(1)
        except BaseException:
            after("caught")
        after("went on")
        return "survived"
    """,
    "again and again": """
        while True:
            try:
                os._exit(1)
            except BaseException:
                pass
    """,
    "finally that returns": """
        try:
            os._exit(1)
        finally:
            return "survived"
    """,
    "from a thread": """
        thread = threading.Thread(target=os._exit, args=[1])
        thread.start()
        thread.join()
        time.sleep(1)
        after("went on")
    """,
    "a buffer": """
        file = open("/tmp/before", "w")
        file.write("lost")
        os._exit(1)
    """,
}


@pytest.mark.fidelity("E17", "I81")
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in SWALLOWED.items()])
def test_an_exit_can_not_be_caught(deploy: Deploy, body: str) -> None:
    """``os._exit`` runs no ``except`` and no ``finally``, and flushes no buffer."""
    tracer, threads = sys.gettrace(), set(threading.enumerate())
    function = deploy(HANDLER.partition("        {statement}")[0] + body)
    response = function.invoke({})
    assert_exited(response, STATUS.format(1))
    assert "AFTER" not in response.logs
    assert function.invoke("look").payload == ["before"]
    if os.name != "nt":
        assert (response.environment.tmp / "before").read_text(encoding="utf-8") == ""
    assert sys.gettrace() is tracer
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.fidelity("E15")
def test_sys_exit_is_an_exception_like_any_other(deploy: Deploy) -> None:
    """A handler may catch its own ``SystemExit``, and ``finally`` runs before it ends the process."""
    caught = deploy(
        """
        import sys

        def handler(event, context):
            try:
                sys.exit(1)
            except SystemExit as end:
                return end.code
        """,
        function_name="caught",
    )
    assert caught.invoke({}).payload == 1
    finished = deploy(
        """
        import sys

        def handler(event, context):
            try:
                sys.exit(1)
            finally:
                print("finally")
        """,
        function_name="finished",
    )
    response = finished.invoke({})
    assert_exited(response, STATUS.format(1))
    assert "\nfinally\n" in response.logs


@pytest.mark.fidelity("E14")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # as for any thread in a test
def test_a_threads_exit_is_its_own(deploy: Deploy) -> None:
    """``sys.exit`` in a thread ends that thread and nothing else."""
    function = deploy(
        """
        import sys, threading

        def handler(event, context):
            thread = threading.Thread(target=sys.exit, args=[3])
            thread.start()
            thread.join()
            return "alive"
        """
    )
    assert function.invoke({}).payload == "alive"


@pytest.mark.fidelity("I83", "V40", "P-08")
@pytest.mark.parametrize("statement", ["sys.exit(0)", "os._exit(1)", "raise KeyboardInterrupt"])
def test_globals_go_and_tmp_stays(deploy: Deploy, statement: str) -> None:
    """After a crash the same environment serves the next request with a new process and the old ``/tmp``."""
    function = deploy(
        f"""
        import os, sys

        number = 0

        def handler(event, context):
            global number
            number += 1
            open(f"/tmp/{{number}}-{{len(os.listdir('/tmp'))}}", "x").close()
            if event:
                {statement}
            return sorted(os.listdir("/tmp"))
        """
    )
    first = function.invoke({})
    function.invoke({"crash": True})
    after = function.invoke({})
    assert after.payload == ["1-0", "1-2", "2-1"]
    assert after.environment is first.environment
    assert after.cold_start
    assert (after.init_duration, "Init Duration" in after.report) == (None, False)


@pytest.mark.fidelity("I83", "I65")
def test_the_init_after_a_crash_counts_as_duration(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A process that is started again does so on the request's own time."""
    function = deploy("import os, time\ntime.sleep(2)\ndef handler(event, context): os._exit(event)")
    first, second = function.invoke(1), function.invoke(1)
    assert (first.init_duration, first.duration) == (timedelta(seconds=2), timedelta(0))
    assert (second.init_duration, second.duration) == (None, timedelta(seconds=2))
    assert "\tDuration: 2000.00 ms\tBilled Duration: 2000 ms\t" in second.report


@pytest.mark.fidelity("E05", "I05")
def test_an_exception_is_no_crash(deploy: Deploy) -> None:
    """A handler that raises keeps its process: the next request finds it warm, with its globals."""
    function = deploy(
        """
        number = 0

        def handler(event, context):
            global number
            number += 1
            if event:
                raise ValueError
            return number
        """
    )
    function.invoke({"fail": True})
    response = function.invoke({})
    assert (response.payload, response.cold_start) == (2, False)


@pytest.mark.fidelity("E15", "P-08")
def test_the_test_process_is_unharmed(deploy: Deploy) -> None:
    """After crashes signal handlers, hooks and functions of the process are the test's own."""

    def state() -> tuple[object, ...]:
        signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGABRT)]
        return (*signals, sys.excepthook, sys.unraisablehook, threading.excepthook, traceback.print_exception)

    before = state()
    for number, statement in enumerate(ENDINGS):
        deploy(HANDLER.replace("{statement}", statement), function_name=f"fn-{number}").invoke({})
    assert state() == before
