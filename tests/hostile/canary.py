"""Whether the test process is as it was when all has settled, and a handler that works."""

from __future__ import annotations

# The first and the third register exit callbacks when they are first imported, which stay.
import concurrent.futures.thread  # noqa: F401
import gc
import multiprocessing.util  # noqa: F401
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from process_snapshot import differences, snapshot

from pytest_lambda_env import LambdaService

GALLERY = Path(__file__).with_name("gallery")


def settled_differences(before: Mapping[str, object], patience: float = 30) -> list[str]:
    """The differences that stay when garbage has been collected and what ends by itself has ended.

    The patience is for a machine that is busy: a thousand threads take their time to end.
    """
    until = time.monotonic() + patience
    while found := differences(before, snapshot(collect=False)):
        if time.monotonic() > until:
            return found
        gc.collect()
        time.sleep(0.01)
    return []


def a_clean_service_works(number: int = 3) -> None:
    """A handler that means well gives the right answer, has its log, and reaches moto."""
    from moto import mock_aws

    with mock_aws(), LambdaService(task_root=GALLERY, start="2026-03-29T00:59:00Z") as service:
        function = service.create_function("plain.handler", timeout=10)
        for attempt in ("cold", "warm"):
            response = function.invoke({"number": number})
            assert response.function_error is None, response.raw_payload
            third = "0.3333333333333333333333333333"
            expected = {"account": "123456789012", "slept": number, "files": ["note"], "third": third}
            assert response.payload == expected, response.payload
            assert response.cold_start == (attempt == "cold")
            lines: list[Any] = response.logs.splitlines()
            assert f"printed {number}" in lines, lines
            assert any(line.startswith("[WARNING]\t2026-03-29T00:59:") and line.endswith("\tlogged") for line in lines)
            assert [(call.service, call.operation) for call in response.aws_calls] == [("sts", "GetCallerIdentity")]
        assert service.clock.elapsed.total_seconds() == 2 * number
