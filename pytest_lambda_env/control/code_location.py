"""From what a test calls its handler to where the code is."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.code import FunctionCode, root_of


def locate(handler: str | Callable[[Any, Any], Any], code: Path | None, default_root: Path) -> FunctionCode:
    """The code of a handler.

    A string is looked up below ``code``, or below ``default_root``. A callable is resolved to the module that
    defines it, so that each environment can import that module afresh. A function that can't be imported afresh runs
    as it is and shares its globals with the test: one from a test module or conftest, a lambda, a closure, a method.
    """
    if isinstance(handler, str):
        root = (code or default_root).resolve()
        if not root.is_dir():
            raise UsageError(
                f"code={str(code)!r} is not a directory; give the folder that the handler string starts from"
            )
        return FunctionCode(handler=handler, task_root=root)
    if not callable(handler):
        raise UsageError(f'handler must be "module.function" or a callable, not {handler!r}')
    if code is not None:
        raise UsageError("code= belongs to a handler given as a string; a callable knows where it is defined")
    importable = _importable(handler)
    if importable is not None:
        return importable
    name = getattr(handler, "__qualname__", type(handler).__qualname__).replace("<locals>.", "")
    return FunctionCode(handler=f"test.{name.rpartition('.')[2]}", task_root=default_root.resolve(), function=handler)


def _importable(handler: Callable[[Any, Any], Any]) -> FunctionCode | None:
    if isinstance(handler, functools.partial) or inspect.ismethod(handler):
        return None
    module_name = getattr(handler, "__module__", None)
    name = getattr(handler, "__qualname__", "")
    module = sys.modules.get(module_name or "")
    file = getattr(module, "__file__", None)
    if module is None or module_name is None or not file or not name.isidentifier() or _is_test_module(module):
        return None
    if getattr(module, name, None) is not handler:
        return None
    if "site-packages" in Path(file).parts:
        return None
    root = root_of(module_name, Path(file))
    return FunctionCode(handler=f"{module_name}.{name}", task_root=root.resolve())


def _is_test_module(module: object) -> bool:
    """Whether pytest has imported it as a test module, conftest or plugin (with rewritten assertions)."""
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    name = getattr(module, "__name__", "").rpartition(".")[2]
    return type(loader).__module__.startswith("_pytest.") or name in ("conftest", "__main__")
