"""The API model's own constraints on parameters, with AWS's words for what violates them."""

from __future__ import annotations

from pytest_lambda_env.errors import UsageError, ValidationException


def in_range(value: object, name: str, allowed: range) -> None:
    """Return if the value is a whole number of the range; ``name`` is the parameter's, as AWS spells it."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{name} must be a whole number, not {value!r}")
    if value < allowed.start:
        raise violation(value, name, f"have value greater than or equal to {allowed.start}")
    if value >= allowed.stop:
        raise violation(value, name, f"have value less than or equal to {allowed.stop - 1}")


def one_of(value: object, name: str, allowed: tuple[str, ...]) -> None:
    """Return if the value is one of those allowed."""
    if value not in allowed:
        raise violation(value, name, f"satisfy enum value set: [{', '.join(allowed)}]")


def violation(value: object, name: str, constraint: str) -> ValidationException:
    """The error for a value of which the model says "Member must …"."""
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )
