"""Memory is measured: what an environment's code takes, and nobody else's."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_lambda_env import LambdaService

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nothing cheap about memory")

_kept: list[bytes] = []


def takes(megabytes: int, context: Any) -> None:
    """Fills that much memory and keeps it."""
    _kept.append(b"x" * (megabytes * 1_048_576))


def test_what_a_handler_takes_is_seen_and_stays_seen() -> None:
    """``max_memory_used`` grows with what the handler fills, never shrinks, and is what REPORT says."""
    try:
        with LambdaService() as service:
            function = service.create_function(takes, memory_size=512)
            before = function.invoke(0).max_memory_used
            filled = function.invoke(200)
            after = function.invoke(0).max_memory_used
        assert 1 <= before < 100
        assert 190 <= filled.max_memory_used < 300
        assert after >= filled.max_memory_used
        assert f"Max Memory Used: {filled.max_memory_used} MB" in filled.report
    finally:
        _kept.clear()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the present size, elsewhere it is the peak")
def test_what_the_test_took_before_does_not_count() -> None:
    """An environment begins to count when it is made."""
    _kept.append(b"x" * (200 * 1_048_576))
    try:
        with LambdaService() as service:
            assert service.create_function(takes).invoke(0).max_memory_used < 100
    finally:
        _kept.clear()
