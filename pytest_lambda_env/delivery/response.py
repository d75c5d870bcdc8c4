"""What ``invoke`` gives back."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pytest_lambda_env.errors import HandlerFailed, UsageError
from pytest_lambda_env.metering.cost import Cost, cost_of
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.model.prices import US_EAST_1, Prices
from pytest_lambda_env.model.quotas import LOG_TAIL_BYTES
from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.runtime.memory import in_mb
from pytest_lambda_env.simulation.instant import Instant

_NOT_RUN = Invocation(
    request_id="",
    function_name="",
    executed_version="",
    environment=0,
    accepted=Instant(0),
    started=Instant(0),
    ended=Instant(0),
    status="success",
    cold_start=False,
)
"""What a response of ``Event`` or ``DryRun`` has to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeResponse:
    """The answer of ``Invoke``, and below it what only a simulator can tell.

    A failed handler is data here: ``function_error`` is ``"Unhandled"`` and the payload is the error object.
    ``raise_for_error()`` makes it an exception.
    """

    status_code: int
    """200 for a synchronous invocation, also when the function failed; 202 for ``Event``, 204 for ``DryRun``
    (fidelity I01 to I05)."""
    raw_payload: bytes
    """The response's bytes, exactly as they go over the wire."""
    function_error: str | None
    """``"Unhandled"`` if the function failed, else None (I06)."""
    executed_version: str | None
    """The version that ran, ``"$LATEST"`` or a number; None for ``Event`` and ``DryRun`` (I02, I03)."""
    request_id: str
    """The request's id, the same as ``context.aws_request_id`` (I10)."""

    max_memory_used: int = 0
    """Simulator: MB by which the environment's code has made the process grow at most, since its INIT, measured (at
    least 1). It is what REPORT says, and never shrinks while the environment is warm."""
    _peak: int = field(default=0, repr=False)
    _invocation: Invocation = field(default=_NOT_RUN, repr=False)
    _prices: Prices = field(default=US_EAST_1, repr=False)
    _environment: Environment | None = field(default=None, repr=False)
    _log: tuple[int, int] = field(default=(0, 0), repr=False)
    _tail: bool = field(default=False, repr=False)

    @property
    def cold_start(self) -> bool:
        """Simulator: whether an INIT ran for this request."""
        return self._invocation.cold_start

    @property
    def duration(self) -> timedelta:
        """Simulator: virtual time of the invocation, without INIT, to the microsecond."""
        return self._invocation.duration

    @property
    def billed_duration(self) -> timedelta:
        """Simulator: what AWS bills, in whole milliseconds, INIT included (I75)."""
        return timedelta(milliseconds=self._invocation.billed_ms)

    @property
    def init_duration(self) -> timedelta | None:
        """Simulator: virtual time of INIT, None for a warm start."""
        duration = self._invocation.init_duration
        return None if duration is None else timedelta(microseconds=duration)

    @property
    def aws_calls(self) -> tuple[AwsCall, ...]:
        """Simulator: the AWS API calls of the handler, in order."""
        return self._invocation.aws_calls

    @property
    def stopped_at(self) -> tuple[str, ...]:
        """Simulator: the handler's stack when it was stopped at its deadline or ended its process."""
        return self._invocation.stopped_at

    @property
    def leftovers(self) -> tuple[Leftover, ...]:
        """Simulator: threads, child processes, open files, pending tasks and changed process state left behind.

        Lambda freezes them with the environment, and the next invocation finds them there.
        """
        return self._invocation.leftovers

    @property
    def cost(self) -> Cost:
        """Simulator: what AWS would charge for this run, by the service's ``prices``; ``cost.total`` in dollars."""
        return Cost() if self._invocation is _NOT_RUN else cost_of(self._invocation, self._prices)

    @property
    def peak_memory(self) -> int:
        """Simulator: MB as ``max_memory_used``, of this invocation alone, with what the environment held before."""
        return in_mb(self._peak)

    @property
    def environment(self) -> Environment:
        """Simulator: the execution environment that served the request; compare with ``is``."""
        if self._environment is None:
            raise UsageError(
                "Only a synchronous invocation has an environment to show. An Event runs later: "
                "see fn.invocations after aws_lambda.advance(...) or drain()."
            )
        return self._environment

    @property
    def payload(self) -> Any:
        """The response read as JSON; bytes that are not JSON stay bytes, and an empty response is None."""
        if not self.raw_payload:
            return None
        try:
            return json.loads(self.raw_payload)
        except ValueError:
            return self.raw_payload

    @property
    def logs(self) -> str:
        """Simulator: everything logged for this request, from INIT_START or START to REPORT."""
        since, until = self._log
        return self.environment.log.text(since, until)

    @property
    def report(self) -> str:
        """Simulator: the REPORT line (fidelity P04 to P06), without its newline."""
        return self.logs.rstrip("\n").rpartition("\n")[2]

    @property
    def log_result(self) -> str | None:
        """With ``log_type="Tail"``: the last 4 KB of the log in base64, as the API gives it (I08)."""
        if not self._tail:
            return None
        since, until = self._log
        return base64.b64encode(self.environment.log.tail(since, LOG_TAIL_BYTES, until)).decode()

    def raise_for_error(self) -> InvokeResponse:
        """Raise :class:`HandlerFailed` with the error and its stack trace if the function failed; else return self."""
        if self.function_error is None:
            return self
        error = self.payload if isinstance(self.payload, dict) else {}
        trace = "".join(error.get("stackTrace") or self.stopped_at)
        summary = ": ".join(filter(None, (error.get("errorType"), error.get("errorMessage")))) or str(self.payload)
        raise HandlerFailed(f"{summary}\n{trace}".rstrip())
