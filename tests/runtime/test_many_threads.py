from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

from pytest_lambda_env import LambdaService


def starts_threads(event: Any, context: Any) -> None:
    """Start many threads, each of which sleeps."""
    for _ in range(event):
        threading.Thread(target=time.sleep, args=[60]).start()


def test_starting_many_threads_takes_no_time() -> None:
    """While new threads come to run, those that wait don't take the process for blocked."""
    with LambdaService(real_time_guard=0) as service:
        response = service.create_function(starts_threads).invoke(1000)
    assert (response.function_error, response.duration) == (None, timedelta(0))
