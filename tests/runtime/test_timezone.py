"""The machine's time zone around a service, a function and a function that it invokes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_lambda_env import LambdaService

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't change a process's time zone")

MIDNIGHT = "2026-11-21T00:00:00Z"


@pytest.fixture(autouse=True)
def _the_test_is_west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's machine is five hours behind UTC."""
    monkeypatch.setenv("TZ", "WEST+5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def hour(event: Any, context: Any) -> str:
    """A handler that tells the local hour."""
    return time.strftime("%H", time.localtime())


def test_a_service_is_in_utc() -> None:
    """While it is open the test and a function without a zone are in UTC; then the machine has its own again."""
    with LambdaService(start=MIDNIGHT) as aws_lambda:
        assert aws_lambda.create_function(hour).invoke({}).payload == "00"
        assert hour(None, None) == "00"
    assert time.localtime(0).tm_hour == 19


def test_a_functions_zone_is_its_own() -> None:
    """``TZ`` is in force while the function runs, and not while another function runs that it invokes."""
    with LambdaService(start=MIDNIGHT) as aws_lambda:
        inner = aws_lambda.create_function(hour)

        def outer(event: Any, context: Any) -> list[Any]:
            return [hour(event, context), inner.invoke({}).payload, hour(event, context)]

        east = aws_lambda.create_function(outer, environment={"TZ": "EAST-9"})
        assert east.invoke({}).payload == ["09", "00", "09"]
        assert hour(None, None) == "00"
