"""What the interpreter does with an exception that nothing caught: its last words on stderr, and an exit status."""

from __future__ import annotations

import signal
import sys
import traceback
from contextlib import suppress

from pytest_lambda_env.runtime.client.faults import is_hidden


def exit_status(error: BaseException) -> int:
    """The status with which CPython ends a process whose main program let ``error`` escape (fidelity E11, E14, E16).

    Before that it writes a ``SystemExit``'s text, or the traceback with all causes, and flushes the standard streams.
    """
    status = _report(error)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    return status


def _report(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        if isinstance(error.code, int):
            return error.code & 0xFF
        sys.stderr.write(f"{error.code}\n")
        return 1
    try:
        report = traceback.TracebackException(type(error), error, error.__traceback__)
        _hide_own_frames(report)
        text = "".join(report.format())
    except AttributeError:  # from Python 3.13 on it imports modules, and the code may have emptied sys.modules
        text = _in_short(error)
    sys.stderr.write(text)
    return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def _in_short(error: BaseException | None) -> str:
    lines: list[str] = []
    while error is not None:
        lines.insert(0, f"{type(error).__name__}: {error}\n")
        error = error.__cause__ or error.__context__
    return "".join(lines)


def _hide_own_frames(report: traceback.TracebackException) -> None:
    report.stack[:] = [frame for frame in report.stack if not is_hidden(frame.filename)]
    inner = [report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())]
    for each in inner:
        if each is not None:
            _hide_own_frames(each)
