"""Who invokes a function, where that is not the function's own account."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.errors import AccessDeniedException

_ACTION = "lambda:InvokeFunction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A service, an account or a principal of one, and the resource on whose behalf a service calls."""

    principal: str
    source_arn: str | None = None
    source_account: str | None = None


def check_permission(caller: Caller, request: InvokeRequest) -> None:
    """Return if the function's resource-based policy lets the caller invoke it, or raise AWS's error."""
    allowed = request.function.policy.may_invoke(
        caller.principal,
        qualifier=request.qualifier,
        source_arn=caller.source_arn,
        source_account=caller.source_account,
    )
    if not allowed:
        raise AccessDeniedException(
            f"User: {caller.principal} is not authorized to perform: {_ACTION} on resource: "
            f"{request.route.invoked_function_arn} because no resource-based policy allows the {_ACTION} action"
        )
