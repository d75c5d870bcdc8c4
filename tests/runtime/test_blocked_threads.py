"""Threads of a handler that are blocked where the virtual clock can't see it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.simulation import virtual_clock


@pytest.mark.parametrize("idle_threads", [0, 1, 3, 10])
def test_a_sleep_that_holds_a_lock_ends_although_others_want_it(
    idle_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time jumps although one thread is blocked on a raw lock, however many others wait at the same time."""
    monkeypatch.setattr(virtual_clock, "_GRACE", 0.005)

    def handler(event: object, context: object) -> str:
        lock, done = threading.Lock(), threading.Event()

        def want() -> None:
            with lock:
                pass

        threads = [threading.Thread(target=done.wait) for _ in range(idle_threads)]
        with lock:
            threads.append(threading.Thread(target=want))
            for thread in threads:
                thread.start()
            time.sleep(5)
        done.set()
        for thread in threads:
            thread.join()
        return "done"

    with LambdaService(real_time_guard=10) as aws_lambda:
        response = aws_lambda.create_function(handler, timeout=60).invoke().raise_for_error()
    assert response.payload == "done"
    assert response.duration.total_seconds() == 5


def test_threads_that_submit_to_one_executor_do_not_hold_each_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An executor asks with ``timeout=0`` for an idle worker while it holds its own lock, as s3transfer's do."""
    monkeypatch.setattr(virtual_clock, "_PATIENCE", 10**9)  # only real progress counts

    def handler(event: object, context: object) -> int:
        with ThreadPoolExecutor(1) as writer, ThreadPoolExecutor(8) as readers:

            def read(number: int) -> None:
                for _ in range(50):
                    writer.submit(int, number)

            return len(list(readers.map(read, range(8))))

    with LambdaService(real_time_guard=10) as aws_lambda:
        response = aws_lambda.create_function(handler, timeout=60).invoke().raise_for_error()
    assert response.payload == 8
    assert response.duration.total_seconds() == 0
