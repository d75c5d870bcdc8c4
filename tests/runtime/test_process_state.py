from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from process_snapshot import differences, snapshot

from pytest_lambda_env import LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]
_posix = pytest.mark.skipif(os.name == "nt", reason="signals, limits and descriptors of POSIX")


@pytest.fixture
def deploy(aws_lambda: LambdaService, tmp_path: Path) -> Deploy:
    """A function of ``change``, the statements that change something, and ``read``, an expression that shows it."""

    def deploy(change: str, read: str = "None", imports: str = "") -> LambdaFunction:
        body = "\n".join(f"        {line}" for line in change.strip().splitlines())
        source = (
            "import asyncio, atexit, builtins, contextvars, datetime, decimal, gc, json, locale, logging, os, random\n"
            "import signal, socket, sys, threading, time, warnings\n"
            f"{imports}\n"
            f"def handler(event, context):\n    global value\n    if event == 'change':\n{body}\n    return {read}\n"
        )
        (tmp_path / "app.py").write_text(source, encoding="utf-8")
        function = aws_lambda.create_function("app.handler", code=tmp_path)
        # The service's own signal and threads, and everything that a first invocation imports, are there now.
        function.invoke("look").raise_for_error()
        return function

    return deploy


_CHANGES = {
    "excepthook": ("sys.excepthook = print", "sys.excepthook is print"),
    "unraisablehook": ("sys.unraisablehook = print", "sys.unraisablehook is print"),
    "displayhook": ("sys.displayhook = print", "sys.displayhook is print"),
    "breakpointhook": ("sys.breakpointhook = print", "sys.breakpointhook is print"),
    "threading.excepthook": ("threading.excepthook = print", "threading.excepthook is print"),
    "threading.settrace": ("threading.settrace(print)", "threading._trace_hook is print"),
    "gc.disable": ("gc.disable()", "not gc.isenabled()"),
    "gc.set_threshold": ("gc.set_threshold(5, 6, 7)", "gc.get_threshold()[:2] == (5, 6)"),
    "gc.callbacks": ("gc.callbacks.append(id)", "id in gc.callbacks"),
    "socket.setdefaulttimeout": ("socket.setdefaulttimeout(3)", "socket.getdefaulttimeout() == 3"),
    "sys.setswitchinterval": ("sys.setswitchinterval(0.25)", "sys.getswitchinterval() == 0.25"),
    "sys.set_int_max_str_digits": ("sys.set_int_max_str_digits(999)", "sys.get_int_max_str_digits() == 999"),
    "sys.setrecursionlimit": ("sys.setrecursionlimit(3210)", "sys.getrecursionlimit() == 3210"),
    "sys.dont_write_bytecode": (
        "sys.dont_write_bytecode = 'set'",
        "sys.dont_write_bytecode == 'set'",
    ),
    "sys.argv changed": ("sys.argv.append('--more')", "sys.argv[-1] == '--more'"),
    "sys.argv replaced": ("sys.argv = ['app']", "sys.argv == ['app']"),
    "sys.path_hooks": ("sys.path_hooks.insert(0, id)", "id in sys.path_hooks"),
    "sys.stdin": ("sys.stdin = None", "sys.stdin is None"),
    "locale": ("locale.setlocale(locale.LC_ALL, 'C.UTF-8')", "locale.setlocale(locale.LC_NUMERIC) == 'C.UTF-8'"),
    "decimal": ("decimal.getcontext().prec = 5", "decimal.getcontext().prec == 5"),
    "event loop": (
        "loop = asyncio.new_event_loop()\nloop.close()\nasyncio.set_event_loop(loop)",
        "_loop() is not None",
    ),
    "addLevelName": ("logging.addLevelName(25, 'NOTICE')", "logging.getLevelName(25) == 'NOTICE'"),
    "logging.disable": ("logging.disable(logging.CRITICAL)", "logging.root.manager.disable == 50"),
    "setLogRecordFactory": ("logging.setLogRecordFactory(dict)", "logging.getLogRecordFactory() is dict"),
    "setLoggerClass": (
        "class Own(logging.Logger): pass\nlogging.setLoggerClass(Own)",
        "logging.getLoggerClass().__name__ == 'Own'",
    ),
    "warnings": (
        "warnings.simplefilter('ignore', BytesWarning)",
        "('ignore', None, BytesWarning, None, 0) in warnings.filters",
    ),
    "signal handler": ("signal.signal(signal.SIGTERM, handler)", "signal.getsignal(signal.SIGTERM) is handler"),
    "blocked signals": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
        "signal.SIGUSR1 in signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    ),
    "timer": ("signal.alarm(100)", "signal.getitimer(signal.ITIMER_REAL)[0] > 90"),
    "os.environ.clear": ("os.environ.clear()", "'AWS_REGION' not in os.environ"),
}
_LOOP = "def _loop():\n    policy = asyncio.events._event_loop_policy\n    return policy and policy._local._loop\n"
_TOLD = {
    "resource limit": (
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nresource.setrlimit(resource.RLIMIT_NOFILE, (200, 250))",
        "resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 200",
        "resource.RLIMIT_NOFILE: (200, ",
    ),
    "tracer": ("sys.settrace(_trace)", "sys.gettrace() is _trace", "sys.settrace: <function _trace at app.py:3>"),
    "profiler": (
        "sys.setprofile(_trace)",
        "sys.getprofile() is _trace",
        "sys.setprofile: <function _trace at app.py:3>",
    ),
    "time.time": ("time.time = _patch", "time.time() == 'patched'", "time.time: <function _patch at app.py:4>"),
    "builtins.open": ("builtins.open = _patch", "open is _patch", "builtins.open: <function _patch"),
    "builtins.print": ("builtins.print = _patch", "print('x') == 'patched'", "builtins.print: <function _patch"),
    "json.dumps": ("json.dumps = _patch", "json.dumps(1) == 'patched'", "json.dumps: <function _patch"),
    "os.path.exists": ("os.path.exists = _patch", "os.path.exists('') == 'patched'", "path.exists: <function _patch"),
    "socket.socket": ("socket.socket = _patch", "socket.socket is _patch", "socket.socket: <function _patch"),
    "datetime.datetime": ("datetime.datetime = str", "datetime.datetime is str", "datetime.datetime: <class str>"),
    "Thread.start": (
        "threading.Thread.start = _patch",
        "threading.Thread().start() == 'patched'",
        "threading.Thread.start: <f",
    ),
    "logging.root": (
        "logging.root = logging.Logger('mine')",
        "logging.root.name == 'mine'",
        "logging.root: <Logger object>",
    ),
    "deleted name": ("del builtins.print", "not hasattr(builtins, 'print')", "builtins.print: None"),
    "os.environ": ("os.environ = {}", "type(os.environ) is dict", "os.environ: <dict object>"),
    "sys.modules": ("sys.modules = {}", "sys.modules == {}", "sys.modules: <dict object>"),
}
_HELPERS = "def _trace(frame, event, argument): return None\ndef _patch(*a, **k): return 'patched'"


