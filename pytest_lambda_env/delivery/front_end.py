"""The service's front door: a request is checked and routed here, then run, queued or only looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.asynchronous.queue import AsynchronousQueue
from pytest_lambda_env.delivery.caller import Caller, check_permission
from pytest_lambda_env.delivery.capacity.concurrency import Lease
from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.delivery.passage import Passage
from pytest_lambda_env.delivery.recorder import Recorder
from pytest_lambda_env.delivery.recursion import MESSAGE, hops_from, loops
from pytest_lambda_env.delivery.request import INVOCATION_TYPES, InvokeRequest, client_context_text, new_request
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import (
    AccessDeniedException,
    RecursiveInvocationException,
    TooManyRequestsException,
    UsageError,
)
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant


class FrontEnd:
    """``Invoke`` of the API, for one account."""

    def __init__(
        self,
        *,
        account: Account,
        invoker: Invoker,
        queue: AsynchronousQueue,
        passage: Passage,
        recorder: Recorder,
        entropy: Entropy,
    ) -> None:
        self._account = account
        self._invoker = invoker
        self._queue = queue
        self._passage = passage
        self._recorder = recorder
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
        caller: Caller | None = None,
    ) -> InvokeResponse:
        """Answer one request. The caller's clock moves to the end of a synchronous one.

        ``caller`` is who invokes; None is the function's own account, which needs no permission.
        """
        if invocation_type not in INVOCATION_TYPES:
            raise UsageError(f"invocation_type must be one of {', '.join(INVOCATION_TYPES)}, not {invocation_type!r}")
        request = self._request(function, event, invocation_type, qualifier, client_context, tail=tail)
        if caller is not None:
            self._check_permission(caller, request)
        if invocation_type == "RequestResponse":
            self._check_loop(request)
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
        self, function: Function, events: Sequence[Any], *, qualifier: str | None, return_exceptions: bool
    ) -> list[InvokeResponse | TooManyRequestsException]:
        """Answer synchronous requests that all begin now. The caller's clock moves to the end of the longest."""
        at = ended = self._passage.present()
        results: list[InvokeResponse | TooManyRequestsException] = []
        held: list[Callable[[], None]] = []
        try:
            for event in events:
                request = self._request(function, event, "RequestResponse", qualifier, None)
                self._check_loop(request)
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

    @contextmanager
    def in_flight(self, function: Function, count: int, qualifier: str | None) -> Iterator[list[Environment]]:
        """Hold that many environments as if each were serving a request, for the length of a ``with`` block."""
        at = ended = self._passage.present()
        environments: list[Environment] = []
        with ExitStack() as held:
            for _ in range(count):
                request = self._request(function, b"{}", "RequestResponse", qualifier, None)
                lease, initialised = self._invoker.occupy(request, at)
                held.callback(self._release, lease, initialised)
                ended = max(ended, initialised)
                environments.append(lease.slot.environment)
            self._passage.reach(ended)
            yield environments

    def _release(self, lease: Lease, initialised: Instant) -> None:
        lease.release(max(initialised, self._passage.present()))

    def _check_permission(self, caller: Caller, request: InvokeRequest) -> None:
        try:
            check_permission(caller, request)
        except AccessDeniedException as denied:
            self._recorder.invocation_refused(request, request.accepted, denied)
            raise

    def _check_loop(self, request: InvokeRequest) -> None:
        if loops(request):
            error = RecursiveInvocationException(MESSAGE)
            self._recorder.invocation_refused(request, request.accepted, error)
            raise error

    def _request(
        self,
        function: Function,
        event: Any,
        invocation_type: str,
        qualifier: str | None,
        client_context: Mapping[str, Any] | str | None,
        *,
        tail: bool = False,
    ) -> InvokeRequest:
        self._account.check(function)
        context = client_context_text(client_context)
        running = self._invoker.running
        return new_request(
            function,
            event,
            invocation_type,
            qualifier=qualifier,
            accepted=self._passage.present(),
            hops=hops_from(running[-1] if running else None),
            entropy=self._entropy,
            client_context=context,
            tail=tail,
        )
