"""A new function, from what a test says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.code_location import locate
from pytest_lambda_env.control.function import LATEST, Function, FunctionVersion, free_name
from pytest_lambda_env.control.options import CONFIGURABLE, check_keywords
from pytest_lambda_env.control.reservations import check_reservation
from pytest_lambda_env.control.resource_policy import ResourcePolicy
from pytest_lambda_env.control.revisions import FunctionRevisions
from pytest_lambda_env.model.arn import function_arn, role_arn
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.iam.execution_role import Document, read_policies

CREATABLE = (*CONFIGURABLE, "function_name", "code", "reserved_concurrent_executions", "role_policy")
"""The keywords of ``create_function``."""


def create_function(
    account: Account,
    handler: str | Callable[[Any, Any], Any],
    *,
    task_root: Path,
    fresh_packages: tuple[str, ...],
    defaults: Mapping[str, Any],
    new_revision_id: Callable[[], str],
    function_name: str | None = None,
    code: str | Path | None = None,
    reserved_concurrent_executions: int | None = None,
    role_policy: Document | Sequence[Document] | None = None,
    managed_policy: Callable[[str], Mapping[str, Any] | None],
    **configuration: Any,
) -> Function:
    """Make a function and add it to the account. What ``configuration`` leaves out comes from ``defaults``."""
    check_keywords(configuration, CREATABLE, "create_function()")
    located = replace(locate(handler, None if code is None else Path(code), task_root), fresh_packages=fresh_packages)
    name = function_name or free_name(located.handler, account.functions)
    role = configuration.pop("role", str(role_arn(account.region, account.account_id, "lambda-role")))
    configured = FunctionConfiguration(
        function_name=name, handler=located.handler, role=role, **{**defaults, **configuration}
    )
    latest = FunctionVersion(
        arn=str(function_arn(account.region, account.account_id, name, LATEST)),
        version=LATEST,
        configuration=configured,
        code=located,
    )
    function = Function(
        region=account.region, account_id=account.account_id, latest=latest, revision_id=new_revision_id()
    )
    function.policy = ResourcePolicy(function.arn(), FunctionRevisions(function, new_revision_id))
    if role_policy is not None:
        function.role_policy = read_policies(role_policy, managed_policy)
    if reserved_concurrent_executions is not None:
        check_reservation(account, function, reserved_concurrent_executions)
        function.reserved_concurrency = reserved_concurrent_executions
    account.add(function)
    return function
