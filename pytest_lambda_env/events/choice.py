"""Checks that builders share. Each error names the option, what it was, and what it must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.stamp import Stamp
from pytest_lambda_env.model.arn import Arn


def one_of(option: str, value: str, allowed: Sequence[str]) -> str:
    """The value, if it is one of those allowed."""
    if value not in allowed:
        raise UsageError(f"{option}={value!r}; it must be one of {', '.join(map(repr, allowed))}.")
    return value


def at_least(option: str, value: int, minimum: int) -> int:
    """The value, if it is a whole number and not below the minimum."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise UsageError(f"{option}={value!r}; it must be a whole number, {minimum} or more.")
    return value


def resource(option: str, given: str, service: str, stamp: Stamp, build: Callable[[str, str, str], Arn]) -> Arn:
    """A resource given by its name, in the stamp's region and account, or by its whole ARN."""
    if not isinstance(given, str):
        raise UsageError(f"{option}={given!r}; it must be a name or an ARN.")
    if not given.startswith("arn:"):
        return build(stamp.region, stamp.account_id, given)
    arn = Arn.parse(given)
    if arn.service != service:
        raise UsageError(f"{option}={given!r} is an ARN of {arn.service!r}; it must be one of {service!r}.")
    if not (arn.region and arn.account_id):
        raise UsageError(f"{option}={given!r}; the ARN must hold a region and an account id.")
    return arn
