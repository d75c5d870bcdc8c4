"""The payloads that the platform, not the function, answers with (fidelity 2.5, 2.7, I24)."""

from __future__ import annotations

import json
import signal

from pytest_lambda_env.model.quotas import RESPONSE_BYTES

TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"
OUT_OF_MEMORY = "Runtime.OutOfMemory"
TOO_LARGE = "Function.ResponseSizeTooLarge"

# As Go's syscall.Signal words them on Linux; any other is "signal" and its number (fidelity E16).
_SIGNALS = {
    "SIGHUP": "hangup",
    "SIGINT": "interrupt",
    "SIGQUIT": "quit",
    "SIGILL": "illegal instruction",
    "SIGTRAP": "trace/breakpoint trap",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point exception",
    "SIGKILL": "killed",
    "SIGUSR1": "user defined signal 1",
    "SIGSEGV": "segmentation fault",
    "SIGUSR2": "user defined signal 2",
    "SIGPIPE": "broken pipe",
    "SIGALRM": "alarm clock",
    "SIGTERM": "terminated",
}


def timed_out(request_id: str, timeout: int) -> bytes:
    """A request that met its deadline; ``timeout`` is the configured one in seconds (fidelity I60, I62)."""
    return _platform_error(request_id, TIMED_OUT, f"Task timed out after {timeout:.2f} seconds")


def exited(request_id: str, exit_code: int) -> bytes:
    """A process that ended in the middle of a request; a negative code is a signal (fidelity I80, I81)."""
    if exit_code == 0:
        text = "Runtime exited without providing a reason"
    elif exit_code > 0:
        text = f"Runtime exited with error: exit status {exit_code}"
    else:
        text = _signalled(-exit_code)
    return _platform_error(request_id, EXITED, text)


def out_of_memory(request_id: str) -> bytes:
    """A process that took more than ``memory_size`` and was killed for it (fidelity I82)."""
    return _platform_error(request_id, OUT_OF_MEMORY, _signalled(9))


def response_too_large() -> bytes:
    """A response above the quota (fidelity I24)."""
    message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    return _json({"errorMessage": message, "errorType": TOO_LARGE})


def _signalled(number: int) -> str:
    try:
        words = _SIGNALS[signal.Signals(number).name]
    except (KeyError, ValueError):
        words = f"signal {number}"
    return f"Runtime exited with error: signal: {words}"


def _platform_error(request_id: str, error_type: str, text: str) -> bytes:
    return _json({"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {text}"})


def _json(value: dict[str, str]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
