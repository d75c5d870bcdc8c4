"""Handler strings: what they resolve to, and how the runtime words its refusals (fidelity 1.1)."""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_lambda_env.runtime.client.faults import Fault
from pytest_lambda_env.runtime.client.handler import resolve

Write = Callable[[str, "str | bytes"], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a source file into an importable task root; its modules are forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)

    def write(path: str, source: str | bytes) -> None:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.encode() if isinstance(source, str) else source)
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - known:
        if name.startswith("rh_"):
            del sys.modules[name]


def fault_of(handler: str) -> Fault:
    """The fault that resolving the handler raises."""
    with pytest.raises(Fault) as caught:
        resolve(handler)
    return caught.value


@pytest.mark.parametrize(
    "handler",
    [pytest.param("ok", marks=pytest.mark.fidelity("H01")), pytest.param("", marks=pytest.mark.fidelity("H02"))],
)
def test_a_handler_without_a_dot_is_malformed(handler: str) -> None:
    """A handler string needs a dot between module and function."""
    fault = fault_of(handler)
    assert fault.type == "Runtime.MalformedHandlerName"
    assert fault.message == f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
    assert fault.trace is None


@pytest.mark.fidelity("H03")
def test_a_missing_module_is_named(write: Write) -> None:
    """A handler module that does not exist is an import error that names it."""
    fault = fault_of("rh_nomod.h")
    assert fault.type == "Runtime.ImportModuleError"
    assert fault.message == "Unable to import module 'rh_nomod': No module named 'rh_nomod'"
    assert fault.trace is None


@pytest.mark.fidelity("H04", "H05")
@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("rh_imp", "import nope_mod\n", "No module named 'nope_mod'"),
        ("rh_from", "from os import nope\n", "cannot import name 'nope' from 'os' ("),
    ],
)
def test_a_failing_import_names_the_handler_module_first(write: Write, name: str, source: str, reason: str) -> None:
    """An ImportError inside the handler's module names the handler's module, then the reason."""
    write(f"{name}.py", source)
    fault = fault_of(f"{name}.h")
    assert fault.type == "Runtime.ImportModuleError"
    assert fault.message.startswith(f"Unable to import module '{name}': {reason}")


@pytest.mark.fidelity("H06")
@pytest.mark.parametrize("handler", ["sys.h", "time.h", "builtins.print"])
def test_a_built_in_module_is_refused(handler: str) -> None:
    """A module compiled into the interpreter can't be a handler module."""
    fault = fault_of(handler)
    assert fault.type == "Runtime.BuiltInModuleConflict"
    assert fault.message == f"Cannot use built-in module {handler.partition('.')[0]} as a handler module"


@pytest.mark.fidelity("H07")
def test_a_standard_library_module_is_accepted() -> None:
    """Standard library modules written in Python are handler modules like any other."""
    assert [resolve("os.getcwd"), resolve("json.dumps")] == [os.getcwd, json.dumps]


@pytest.mark.fidelity("H08")
def test_a_slash_hides_a_built_in_module() -> None:
    """The built-in check sees the string before slashes become dots, and the message keeps the slash."""
    fault = fault_of("sys/foo.h")
    assert fault.type == "Runtime.ImportModuleError"
    assert fault.message == "Unable to import module 'sys/foo': No module named 'sys.foo'; 'sys' is not a package"


@pytest.mark.fidelity("H09")
def test_a_slash_and_a_dot_name_the_same_submodule(write: Write) -> None:
    """``sub/mod.h`` and ``sub.mod.h`` are the same handler."""
    write("rh_sub/mod.py", "def h(event, context): return event\n")
    assert resolve("rh_sub/mod.h") is resolve("rh_sub.mod.h")
    assert resolve("rh_sub.mod.h").__module__ == "rh_sub.mod"


@pytest.mark.fidelity("H10", "H11")
@pytest.mark.parametrize("attribute", ["missing", ""])
def test_a_missing_function_is_named(write: Write, attribute: str) -> None:
    """A module without the attribute is a fault of its own, and an empty attribute is just a missing one."""
    write("rh_ok.py", "def h(event, context): return event\n")
    fault = fault_of(f"rh_ok.{attribute}")
    assert fault.type == "Runtime.HandlerNotFound"
    assert fault.message == f"Handler '{attribute}' missing on module 'rh_ok'"
    assert fault.trace is None


@pytest.mark.fidelity("H12")
def test_an_empty_module_name_is_a_plain_exception() -> None:
    """The runtime has no wording of its own for an empty module name."""
    with pytest.raises(ValueError, match=r"^Empty module name$"):
        resolve(".h")


