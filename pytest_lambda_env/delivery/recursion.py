"""Loops: a function whose invocations lead to its own invocation again and again (fidelity I40).

AWS follows requests through the trace header's lineage, and stops a loop after about 16 invocations of one function in
one chain. Here a request knows the functions that have led to it. Followed are invocations that a handler makes itself,
synchronous or not, and those by destinations.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from pytest_lambda_env.delivery.request import InvokeRequest
from pytest_lambda_env.model.quotas import RECURSIVE_INVOCATIONS

MESSAGE = (
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources "
    "and stopped your function's invocation."
)
"""What the API's documentation says; how the error's message reads is not recorded."""


def loops(request: InvokeRequest) -> bool:
    """Whether a request is to be stopped, because its function has been invoked too often in one chain."""
    function = request.function
    return function.recursive_loop == "Terminate" and request.hops.count(function.name) >= RECURSIVE_INVOCATIONS


def hops_from(caller: InvokeRequest | None) -> tuple[str, ...]:
    """What a request that ``caller`` has led to carries along. A function whose loops are allowed is not counted."""
    if caller is None:
        return ()
    if caller.function.recursive_loop == "Allow":
        return caller.hops
    return (*caller.hops, caller.function.name)
