from __future__ import annotations

import atexit
import contextvars
import cProfile
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from process_snapshot import differences, snapshot

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]
_posix = pytest.mark.skipif(os.name == "nt", reason="signals, limits and descriptors of POSIX")
_variable: contextvars.ContextVar[str] = contextvars.ContextVar("_variable", default="unset")


@pytest.fixture
def deploy(aws_lambda: LambdaService, tmp_path: Path) -> Deploy:
    """A function whose module is this text."""

    def deploy(source: str, **configuration: Any) -> LambdaFunction:
        (tmp_path / "app.py").write_text(source, encoding="utf-8")
        return aws_lambda.create_function("app.handler", code=tmp_path, **configuration)

    return deploy


@pytest.fixture
def vandal(deploy: Deploy) -> Callable[[str], tuple[InvokeResponse, list[str]]]:
    """Run statements in a handler; gives the response, and what differs in the process afterwards."""

    def run(statements: str) -> tuple[InvokeResponse, list[str]]:
        body = "".join(f"        {line}\n" for line in statements.splitlines())
        function = deploy(
            "import atexit, faulthandler, gc, io, json, logging, os, random, signal, sys, threading, time\n"
            f"def handler(event, context):\n    if event:\n{body}    return 'done'\n"
        )
        function.invoke(None).raise_for_error()
        before = snapshot()
        response = function.invoke("now")
        assert response.payload == "done"
        found = differences(before, snapshot())
        assert function.invoke(None).payload == "done"
        function.recycle_environments()
        assert function.invoke(None).payload == "done"
        return response, found + differences(before, snapshot())

    return run


def _told(response: InvokeResponse) -> list[str]:
    return [leftover.what for leftover in response.leftovers if leftover.kind == "state"]


@pytest.mark.parametrize(
    "statements",
    [
        "sys.stdout.close(); sys.stderr.close()",
        "sys.__stdout__.close(); sys.__stderr__.close()",
        "sys.stdout = sys.stderr = None",
        "logging.shutdown()",
        "logging.root.handlers.clear()",
        "atexit.register(print, 'never'); atexit._clear()",
        "atexit._run_exitfuncs()",
        "threading._register_atexit(print)",
        "gc.freeze()",
        "faulthandler.disable()",
        "faulthandler.cancel_dump_traceback_later()",
        "random.seed(1)",
        "random.setstate(random.Random(5).getstate())",
    ],
)
def test_nothing_of_it_reaches_the_test(
    vandal: Callable[[str], tuple[InvokeResponse, list[str]]], statements: str
) -> None:
    """What a program may do to its own process without harm to another is undone, and not worth a word."""
    response, found = vandal(statements)
    assert found == []
    assert _told(response) == []


@_posix
@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ("os.close(0)\nos.close(1)\nos.close(2)", [f"descriptor {n} of the test process closed" for n in range(3)]),
        ("os.closerange(0, 3)", [f"descriptor {n} of the test process closed" for n in range(3)]),
        ("os.dup2(os.open(os.devnull, os.O_RDONLY), 2)", ["descriptor 2 of the test process redirected"]),
        ("signal.alarm(100)", []),
        ("signal.setitimer(signal.ITIMER_VIRTUAL, 100)", []),
        ("sys.modules.clear()", ["sys.modules: emptied"]),
        ("random.random = lambda: 0.5", ["random.random: <function <lambda> at app.py:4>"]),
        ("del random.random", ["random.random: None"]),
    ],
)
def test_what_would_break_the_test_run_is_undone_and_told(
    vandal: Callable[[str], tuple[InvokeResponse, list[str]]], statements: str, told: list[str]
) -> None:
    """Closed streams, a redirected descriptor, an emptied module table and a replaced function are undone and told."""
    response, found = vandal(statements)
    assert [line for line in found if not line.startswith("descriptor") or "absent" not in line] == []
    assert _told(response) == told


