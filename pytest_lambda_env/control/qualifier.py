"""What may name a version or an alias: its name, or what the API gave for it."""

from __future__ import annotations

from typing import TypeAlias, overload

from pytest_lambda_env.control.function import FunctionVersion
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.alias import Alias

Version: TypeAlias = "str | int | FunctionVersion"
"""``"1"``, 1, or what ``publish_version`` gave."""

Qualifier: TypeAlias = "Version | Alias"
"""A version; an alias by its name, or as ``create_alias`` gave it; or ``"$LATEST"``."""


@overload
def name_of(qualifier: None) -> None: ...


@overload
def name_of(qualifier: Qualifier) -> str: ...


@overload
def name_of(qualifier: Qualifier | None) -> str | None: ...


def name_of(qualifier: Qualifier | None) -> str | None:
    """The name by which the API knows it; None stays None."""
    if qualifier is None or isinstance(qualifier, str):
        return qualifier
    if isinstance(qualifier, Alias):
        return qualifier.name
    if isinstance(qualifier, FunctionVersion):
        return qualifier.version
    if isinstance(qualifier, int) and not isinstance(qualifier, bool):
        return str(qualifier)
    raise UsageError(f"a qualifier is a version or an alias, by name or as the API gave it, not {qualifier!r}")
