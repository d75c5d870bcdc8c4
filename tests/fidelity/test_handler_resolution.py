"""From a handler string to a function, and what a caller gets where there is none (fidelity 1.1)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_lambda_env import LambdaFunction

Deploy = Callable[..., LambdaFunction]

WORKING = "def handler(event, context):\n    return 'ran'\n"


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        pytest.param(
            "ok",
            "Runtime.MalformedHandlerName",
            "Bad handler 'ok': not enough values to unpack (expected 2, got 1)",
            marks=pytest.mark.fidelity("H01"),
            id="H01",
        ),
        pytest.param(
            "",
            "Runtime.MalformedHandlerName",
            "Bad handler '': not enough values to unpack (expected 2, got 1)",
            marks=pytest.mark.fidelity("H02"),
            id="H02",
        ),
        pytest.param(
            "nomod.h",
            "Runtime.ImportModuleError",
            "Unable to import module 'nomod': No module named 'nomod'",
            marks=pytest.mark.fidelity("H03"),
            id="H03",
        ),
        *(
            pytest.param(
                f"{module}.h",
                "Runtime.BuiltInModuleConflict",
                f"Cannot use built-in module {module} as a handler module",
                marks=pytest.mark.fidelity("H06"),
                id=f"H06-{module}",
            )
            for module in ("sys", "time", "builtins")
        ),
        pytest.param(
            "sys/foo.h",
            "Runtime.ImportModuleError",
            "Unable to import module 'sys/foo': No module named 'sys.foo'; 'sys' is not a package",
            marks=pytest.mark.fidelity("H08"),
            id="H08",
        ),
        pytest.param(
            "app.missing",
            "Runtime.HandlerNotFound",
            "Handler 'missing' missing on module 'app'",
            marks=pytest.mark.fidelity("H10"),
            id="H10",
        ),
        pytest.param(
            "app.",
            "Runtime.HandlerNotFound",
            "Handler '' missing on module 'app'",
            marks=pytest.mark.fidelity("H11"),
            id="H11",
        ),
        pytest.param(
            "app.Class.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app.Class': No module named 'app.Class'; 'app' is not a package",
            marks=pytest.mark.fidelity("H14"),
            id="H14",
        ),
    ],
)
def test_a_handler_that_the_runtime_refuses(deploy: Deploy, handler: str, error_type: str, message: str) -> None:
    """The runtime words the failure itself, with neither a request id nor a stack trace."""
    response = deploy(WORKING + "class Class:\n    handler = handler\n", handler).invoke({})
    assert response.status_code == 200
    assert response.function_error == "Unhandled"
    assert response.payload == {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": "",
        "stackTrace": [],
    }


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param(
            "import nope_mod", "No module named 'nope_mod'", marks=pytest.mark.fidelity("H04"), id="missing module"
        ),
        pytest.param(
            "from os import nope",
            r"cannot import name 'nope' from 'os' \(.*\)",
            marks=pytest.mark.fidelity("H05"),
            id="missing name",
        ),
    ],
)
def test_an_import_that_fails_in_the_handlers_module(deploy: Deploy, statement: str, reason: str) -> None:
    """The message names the handler's module first, and what was missing at its end."""
    payload = deploy(f"{statement}\n{WORKING}").invoke({}).payload
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert re.fullmatch(f"Unable to import module 'app': {reason}", payload["errorMessage"])
    assert payload["stackTrace"] == []


@pytest.mark.fidelity("H07")
@pytest.mark.parametrize("handler", ["os.getcwd", "json.dumps"])
def test_a_standard_library_function_is_accepted(deploy: Deploy, handler: str) -> None:
    """Only modules built into the interpreter are refused: these are called, with arguments that don't suit them."""
    response = deploy(WORKING, handler).invoke({})
    assert response.payload["errorType"] == "TypeError"
    assert response.payload["requestId"] == response.request_id


@pytest.mark.fidelity("H09")
@pytest.mark.parametrize("handler", ["sub/mod.h", "sub.mod.h"])
def test_a_slash_and_a_dot_name_the_same_submodule(deploy: Deploy, tmp_path: Path, handler: str) -> None:
    """Both forms run the function of the module ``sub.mod``."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mod.py").write_text("def h(event, context):\n    return __name__\n")
    assert deploy(WORKING, handler).invoke({}).payload == "sub.mod"


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        pytest.param(".h", "ValueError", "Empty module name", marks=pytest.mark.fidelity("H12"), id="H12"),
        *(
            pytest.param(
                handler,
                "TypeError",
                f"the 'package' argument is required to perform a relative import for '{name}'",
                marks=pytest.mark.fidelity("H13"),
                id=f"H13-{handler}",
            )
            for handler, name in (("/ok.h", ".ok"), ("..ok.h", "..ok"))
        ),
        pytest.param("dynamic.h", "RuntimeError", "no attribute h here", marks=pytest.mark.fidelity("H15"), id="H15"),
    ],
)
def test_an_exception_of_the_import_itself(
    deploy: Deploy, tmp_path: Path, handler: str, error_type: str, message: str
) -> None:
    """What the runtime does not word is an init error of the exception's own type, with its stack trace."""
    (tmp_path / "dynamic.py").write_text(
        "def __getattr__(name):\n    raise RuntimeError(f'no attribute {name} here')\n"
    )
    payload = deploy(WORKING, handler).invoke({}).payload
    assert (payload["errorType"], payload["errorMessage"]) == (error_type, message)
    assert payload["requestId"] == ""
    assert payload["stackTrace"]