@_posix
def test_a_descriptor_put_back_by_the_code_itself_is_not_told(
    vandal: Callable[[str], tuple[InvokeResponse, list[str]]],
) -> None:
    """Silencing C code for a moment, with dup and dup2, is an ordinary thing to do."""
    response, found = vandal(
        "saved = os.dup(1)\nnull = os.open(os.devnull, os.O_WRONLY)\nos.dup2(null, 1)\n"
        "os.dup2(saved, 1)\nos.close(saved)\nos.close(null)"
    )
    assert (_told(response), found) == ([], [])


@_posix
def test_a_file_made_of_a_standard_descriptor_does_not_close_it(
    vandal: Callable[[str], tuple[InvokeResponse, list[str]]],
) -> None:
    """``open(1)`` and ``os.fdopen(1)``, closed or collected, leave the test's descriptor 1 open."""
    response, found = vandal("open(1, 'w').close()\nos.fdopen(1, 'wb').close()")
    assert (_told(response), found) == ([], [])


def test_own_descriptors_are_really_closed(deploy: Deploy) -> None:
    """A pipe of the handler's own is closed as ever."""
    function = deploy(
        "import os\ndef handler(event, context):\n    r, w = os.pipe()\n    os.close(w)\n"
        "    got = os.read(r, 1)\n    os.close(r)\n    return len(got)\n"
    )
    assert function.invoke({}).payload == 0


@_posix
def test_the_time_left_on_an_outer_timer_is_kept(deploy: Deploy) -> None:
    """A handler's alarm replaces pytest-timeout's for the handler only."""
    function = deploy("import signal\ndef handler(event, context):\n    signal.alarm(1)\n    signal.alarm(0)\n")
    outer = signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        response = function.invoke({})
        remaining = signal.getitimer(signal.ITIMER_REAL)[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, *outer)
    assert 400 < remaining <= 500
    assert _told(response) == []


def test_exit_callbacks_are_the_processs_own(deploy: Deploy) -> None:
    """What a handler registers at INIT and in an invocation is not run by the test process, at any time."""
    function = deploy(
        "import atexit\natexit.register(print, 'at INIT')\n"
        "def handler(event, context):\n    atexit.register(print, 'in handler')\n"
    )
    before = atexit._ncallbacks()
    function.invoke({}).raise_for_error()
    assert atexit._ncallbacks() == before


def test_standard_library_registers_its_own_exit_callbacks(deploy: Deploy) -> None:
    """``weakref.finalize`` remembers that it has registered: it must really have."""
    function = deploy(
        "import sys\nclass atexit:\n    pass\n"
        "def handler(event, context):\n"
        "    import atexit, weakref\n"
        "    weakref.finalize._registered_with_atexit = False\n"
        "    weakref.finalize(handler, int).detach()\n"
        "    return atexit._ncallbacks()\n"
    )
    before = atexit._ncallbacks()
    function.invoke({}).raise_for_error()
    assert atexit._ncallbacks() == before + 1


@pytest.mark.parametrize("moment", ["before the cold start", "between invocations"])
def test_a_patch_of_the_tests_own_holds_in_handlers(deploy: Deploy, moment: str) -> None:
    """mock.patch reaches the handler, ends when the test ends it, and is nobody's change."""
    function = deploy(
        "import random, time, json\ndef handler(event, context):\n"
        "    return [random.random(), time.time(), json.dumps({})]\n"
    )
    if moment == "between invocations":
        function.invoke({}).raise_for_error()
    with (
        mock.patch("random.random", return_value=7),
        mock.patch("time.time", return_value=8),
        mock.patch("json.dumps", return_value=9),
    ):
        response = function.invoke({})
        assert response.payload == [7, 8, 9]
        assert response.leftovers == ()
    after = function.invoke({})
    assert after.payload[2] == "{}"
    assert 7 not in after.payload
    assert after.leftovers == ()


def test_a_patch_of_the_tests_own_survives_one_of_the_handlers(deploy: Deploy) -> None:
    """The handler's patch is over the test's while it runs; then the test's is back, and ends as the test says."""
    function = deploy("import time\ndef handler(event, context):\n    time.time = lambda: 1\n    return time.time()\n")
    original = time.time
    with mock.patch("time.time", return_value=2):
        assert function.invoke({}).payload == 1
        assert time.time() == 2
    assert time.time is original
    assert function.invoke({}).payload == 1
    assert time.time is original