@pytest.mark.fidelity("V40")
@pytest.mark.parametrize("name", _CHANGES)
def test_a_setting_belongs_to_its_process(deploy: Deploy, name: str) -> None:
    """What a program may set for itself holds in the process, also warm; a cold start and the test have their own."""
    change, read = _CHANGES[name]
    if name == "sys.set_int_max_str_digits" and not hasattr(sys, "set_int_max_str_digits"):
        pytest.skip("before Python 3.10.7")
    function = deploy(change, read, _LOOP)
    before = snapshot(collect=False)
    changed = function.invoke("change")
    assert changed.payload is True
    assert differences(before, snapshot(collect=False)) == []
    assert function.invoke("look").payload is True
    function.recycle_environments()
    assert function.invoke("look").payload is False
    assert differences(before, snapshot(collect=False)) == []
    assert changed.leftovers == ()


@_posix
@pytest.mark.fidelity("V40")
@pytest.mark.parametrize("name", _TOLD)
def test_what_others_would_suffer_from_is_told(deploy: Deploy, name: str) -> None:
    """A patch, a tracer, a limit, a signal handler holds in the process only, and the message names it, once."""
    change, read, told = _TOLD[name]
    function = deploy(change, read, _HELPERS if name != "resource limit" else "import resource")
    before = snapshot(collect=False)
    changed = function.invoke("change")
    assert changed.payload is True
    assert differences(before, snapshot(collect=False)) == []
    assert [leftover.kind for leftover in changed.leftovers if told in leftover.what] == ["state"]
    warm = function.invoke("look")
    assert warm.payload is True
    assert warm.leftovers == ()
    function.recycle_environments()
    cold = function.invoke("look")
    assert cold.payload is False
    assert cold.leftovers == ()
    assert differences(before, snapshot(collect=False)) == []