@pytest.mark.fidelity("H13")
@pytest.mark.parametrize(("handler", "name"), [("/ok.h", ".ok"), ("..ok.h", "..ok")])
def test_a_relative_module_name_is_a_plain_exception(handler: str, name: str) -> None:
    """A leading slash or dots make a relative import, which has no package to start from."""
    with pytest.raises(TypeError) as caught:
        resolve(handler)
    # "..ok.h" splits at the last dot: its module part is "..ok".
    assert str(caught.value) == (f"the 'package' argument is required to perform a relative import for {name!r}")


@pytest.mark.fidelity("H14")
def test_a_nested_attribute_is_never_resolved(write: Write) -> None:
    """``cls.A.h`` looks for a module ``cls.A``, not for a method of class A."""
    write("rh_cls.py", "class A:\n    @staticmethod\n    def h(event, context): return event\n")
    fault = fault_of("rh_cls.A.h")
    assert fault.type == "Runtime.ImportModuleError"
    assert fault.message == (
        "Unable to import module 'rh_cls.A': No module named 'rh_cls.A'; 'rh_cls' is not a package"
    )


@pytest.mark.fidelity("H15")
def test_only_attribute_error_means_a_missing_handler(write: Write) -> None:
    """What a module's ``__getattr__`` raises passes through, unless it is AttributeError."""
    write("rh_dynamic.py", "def __getattr__(name):\n    raise RuntimeError(name)\n")
    with pytest.raises(RuntimeError, match=r"^h$"):
        resolve("rh_dynamic.h")


@pytest.mark.fidelity("H16", "H19")
@pytest.mark.parametrize(
    ("expression", "type_"),
    [("'text'", str), ("functools.partial(print)", functools.partial), ("type('Handler', (), {})", type)],
)
def test_any_attribute_resolves(write: Write, expression: str, type_: type) -> None:
    """Resolution takes whatever object the name holds; whether it can be called shows at the first invoke."""
    write("rh_any.py", f"import functools\nh = {expression}\n")
    assert isinstance(resolve("rh_any.h"), type_)


@pytest.mark.fidelity("H20")
def test_a_syntax_error_has_a_trace_of_its_own(write: Write, tmp_path: Path) -> None:
    """A syntax error names the file and line, and its only trace entry has no comma before ``Line``."""
    write("rh_bad.py", "def h(e,c)\n    return e\n")
    fault = fault_of("rh_bad.h")
    assert fault.type == "Runtime.UserCodeSyntaxError"
    assert fault.message == "Syntax error in module 'rh_bad': expected ':' (rh_bad.py, line 1)"
    assert fault.trace == [f'  File "{tmp_path / "rh_bad.py"}" Line 1\n    def h(e,c)\n']


@pytest.mark.fidelity("H21")
def test_a_syntax_error_in_an_imported_module_names_both(write: Write, tmp_path: Path) -> None:
    """The message begins with the handler's module; its end and the trace name the module that is wrong."""
    write("rh_inner.py", "def h(e,c)\n")
    write("rh_outer.py", "import rh_inner\n")
    fault = fault_of("rh_outer.h")
    assert fault.message == "Syntax error in module 'rh_outer': expected ':' (rh_inner.py, line 1)"
    assert fault.trace == [f'  File "{tmp_path / "rh_inner.py"}" Line 1\n    def h(e,c)\n']


@pytest.mark.fidelity("H22")
@pytest.mark.parametrize("body", ["if 1:\n        x = 1\n\tx = 2\n", "  x = 1\n y = 2\n"])
def test_tab_and_indentation_errors_are_syntax_errors(write: Write, body: str) -> None:
    """TabError and IndentationError are reported as syntax errors."""
    write("rh_indent.py", body)
    assert fault_of("rh_indent.h").type == "Runtime.UserCodeSyntaxError"


@pytest.mark.fidelity("H23")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="Before 3.12 null bytes are a ValueError")
def test_null_bytes_are_a_syntax_error_without_a_place(write: Write) -> None:
    """Source with null bytes has neither file nor line to name."""
    write("rh_null.py", b"x = 1\n\0\n")
    fault = fault_of("rh_null.h")
    assert fault.type == "Runtime.UserCodeSyntaxError"
    assert fault.trace == ['  File "None" Line None\n    None']


@pytest.mark.fidelity("H25", "H26", "H27")
@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("raise Exception('x')", Exception),
        ("raise SystemExit(0)", SystemExit),
        ("raise KeyboardInterrupt", KeyboardInterrupt),
    ],
)
def test_other_exceptions_of_the_module_pass_through(write: Write, statement: str, error: type[BaseException]) -> None:
    """What a module raises at import, beside import and syntax errors, is not the runtime's to word."""
    write("rh_raises.py", statement + "\n")
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - Exception itself is one of the cases
        resolve("rh_raises.h")
    assert type(caught.value) is error
