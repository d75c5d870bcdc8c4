"""What becomes of leftovers when their process ends: nothing outlives the test."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaService

DESCRIPTORS = Path("/dev/fd")
_TIMEOUTS = 300
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]

posix = pytest.mark.skipif(os.name != "posix", reason="processes have no number that could be asked for")
lists_descriptors = pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="the system does not tell what is open")


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service of the test's own."""
    with LambdaService() as service:
        yield service


def exists(pid: int) -> bool:
    """Whether a process of this number exists, be it only as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def popen(event: Any, context: Any) -> int:
    """Leave a command running, and drop the object that stands for it."""
    return subprocess.Popen(SLEEPER).pid


def popen_group(event: Any, context: Any) -> int:
    """Leave a command running that leads a group of its own."""
    process = subprocess.Popen(SLEEPER, start_new_session=True)
    context.kept = process
    return process.pid


def spawn(event: Any, context: Any) -> int:
    """Leave a spawned child running."""
    return os.posix_spawn(sys.executable, SLEEPER, {})


def fork(event: Any, context: Any) -> int:
    """Leave a forked child running."""
    pid = os.fork()
    while not pid:
        pass
    return pid


def fork_and_forget(event: Any, context: Any) -> int:
    """Leave a forked child that has ended, and that nobody has waited for."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def multiprocess(event: Any, context: Any) -> int:
    """Leave a child of ``multiprocessing`` running, which the interpreter would wait for at its exit."""
    import multiprocessing

    process = multiprocessing.get_context("fork").Process(target=lambda: [None for _ in iter(int, 1)])
    process.start()
    assert process.pid is not None
    return process.pid


@posix
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("handler", [popen, popen_group, spawn, fork, fork_and_forget, multiprocess])
def test_no_child_outlives_its_environment(service: LambdaService, handler: Callable[[Any, Any], int]) -> None:
    """It runs on in the warm environment, and is killed and reaped when that is retired."""
    function = service.create_function(handler)
    pid = function.invoke().raise_for_error().payload
    assert exists(pid)
    function.recycle_environments()
    assert not exists(pid)


@posix
def test_no_child_outlives_a_timeout(service: LambdaService) -> None:
    """A killed process takes its children with it; their pipes are closed."""
    children: list[subprocess.Popen[bytes]] = []

    def handler(event: Any, context: Any) -> None:
        children.append(subprocess.Popen(SLEEPER, stdout=subprocess.PIPE))
        time.sleep(500)

    service.create_function(handler).invoke()
    assert children[0].returncode == -9
    assert children[0].stdout is not None
    assert children[0].stdout.closed


@posix
def test_a_child_of_the_test_is_left_alone(service: LambdaService) -> None:
    """Only what handler code has started is ended with it."""
    with subprocess.Popen(SLEEPER) as process:
        try:
            function = service.create_function(lambda event, context: None)
            assert function.invoke().leftovers == ()
            function.recycle_environments()
            assert process.poll() is None
        finally:
            process.kill()


@posix
def test_the_exit_status_stays_for_the_handler(service: LambdaService) -> None:
    """Looking whether a child still runs does not take its status from whoever waits for it later."""
    pids: list[int] = []

    def handler(event: Any, context: Any) -> int | None:
        if event:
            pids.append(os.posix_spawn(sys.executable, [sys.executable, "-c", "input(); raise SystemExit(7)"], {}))
            return None
        return os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1])

    function = service.create_function(handler)
    reading, writing = os.pipe()
    saved = os.dup(0)
    os.dup2(reading, 0)
    try:
        assert len(function.invoke("start").leftovers) == 1
        os.write(writing, b"\n")
        os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOWAIT)
        assert function.invoke().payload == 7
    finally:
        os.dup2(saved, 0)
        for descriptor in (saved, reading, writing):
            os.close(descriptor)


