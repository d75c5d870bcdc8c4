"""A request as the service accepts it: checked, routed, with its event as JSON bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.control.routing import Route, route
from pytest_lambda_env.errors import InvalidRequestContentException, RequestTooLargeException
from pytest_lambda_env.model import quotas
from pytest_lambda_env.model.facts import InvocationType
from pytest_lambda_env.model.payload import encode_event
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant

_LIMITS = {
    "RequestResponse": quotas.SYNCHRONOUS_REQUEST_BYTES,
    "DryRun": quotas.SYNCHRONOUS_REQUEST_BYTES,
    "Event": quotas.ASYNCHRONOUS_REQUEST_BYTES,
}
INVOCATION_TYPES = tuple(_LIMITS)


class InvokeRequest(NamedTuple):
    """``accepted`` is when the service took it; ``client_context`` is JSON text; ``tail`` asks for ``LogResult``.

    ``attempt`` counts the runs of an asynchronous event. ``hops`` names the functions, oldest first, whose invocations
    have led to this one, the same one again and again in a loop (fidelity I40).
    """

    function: Function
    qualifier: str | None
    route: Route
    event: bytes
    request_id: str
    accepted: Instant
    client_context: str | None = None
    tail: bool = False
    invocation_type: InvocationType = "RequestResponse"
    attempt: int = 1
    hops: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """The ARN of what was invoked, always qualified, as destination records name it (A24)."""
        return str(self.function.arn(self.qualifier or LATEST))


def new_request(
    function: Function,
    event: Any,
    invocation_type: str,
    *,
    qualifier: str | None,
    accepted: Instant,
    hops: tuple[str, ...],
    entropy: Entropy,
    client_context: str | None = None,
    tail: bool = False,
) -> InvokeRequest:
    """A request with an id of its own; raises AWS's errors for an unknown qualifier and an event it can't carry."""
    return InvokeRequest(
        function=function,
        qualifier=qualifier,
        route=route(function, qualifier, entropy.stream("routing").random),
        event=event_bytes(event, invocation_type),
        request_id=entropy.uuid4("request-ids"),
        accepted=accepted,
        # Only a synchronous invocation passes it on (fidelity I09).
        client_context=client_context if invocation_type == "RequestResponse" else None,
        tail=tail,
        invocation_type="Event" if invocation_type == "Event" else "RequestResponse",
        hops=hops,
    )


def event_bytes(event: Any, invocation_type: str) -> bytes:
    """The event as the payload of a request of that type, within its limit (fidelity I20 to I22)."""
    payload = encode_event(event)
    limit = _LIMITS[invocation_type]
    if len(payload) > limit:
        raise RequestTooLargeException(
            f"{len(payload)} byte payload is too large for the {invocation_type} invocation type (limit {limit} bytes)"
        )
    return payload


def client_context_text(client_context: Mapping[str, Any] | str | None) -> str | None:
    """The client context as the runtime gets it: a dictionary, or what the API takes, its JSON in base64 (I09)."""
    if client_context is None:
        return None
    if isinstance(client_context, str):
        encoded = client_context
    else:
        encoded = base64.b64encode(json.dumps(client_context).encode()).decode()
    if len(encoded) > quotas.CLIENT_CONTEXT_BYTES:
        raise InvalidRequestContentException(
            f"Client context must be no more than {quotas.CLIENT_CONTEXT_BYTES} bytes when base64-encoded."
        )
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError as error:
        raise InvalidRequestContentException("Client context must be a valid base64-encoded JSON object.") from error
