"""The real-time guard."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from pytest_lambda_env import LambdaService


def busy(event: Any, context: Any) -> None:
    """Computes for ever, and holds on to it."""
    while True:
        try:
            while True:
                pass
        except BaseException:  # noqa: BLE001, S110 - that is what it does
            pass


def test_a_busy_handler_is_stopped_and_counts_as_a_timeout() -> None:
    """A handler that never looks at a clock ends at its virtual deadline, and the response says where it was."""
    with LambdaService(real_time_guard=0.2) as service:
        response = service.create_function(busy, timeout=7).invoke()
        assert response.payload["errorType"] == "Sandbox.Timedout"
        assert service.clock.elapsed.total_seconds() == 7
        assert "in busy" in response.stopped_at[-1]


@pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="this platform has no SIGVTALRM")
def test_the_signal_is_given_back() -> None:
    """After the service is closed the signal is handled as before."""
    seen: list[int] = []
    before = signal.signal(signal.SIGVTALRM, lambda number, frame: seen.append(number))
    before_opening = signal.getsignal(signal.SIGVTALRM)
    try:
        with LambdaService() as service:
            service.create_function(lambda event, context: None).invoke()
            assert signal.getsignal(signal.SIGVTALRM) is not before_opening
        signal.raise_signal(signal.SIGVTALRM)
        assert seen == [signal.SIGVTALRM]
    finally:
        signal.signal(signal.SIGVTALRM, before)


def test_the_alarm_is_left_alone() -> None:
    """pytest-timeout's signal and timer are untouched while the guard stops a handler."""
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[1]
    with LambdaService(real_time_guard=0.2) as service:
        service.create_function(busy).invoke()
        assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[1]) == before
