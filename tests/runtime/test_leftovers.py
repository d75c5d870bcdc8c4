"""What an invocation leaves behind, kind by kind."""

from __future__ import annotations

import _thread
import gc
import os
import re
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
needs_spawn = pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="no posix_spawn here")


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Deploy]:
    """A function from its source text; ``app.py`` is there at once."""
    with LambdaService() as service:

        def deploy(source: str, **configuration: Any) -> LambdaFunction:
            (tmp_path / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
            return service.create_function("app.handler", code=tmp_path, **{"timeout": 60, **configuration})

        yield deploy


def left(function: LambdaFunction, event: Any = None) -> list[str]:
    """What one invocation leaves, as text; the handler must not fail."""
    return [str(each) for each in function.invoke(event).raise_for_error().leftovers]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_tidy_handler_leaves_nothing(deploy: Deploy) -> None:
    """What is joined, waited for, closed or awaited is not told of, and neither is what was collected."""
    function = deploy("""
        import asyncio, os, socket, sqlite3, subprocess, sys, tempfile, threading, _thread
        from concurrent.futures import ThreadPoolExecutor

        def handler(event, context):
            thread = threading.Thread(target=print)
            thread.start()
            thread.join()
            done = threading.Event()
            _thread.start_new_thread(done.set, ())
            done.wait()
            timer = threading.Timer(5, print)
            timer.start()
            timer.cancel()
            timer.join()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(str, range(5)))
            subprocess.run([sys.executable, "-c", ""], check=True)
            with open("/tmp/x", "w") as file:
                file.write("x")
            open("/tmp/x")
            descriptor, path = tempfile.mkstemp()
            with os.fdopen(descriptor):
                pass
            with tempfile.TemporaryFile(), tempfile.NamedTemporaryFile(), tempfile.TemporaryDirectory():
                pass
            for end in os.pipe():
                os.close(end)
            ends = socket.socketpair()
            del ends
            sqlite3.connect(":memory:").close()
            async def work():
                await asyncio.gather(asyncio.sleep(1), asyncio.to_thread(print))
                child = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
                await child.wait()
            asyncio.run(work())
    """)
    assert left(function) == []
    assert left(function) == []


KINDS = {
    "thread": (
        "threading.Thread(target=time.sleep, args=(9,)).start()",
        [r"thread: Thread-\d+ \(sleep\), made at app.py:8 in make"],
    ),
    "bare thread": (
        "_thread.start_new_thread((lambda: time.sleep(9)), ())",
        [r"thread: _thread.start_new_thread\((make.<locals>.)?<lambda>\), made at app.py:8 in make"],
    ),
    "timer": (
        "threading.Timer(30, print).start()",
        [r"thread: Thread-\d+, a Timer of 30 s that calls print, made at app.py:8 in make"],
    ),
    "idle executor": (
        "KEPT.append(pool := ThreadPoolExecutor(4)); list(pool.map(time.sleep, [1, 1]))",
        [r"thread: 2 worker threads of a ThreadPoolExecutor, idle, made at app.py:8 in make"],
    ),
    "busy executor": (
        "KEPT.append(pool := ThreadPoolExecutor(4)); pool.submit(time.sleep, 9)",
        [r"thread: 1 worker thread of a ThreadPoolExecutor, made at app.py:8 in make"],
    ),
    "command": (
        "KEPT.append(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1, stdout=-1))",
        [r"process: \S+ -c 'input\(\)' \(pid \d+\), made at app.py:8 in make"],
    ),
    "file": (
        "KEPT.append(open('/tmp/x', 'w'))",
        [r"file: /tmp/x, opened with mode 'w', made at app.py:8 in make"],
    ),
    "temporary file": (
        "KEPT.append(tempfile.TemporaryFile())",
        [r"file: .*opened with mode 'rb\+', made at app.py:8 in make"],
    ),
    "socket": (
        "KEPT.append(socket.socket())",
        [r"file: a socket \(descriptor \d+\), made at app.py:8 in make"],
    ),
    "descriptor": (
        "os.open('/tmp', os.O_RDONLY) if os.name == 'posix' else os.open('/tmp/x', os.O_RDWR | os.O_CREAT)",
        [r"file: descriptor \d+, made at app.py:8 in make"],
    ),
    "pipe": (
        "KEPT.append(os.pipe())",
        [r"file: descriptor \d+, made at app.py:8 in make"] * 2,
    ),
    "database": (
        "KEPT.append(sqlite3.connect('/tmp/x'))",
        [r"file: a connection of sqlite3, made at app.py:8 in make"],
    ),
    "loop": (
        "KEPT.append(asyncio.new_event_loop())",
        [r"task: an event loop that was not closed, made at app.py:8 in make"],
    ),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("statement", "expected"), KINDS.values(), ids=KINDS)
def test_each_kind_is_told_of_once(deploy: Deploy, statement: str, expected: list[str]) -> None:
    """It is told of with its site, by the invocation that made it, and not again as long as it stays."""
    function = deploy(f"""
        import _thread, asyncio, os, socket, sqlite3, subprocess, sys, tempfile, threading, time
        from concurrent.futures import ThreadPoolExecutor

        KEPT = []

        def make():
            {statement}

        def handler(event, context):
            if event:
                make()
    """)
    found = left(function, "make it")
    assert len(found) == len(expected)
    for text, pattern in zip(found, expected, strict=True):
        assert re.fullmatch(pattern, text)
    assert left(function) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("statement", [statement for statement, _ in KINDS.values()], ids=KINDS)
def test_what_init_makes_is_there_on_purpose(deploy: Deploy, statement: str) -> None:
    """A module's own executor, connection or log file is no leftover."""
    function = deploy(f"""
        import _thread, asyncio, os, socket, sqlite3, subprocess, sys, tempfile, threading, time
        from concurrent.futures import ThreadPoolExecutor

        KEPT = []
        {statement}

        def handler(event, context):
            pass
    """)
    assert left(function) == []


@needs_fork
def test_a_forked_child_is_told_of(deploy: Deploy) -> None:
    """``os.fork`` has a site too."""
    function = deploy("""
        import os, time

        def handler(event, context):
            if not os.fork():
                while True:
                    os.sched_yield() if hasattr(os, "sched_yield") else None
    """)
    [found] = left(function)
    assert re.fullmatch(r"process: os.fork \(pid \d+\), made at app.py:5 in handler", found)


@needs_fork
def test_a_child_that_returns_from_the_handler_ends_there(deploy: Deploy, tmp_path: Path) -> None:
    """The test goes on in one process, whatever the handler forks; the child's exit status is the handler's."""
    function = deploy("""
        import os, sys

        def handler(event, context):
            pid = os.fork()
            if pid:
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if event:
                sys.exit(event)
    """)
    assert function.invoke(None).payload == 0
    assert function.invoke(7).payload == 7


@needs_spawn
def test_a_spawned_child_is_told_of(deploy: Deploy) -> None:
    """``os.posix_spawn`` has a site too."""
    function = deploy("""
        import os, sys

        def handler(event, context):
            os.posix_spawn(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"], {})
    """)
    [found] = left(function)
    assert re.fullmatch(r"process: os.posix_spawn of \S+ \(pid \d+\), made at app.py:5 in handler", found)


@needs_fork
def test_a_multiprocessing_child_is_told_of(deploy: Deploy) -> None:
    """It is one leftover, by its name, without the descriptors that it brings; its pipe is another."""
    function = deploy("""
        import multiprocessing

        KEPT = []

        def handler(event, context):
            mine, its = multiprocessing.Pipe()
            process = multiprocessing.get_context("fork").Process(target=its.recv)
            process.start()
            KEPT.extend([mine, its] if event else [process])
    """)
    [found] = left(function)
    assert re.fullmatch(r"process: multiprocessing ForkProcess-\S+ \(pid \d+\), made at app.py:9 in handler", found)
    kinds = [each.kind for each in function.invoke("keep the pipe").leftovers]
    assert kinds == ["process", "file", "file"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_child_of_asyncio_is_told_of(deploy: Deploy) -> None:
    """It is one leftover, without the thread, the sockets and the pipes that ``asyncio`` needs for it."""
    function = deploy("""
        import asyncio, sys

        async def start():
            program = "import time; time.sleep(60)"
            return await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=-1, stdout=-1)

        loop = asyncio.new_event_loop()

        def handler(event, context):
            global kept
            kept = loop.run_until_complete(start())
    """)
    found = left(function)
    function.recycle_environments()
    gc.collect()  # here the warnings of its transports are expected
    [text] = found
    assert re.fullmatch(r"process: \S+ -c 'import time; .* \(pid \d+\), made at app.py:6 in start", text)


def test_pending_tasks_are_told_of(deploy: Deploy) -> None:
    """A task that its loop did not finish has the site where it was made, and the place where it waits."""
    function = deploy("""
        import asyncio

        loop = asyncio.new_event_loop()
        tasks = []

        async def work():
            await asyncio.sleep(60)

        async def start():
            tasks.append(asyncio.create_task(work(), name="first"))
            await asyncio.sleep(1)
            tasks.append(asyncio.create_task(work(), name="second"))
            await asyncio.sleep(1)

        def handler(event, context):
            if event:
                loop.run_until_complete(start())
            else:
                loop.run_until_complete(asyncio.gather(*tasks))
    """)
    assert left(function, "start") == [
        "task: first of work, waiting at app.py:8, made at app.py:11 in start",
        "task: second of work, waiting at app.py:8, made at app.py:13 in start",
    ]
    assert left(function) == []


def test_a_global_that_the_first_invocation_makes_is_told_of_once(deploy: Deploy) -> None:
    """A lazily made connection is the first invocation's leftover, not that of every later one."""
    function = deploy("""
        import functools, socket

        @functools.cache
        def connection():
            return socket.socket()

        def handler(event, context):
            connection()
    """)
    assert len(left(function)) == 1
    assert left(function) == []


def test_a_leftover_thread_s_own_leftovers_belong_to_the_invocation_in_which_it_runs(deploy: Deploy) -> None:
    """It opens a file in the second invocation's time: that invocation leaves the file."""
    function = deploy("""
        import threading, time

        KEPT = []

        def work():
            time.sleep(5)
            KEPT.append(open("/tmp/x", "w"))
            time.sleep(5)

        def handler(event, context):
            if event:
                threading.Thread(target=work, name="worker").start()
            else:
                time.sleep(6)
    """)
    assert left(function, "start") == ["thread: worker, made at app.py:13 in handler"]
    assert left(function) == ["file: /tmp/x, opened with mode 'w', made at app.py:8 in work"]


def test_a_thread_that_computes_is_told_of_as_that(deploy: Deploy) -> None:
    """It can't be frozen in this process, nor ended: the leftover says so."""
    function = deploy("""
        import threading

        running = True

        def work():
            while running:
                pass

        def handler(event, context):
            global running
            if event:
                threading.Thread(target=work, name="worker").start()
            running = bool(event)
    """)
    expected = "thread: worker, which does not wait: it can't be frozen here and runs on, made at app.py:13 in handler"
    assert left(function, "start") == [expected]
    assert left(function) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_process_that_was_killed_leaves_nothing(deploy: Deploy) -> None:
    """After a timeout, files, threads and children are gone, as on Lambda: there is nothing to tell of."""
    function = deploy(
        """
        import os, subprocess, sys, threading, time

        def handler(event, context):
            file = open("/tmp/x", "w")
            threading.Thread(target=time.sleep, args=(500,)).start()
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            time.sleep(500)
    """,
        timeout=3,
    )
    response = function.invoke(None)
    assert "timed out" in response.payload["errorMessage"]
    assert response.leftovers == ()


def test_a_dead_process_s_thread_that_never_waits_is_told_of(deploy: Deploy) -> None:
    """It outlives its process, which on Lambda it could not; whoever wonders about a busy machine finds it there."""
    function = deploy(
        """
        import sys, threading, time

        def work():
            sys._worker_may_end.acquire()

        def handler(event, context):
            threading.Thread(target=work, name="worker").start()
            time.sleep(500)
    """,
        timeout=3,
    )
    sys._worker_may_end = lock = _thread.allocate_lock()  # type: ignore[attr-defined]
    lock.acquire()
    try:
        [found] = function.invoke(None).leftovers
    finally:
        lock.release()
        while any(thread.name == "worker" for thread in threading.enumerate()):
            pass
        del sys._worker_may_end  # type: ignore[attr-defined]
    assert "worker, which outlives its process" in found.what
    assert found.site == "app.py:8 in handler"


def test_what_a_simulated_service_opens_is_not_the_handler_s(deploy: Deploy) -> None:
    """Big objects stay in temporary files of moto's; they stay open, and survive the handler's environment."""
    moto, boto3 = pytest.importorskip("moto"), pytest.importorskip("boto3")
    function = deploy("""
        import boto3

        def handler(event, context):
            boto3.client("s3").put_object(Bucket="bucket", Key="k", Body=bytes(6_000_000))
    """)
    with moto.mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        assert left(function) == []
        function.recycle_environments()
        assert len(client.get_object(Bucket="bucket", Key="k")["Body"].read()) == 6_000_000


def test_leftovers_ignored(tmp_path: Path) -> None:
    """``leftovers="ignore"`` tells of nothing."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    globals()['f'] = open('/tmp/x', 'w')\n")
    with LambdaService(leftovers="ignore") as service:
        assert left(service.create_function("app.handler", code=tmp_path)) == []