def test_each_process_draws_its_own_random_numbers(deploy: Deploy) -> None:
    """Warm draws go on, a cold start begins anew, and the test's generator does not move."""
    function = deploy("import random\ndef handler(event, context):\n    return random.random()\n")
    state = random.getstate()
    first, warm = function.invoke({}).payload, function.invoke({}).payload
    function.recycle_environments()
    cold = function.invoke({}).payload
    assert len({first, warm, cold}) == 3
    assert random.getstate() == state


def test_a_seed_repeats_the_random_numbers(tmp_path: Path) -> None:
    """The same seed of the service gives the handler the same numbers; another one others."""
    (tmp_path / "app.py").write_text(
        "from random import choice, random\ndef handler(event, context):\n    return [random(), choice(range(1000))]\n",
        encoding="utf-8",
    )
    drawn = []
    for seed in (1, 1, 2):
        with LambdaService(seed=seed, task_root=tmp_path) as aws_lambda:
            drawn.append(aws_lambda.create_function("app.handler").invoke({}).payload)
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_seed_of_the_handlers_own_holds_when_warm(deploy: Deploy) -> None:
    """``random.seed`` in a handler makes its own draws repeat."""
    function = deploy(
        "import random\ndef handler(event, context):\n"
        "    if event:\n        random.seed(event)\n    return random.random()\n"
    )
    random.seed(3)
    expected = [random.random(), random.random()]  # noqa: S311
    assert [function.invoke(3).payload, function.invoke(None).payload] == expected


def test_context_variables_stay_in_the_process(deploy: Deploy) -> None:
    """What the test sets is seen in the handler; what the handler sets, in its own warm invocations only."""
    function = deploy(
        "import contextvars\nown = contextvars.ContextVar('own', default='new')\n"
        "def handler(event, context):\n    import sys\n"
        "    shared = sys.modules['_contextvar_of_a_library'].variable\n"
        "    seen = [own.get(), shared.get()]\n"
        "    if event:\n        own.set(event)\n        shared.set(event)\n    return seen\n"
    )
    library = mock.Mock(variable=_variable)
    with mock.patch.dict(sys.modules, {"_contextvar_of_a_library": library}):
        token = _variable.set("test's")
        assert function.invoke("handler's").payload == ["new", "test's"]
        assert _variable.get() == "test's"
        assert function.invoke(None).payload == ["handler's", "handler's"]
        _variable.reset(token)
        function.recycle_environments()
        assert function.invoke(None).payload == ["new", "unset"]


def test_a_patch_at_init_is_found_in_the_long_list(deploy: Deploy) -> None:
    """A class that no invocation looks at is looked at after INIT; the patch lives with its process."""
    function = deploy(
        "import json, http.client\n_real = json.JSONEncoder.encode\n"
        "def encode(self, value):\n    return 'patched'\n"
        "PATCHED_BEFORE = json.JSONEncoder().encode(1)\n"
        "json.JSONEncoder.encode = encode\n"
        "def handler(event, context):\n    return [PATCHED_BEFORE, json.JSONEncoder().encode(1)]\n"
    )
    first = function.invoke({})
    assert first.payload == ["1", "patched"]
    assert json.JSONEncoder().encode(1) == "1"
    assert function.invoke({}).payload == ["1", "patched"]
    assert json.JSONEncoder().encode(1) == "1"
    function.recycle_environments()
    assert function.invoke({}).payload == ["1", "patched"]


def test_a_late_patch_outside_the_short_list_ends_with_its_process(deploy: Deploy) -> None:
    """What an invocation puts elsewhere is the test's too, until the environment is retired."""
    function = deploy(
        "import uuid\ndef handler(event, context):\n"
        "    if event:\n        uuid.uuid4 = lambda: 'mine'\n    return str(uuid.uuid4())\n"
    )
    function.invoke(None).raise_for_error()
    assert function.invoke(1).payload == "mine"
    assert function.invoke(None).payload == "mine"
    function.recycle_environments()
    assert function.invoke(None).payload != "mine"


