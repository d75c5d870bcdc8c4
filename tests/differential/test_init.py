"""What happens before the first request: loading the handler, what its module prints, and how an init fails."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from parity import official
from parity.case import Case
from parity.comparison import assert_equal
from parity.table import read

from pytest_lambda_env.runtime.client.bootstrap import Bootstrap

MODULES: dict[str, str | bytes] = {
    "ok.py": "def h(event, context): return event\nnotfn = 'text'\n",
    "imp.py": "import nope_mod\n",
    "frm.py": "from os import nope\n",
    "bad.py": "def h(e,c)\n",
    "outer.py": "import bad\n",
    "indent.py": "  x = 1\n y = 2\n",
    "tab.py": "if 1:\n        x = 1\n\ty = 2\n",
    "null.py": b"x = 1\n\0\n",
    "latin.py": b"# \xe9\ndef h(event, context): return 1\n",
    "coded.py": b"# -*- coding: latin-1 -*-\ndef h(event, context): return '\xe9'\n",
    "unclosed.py": "x = '''\n",
    "cls.py": "class A:\n    def h(event, context): return event\n",
    "dynamic.py": (
        "def __getattr__(name):\n    if name == 'h': return lambda event, context: name\n    raise RuntimeError(name)\n"
    ),
    "raises.py": "def inner():\n    raise Exception('Runtime startup fails')\ninner()\n",
    "circle.py": "import circle2\ndef h(event, context): return 1\n",
    "circle2.py": "from circle import h\n",
    "package/__init__.py": "print('package')\ndef h(event, context): return __name__\n",
    "package/mod.py": "from . import h as outer\ndef h(event, context): return [__name__, outer(event, context)]\n",
    "package/wrong.py": "from .nothing import x\n",
    "space/mod.py": "def h(event, context): return __name__\n",
    "with-dash.py": "def h(event, context): return __name__\n",
    "größe.py": "def h(event, context): return __name__\n",
}
HANDLERS = [
    "ok", "", "nomod.h", "imp.h", "frm.h", "sys.h", "builtins.print", "os.getcwd", "json.dumps", "sys/foo.h", "ok.h",
    "ok.missing", "ok.", "ok.notfn", ".h", "/ok.h", "..ok.h", "ok..h", "./ok.h", "cls.A.h", "dynamic.h", "dynamic.x",
    "bad.h", "outer.h", "indent.h", "tab.h", "null.h", "latin.h", "coded.h", "unclosed.h", "raises.h", "circle.h",
    "package.h", "package/mod.h", "package.mod.h", "package/mod/h", "package.wrong.h", "space/mod.h", "space.h",
    "with-dash.h", "größe.h", "ok .h", "ok.h ", "ok.__name__", "nomod/sub.h", "package.nomod.h",
]  # fmt: skip

SOURCES = read("modules", calls=2, whole=True)


@pytest.mark.fidelity("H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H09", "H10", "H11", "H12", "H13", "H14")
@pytest.mark.fidelity("H15", "H16", "H20", "H21", "H22", "H23", "H25", "H30", "H32")
@pytest.mark.parametrize("handler", HANDLERS)
def test_any_handler_string(tmp_path: Path, handler: str) -> None:
    """A handler string names the same function in both runtimes, or fails with the same error and log."""
    assert_equal(Case(handler, files=MODULES, handler=handler, events=({}, {})), tmp_path)


@pytest.mark.fidelity("G05", "H25", "H26", "H27", "H30", "H32")
@pytest.mark.parametrize(("runtime", "log_format"), [("python3.11", "Text"), ("python3.13", "JSON")])
@pytest.mark.parametrize("name", SOURCES)
def test_any_module(tmp_path: Path, name: str, runtime: str, log_format: str) -> None:
    """Whatever the handler's module does while it is imported, both runtimes log and answer the same."""
    configuration = {"runtime": runtime, "log_format": log_format}
    assert_equal(dataclasses.replace(SOURCES[name], configuration=configuration), tmp_path)


@pytest.mark.fidelity("H33")
@pytest.mark.parametrize("runtime", ["AWS_Lambda_python3.14", "AWS_Lambda_python3.15"])
@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
def test_warning_of_a_preview_runtime(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, runtime: str, region: str
) -> None:
    """A runtime in preview is warned of in the same words; no other is."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.delenv("LAMBDA_DISABLE_PREVIEW_WARN", raising=False)
    official.bootstrap._log_preview_runtime_warning()
    theirs = caplog.messages
    caplog.clear()
    Bootstrap(log_error=lambda error: None, request_started=lambda request: None).init("os.getcwd")
    assert caplog.messages == theirs
    assert len(theirs) == (1 if runtime.endswith("3.15") else 0)


def test_the_modules_of_the_test_are_back(tmp_path: Path) -> None:
    """Neither run leaves its modules, its search path or its working directory behind."""
    before = sys.modules.keys() - {"http.client"}, sys.path[:], Path.cwd()
    assert_equal(Case("package/mod.h", files=MODULES, handler="package/mod.h"), tmp_path)
    assert (sys.modules.keys() - {"http.client"}, sys.path[:], Path.cwd()) == before
