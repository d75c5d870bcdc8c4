"""What ends a process of an environment, and what is pytest's business instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from pytest_lambda_env import LambdaService


def interrupt() -> NoReturn:
    """Ctrl-C, as Python's own signal handler raises it: from C code, not by a ``raise``."""
    import signal

    signal.default_int_handler(signal.SIGINT, None)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda: pytest.skip("not today"), pytest.skip.Exception),
        (lambda: pytest.fail("found it"), pytest.fail.Exception),
        (interrupt, KeyboardInterrupt),
    ],
)
def test_what_is_meant_for_pytest_reaches_it(act: Callable[[], object], expected: type[BaseException]) -> None:
    """``pytest.skip`` and ``fail`` in a handler, and a Ctrl-C, are not data; the service works on after them."""

    def handler(event: Any, context: Any) -> object:
        return act() if event else "fine"

    with LambdaService() as service:
        function = service.create_function(handler)
        with pytest.raises(expected):
            function.invoke(True)
        assert function.invoke(False).payload == "fine"


@pytest.mark.fidelity("E14")
def test_a_keyboard_interrupt_of_the_handler_s_own_ends_its_process() -> None:
    """``raise KeyboardInterrupt`` in handler code ends the process as the signal would, as CPython does."""

    def handler(event: Any, context: Any) -> None:
        raise KeyboardInterrupt

    with LambdaService() as service:
        response = service.create_function(handler).invoke()
    assert response.payload["errorMessage"].endswith("Runtime exited with error: signal: interrupt")


def test_a_handler_may_invoke_another_function() -> None:
    """A nested invocation takes its time on the caller's clock, and each function has its own world."""
    import os
    import time

    def inner(event: Any, context: Any) -> list[Any]:
        time.sleep(1)
        return [event, os.environ["AWS_LAMBDA_FUNCTION_NAME"]]

    with LambdaService() as service:
        callee = service.create_function(inner, function_name="callee")

        def outer(event: Any, context: Any) -> list[Any]:
            before = context.get_remaining_time_in_millis()
            answer = callee.invoke({"n": event}).payload
            return [answer, os.environ["AWS_LAMBDA_FUNCTION_NAME"], before - context.get_remaining_time_in_millis()]

        caller = service.create_function(outer, function_name="caller", timeout=10)
        assert caller.invoke(7).payload == [[{"n": 7}, "callee"], "caller", 1000]
        assert service.clock.elapsed.total_seconds() == 1


def test_the_last_words_of_a_crash_name_no_frame_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback that a crash prints has the handler's frames, and none of what stands in for Lambda's C code."""

    def handler(event: Any, context: Any) -> None:
        raise GeneratorExit("enough")

    with LambdaService() as service:
        response = service.create_function(handler).invoke()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "GeneratorExit: enough"
    assert [
        line for line in lines if line.startswith("  File") and "pytest_lambda_env/runtime/process.py" in line
    ] == []
    assert "in handler" in lines[-4] + lines[-3] + lines[-2]
    assert "GeneratorExit: enough" in response.logs
