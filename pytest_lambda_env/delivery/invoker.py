"""The one path by which every request reaches a handler: capacity, environment, INIT, INVOKE, record, response.

A synchronous call, the asynchronous queue and an event source mapping are callers of :meth:`Invoker.invoke`.
Provisioned environments are initialised here too, ahead of any request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_lambda_env.delivery import verdict
from pytest_lambda_env.delivery.capacity.concurrency import Concurrency, Lease
from pytest_lambda_env.delivery.recorder import Recorder
from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import ServiceException, TooManyRequestsException
from pytest_lambda_env.model import quotas
from pytest_lambda_env.model.prices import Prices
from pytest_lambda_env.runtime.client.bootstrap import RuntimeRequest
from pytest_lambda_env.runtime.doors.clocks import WallClock
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.runtime.outcome import Outcome
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant


class Invoker:
    """Runs requests in environments."""

    def __init__(self, *, concurrency: Concurrency, recorder: Recorder, entropy: Entropy, prices: Prices) -> None:
        self.last_environment: Environment | None = None
        self.running: list[InvokeRequest] = []
        """The requests whose handlers run now, each invoked by the one before it."""
        self._concurrency = concurrency
        self._recorder = recorder
        self._entropy = entropy
        self._prices = prices

    def invoke(
        self, request: InvokeRequest, at: Instant, *, hold: list[Callable[[], None]] | None = None
    ) -> tuple[InvokeResponse, Instant]:
        """Run a request that starts at an instant; returns the response and the instant at which it is there.

        Its environment is busy until then. With ``hold`` it stays taken until the caller calls what is appended there,
        so that requests that take no virtual time can overlap too. Raises :class:`TooManyRequestsException`, and
        :class:`ServiceException` where a test lets the service itself fail.
        """
        lease = self._lease(request, at)
        self.last_environment = lease.slot.environment
        ended = at
        self.running.append(request)
        try:
            response, ended = self._serve(lease, request, at)
        finally:
            self.running.pop()
            if hold is None:
                lease.release(ended)
            else:
                hold.append(lambda: lease.release(ended))
        return response, ended

    def occupy(self, request: InvokeRequest, at: Instant) -> tuple[Lease, Instant]:
        """Take an environment for a request that never comes to its handler; also when its INIT has ended."""
        lease = self._lease(request, at)
        try:
            return lease, self.initialise(lease.slot.environment, at) if lease.new else at
        except BaseException:
            lease.release(at)
            raise

    def initialise(self, environment: Environment, at: Instant) -> Instant:
        """INIT of a new environment, ahead of a request and on time of its own (fidelity I70, I74); when it ended."""
        provisioned = environment.initialization_type == "provisioned-concurrency"
        limit = quotas.INIT_SECONDS
        if provisioned:
            limit = max(quotas.PROVISIONED_INIT_SECONDS, environment.configuration.timeout)
        self._recorder.environment_started(environment, at)
        outcome = environment.init(at, Instant(at + limit * SECOND))
        self._recorder.init_ended(environment, at, outcome, "init")
        return outcome.ended

    def _lease(self, request: InvokeRequest, at: Instant) -> Lease:
        function = request.function
        if function.service_errors:
            function.service_errors -= 1
            error = ServiceException("The AWS Lambda service encountered an internal error.")
            self._recorder.invocation_refused(request, at, error)
            raise error
        try:
            return self._concurrency.lease(function, request.route.version, at)
        except TooManyRequestsException as throttled:
            self._recorder.invocation_throttled(request, at, throttled)
            raise

    def _serve(self, lease: Lease, request: InvokeRequest, at: Instant) -> tuple[InvokeResponse, Instant]:
        environment, new = lease.slot.environment, lease.new
        since = environment.log.mark()
        cold_start = environment.process is None
        started = self.initialise(environment, at) if new else at
        # An INIT that failed has a report of its own, and counts again below.
        init_duration = started - at if new and environment.process is not None else None
        timeout = environment.configuration.timeout
        deadline = Instant(started + timeout * SECOND)

        begun, failed_init = started, None
        if environment.process is None:
            # INIT failed, or the last process died: once more, on the function's own time (fidelity I65, I71).
            init = environment.init(started, deadline)
            self._recorder.init_ended(environment, started, init, "invoke")
            begun = init.ended
            failed_init = init if environment.process is None else None
        self._recorder.invocation_began(environment, request, begun)
        run: Outcome[Any]
        if failed_init is None:
            outcome = environment.invoke(self._runtime_request(request, begun, deadline), begun, deadline)
            answer = verdict.of_invoke(outcome, request.request_id, timeout)
            run = outcome
        else:
            answer = verdict.of_init(failed_init, request.request_id, timeout)
            run = failed_init

        invocation = self._recorder.invocation_ended(
            environment,
            request,
            answer,
            run,
            started=started,
            cold_start=cold_start,
            init_duration=init_duration,
            spilled_over=lease.spilled_over,
        )
        response = InvokeResponse(
            status_code=200,
            raw_payload=answer.payload,
            function_error=None if answer.status == "success" else "Unhandled",
            executed_version=request.route.version,
            request_id=request.request_id,
            max_memory_used=environment.memory.used_mb,
            _peak=environment.memory.peak,
            _invocation=invocation,
            _prices=self._prices,
            _environment=environment,
            _log=(since, environment.log.mark()),
            _tail=request.tail,
        )
        return response, run.ended

    def _runtime_request(self, request: InvokeRequest, begun: Instant, deadline: Instant) -> RuntimeRequest:
        return RuntimeRequest(
            request_id=request.request_id,
            event=request.event,
            invoked_function_arn=request.route.invoked_function_arn,
            # The handler compares it with its wall clock, which a test's own freeze_time may have shifted.
            deadline_ms=WallClock.shift(deadline) // MILLISECOND,
            client_context=request.client_context,
            trace_id=self._trace_id(begun),
        )

    def _trace_id(self, begun: Instant) -> str:
        """https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader (X04)."""
        digits = self._entropy.hex("trace-ids", 48)
        return f"Root=1-{begun // SECOND:08x}-{digits[:24]};Parent={digits[24:40]};Sampled=0;Lineage=1:{digits[40:]}:0"
