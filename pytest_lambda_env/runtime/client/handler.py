"""From a handler string such as ``package/module.function`` to the object it names (fidelity 1.1)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from pytest_lambda_env.runtime.client.faults import Fault


def resolve(handler: str) -> Callable[[Any, Any], Any]:
    """Import the handler's module and return its attribute, callable or not (fidelity H16).

    Raises :class:`Fault` for the errors that the runtime words itself (fidelity H01 to H14, H20 to H23). Any
    other exception of the module's own code passes through (fidelity H12, H13, H15, H25).
    """
    try:
        module_name, attribute = handler.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {error}") from error
    module = _import(module_name)
    try:
        return getattr(module, attribute)  # type: ignore[no-any-return]
    except AttributeError as error:
        message = f"Handler '{attribute}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from error


def _import(name: str) -> Any:
    # AWS looks at the first segment before it turns slashes into dots: "sys/foo" gets past (fidelity H08).
    if name.split(".", 1)[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{name}': {error}") from error
    except SyntaxError as error:
        # The one trace entry has a form of its own, without a comma before "Line" (fidelity H20).
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{name}': {error}", trace) from error
