"""What handler code registers to be run at exit: it is its process's, and is never run.

Lambda kills the process of a retired environment, so exit callbacks don't run there either, but for a handler that
calls ``sys.exit``; and at the end of the test run, when they would be called here, nothing is left of what they need.
What the standard library registers for itself, and what a shared library registers when it is imported, is real.
"""

from __future__ import annotations

import atexit
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.package_files import is_package_file

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_INSTALLED = ("site-packages", "dist-packages")

_real: dict[str, tuple[Any, Callable[..., Any]]] = {
    name: (module, getattr(module, name))
    for module, names in (
        (atexit, ("register", "unregister", "_clear", "_run_exitfuncs")),
        (threading, ("_register_atexit",)),
    )
    for name in names
    if hasattr(module, name)
}


def _is_handlers(frame: FrameType) -> bool:
    """Whether code at ``frame`` registers for the process of an environment."""
    if current.life is None or is_package_file(frame.f_code.co_filename):
        return False
    if _is_standard(frame.f_code.co_filename):
        return False
    importing: FrameType | None = frame
    while importing is not None and not is_package_file(importing.f_code.co_filename):
        code = importing.f_code
        if code.co_name == "<module>":
            return not any(part in code.co_filename for part in _INSTALLED)
        importing = importing.f_back
    return True


def _is_standard(file: str) -> bool:
    return file.startswith(("<frozen", _STANDARD_LIBRARY)) and not any(part in file for part in _INSTALLED)


def _door(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def door(*args: Any, **kwargs: Any) -> Any:
        if not _is_handlers(sys._getframe(1)):
            return real(*args, **kwargs)
        return args[0] if name == "register" and args else None

    return door


def doors() -> Iterable[Door]:
    """``atexit``, and the private twin for threads that executors use."""
    for name, (module, real) in _real.items():
        # A staticmethod, because the original does not bind either.
        yield Door(module, name, real, staticmethod(_door(name, real)))
