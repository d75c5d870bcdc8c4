from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING, Any

from pytest_lambda_env import LambdaService

if TYPE_CHECKING:
    import pytest

ended: list[str] = []


def waits(event: Any, context: Any) -> None:
    """Sleep in an event loop, in two tasks that hold on to it."""

    async def holds(name: str) -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except BaseException:  # noqa: BLE001 - that is what it does
                ended.append(name)

    async def main() -> None:
        await asyncio.gather(holds("first"), holds("second"))

    asyncio.run(main())


def test_tasks_of_a_dead_process_end_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond their cancellation they run no line, also not when collected, and asyncio is silent about them."""
    ended.clear()
    with LambdaService(real_time_guard=0) as service:
        response = service.create_function(waits).invoke()
    gc.collect()
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert len(ended) <= 2
    assert caplog.records == []


async def calls_a_function() -> tuple[str, str]:
    """Invoke a function that dies where the test's loop runs, while a task of the test's own waits."""
    own = asyncio.create_task(asyncio.sleep(0.001, "still here"))
    await asyncio.sleep(0)
    with LambdaService() as service:
        response = service.create_function(lambda event, context: time.sleep(60)).invoke()
    return response.payload["errorType"], await own


def test_the_tests_own_tasks_live() -> None:
    """A test that is a coroutine keeps its tasks, however a handler ends."""
    assert asyncio.run(calls_a_function()) == ("Sandbox.Timedout", "still here")
