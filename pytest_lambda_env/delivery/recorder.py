"""Tells what happens to an environment to those who want to know: its log (the platform's lines) and the journal."""

from __future__ import annotations

from typing import Any

from pytest_lambda_env.delivery import platform_errors
from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.delivery.verdict import Verdict
from pytest_lambda_env.errors import ServiceError, TooManyRequestsException
from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    Fact,
    InitEnded,
    InitPhase,
    InitStatus,
    Invocation,
    InvocationRefused,
    InvocationThrottled,
    RetirementReason,
)
from pytest_lambda_env.runtime.client.bootstrap import RuntimeReply
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.runtime.logs.platform_lines import RuntimeEnvironment, reported_error_type
from pytest_lambda_env.runtime.outcome import Outcome
from pytest_lambda_env.simulation.instant import MILLISECOND, Instant
from pytest_lambda_env.simulation.journal import Journal


class Recorder:
    """Writes both. One per service."""

    def __init__(self, journal: Journal[Fact]) -> None:
        self._journal = journal

    def environment_started(self, environment: Environment, at: Instant) -> None:
        """A new environment is about to run INIT (fidelity P01)."""
        configuration = environment.configuration
        self._journal.record(
            EnvironmentStarted(
                at=at,
                function_name=configuration.function_name,
                environment=environment.number,
                task_root=environment.task_root,
                init="shared" if environment.shared_code else "fresh",
                version=environment.version,
                initialization_type=environment.initialization_type,
            )
        )
        described = RuntimeEnvironment(
            runtime_version=f"python:{configuration.runtime.removeprefix('python')}.v1",
            runtime_version_arn=environment.runtime_version_arn,
            function_name=configuration.function_name,
            function_version=environment.version,
            instance_id=environment.log_stream_name[-32:],
            memory_size=configuration.memory_size,
        )
        how = environment.initialization_type
        environment.say(environment.platform.init_start(at, described, initialization_type=how), at)

    def init_ended(
        self, environment: Environment, started: Instant, outcome: Outcome[RuntimeReply | None], phase: InitPhase
    ) -> None:
        """INIT has succeeded, failed or timed out (fidelity I70, I71, P07, P08)."""
        error_type = None
        status: InitStatus = "success"
        if outcome.status == "timeout":
            status = "timeout"
        elif environment.process is None:
            status = "error"
            error = outcome.result.error if outcome.result else None
            died_of = platform_errors.OUT_OF_MEMORY if outcome.status == "memory" else platform_errors.EXITED
            error_type = reported_error_type(error["errorType"] if error else died_of)
        duration = outcome.ended - started
        line = environment.platform.init_report(
            outcome.ended,
            duration=duration,
            phase=phase,
            status=status,
            error_type=error_type,
            initialization_type=environment.initialization_type,
        )
        environment.say(line, outcome.ended)
        self._journal.record(
            InitEnded(
                at=outcome.ended,
                function_name=environment.configuration.function_name,
                environment=environment.number,
                duration=duration,
                phase=phase,
                status=status,
                aws_calls=outcome.aws_calls,
            )
        )

    def invocation_began(self, environment: Environment, request: InvokeRequest, at: Instant) -> None:
        """START (fidelity P02)."""
        line = environment.platform.start(at, request_id=request.request_id, version=environment.version)
        environment.say(line, at)

    def invocation_ended(
        self,
        environment: Environment,
        request: InvokeRequest,
        verdict: Verdict,
        run: Outcome[Any],
        *,
        started: Instant,
        cold_start: bool,
        init_duration: int | None,
        spilled_over: bool,
    ) -> Invocation:
        """END and REPORT (fidelity P03 to P06), and the journal's entry, which is given back.

        ``init_duration`` is that of an INIT ahead of ``started``, which is billed as well (I75); None without one.
        """
        ended, duration = run.ended, run.ended - started
        configuration = environment.configuration
        invocation = Invocation(
            request_id=request.request_id,
            function_name=configuration.function_name,
            executed_version=request.route.version,
            environment=environment.number,
            accepted=request.accepted,
            started=started,
            ended=ended,
            status=verdict.status,
            cold_start=cold_start,
            qualifier=request.qualifier,
            invocation_type=request.invocation_type,
            attempt=request.attempt,
            initialization_type=environment.initialization_type,
            spilled_over=spilled_over,
            init_duration=init_duration,
            billed_ms=max(1, -(-(duration + (init_duration or 0)) // MILLISECOND)),
            memory_size=configuration.memory_size,
            ephemeral_storage=configuration.ephemeral_storage,
            architecture=configuration.architectures[0],
            error_type=verdict.error_type,
            stopped_at=run.stack,
            leftovers=run.leftovers,
            aws_calls=run.aws_calls,
        )
        self._say_end(environment, invocation, verdict)
        self._journal.record(invocation)
        return invocation

    def _say_end(self, environment: Environment, invocation: Invocation, verdict: Verdict) -> None:
        platform, at = environment.platform, invocation.ended
        duration = at - invocation.started
        status, error_type = verdict.reported_status, verdict.reported_error_type
        environment.say(
            platform.end(
                at,
                request_id=invocation.request_id,
                duration=duration,
                produced_bytes=len(verdict.payload),
                status=status,
                error_type=error_type,
            ),
            at,
        )
        environment.say(
            platform.report(
                at,
                request_id=invocation.request_id,
                duration=duration,
                billed_duration_ms=invocation.billed_ms,
                memory_size=invocation.memory_size,
                max_memory_used=environment.memory.used_mb,
                init_duration=invocation.init_duration,
                status=status,
                error_type=error_type,
            ),
            at,
        )

    def invocation_throttled(self, request: InvokeRequest, at: Instant, throttled: TooManyRequestsException) -> None:
        """A request found no capacity: only the journal hears of it."""
        self._journal.record(
            InvocationThrottled(
                at=at,
                function_name=request.function.name,
                reason=throttled.reason or throttled.code,
                request_id=request.request_id,
                qualifier=request.qualifier,
                version=request.route.version,
                invocation_type=request.invocation_type,
            )
        )

    def invocation_refused(self, request: InvokeRequest, at: Instant, error: ServiceError) -> None:
        """A request was refused before it came to a handler, for another reason than capacity."""
        self._journal.record(
            InvocationRefused(
                at=at,
                function_name=request.function.name,
                error=error.code,
                request_id=request.request_id,
                qualifier=request.qualifier,
                invocation_type=request.invocation_type,
            )
        )

    def environment_retired(self, environment: Environment, at: Instant, reason: RetirementReason) -> None:
        """An environment is gone: on AWS, too, its log says nothing of that."""
        self._journal.record(
            EnvironmentRetired(
                at=at,
                function_name=environment.configuration.function_name,
                environment=environment.number,
                reason=reason,
            )
        )
