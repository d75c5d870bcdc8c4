"""What reaches the log beside ordinary prints: bytes, warnings, and the last words of a process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_lambda_env import LambdaFunction

Deploy = Callable[..., LambdaFunction]


@pytest.mark.fidelity("G15")
def test_bytes_wait_for_a_flush(deploy: Deploy) -> None:
    """Bytes written without a flush are in the log when the next text is, be it in a later invocation."""
    function = deploy(
        """
        import sys
        def handler(event, context):
            if event:
                print(event)
            sys.stdout.buffer.write(b"waiting\\n")
        """
    )
    assert "waiting" not in function.invoke({}).logs
    assert "waiting\n5\n" in function.invoke(b"5").logs


@pytest.mark.fidelity("G15")
def test_the_original_streams_lead_to_the_log(deploy: Deploy) -> None:
    """What gets past a replaced sys.stdout by way of sys.__stdout__ is in the log too."""
    source = "import sys\ndef handler(event, context): print('direct', file=sys.__stdout__, flush=True)\n"
    assert "direct\n" in deploy(source).invoke({}).logs


@pytest.mark.fidelity("G15")
def test_a_warning_is_in_the_log_and_in_the_test(deploy: Deploy) -> None:
    """A warning is two lines on stderr, and pytest.warns still catches it; a deprecation is the test's alone."""
    function = deploy(
        """
        import warnings
        def handler(event, context):
            warnings.warn(*event, FutureWarning if event == ["careful"] else DeprecationWarning)
        """
    )
    with pytest.warns(FutureWarning, match="careful"):
        logs = function.invoke(["careful"]).logs
    assert "FutureWarning: careful\n  warnings.warn(" in logs
    with pytest.warns(DeprecationWarning, match="old"):
        assert "DeprecationWarning" not in function.invoke(["old"]).logs


@pytest.mark.fidelity("E14")
def test_an_exit_by_exception_names_its_cause(deploy: Deploy) -> None:
    """The traceback on stderr tells of causes, as the interpreter's own does, though the error object never would."""
    function = deploy(
        """
        def handler(event, context):
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise KeyboardInterrupt("enough") from error
        """
    )
    logs = function.invoke({}).logs
    assert "ZeroDivisionError: division by zero\n\nThe above exception was the direct cause" in logs
    assert "KeyboardInterrupt: enough\n" in logs


@pytest.mark.fidelity("E13")
def test_a_failure_in_a_directory_that_is_gone_ends_the_process(deploy: Deploy) -> None:
    """The runtime tells X-Ray its working directory: without one it dies while it reports the failure."""
    function = deploy(
        """
        import os
        def handler(event, context):
            os.mkdir("/tmp/here")
            os.chdir("/tmp/here")
            os.rmdir("/tmp/here")
            raise ValueError("never reported")
        """
    )
    assert function.invoke({}).payload["errorType"] == "Runtime.ExitError"


@pytest.mark.fidelity("H30")
@pytest.mark.parametrize(
    ("runtime", "message", "payload"),
    [
        ("python3.11", "☃", rb'"\u2603"'),
        ("python3.13", "é", b'"\xe9"'),
    ],
)
def test_an_init_error_travels_in_latin_1(deploy: Deploy, runtime: str, message: str, payload: bytes) -> None:
    """The error of an init is posted in Latin-1; runtimes up to 3.11 escape it before."""
    response = deploy(f"raise ValueError('{message}')", runtime=runtime).invoke({})
    assert payload in response.raw_payload


@pytest.mark.fidelity("H30")
def test_an_init_error_beyond_latin_1_ends_the_process(deploy: Deploy) -> None:
    """From 3.12 on, an error that Latin-1 can't carry is never posted: the runtime dies of it."""
    response = deploy("raise ValueError('☃')", runtime="python3.13").invoke({})
    assert json.loads(response.raw_payload)["errorType"] == "Runtime.ExitError"
    assert "[ERROR] ValueError: ☃" in response.logs
    assert "is not valid Latin-1" in response.logs
