"""Publishing versions of a function (fidelity V04 to V07, V33)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytest_lambda_env.control.code_digest import code_sha256
from pytest_lambda_env.control.code_snapshot import CodeSnapshot
from pytest_lambda_env.control.function import LATEST, Function, FunctionVersion
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
)


def publish_version(
    function: Function,
    *,
    description: str | None,
    expected_sha256: str | None,
    revision_id: str | None,
    new_revision_id: str,
    directory: Callable[[], Path],
) -> FunctionVersion:
    """A version of ``$LATEST`` as it is now; the last one again if nothing has changed since (V06).

    ``directory`` makes an empty directory for the copy of the code.
    """
    latest = function.latest
    digest = code_sha256(latest.code)
    if expected_sha256 is not None and expected_sha256 != digest:
        raise InvalidParameterValueException(
            f"CodeSHA256 ({expected_sha256}) is different from current CodeSHA256 in $LATEST ({digest}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    if revision_id is not None and revision_id != function.revision_id:
        raise PreconditionFailedException
    previous = function.versions.get(str(function.published))
    if previous is not None and previous.code_sha256 == digest and _same(previous.published_from, latest):
        return previous
    number = str(function.published + 1)
    configuration = latest.configuration
    if description is not None:
        configuration = replace(configuration, description=description)
    version = FunctionVersion(
        arn=str(function.arn(number)),
        version=number,
        configuration=configuration,
        code=latest.code,
        code_sha256=digest,
        revision_id=new_revision_id,
        snapshot=None if latest.code.shared else CodeSnapshot(latest.code, directory()),
        published_from=latest,
    )
    function.versions[number] = version
    function.published += 1
    return version


def check_deletable(function: Function, version: str) -> None:
    """Return if a version may be deleted, or raise: ``$LATEST`` can't be, nor an alias, nor what aliases lead to.

    No recording has these words; they are what many reports quote.
    """
    if version == LATEST:
        raise InvalidParameterValueException("$LATEST version cannot be deleted without deleting the function.")
    if version in function.aliases:
        raise InvalidParameterValueException("Deletion of aliases is not currently supported.")
    function.version(version)
    leading = sorted(alias.name for alias in function.aliases.values() if version in alias.weights)
    if leading:
        raise ResourceConflictException(
            f"Unable to delete version because the following aliases reference it: [{', '.join(leading)}]"
        )


def _same(before: FunctionVersion | None, latest: FunctionVersion) -> bool:
    """Whether ``$LATEST`` is as it was, its files aside.

    A test's own function is equal to itself only: another one of the same code may have closed over something else.
    """
    if before is None:
        return False
    return before.configuration == latest.configuration and before.code.function is latest.code.function
