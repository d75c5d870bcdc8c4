"""What handler code registers to be run at exit: it is its process's, and is never run.

``weakref.finalize`` promises the same, so a finalizer of handler code is not run at exit either, and none when its
process has ended (:mod:`..leftovers.ledger`): a killed process does not tidy up.

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
import weakref
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.package_files import is_package_file

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_INSTALLED = ("site-packages", "dist-packages")

_executed: set[Any] = set(sys.modules)
"""The names of modules that have registered what they register."""

_real: dict[str, tuple[Any, Callable[..., Any]]] = {
    name: (module, getattr(module, name))
    for module, names in (
        (atexit, ("register", "unregister", "_clear", "_run_exitfuncs")),
        (threading, ("_register_atexit",)),
    )
    for name in names
    if hasattr(module, name)
}

_real_make_finalizer = weakref.finalize.__init__


def _is_handlers(frame: FrameType) -> bool:
    """Whether code at ``frame`` registers for the process of an environment."""
    if current.life is None or is_package_file(frame.f_code.co_filename):
        return False
    if _is_standard(frame.f_code.co_filename):
        return _is_second_copy(frame)
    importing: FrameType | None = frame
    while importing is not None and not is_package_file(importing.f_code.co_filename):
        code = importing.f_code
        if code.co_name == "<module>":
            return not any(part in code.co_filename for part in _INSTALLED)
        importing = importing.f_back
    return True


def _is_second_copy(frame: FrameType) -> bool:
    """Whether a module of the standard library is executed once more, because handler code has forgotten it."""
    name = frame.f_globals.get("__name__")
    if frame.f_code.co_name != "<module>":
        return False
    if name in _executed:
        return True
    _executed.add(name)
    return False


def _is_standard(file: str) -> bool:
    return file.startswith(("<frozen", _STANDARD_LIBRARY)) and not any(part in file for part in _INSTALLED)


def _door(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def door(*args: Any, **kwargs: Any) -> Any:
        if not _is_handlers(sys._getframe(1)):
            return real(*args, **kwargs)
        return args[0] if name == "register" and args else None

    return door


def _make_finalizer(self: Any, /, *args: Any, **kwargs: Any) -> None:
    _real_make_finalizer(self, *args, **kwargs)
    leftovers = current.leftovers
    if leftovers is not None and _is_made_by_handler(sys._getframe(1)):
        self.atexit = False
        leftovers.finalizer_made(self)


def _is_made_by_handler(frame: FrameType | None) -> bool:
    """The nearest frame outside the standard library decides: ``tempfile`` makes finalizers for its caller."""
    while frame is not None and _is_standard(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None or is_package_file(frame.f_code.co_filename):
        return False
    return not any(part in frame.f_code.co_filename for part in _INSTALLED)


def doors() -> Iterable[Door]:
    """``atexit``, the private twin for threads that executors use, and ``weakref.finalize``."""
    make_finalizer = functools.wraps(_real_make_finalizer)(_make_finalizer)
    yield Door(weakref.finalize, "__init__", _real_make_finalizer, make_finalizer)
    for name, (module, real) in _real.items():
        # A staticmethod, because the original does not bind either.
        yield Door(module, name, real, staticmethod(_door(name, real)))