@pytest.mark.fidelity("H16")
def test_a_handler_that_is_not_callable(deploy: Deploy) -> None:
    """INIT succeeds, and each invocation fails in the runtime's own frame."""
    fn = deploy("handler = 'a string'\n")
    for cold_start in (True, False):
        response = fn.invoke({})
        assert response.cold_start is cold_start
        assert response.payload["errorType"] == "TypeError"
        assert response.payload["errorMessage"] == "'str' object is not callable"
        assert response.payload["requestId"] == response.request_id
        assert "/bootstrap.py" in response.payload["stackTrace"][0].replace("\\", "/")


@pytest.mark.fidelity("H17")
def test_a_handler_of_the_wrong_arity(deploy: Deploy) -> None:
    """INIT succeeds, and the call fails with Python's own message."""
    response = deploy("def handler(): ...\n").invoke({})
    assert response.payload["errorType"] == "TypeError"
    assert response.payload["errorMessage"] == "handler() takes 0 positional arguments but 2 were given"
    assert response.init_duration is not None


@pytest.mark.fidelity("H18")
@pytest.mark.filterwarnings("ignore:coroutine 'handler' was never awaited:RuntimeWarning")
def test_an_async_handler_returns_a_coroutine(deploy: Deploy) -> None:
    """Nothing awaits it, and no coroutine is JSON."""
    response = deploy("async def handler(event, context):\n    return 'never'\n").invoke({})
    assert response.payload == {
        "errorMessage": "Unable to marshal response: Object of type coroutine is not JSON serializable",
        "errorType": "Runtime.MarshalError",
        "requestId": response.request_id,
        "stackTrace": [],
    }


@pytest.mark.fidelity("H19")
@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            "class handler(dict):\n    def __init__(self, event, context):\n        self['got'] = event", id="class"
        ),
        pytest.param(
            "class C:\n    def __call__(self, event, context):\n        return {'got': event}\nhandler = C()",
            id="instance",
        ),
        pytest.param(
            "import functools\ndef f(key, event, context):\n    return {key: event}\n"
            "handler = functools.partial(f, 'got')",
            id="partial",
        ),
        pytest.param("handler = lambda event, context: {'got': event}", id="lambda"),
    ],
)
def test_any_callable_may_be_the_handler(deploy: Deploy, definition: str) -> None:
    """It is called with the event and the context, whatever it is."""
    assert deploy(definition).invoke(7).payload == {"got": 7}


# --- Syntax errors


@pytest.mark.fidelity("H20")
def test_a_syntax_error_in_the_handlers_module(deploy: Deploy, tmp_path: Path) -> None:
    """The message names module, file and line; the one trace entry has no comma before ``Line``."""
    payload = deploy("def handler(event, context)\n    return 1\n").invoke({}).payload
    assert payload == {
        "errorMessage": "Syntax error in module 'app': expected ':' (app.py, line 1)",
        "errorType": "Runtime.UserCodeSyntaxError",
        "requestId": "",
        "stackTrace": [f'  File "{tmp_path / "app.py"}" Line 1\n    def handler(event, context)\n'],
    }


@pytest.mark.fidelity("H21")
def test_a_syntax_error_in_a_module_that_it_imports(deploy: Deploy, tmp_path: Path) -> None:
    """The message begins with the handler's module; its end and the trace name the file that is wrong."""
    (tmp_path / "bad.py").write_text("def h(e,c)\n")
    payload = deploy("import bad\n").invoke({}).payload
    assert payload["errorMessage"] == "Syntax error in module 'app': expected ':' (bad.py, line 1)"
    assert payload["stackTrace"] == [f'  File "{tmp_path / "bad.py"}" Line 1\n    def h(e,c)\n']


@pytest.mark.fidelity("H22")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("if 1:\n        x = 1\n\tx = 2\n", id="TabError"),
        pytest.param("x = 1\n  y = 2\n", id="IndentationError"),
    ],
)
def test_wrong_indentation_is_a_syntax_error(deploy: Deploy, body: str) -> None:
    """TabError and IndentationError are reported as any other syntax error."""
    assert deploy(body).invoke({}).payload["errorType"] == "Runtime.UserCodeSyntaxError"


@pytest.mark.fidelity("H23")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12 null bytes are a ValueError")
def test_null_bytes_in_the_source(deploy: Deploy) -> None:
    """The parser has neither a file nor a line to name."""
    payload = deploy("x = 1\n\0\n").invoke({}).payload
    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    assert payload["stackTrace"] == ['  File "None" Line None\n    None']


