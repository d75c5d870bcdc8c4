"""What one run of handler code came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.simulation.instant import Instant

Result = TypeVar("Result")


# Not frozen, because one is made in every call: setting an attribute of a frozen class costs five times as much.
@dataclass(slots=True, kw_only=True)
class Outcome(Generic[Result]):
    """``result`` is there when the code returned; otherwise the process is dead.

    ``ended`` is an instant of virtual time. ``exit_code`` is the status, negative for a signal; it and ``stack`` (where
    the code was when it was stopped, outermost frame first) are there for a process that died.
    """

    status: Literal["returned", "timeout", "exit", "memory"]
    ended: Instant
    result: Result | None = None
    exit_code: int | None = None
    stack: tuple[str, ...] = ()
    aws_calls: tuple[AwsCall, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
