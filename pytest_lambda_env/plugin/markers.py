"""The markers, read into checked keywords."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from pytest_lambda_env.errors import UsageError

if TYPE_CHECKING:
    import pytest

FUNCTION = "lambda_function"
SERVICE = "lambda_service"

_DESCRIPTIONS = {
    FUNCTION: "lambda_function(handler, **configuration): the function under test; the arguments of create_function",
    SERVICE: (
        "lambda_service(region, account_id, seed, start, clock, idle_timeout, environment_lifetime, concurrency, "
        "scaling, duplicates, prices, real_time_guard, writable, allowed_hosts, memory_limit, leftovers, "
        "journal_limit): "
        "the service around it; the arguments of LambdaService"
    ),
}


def register(config: pytest.Config) -> None:
    """Declare the markers, for ``--markers`` and ``--strict-markers``."""
    for description in _DESCRIPTIONS.values():
        config.addinivalue_line("markers", description)


def function_arguments(node: pytest.Item) -> tuple[Any, dict[str, Any]] | None:
    """The handler and the keywords of the nearest ``lambda_function`` marker, or None without one.

    Markers further out (class, module) add keywords that the nearer one leaves out.
    """
    from pytest_lambda_env.control.creation import CREATABLE
    from pytest_lambda_env.control.options import check_keywords

    handler: Any = None
    keywords: dict[str, Any] = {}
    found = False
    for marker in node.iter_markers(FUNCTION):
        given = dict(marker.kwargs)
        handlers = [*marker.args, *([given.pop("handler")] if "handler" in given else [])]
        if len(handlers) > 1:
            raise UsageError(f"@pytest.mark.{FUNCTION} takes one handler and keywords, not {handlers!r}")
        check_keywords(given, CREATABLE, f"@pytest.mark.{FUNCTION}")
        handler = handlers[0] if handlers and handler is None else handler
        keywords = {**given, **keywords}
        found = True
    if not found:
        return None
    if handler is None:
        raise UsageError(
            f'@pytest.mark.{FUNCTION} needs a handler: "module.function" below the task root, or a callable'
        )
    return handler, keywords


def service_arguments(node: pytest.Item) -> dict[str, Any]:
    """The keywords of the ``lambda_service`` markers, the nearest first."""
    from pytest_lambda_env.control.options import check_keywords

    keywords: dict[str, Any] = {}
    for marker in node.iter_markers(SERVICE):
        if marker.args:
            raise UsageError(f"@pytest.mark.{SERVICE} takes keywords only, not {marker.args!r}")
        check_keywords(marker.kwargs, _service_keywords(), f"@pytest.mark.{SERVICE}")
        keywords = {**marker.kwargs, **keywords}
    return keywords


_FROM_FIXTURE = ("defaults", "scratch", "visible")


@functools.cache
def _service_keywords() -> list[str]:
    from pytest_lambda_env.service import LambdaService

    return [name for name in inspect.signature(LambdaService).parameters if name not in _FROM_FIXTURE]
