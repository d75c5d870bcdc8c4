"""The limit of memory: in force while handler code runs, for that code alone, and given back whatever happens."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService
from pytest_lambda_env.errors import LambdaEnvWarning
from pytest_lambda_env.runtime import memory_limit

if sys.platform != "linux":
    pytest.skip("only Linux lets memory be limited", allow_module_level=True)

import resource

MEBIBYTE = 1_048_576


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service that enforces memory; afterwards the test process has the limits that it had before."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with LambdaService(memory_limit="enforce") as service:
        yield service
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def ran_out(response: InvokeResponse) -> bool:
    """Whether that is how the request ended."""
    return response.function_error is not None and response.payload["errorType"] == "Runtime.OutOfMemory"


def take(megabytes: int) -> bytes:
    """So much memory, filled."""
    return b"x" * (megabytes * MEBIBYTE)


def creep() -> list[bytes]:
    """Ever more memory, a megabyte at a time."""
    taken = []
    while True:
        taken.append(take(1))


def swallow_everything() -> None:
    """Never gives up."""
    taken = []
    while True:
        try:
            taken.append(take(1))
        except:  # noqa: E722
            time.sleep(0.01)


def in_a_thread() -> Any:
    """A thread takes too much, and the handler waits for it."""
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(take, 300).result()


GREEDY: dict[str, Callable[[], Any]] = {
    "one large block": lambda: take(300),
    "many small blocks": creep,
    "objects": lambda: [bytes(number % 400) for number in range(10**8)],
    "in a thread": in_a_thread,
    "catching everything": swallow_everything,
}


@pytest.mark.fidelity("I82")
@pytest.mark.parametrize("act", GREEDY.values(), ids=GREEDY)
def test_greedy_code(service: LambdaService, act: Callable[[], Any]) -> None:
    """However code takes too much, the answer is the same, and the test process is as small as before afterwards."""
    seen: list[tuple[int, int]] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(resource.getrlimit(resource.RLIMIT_DATA))
        if event:
            act()

    before = resource.getrlimit(resource.RLIMIT_DATA)
    function = service.create_function(handler)
    assert ran_out(function.invoke(True))
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert function.invoke(False).function_error is None
    for soft, hard in seen:
        assert soft not in (before[0], resource.RLIM_INFINITY)
        assert hard == before[1]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12 a caught exception goes unseen")
@pytest.mark.fidelity("I82")
def test_a_memory_error_can_not_be_caught(service: LambdaService) -> None:
    """A handler that would do with less after a refusal is ended where it was refused."""
    went_on = []

    def handler(event: Any, context: Any) -> None:
        try:
            take(300)
        except MemoryError:
            went_on.append(True)

    assert ran_out(service.create_function(handler).invoke())
    assert not went_on


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12 there is no sys.monitoring")
def test_without_a_free_tool_number_the_limit_still_holds(service: LambdaService) -> None:
    """Other tools may have taken every number: then an uncaught ``MemoryError`` is what ends the process."""
    monitoring: Any = vars(sys)["monitoring"]
    for number in (3, 4):
        monitoring.use_tool_id(number, "another")
    try:
        assert ran_out(service.create_function(lambda event, context: len(take(300))).invoke())
    finally:
        for number in (3, 4):
            monitoring.free_tool_id(number)


def test_threads_may_be_many(service: LambdaService) -> None:
    """The stacks of forty threads, 320 MB of reserved memory that nobody uses, are not counted."""

    def handler(event: Any, context: Any) -> int:
        done = threading.Event()
        threads = [threading.Thread(target=done.wait) for _ in range(40)]
        for thread in threads:
            thread.start()
        done.set()
        for thread in threads:
            thread.join()
        return len(threads)

    assert service.create_function(handler, memory_size=128).invoke().payload == 40


@pytest.mark.parametrize("where", ["handler", "init"])
def test_a_deadline_gives_the_limit_back(service: LambdaService, where: str, tmp_path: Path) -> None:
    """INIT or handler may die by its deadline instead."""
    sleep = "time.sleep(1000)"
    (tmp_path / "slow.py").write_text(
        f"import time\n{sleep if where == 'init' else ''}\ndef handler(event, context): {sleep}\n", encoding="utf-8"
    )
    before = resource.getrlimit(resource.RLIMIT_DATA)
    response = service.create_function("slow.handler", code=tmp_path).invoke()
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_pytest_outcomes_give_the_limit_back(service: LambdaService) -> None:
    """``pytest.fail`` in a handler leaves the test without a limit, too."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    function = service.create_function(lambda event, context: pytest.fail("found it"))
    with pytest.raises(pytest.fail.Exception):
        function.invoke()
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_lower_limit_of_somebody_else_is_respected(service: LambdaService) -> None:
    """A soft limit that the test process was given is neither raised nor lost."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    function = service.create_function(lambda event, context: len(take(event)), memory_size=4096)
    assert function.invoke(200).payload == 200 * MEBIBYTE
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    lower = (pages * resource.getpagesize() + 100 * MEBIBYTE, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, lower)
    try:
        assert ran_out(function.invoke(200))
        assert resource.getrlimit(resource.RLIMIT_DATA) == lower
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def test_an_invoked_function_has_a_limit_of_its_own(service: LambdaService) -> None:
    """A small function may invoke a large one, and is as small as before when it goes on."""
    large = service.create_function(lambda event, context: len(take(event)), function_name="large", memory_size=1024)
    inner: list[InvokeResponse] = []

    def outer(event: Any, context: Any) -> None:
        inner.extend([large.invoke(300), large.invoke(2000)])
        take(event)

    function = service.create_function(outer, memory_size=128)
    assert function.invoke(60).function_error is None
    assert inner[0].payload == 300 * MEBIBYTE
    assert ran_out(inner[1])
    assert ran_out(function.invoke(200))


def test_measured_memory_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory can't be limited, one warning says so, and code that took too much is found out afterwards."""
    monkeypatch.setattr(memory_limit, "_data_limit", lambda: None)
    memory_limit._warn.cache_clear()
    with pytest.warns(LambdaEnvWarning, match="does not let a handler's memory be limited"):
        service = LambdaService(memory_limit="enforce")
    with service, LambdaService(memory_limit="enforce"):
        function: LambdaFunction = service.create_function(lambda event, context: len(take(event)))
        assert function.invoke(50).payload == 50 * MEBIBYTE
        killed = function.invoke(300)
        assert ran_out(killed)
        assert killed.max_memory_used == 128
        assert function.invoke(50).payload == 50 * MEBIBYTE


def test_a_real_clock() -> None:
    """The limit holds in real time as well, and is off while nothing runs."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with LambdaService(memory_limit="enforce", clock="real") as service:
        began = time.monotonic()
        assert ran_out(service.create_function(lambda event, context: len(take(300)), timeout=60).invoke())
        assert time.monotonic() - began < 60
        assert resource.getrlimit(resource.RLIMIT_DATA) == before
