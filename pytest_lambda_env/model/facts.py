"""What the journal holds. Each fact is complete by itself: a report needs no other source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.simulation.instant import Instant

InitStatus = Literal["success", "error", "timeout"]
RetirementReason = Literal["idle", "recycled", "configuration updated", "code updated", "service closed"]
InvocationStatus = Literal["success", "error", "timeout", "crash", "init-error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStarted:
    """A new execution environment, whose modules come from ``task_root``.

    ``init`` is ``shared`` where the handler is the test module's own function.
    """

    at: Instant
    function_name: str
    environment: int
    task_root: str
    init: Literal["fresh", "shared"]
    initialization_type: str = "on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitEnded:
    """An INIT has ended: the first of an environment (``phase="init"``), or one inside an invocation."""

    at: Instant
    function_name: str
    environment: int
    duration: int
    phase: Literal["init", "invoke", "snap-start"]
    status: InitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of a handler; ``fn.invocations`` are these. Instants are virtual microseconds.

    ``accepted`` is when the service took the event, ``started`` when this attempt began, ``error_type`` the payload's.
    ``stopped_at`` is the stack of a handler that was stopped or ended its process, as lines of a traceback.
    ``leftovers`` is what it left behind in the process.
    """

    request_id: str
    function_name: str
    executed_version: str
    environment: int
    accepted: Instant
    started: Instant
    ended: Instant
    status: InvocationStatus
    cold_start: bool
    error_type: str | None = None
    stopped_at: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()

    @property
    def started_after(self) -> timedelta:
        """How long after its event was accepted this attempt began."""
        return timedelta(microseconds=self.started - self.accepted)

    @property
    def duration(self) -> timedelta:
        """The virtual time this attempt took."""
        return timedelta(microseconds=self.ended - self.started)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationThrottled:
    """A request found no capacity; ``reason`` is AWS's."""

    at: Instant
    function_name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRetired:
    """An environment is gone, and its ``/tmp`` with it."""

    at: Instant
    function_name: str
    environment: int
    reason: RetirementReason


Fact = EnvironmentStarted | InitEnded | Invocation | InvocationThrottled | EnvironmentRetired
