"""From what the runtime came to, to what AWS answers. Pure functions."""

from __future__ import annotations

from typing import Any, NamedTuple

from pytest_lambda_env.delivery import platform_errors
from pytest_lambda_env.model.facts import InvocationStatus
from pytest_lambda_env.model.quotas import RESPONSE_BYTES
from pytest_lambda_env.runtime.client.bootstrap import RuntimeReply
from pytest_lambda_env.runtime.logs.platform_lines import Status, reported_error_type
from pytest_lambda_env.runtime.outcome import Outcome

_REPORTED: dict[InvocationStatus, Status] = {
    "success": "success",
    "error": "failure",
    "init-error": "failure",
    "timeout": "timeout",
    "crash": "error",
}


class Verdict(NamedTuple):
    """The answer's payload, and how the invocation ended. ``error_type`` is that of the payload."""

    payload: bytes
    status: InvocationStatus
    error_type: str | None = None

    @property
    def reported_status(self) -> Status:
        """The status as the REPORT line words it."""
        return _REPORTED[self.status]

    @property
    def reported_error_type(self) -> str | None:
        """The error type of the REPORT line; none for a timeout, whose status says it all (fidelity P06, E18)."""
        if self.error_type is None or self.status == "timeout":
            return None
        return reported_error_type(self.error_type)


def of_invoke(outcome: Outcome[RuntimeReply], request_id: str, timeout: int) -> Verdict:
    """The answer to a request that reached the handler; ``timeout`` in seconds."""
    reply = outcome.result
    if reply is None:
        return _of_dead_process(outcome, request_id, timeout)
    if reply.error is not None:
        return Verdict(payload=reply.payload, status="error", error_type=reply.error["errorType"])
    if len(reply.payload) > RESPONSE_BYTES:
        payload = platform_errors.response_too_large()
        return Verdict(payload=payload, status="error", error_type=platform_errors.TOO_LARGE)
    return Verdict(payload=reply.payload, status="success")


def of_init(outcome: Outcome[RuntimeReply | None], request_id: str, timeout: int) -> Verdict:
    """The answer to a request whose environment could not be initialised (fidelity I71)."""
    reply = outcome.result
    if reply is None or reply.error is None:
        return _of_dead_process(outcome, request_id, timeout)
    return Verdict(payload=reply.payload, status="init-error", error_type=reply.error["errorType"])


def _of_dead_process(outcome: Outcome[Any], request_id: str, timeout: int) -> Verdict:
    if outcome.status == "timeout":
        payload = platform_errors.timed_out(request_id, timeout)
        return Verdict(payload=payload, status="timeout", error_type=platform_errors.TIMED_OUT)
    if outcome.status == "memory":
        payload = platform_errors.out_of_memory(request_id)
        return Verdict(payload=payload, status="crash", error_type=platform_errors.OUT_OF_MEMORY)
    payload = platform_errors.exited(request_id, outcome.exit_code or 0)
    return Verdict(payload=payload, status="crash", error_type=platform_errors.EXITED)
