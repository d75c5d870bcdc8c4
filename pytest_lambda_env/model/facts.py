"""What the journal holds. Each fact is complete by itself: a report needs no other source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.simulation.instant import Instant

InitStatus = Literal["success", "error", "timeout"]
InitPhase = Literal["init", "invoke", "snap-start"]
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start", "lambda-managed-instances"]
InvocationStatus = Literal["success", "error", "timeout", "crash", "init-error"]
InvocationType = Literal["RequestResponse", "Event"]
RetirementReason = Literal[
    "idle",
    "age",
    "recycled",
    "configuration updated",
    "code updated",
    "provisioned concurrency reduced",
    "provisioned INIT failed",
    "deleted",
    "service closed",
]
Condition = Literal[
    "Success",
    "RetriesExhausted",
    "EventAgeExceeded",
    "ZeroReservedConcurrency",
    "RecursiveInvocation",
    "FunctionDeleted",
]
"""How an asynchronous event has ended; AWS's words where its destination records show them (A20 to A23)."""
RecordPurpose = Literal["OnSuccess", "OnFailure", "DeadLetter"]
ProvisionedStatus = Literal["IN_PROGRESS", "READY", "FAILED"]


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
    version: str = "$LATEST"
    initialization_type: InitializationType = "on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitEnded:
    """An INIT has ended: the first of an environment (``phase="init"``), or one inside an invocation."""

    at: Instant
    function_name: str
    environment: int
    duration: int
    phase: InitPhase
    status: InitStatus
    aws_calls: tuple[AwsCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of a handler; ``fn.invocations`` are these. Instants are virtual microseconds.

    ``accepted`` is when the service took the event, ``started`` when this attempt began, ``error_type`` the payload's.
    ``qualifier`` is what the request named (a version, an alias, or None), ``executed_version`` what ran. ``attempt``
    counts the runs of one asynchronous event, from 1. ``init_duration`` (microseconds) is None for a warm start.
    ``stopped_at`` is the stack of a handler that was stopped or ended its process, as lines of a traceback.
    ``leftovers`` is what it left behind in the process, ``aws_calls`` what it called, in order. Sizes in MB, as
    configured: they make the price.
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
    qualifier: str | None = None
    invocation_type: InvocationType = "RequestResponse"
    attempt: int = 1
    initialization_type: InitializationType = "on-demand"
    spilled_over: bool = False
    """Whether its version has provisioned concurrency, and all of that was in use."""
    init_duration: int | None = None
    billed_ms: int = 0
    memory_size: int = 128
    ephemeral_storage: int = 512
    architecture: str = "x86_64"
    error_type: str | None = None
    stopped_at: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    aws_calls: tuple[AwsCall, ...] = ()

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
    request_id: str = ""
    qualifier: str | None = None
    version: str = "$LATEST"
    invocation_type: InvocationType = "RequestResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRefused:
    """A request was refused for another reason, ``error`` (``RecursiveInvocationException``, ``ServiceException``)."""

    at: Instant
    function_name: str
    error: str
    request_id: str
    qualifier: str | None = None
    invocation_type: InvocationType = "RequestResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAccepted:
    """The asynchronous queue has taken an event; ``copy`` is above 0 for one that it delivers once more (A11)."""

    at: Instant
    function_name: str
    request_id: str
    qualifier: str | None = None
    copy: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEnded:
    """The asynchronous queue is done with an event, after so many ``attempts`` that reached the handler."""

    at: Instant
    function_name: str
    request_id: str
    condition: Condition
    accepted: Instant
    attempts: int
    qualifier: str | None = None
    copy: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent:
    """An event's record went to a destination or a dead-letter target; ``error`` says why it did not arrive."""

    at: Instant
    function_name: str
    request_id: str
    purpose: RecordPurpose
    target: str
    qualifier: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrencyChanged:
    """What a qualifier has of provisioned concurrency from this instant on (V27, V29); ``requested`` 0: none.

    ``memory_size`` in MB and the architecture are the version's: they make the price.
    """

    at: Instant
    function_name: str
    qualifier: str
    version: str
    requested: int
    allocated: int
    status: ProvisionedStatus
    status_reason: str | None = None
    memory_size: int = 128
    architecture: str = "x86_64"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficShifted:
    """An alias now sends ``weight`` (0 to 1) of its requests to ``version``; ``why`` says for what reason."""

    at: Instant
    function_name: str
    alias: str
    version: str
    weight: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRetired:
    """An environment is gone, and its ``/tmp`` with it."""

    at: Instant
    function_name: str
    environment: int
    reason: RetirementReason


Fact = (
    EnvironmentStarted
    | InitEnded
    | Invocation
    | InvocationThrottled
    | InvocationRefused
    | EventAccepted
    | EventEnded
    | RecordSent
    | ProvisionedConcurrencyChanged
    | TrafficShifted
    | EnvironmentRetired
)