def test_a_function_that_a_handler_invokes_starts_from_the_tests_world(aws_lambda: LambdaService) -> None:
    """The caller's patches, random numbers and hooks are not the other function's."""
    inner = aws_lambda.create_function(_inner)

    def outer(event: Any, context: Any) -> Any:
        json.dumps = lambda *_: "patched"
        sys.excepthook = print
        seen = inner.invoke({}).payload
        return [seen, json.dumps({}), sys.excepthook is print]

    response = aws_lambda.create_function(outer).invoke({})
    assert response.payload == [["{}", False], "patched", True]
    assert json.dumps({}) == "{}"
    assert _told(response) == [
        f"json.dumps: <function <lambda> at {Path(__file__).name}:{outer.__code__.co_firstlineno + 1}>"
    ]


def _inner(event: Any, context: Any) -> Any:
    return [json.dumps({}), sys.excepthook is print]


@pytest.mark.parametrize("end", ["time.sleep(900)", "os._exit(1)", "sys.exit(1)"])
def test_a_process_that_dies_gives_everything_back_too(deploy: Deploy, end: str) -> None:
    """A timeout, a crash and an exit undo the dead code's changes, and tell of them."""
    function = deploy(
        "import builtins, gc, os, sys, time\ndef handler(event, context):\n"
        f"    if event:\n        builtins.print = time.time = handler\n        gc.disable()\n        {end}\n"
        "    return 'alive'\n"
    )
    function.invoke(None).raise_for_error()
    before = snapshot()
    response = function.invoke(1)
    assert response.function_error is not None
    assert differences(before, snapshot()) == []
    assert [what.partition(":")[0] for what in _told(response)] == ["builtins.print", "time.time"]
    assert function.invoke(None).payload == "alive"


@_posix
def test_a_limit_can_be_given_back(deploy: Deploy) -> None:
    """A hard limit is not really lowered: nothing could raise it again."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    function = deploy(
        "import resource\ndef handler(event, context):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))\n"
        "    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]\n"
    )
    assert function.invoke({}).payload == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_a_part_that_fails_keeps_no_other_from_leaving(
    aws_lambda: LambdaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in giving something back, the rest is given back, and the error is not hidden."""
    from pytest_lambda_env.runtime.state.interpreter import InterpreterState

    function = aws_lambda.create_function(_inner)
    function.invoke({}).raise_for_error()
    before = snapshot()
    real = InterpreterState.leave

    def leave(self: InterpreterState) -> Any:
        real(self)
        raise OSError("no way")

    monkeypatch.setattr(InterpreterState, "leave", leave)
    with pytest.raises(OSError, match="no way"):
        function.invoke({})
    monkeypatch.undo()
    assert differences(before, snapshot()) == []
    assert function.invoke({}).payload == ["{}", False]


def test_a_profiler_left_on_ends_with_the_invocation(deploy: Deploy) -> None:
    """A cProfile that the handler did not disable measures the handler only, and leaves the place free."""
    function = deploy(
        "import cProfile\ndef handler(event, context):\n    global profile\n"
        "    profile = cProfile.Profile()\n    profile.enable()\n    return 'done'\n"
    )
    assert function.invoke(None).payload == "done"
    assert sys.getprofile() is None
    with cProfile.Profile() as own:
        json.dumps({})
    assert own.getstats()
    assert function.invoke(None).payload == "done"


def test_coverage_goes_on_whatever_the_handler_traces(deploy: Deploy) -> None:
    """A handler's ``sys.settrace`` has no effect where coverage or a debugger traces the test."""
    function = deploy(
        "import sys\ndef handler(event, context):\n    sys.settrace(None)\n    return repr(sys.gettrace())\n"
    )

    def tracer(frame: Any, event: str, argument: Any) -> None:
        return None

    tracer.__module__ = "coverage.tracer"
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        response = function.invoke({})
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert response.payload == repr(tracer)
    assert response.leftovers == ()
    assert after is tracer
