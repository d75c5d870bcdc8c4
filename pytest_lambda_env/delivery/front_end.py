"""The service's front door: a request is checked and routed here, then run, queued or only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_lambda_env.control.function import Function, route
from pytest_lambda_env.delivery.asynchronous import AsynchronousQueue
from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.delivery.passage import Passage
from pytest_lambda_env.delivery.request import INVOCATION_TYPES, InvokeRequest, client_context_text, event_bytes
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import TooManyRequestsException, UsageError
from pytest_lambda_env.simulation.entropy import Entropy


class FrontEnd:
    """``Invoke`` of the API, for one account."""

    def __init__(self, *, invoker: Invoker, queue: AsynchronousQueue, passage: Passage, entropy: Entropy) -> None:
        self._invoker = invoker
        self._queue = queue
        self._passage = passage
        self._entropy = entropy

    def invoke(
        self,
        function: Function,
        event: Any,
        invocation_type: str = "RequestResponse",
        *,
        qualifier: str | None = None,
        client_context: Mapping[str, Any] | str | None = None,
        tail: bool = False,
    ) -> InvokeResponse:
        """Answer one request. The caller's clock moves to the end of a synchronous one."""
        if invocation_type not in INVOCATION_TYPES:
            raise UsageError(f"invocation_type must be one of {', '.join(INVOCATION_TYPES)}, not {invocation_type!r}")
        request = self._request(function, event, invocation_type, qualifier, client_context, tail=tail)
        if invocation_type == "RequestResponse":
            response, ended = self._invoker.invoke(request, request.accepted)
            self._passage.reach(ended)
            return response
        status = 204
        if invocation_type == "Event":
            self._queue.accept(request)
            status = 202
        return InvokeResponse(
            status_code=status,
            raw_payload=b"",
            function_error=None,
            executed_version=None,
            request_id=request.request_id,
        )

    def invoke_concurrently(
        self, function: Function, events: Sequence[Any], *, return_exceptions: bool
    ) -> list[InvokeResponse | TooManyRequestsException]:
        """Answer synchronous requests that all begin now. The caller's clock moves to the end of the longest."""
        at = ended = self._passage.present()
        held: list[Callable[[], None]] = []
        results: list[InvokeResponse | TooManyRequestsException] = []
        try:
            for event in events:
                request = self._request(function, event, "RequestResponse", None, None, tail=False)
                try:
                    response, response_at = self._invoker.invoke(request, at, hold=held)
                except TooManyRequestsException as throttled:
                    if not return_exceptions:
                        raise
                    results.append(throttled)
                else:
                    results.append(response)
                    ended = max(ended, response_at)
        finally:
            for release in held:
                release()
        self._passage.reach(ended)
        return results

    def _request(
        self,
        function: Function,
        event: Any,
        invocation_type: str,
        qualifier: str | None,
        client_context: Mapping[str, Any] | str | None,
        *,
        tail: bool,
    ) -> InvokeRequest:
        context = client_context_text(client_context)
        return InvokeRequest(
            function=function,
            route=route(function, qualifier),
            event=event_bytes(event, invocation_type),
            request_id=self._entropy.uuid4("request-ids"),
            accepted=self._passage.present(),
            # Only a synchronous invocation passes it on (fidelity I09).
            client_context=context if invocation_type == "RequestResponse" else None,
            tail=tail,
        )
