"""Error objects: how the Python runtime reports a failure of the function or of itself (fidelity 1.2).

Frames of this package stand where real Lambda has C code or nothing at all (a replaced ``open``, a module
finder), so a stack trace hides them. The two files that AWS's runtime has as well, ``bootstrap.py`` and
``context.py``, stay visible, under the same rule that AWS applies: leading bootstrap frames are dropped.
"""

from __future__ import annotations

import os
import traceback
from typing import TypedDict

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.package_files import is_package_file


class Fault(Exception):
    """A failure that the runtime itself found, such as ``Runtime.ImportModuleError``.

    ``trace`` is the ``stackTrace`` to report; None where AWS reports an empty one (fidelity E12).
    """

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.type = error_type
        self.message = message
        self.trace = trace


class ErrorObject(TypedDict):
    """The payload of a failed invocation; the keys are AWS's own, in AWS's order (fidelity E01)."""

    errorMessage: str
    errorType: str
    requestId: str
    stackTrace: list[str]


def error_object(message: str, error_type: str, trace: list[str] | None, request_id: str = "") -> ErrorObject:
    """An error object; ``request_id`` is empty for a failed init (fidelity H25)."""
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace or []}


def fault_object(fault: Fault, request_id: str = "") -> ErrorObject:
    """The error object of a fault of the runtime (fidelity E12)."""
    return error_object(fault.message, fault.type, fault.trace, request_id)


def exception_object(exc: BaseException, request_id: str = "") -> ErrorObject:
    """The error object of an exception that function code let escape (fidelity E02 to E10).

    Causes, contexts and notes are not part of it. Where ``str(exc)`` raises, that exception escapes from here
    as it kills the process on AWS (fidelity E11).
    """
    return error_object(str(exc), type(exc).__name__, _stack_trace(exc), request_id)


def _stack_trace(exc: BaseException) -> list[str]:
    frames = [
        # Without columns the formatter has nothing to underline (fidelity E07).
        (_shown(frame.filename), frame.lineno or 0, frame.name, frame.line)
        for frame in traceback.extract_tb(exc.__traceback__)
        if not is_hidden(frame.filename)
    ]
    first = next((i for i, frame in enumerate(frames) if not _is_bootstrap(frame[0])), 0)
    return traceback.format_list(frames[first:])


def _shown(filename: str) -> str:
    """A file of code that was found in ``/tmp`` by the name that it has there."""
    return filename if current.files is None else current.files.virtual(filename)


_VISIBLE = frozenset(os.path.join(os.path.dirname(__file__), name) for name in ("bootstrap.py", "context.py"))


def is_hidden(filename: str) -> bool:
    """Whether a frame of this file has no counterpart on Lambda."""
    return is_package_file(filename) and filename not in _VISIBLE


def _is_bootstrap(filename: str) -> bool:
    # AWS tests for a substring, so a user's own bootstrap.py is dropped too (fidelity E08).
    return "/bootstrap.py" in filename.replace(os.sep, "/")
