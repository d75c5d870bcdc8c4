"""The aliases of a function, checked as AWS checks them (fidelity V03, V08 to V10, V32)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.control.qualifier import Version, name_of
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
    UsageError,
    ValidationException,
)
from pytest_lambda_env.model.alias import Alias
from pytest_lambda_env.model.constraints import violation

_NAME_PATTERN = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
_NAME = re.compile(_NAME_PATTERN)
_NAME_LENGTH = 128
_PUBLISHED = re.compile(r"[0-9]+")


def make_alias(
    function: Function, name: str, version: Version, routing: Mapping[Any, float], description: str, revision_id: str
) -> Alias:
    """An alias with every value checked as AWS does, not yet part of the function."""
    if len(name) > _NAME_LENGTH:
        raise violation(name, "name", f"have length less than or equal to {_NAME_LENGTH}")
    if not _NAME.fullmatch(name):
        raise violation(name, "name", f"satisfy regular expression pattern: {_NAME_PATTERN}")
    version = name_of(version)
    weights = {name_of(other): _weight(weight) for other, weight in routing.items()}
    _check_weights(weights)
    function.version(version)
    for other in weights:
        if version == LATEST:
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {version}. "
                f"Function version {version} is already included in routing configuration."
            )
        function.version(other)
    return Alias(
        arn=str(function.arn(name)),
        name=name,
        function_version=version,
        routing=MappingProxyType(weights),
        description=description,
        revision_id=revision_id,
    )


def create_alias(function: Function, alias: Alias) -> None:
    """A new alias; AWS's error if its name is taken (V32)."""
    if alias.name in function.aliases:
        raise ResourceConflictException(f"Alias already exists: {alias.arn}")
    function.aliases[alias.name] = alias


def get_alias(function: Function, name: str, revision_id: str | None = None) -> Alias:
    """The alias, or AWS's error (V32); a ``revision_id`` must be the present one (V33)."""
    alias = function.aliases.get(name)
    if alias is None:
        raise ResourceNotFoundException(f"Cannot find alias arn: {function.arn()}:{name}")
    if revision_id is not None and revision_id != alias.revision_id:
        raise PreconditionFailedException
    return alias


def force_route(function: Function, name: str, version: str) -> None:
    """Let an alias lead to one of its versions, whatever its weights say, for as long as it leads there at all."""
    weights = get_alias(function, name).weights
    if version not in weights:
        leads_to = " and ".join(weights)
        raise UsageError(f"the alias {name!r} leads to {leads_to}, not to {version}: give one of those as to=")
    function.forced_routes[name] = version


def _check_weights(weights: Mapping[str, float]) -> None:
    if len(weights) > 1:
        raise InvalidParameterValueException("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for version, weight in weights.items():
        shown = f"{{{version}={weight}}}"
        if not _PUBLISHED.fullmatch(version):
            raise _map_violation(
                shown,
                "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must "
                "have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, "
                "Member must not be null]",
            )
        if not 0 <= weight <= 1:
            raise _map_violation(
                shown,
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                "Member must have value greater than or equal to 0.0, Member must not be null]",
            )


def _weight(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"routing= gives another version a share of the requests, 0.0 to 1.0, not {value!r}")
    return float(value)


def _map_violation(shown: str, constraint: str) -> ValidationException:
    return ValidationException(
        f"1 validation error detected: Value '{shown}' at 'routingConfig.additionalVersionWeights' "
        f"failed to satisfy constraint: {constraint}"
    )
