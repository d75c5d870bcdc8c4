"""What a caller gets when the function fails: the error object, or the platform's words for a dead process (1.2)."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_lambda_env import LambdaFunction

Deploy = Callable[..., LambdaFunction]

EXCEPTION_GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")


@pytest.mark.fidelity("E01")
def test_the_keys_of_an_error_object(deploy: Deploy) -> None:
    """Four keys, always there and always in this order."""
    response = deploy("def handler(event, context):\n    raise ValueError('x')\n").invoke({})
    assert list(response.payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert response.payload["requestId"] == response.request_id


@pytest.mark.fidelity("E01", "E02")
def test_the_type_is_the_classs_own_name(deploy: Deploy) -> None:
    """Neither the module nor the outer class is part of it."""
    source = """
        class Outer:
            class Inner(Exception): ...

        def handler(event, context):
            raise Outer.Inner
    """
    payload = deploy(source).invoke({}).payload
    assert payload["errorType"] == "Inner"
    assert payload["errorMessage"] == ""


@pytest.mark.fidelity("E03")
@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("KeyError('missing')", "'missing'"),
        ("ValueError()", ""),
        ("CustomError(5)", "5"),
        ("ValueError('two\\nlines')", "two\nlines"),
        pytest.param("ExceptionGroup('g', [ValueError('x')])", "g (1 sub-exception)", marks=EXCEPTION_GROUPS),
    ],
)
def test_the_message_is_the_exceptions_text(deploy: Deploy, expression: str, message: str) -> None:
    """It is ``str()`` of the exception, whatever that gives."""
    source = f"""
        class CustomError(Exception):
            def __init__(self, code):
                self.code = code

        def handler(event, context):
            raise {expression}
    """
    assert deploy(source).invoke({}).payload["errorMessage"] == message


@pytest.mark.fidelity("E04")
def test_causes_are_left_out(deploy: Deploy) -> None:
    """Of ``raise X from Y`` only X is reported, to the caller as in the log."""
    source = """
        def handler(event, context):
            try:
                {}["secret key"]
            except KeyError as error:
                raise ValueError("reported") from error
    """
    response = deploy(source).invoke({})
    assert response.payload["errorMessage"] == "reported"
    assert "KeyError" not in response.raw_payload.decode() + response.logs


@pytest.mark.fidelity("E05")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_notes_are_left_out(deploy: Deploy) -> None:
    """What ``add_note`` has added is neither in the payload nor in the log."""
    source = """
        def handler(event, context):
            error = ValueError("reported")
            error.add_note("remarkable")
            raise error
    """
    response = deploy(source).invoke({})
    assert response.payload["errorMessage"] == "reported"
    assert "remarkable" not in response.raw_payload.decode() + response.logs


@pytest.mark.fidelity("E06")
def test_a_stack_trace_is_a_list_of_frames(deploy: Deploy, tmp_path: Path) -> None:
    """One string a frame, the handler's own first, with file, line, function and source line."""
    source = "def inner():\n    raise ValueError('x')\ndef handler(event, context):\n    inner()\n"
    path = tmp_path / "app.py"
    assert deploy(source).invoke({}).payload["stackTrace"] == [
        f'  File "{path}", line 4, in handler\n    inner()\n',
        f"  File \"{path}\", line 2, in inner\n    raise ValueError('x')\n",
    ]


@pytest.mark.fidelity("E07")
def test_no_carets_point_into_a_line(deploy: Deploy) -> None:
    """No line of the trace underlines a part of the source, in the payload or in the log."""
    response = deploy("def handler(event, context):\n    return event['a'] + 1 / event['b']\n").invoke({"a": 1, "b": 0})
    [frame] = response.payload["stackTrace"]
    assert frame.endswith("\n    return event['a'] + 1 / event['b']\n")
    assert "^" not in response.logs
    assert "~" not in response.logs


@pytest.mark.fidelity("E08")
def test_leading_bootstrap_frames_are_dropped(deploy: Deploy, tmp_path: Path) -> None:
    """A function's own ``bootstrap.py`` is taken for the runtime's while it leads the trace."""
    (tmp_path / "bootstrap.py").write_text("import app\ndef handler(event, context):\n    app.fail()\n")
    payload = deploy("def fail():\n    raise ValueError('x')\n", "bootstrap.handler").invoke({}).payload
    assert payload["stackTrace"] == [f"  File \"{tmp_path / 'app.py'}\", line 2, in fail\n    raise ValueError('x')\n"]


@pytest.mark.fidelity("E09")
def test_a_frame_without_source_has_one_line(deploy: Deploy) -> None:
    """Code from ``exec`` shows its place only."""
    # Not "<string>": the interpreter may keep the source of its own -c argument under that name.
    source = "def handler(event, context):\n    exec(compile('raise ValueError(1)', '<made>', 'exec'))\n"
    assert deploy(source).invoke({}).payload["stackTrace"][1] == '  File "<made>", line 1, in <module>\n'


@pytest.mark.fidelity("E10")
def test_a_recursion_is_collapsed(deploy: Deploy) -> None:
    """Ten equal frames become three and a count of the rest."""
    source = """
        def dive(depth):
            return dive(depth - 1) if depth else 1 / 0

        def handler(event, context):
            dive(9)
    """
    handler, *frames = deploy(source).invoke({}).payload["stackTrace"]
    assert "in handler" in handler
    assert len(set(frames[:3])) == 1
    assert frames[3:] == ["  [Previous line repeated 7 more times]\n"]