@pytest.mark.fidelity("H24")
def test_a_syntax_error_during_an_invocation(deploy: Deploy) -> None:
    """It is an exception like any other, with a request id and the handler's frame."""
    response = deploy("def handler(event, context):\n    compile('1 +', 'expression', 'eval')\n").invoke({})
    assert response.payload["errorType"] == "SyntaxError"
    assert response.payload["requestId"] == response.request_id
    assert response.payload["stackTrace"][-1].endswith("line 2, in handler\n    compile('1 +', 'expression', 'eval')\n")


# --- Other exceptions at import


@pytest.mark.fidelity("H25")
def test_an_exception_at_import(deploy: Deploy, tmp_path: Path) -> None:
    """The error object has an empty request id, and a trace from importlib to the module's own line."""
    response = deploy('raise Exception("Runtime startup fails")\n').invoke({})
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    payload = response.payload
    assert payload["errorMessage"] == "Runtime startup fails"
    assert payload["errorType"] == "Exception"
    assert payload["requestId"] == ""
    first, *frozen, last = payload["stackTrace"]
    assert re.fullmatch(r'  File ".*importlib.__init__\.py", line \d+, in import_module\n    return .*\n', first)
    assert len(frozen) >= 5
    assert all(re.fullmatch(r'  File "<frozen importlib\._bootstrap\w*>", line \d+, in \w+\n', each) for each in frozen)
    path = tmp_path / "app.py"
    assert last == f'  File "{path}", line 1, in <module>\n    raise Exception("Runtime startup fails")\n'


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param(
            "import sys; sys.exit(0)",
            "Runtime exited without providing a reason",
            marks=pytest.mark.fidelity("H26"),
            id="H26",
        ),
        *(
            pytest.param(
                statement,
                f"Runtime exited with error: {words}",
                marks=pytest.mark.fidelity("H27"),
                id=f"H27-{name}",
            )
            for name, statement, words in (
                ("KeyboardInterrupt", "raise KeyboardInterrupt", "signal: interrupt"),
                ("GeneratorExit", "raise GeneratorExit", "exit status 1"),
                ("own", "class Stop(BaseException): ...\nraise Stop", "exit status 1"),
            )
        ),
    ],
)
def test_what_ends_the_process_at_import(deploy: Deploy, statement: str, reason: str) -> None:
    """The platform answers for the dead process, with two keys, the error's type first."""
    response = deploy(statement).invoke({})
    assert response.function_error == "Unhandled"
    assert list(response.payload.items()) == [
        ("errorType", "Runtime.ExitError"),
        ("errorMessage", f"RequestId: {response.request_id} Error: {reason}"),
    ]


@pytest.mark.fidelity("H27")
def test_what_ends_the_process_at_import_leaves_a_traceback(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    """Python prints the exception to stderr, and so to the function's log, at both attempts of INIT."""
    logs = deploy("class Stop(BaseException): ...\nraise Stop('now')\n").invoke({}).logs
    assert logs.count("Traceback (most recent call last):\n") == 2
    assert logs.count("app.Stop: now\n") == 2
    assert "app.Stop: now\n" in capsys.readouterr().err
    assert "[ERROR]" not in logs


# --- What a failed INIT leaves in the log


@pytest.mark.fidelity("H30")
@pytest.mark.lambda_service(start="2026-11-21T00:04:17.194Z")
def test_the_log_of_a_failed_init(deploy: Deploy) -> None:
    """A warning without a request id and with a final carriage return, then the error, then the process exits."""
    logs = deploy("import nope_mod\n").invoke({}).logs
    attempt = (
        r"\[WARNING\]\t2026-11-21T00:04:17\.194Z\t\tLAMBDA_WARNING: Unhandled exception\. "
        r"The most likely cause is an issue in the function code\. [^\r\n]*\r\n"
        r"\[ERROR\] Runtime\.ImportModuleError: Unable to import module 'app': No module named 'nope_mod'\n"
        r"Traceback \(most recent call last\):\n"
        r"INIT_REPORT Init Duration: 0\.00 ms\tPhase: {}\tStatus: error\tError Type: Runtime\.ImportModuleError\n"
    )
    assert re.match(r"INIT_START [^\n]*\n" + attempt.format("init") + attempt.format("invoke") + "START ", logs)


@pytest.mark.fidelity("H31")
def test_no_warning_when_an_invocation_fails(deploy: Deploy) -> None:
    """The platform's advice about runtime updates is for INIT only."""
    logs = deploy("def handler(event, context):\n    raise ValueError('x')\n").invoke({}).logs
    assert "[ERROR] ValueError: x" in logs
    assert "LAMBDA_WARNING" not in logs


@pytest.mark.fidelity("H32")
def test_a_failed_init_runs_again_for_the_first_invocation(deploy: Deploy) -> None:
    """The module's body runs twice, and START comes after both reports."""
    logs = deploy("print('module body')\nraise RuntimeError('still broken')\n").invoke({}).logs
    milestones = re.findall(r"^(INIT_START|module body|INIT_REPORT|START|END|REPORT)", logs, re.MULTILINE)
    assert milestones == [
        "INIT_START",
        "module body",
        "INIT_REPORT",
        "module body",
        "INIT_REPORT",
        "START",
        "END",
        "REPORT",
    ]
