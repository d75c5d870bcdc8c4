"""The keywords of ``create_function`` and ``update_configuration``: checked, and made a configuration."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from pytest_lambda_env.errors import NotModelled, UsageError
from pytest_lambda_env.model.configuration import FunctionConfiguration

CONFIGURABLE = tuple(
    field.name for field in fields(FunctionConfiguration) if field.name not in ("function_name", "handler")
)
"""The keywords that both calls take, by the API's names in snake_case."""

_NOT_MODELLED = {
    "layers": "put the layer's directory on the task root, or list it in the test's own sys.path",
    "vpc_config": "no network call leaves the machine anyway",
    "file_system_configs": "pass a directory as a variable",
    "image_config": "pass the handler and its code directory",
    "snap_start": "environments start on demand",
    "tracing_config": "the trace id is in _X_AMZN_TRACE_ID either way",
}


def check_keywords(given: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Refuse a keyword that nothing knows, naming the near miss; and one that Lambda knows and this does not."""
    allowed = tuple(allowed)
    for name in given:
        if name in allowed:
            continue
        if name in _NOT_MODELLED:
            raise NotModelled(f"{where}: {name!r} is not modelled; {_NOT_MODELLED[name]}.")
        near = difflib.get_close_matches(name, [*allowed, *_NOT_MODELLED], n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(allowed))}."
        raise UsageError(f"{where} takes no argument {name!r}; {hint}")


def changed(configuration: FunctionConfiguration, changes: Mapping[str, Any]) -> FunctionConfiguration:
    """A configuration with some values replaced."""
    check_keywords(changes, CONFIGURABLE, "update_configuration()")
    values = dict(changes)
    if values.get("log_format") == "Text":  # fidelity G34: switching back removes the levels
        values = {"application_log_level": None, "system_log_level": None, **values}
    return replace(configuration, **values)
