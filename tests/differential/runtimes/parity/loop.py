"""The runtimes' inner loop alone, fast enough for thousands of examples, and with headers that ``Invoke`` can't send.

No log, no environment of its own: a request goes to AWS's ``handle_event_request`` and to our ``Bootstrap``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import mock

from parity import official
from parity.masks import masked_payload
from pytest_lambda_env.runtime.client.bootstrap import Bootstrap, RuntimeRequest

Handler = Callable[[Any, Any], Any]
RUNTIMES = ["AWS_Lambda_python3.11", "AWS_Lambda_python3.13"]
VARIABLES = {
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    "AWS_LAMBDA_FUNCTION_NAME": "fn",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one runtime made of one request: a payload, or the exception that ended its process."""

    payload: bytes | None = None
    content_type: str | None = None
    error: bool = False
    escaped: str | None = None


class Headers(NamedTuple):
    """What a request carries beside its id, event and deadline."""

    content_type: str = "application/json"
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None


class Recorder:
    """Stands in for the C extension that talks to the service."""

    def __init__(self) -> None:
        self.outcome = Outcome()

    def post_invocation_result(self, invoke_id: str, data: bytes, content_type: str, *_: object) -> None:
        """Take a response off the wire."""
        self.outcome = Outcome(payload=data, content_type=content_type)

    def post_error(self, invoke_id: str, error: str, *_: object) -> None:
        """Take an error object off the wire; the extension takes text as UTF-8, so here a lone surrogate raises."""
        payload = masked_payload(error.encode("utf-8"))
        self.outcome = Outcome(payload=payload, content_type="application/json", error=True)


class Sink:
    """A log that keeps nothing."""

    def log_error(self, lines: list[str]) -> None:
        """Ignore an error block."""


def assert_alike(handler: Handler, event: bytes = b"{}", headers: Headers | None = None) -> None:
    """Compare the two runtimes on one request, under an older and a current Python runtime."""
    for runtime in RUNTIMES:
        with mock.patch.dict(os.environ, {**VARIABLES, "AWS_EXECUTION_ENV": runtime}):
            theirs = _theirs(handler, event, headers or Headers())
            assert _ours(handler, event, headers or Headers()) == theirs
            assert theirs != Outcome(), "the official runtime has not answered"


def _theirs(handler: Handler, event: bytes, headers: Headers) -> Outcome:
    wire = Recorder()
    client = official.client.LambdaRuntimeClient("localhost")
    client.marshaller = official.marshaller.LambdaMarshaller()
    with mock.patch.object(official.client, "runtime_client", wire):
        try:
            official.bootstrap.handle_event_request(
                client, handler, "rid", event, headers.content_type, headers.client_context,
                headers.cognito_identity, "arn", 5_000, headers.tenant_id, Sink(),
            )  # fmt: skip
        except BaseException as exc:  # noqa: BLE001  what escapes is part of the comparison
            return Outcome(escaped=type(exc).__name__)
    return wire.outcome


def _ours(handler: Handler, event: bytes, headers: Headers) -> Outcome:
    bootstrap = Bootstrap(log_error=lambda error: None, request_started=lambda request: None)
    assert bootstrap.init(handler) is None
    request = RuntimeRequest(
        request_id="rid", event=event, invoked_function_arn="arn", deadline_ms=5_000, **headers._asdict()
    )
    try:
        reply = bootstrap.invoke(request)
    except BaseException as exc:  # noqa: BLE001  what escapes is part of the comparison
        return Outcome(escaped=type(exc).__name__)
    payload = reply.payload if reply.error is None else masked_payload(reply.payload)
    return Outcome(payload=payload, content_type=reply.content_type, error=reply.error is not None)