@lists_descriptors
def test_timeouts_leak_no_descriptor(service: LambdaService, tmp_path: Path) -> None:
    """Handlers are killed anywhere inside what opens things: nothing stays open."""
    chance = random.Random(7)  # noqa: S311 - no secret

    def handler(event: Any, context: Any) -> None:
        def pause() -> None:
            # One in twelve is the last: the deadline is met there.
            time.sleep(500 if chance.random() < 1 / 12 else 0.001)

        for name in os.listdir("/tmp"):
            os.remove(f"/tmp/{name}")
        while True:
            with open("/tmp/file", "w") as file, open("/tmp/file") as reader:
                file.write("x")
                pause()
                reader.read()
            pause()
            with tempfile.NamedTemporaryFile() as file_2:
                pause()
                file_2.write(b"x")
            descriptor, _ = tempfile.mkstemp()
            pause()
            os.close(descriptor)
            reading, writing = os.pipe()
            pause()
            with os.fdopen(writing, "w"):
                pause()
            os.close(reading)
            one, other = socket.socketpair()
            pause()
            one.close()
            other.close()
            connection = sqlite3.connect("/tmp/db.sqlite")
            pause()
            connection.execute("create table if not exists t (x)")
            pause()
            connection.close()

    function = service.create_function(handler)
    function.invoke()
    gc.collect()
    before = len(os.listdir(DESCRIPTORS))
    for _ in range(_TIMEOUTS):
        assert function.invoke().function_error == "Unhandled"
    gc.collect()
    assert len(os.listdir(DESCRIPTORS)) <= before


@lists_descriptors
@pytest.mark.parametrize("end", ["timeout", "retirement"])
def test_what_a_module_keeps_open_is_closed_with_its_process(service: LambdaService, tmp_path: Path, end: str) -> None:
    """Files of INIT too; no ``ResourceWarning`` reaches whatever test runs when they are collected."""
    (tmp_path / "app.py").write_text(
        "import asyncio, os, socket, tempfile, time\n"
        "kept = [open('/tmp/x', 'w'), socket.socketpair(), os.pipe(), tempfile.TemporaryFile()]\n"
        "loop = asyncio.new_event_loop()\n"
        "async def work():\n    await asyncio.sleep(500)\n"
        "def handler(event, context):\n"
        "    kept.append((open('/tmp/y', 'w'), socket.socket(), os.dup(0), loop.create_task(work())))\n"
        "    loop.run_until_complete(asyncio.sleep(0))\n"
        "    time.sleep(event)\n",
        encoding="utf-8",
    )
    asyncio.run(asyncio.sleep(0))  # whatever is opened once for the interpreter
    function = service.create_function("app.handler", code=tmp_path)
    before = set(os.listdir(DESCRIPTORS))
    function.invoke(500 if end == "timeout" else 0)
    function.recycle_environments()
    assert set(os.listdir(DESCRIPTORS)) <= before
    gc.collect()


@lists_descriptors
def test_what_a_killed_process_had_buffered_is_lost(tmp_path: Path) -> None:
    """Also outside ``/tmp``: closing the file must not write what the handler had not flushed (I69)."""
    target, files = tmp_path / "x", []

    def handler(event: Any, context: Any) -> None:
        file = open(target, "w")  # noqa: SIM115 - left open
        files.append(file)
        file.write("flushed")
        file.flush()
        file.write("buffered")
        time.sleep(500)

    with LambdaService(writable=[tmp_path], scratch=[tmp_path]) as service:
        service.create_function(handler).invoke()
    assert files[0].closed
    assert target.read_text() == "flushed"


def test_a_file_of_the_test_module_survives_the_environment(tmp_path: Path) -> None:
    """Code of the test module is shared, so that a global it made in one environment is there in the next."""
    files: list[Any] = []

    def handler(event: Any, context: Any) -> int:
        if not files:
            files.append(open(tmp_path / "x", "w"))  # noqa: SIM115 - left open
        return int(files[0].write("x"))

    with LambdaService(writable=[tmp_path], scratch=[tmp_path]) as service:
        function = service.create_function(handler)
        assert function.invoke().payload == 1
        function.recycle_environments()
        assert function.invoke().payload == 1
    files[0].close()


def test_a_thread_that_never_ends_does_not_keep_pytest(pytester: pytest.Pytester) -> None:
    """Executors join their workers at the interpreter's exit, and that must not wait for a dead environment's."""
    pytester.makepyfile(
        """
        from concurrent.futures import ThreadPoolExecutor
        kept = []

        def busy():
            while True:
                pass

        def handler(event, context):
            kept.append(ThreadPoolExecutor())
            kept[0].submit(busy)

        def test_it(aws_lambda):
            [leftover] = aws_lambda.create_function(handler).invoke().leftovers
            assert "runs on" in leftover.what
        """
    )
    result = pytester.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(passed=1)
    assert result.ret == 0
