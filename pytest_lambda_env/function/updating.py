"""Changing a function, and deleting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_lambda_env.control.code_location import locate
from pytest_lambda_env.control.options import changed
from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.runtime.current import real_files


class Updating(FunctionHandle):
    """``UpdateFunctionConfiguration``, ``UpdateFunctionCode`` and ``DeleteFunction``."""

    def update_configuration(self, **changes: Any) -> FunctionConfiguration:
        """Change the configuration, as ``UpdateFunctionConfiguration``; the next invoke is a cold start (V48).

        Takes the keywords of ``create_function`` that configure; ``environment`` replaces all variables. Published
        versions stay as they are.
        """
        configuration = changed(self._function.configuration, changes)
        self._engine.changes.update_latest(self._function, "configuration updated", configuration=configuration)
        return configuration

    def update_code(self, code: str | Path | Callable[[Any, Any], Any] | None = None) -> None:
        """Say that the code has changed, as ``UpdateFunctionCode``: the next invoke imports it anew.

        ``code`` is another directory, below which the handler's name is looked up, or another callable; None: the files
        have changed where they are. Published versions keep the code that they had (V04); environments of theirs that
        would still read the changed files are replaced.
        """
        before = self._function.latest.code
        located = before if code is None else self._located(code, before)
        configuration = replace(self._function.configuration, handler=located.handler)
        changes = self._engine.changes
        changes.update_latest(self._function, "code updated", code=located, configuration=configuration)
        with real_files():
            changes.code_changed(self._function)

    def delete(self, qualifier: Qualifier | None = None) -> None:
        """Delete the function, or one published version, as ``DeleteFunction``. Queued events are dropped unrun.

        Provisioned concurrency ends with it; requests that are being served end first. ``$LATEST`` and what an alias
        leads to can't be deleted alone.
        """
        if qualifier is None:
            self._engine.changes.delete_function(self._function)
        else:
            self._engine.changes.delete_version(self._function, name_of(qualifier))

    def _located(self, code: str | Path | Callable[[Any, Any], Any], before: FunctionCode) -> FunctionCode:
        if callable(code):
            located = locate(code, None, before.task_root)
        elif before.shared:
            raise UsageError(
                f"update_code({str(code)!r}): the handler is a function of the test itself; give another callable, or "
                "create the function with a handler string"
            )
        else:
            located = locate(before.handler, Path(code), before.task_root)
        return replace(located, fresh_packages=before.fresh_packages)
