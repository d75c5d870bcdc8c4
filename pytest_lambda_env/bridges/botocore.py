"""The only module that knows botocore: AWS calls of handler code are recorded, and dead processes make none."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.simulation.instant import Instant

_MODULE = "botocore.client"
_tapped: list[tuple[Any, Any]] = []


def _tap(module: ModuleType) -> None:
    """Put the tap into ``BaseClient._make_api_call``, once. Clients made earlier call through the class too."""
    base: Any = module.BaseClient
    if _tapped:
        return
    real_call = base._make_api_call

    @functools.wraps(real_call)
    def make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        calls, life, clock = current.aws_calls, current.life, current.clock
        if calls is None or life is None or clock is None:
            return real_call(self, operation_name, api_params)
        life.check()
        started, error = clock.read(None), None
        try:
            return real_call(self, operation_name, api_params)
        except BaseException as raised:
            error = _error_code(raised)
            raise
        finally:
            calls.append(
                AwsCall(
                    service=self.meta.service_model.service_name,
                    operation=operation_name,
                    parameters=api_params,
                    started=started,
                    ended=Instant(clock.read(None)),
                    error=error,
                )
            )

    base._make_api_call = make_api_call
    _tapped.append((base, real_call))


def _error_code(raised: BaseException) -> str:
    response = getattr(raised, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code") or type(raised).__name__)
    return type(raised).__name__


class _WhenImported(importlib.abc.MetaPathFinder):
    """Installs the tap when botocore is imported; until then nothing of it is."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            real_exec = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                real_exec(module)
                _tap(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


_finder = _WhenImported()


def install() -> None:
    """Make sure that AWS calls are seen, whenever botocore is imported. Costs nothing without botocore."""
    module = sys.modules.get(_MODULE)
    if module is not None:
        _tap(module)
    elif _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def remove() -> None:
    """No service is open any more."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    while _tapped:
        base, real_call = _tapped.pop()
        base._make_api_call = real_call