@pytest.mark.fidelity("E11")
def test_an_exception_without_a_text_ends_the_process(deploy: Deploy) -> None:
    """Where ``str()`` of the exception raises, nothing catches that."""
    source = """
        class Silent(Exception):
            def __str__(self):
                raise RuntimeError("no text")

        def handler(event, context):
            raise Silent
    """
    response = deploy(source).invoke({})
    assert response.payload == exited(response.request_id, "Runtime exited with error: exit status 1")


@pytest.mark.fidelity("E12")
@pytest.mark.parametrize(
    ("client_context", "error_type"),
    [(None, "Runtime.MarshalError"), ("ew==", "Runtime.LambdaContextUnmarshalError")],
)
def test_faults_of_the_runtime_have_no_trace(deploy: Deploy, client_context: str | None, error_type: str) -> None:
    """A response or a client context that can't be converted is reported with the request id alone."""
    response = deploy("def handler(event, context):\n    return {1, 2}\n").invoke({}, client_context=client_context)
    assert response.payload["errorType"] == error_type
    assert response.payload["requestId"] == response.request_id
    assert response.payload["stackTrace"] == []


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        *(
            pytest.param(
                statement,
                f"Runtime exited with error: {words}",
                marks=pytest.mark.fidelity("E14"),
                id=f"E14-{name}",
            )
            for name, statement, words in (
                ("SystemExit", "raise SystemExit('a reason')", "exit status 1"),
                ("KeyboardInterrupt", "raise KeyboardInterrupt", "signal: interrupt"),
                ("GeneratorExit", "raise GeneratorExit", "exit status 1"),
                ("own", "raise Stop", "exit status 1"),
            )
        ),
        pytest.param(
            "sys.exit(0)", "Runtime exited without providing a reason", marks=pytest.mark.fidelity("E15"), id="E15"
        ),
        *(
            pytest.param(
                statement, f"Runtime exited with error: {words}", marks=pytest.mark.fidelity("E16"), id=f"E16-{words}"
            )
            for statement, words in (
                ("sys.exit(3)", "exit status 3"),
                ("sys.exit(-1)", "exit status 255"),
                ("os.kill(os.getpid(), signal.SIGTERM)", "signal: terminated"),
                ("os.abort()", "signal: aborted"),
            )
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            "Runtime exited with error: signal: killed",
            marks=[
                pytest.mark.fidelity("E16"),
                pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL"),
            ],
            id="E16-signal: killed",
        ),
        *(
            pytest.param(f"os._exit({status})", words, marks=pytest.mark.fidelity("E17"), id=f"E17-{status}")
            for status, words in (
                (0, "Runtime exited without providing a reason"),
                (4, "Runtime exited with error: exit status 4"),
            )
        ),
    ],
)
def test_the_end_of_the_process(deploy: Deploy, statement: str, reason: str) -> None:
    """The platform answers with two keys, the error's type first; the next request starts a process anew."""
    source = f"""
        import os, signal, sys

        class Stop(BaseException): ...

        def handler(event, context):
            if event == "stop":
                {statement}
            return "served"
    """
    fn = deploy(source)
    response = fn.invoke("stop")
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert list(response.payload.items()) == list(exited(response.request_id, reason).items())
    following = fn.invoke("go on")
    assert following.payload == "served"
    assert following.cold_start


@pytest.mark.fidelity("E17")
def test_os_exit_runs_nothing_more(deploy: Deploy) -> None:
    """``os._exit`` runs no ``finally`` and no ``except``."""
    source = """
        import os

        def handler(event, context):
            try:
                os._exit(1)
            except BaseException:
                print("except ran")
            finally:
                print("finally ran")
            print("went on")
    """
    assert "ran" not in (logs := deploy(source).invoke({}).logs)
    assert "went on" not in logs


@pytest.mark.fidelity("E18")
@pytest.mark.parametrize(
    ("name", "reported"),
    [
        ("ValueError", "Runtime.Unknown"),
        ("Function.Broken", "Function.Broken"),
        ("Function.broken", "Function.Unknown"),
        ("Runtime.Odd", "Runtime.Odd"),
    ],
)
def test_the_platforms_reports_hide_the_functions_types(deploy: Deploy, name: str, reported: str) -> None:
    """INIT_REPORT and the JSON report name only types of the platform's form; the payload has the true one."""
    at_import = deploy(f"raise type({name!r}, (Exception,), {{}})('x')\n").invoke({})
    assert at_import.payload["errorType"] == name
    assert set(re.findall(r"Error Type: (.*)$", at_import.logs, re.MULTILINE)) == {reported}

    source = f"def handler(event, context):\n    raise type({name!r}, (Exception,), {{}})('x')\n"
    response = deploy(source, log_format="JSON").invoke({})
    assert response.payload["errorType"] == name
    assert json.loads(response.report)["record"]["errorType"] == reported


def exited(request_id: str, reason: str) -> dict[str, str]:
    """The payload for a process that has ended, its keys in order."""
    return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {reason}"}
