"""Changing a function, and deleting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_lambda_env.control.code_location import locate
from pytest_lambda_env.control.function import LATEST
from pytest_lambda_env.control.options import changed
from pytest_lambda_env.control.versions import check_deletable
from pytest_lambda_env.delivery.probe import arn_of
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.facts import RetirementReason


class Updating(FunctionHandle):
    """``UpdateFunctionConfiguration``, ``UpdateFunctionCode`` and ``DeleteFunction``."""

    def update_configuration(self, **changes: Any) -> FunctionConfiguration:
        """Change the configuration, as ``UpdateFunctionConfiguration``; the next invoke is a cold start (V48).

        Takes the keywords of ``create_function`` that configure; ``environment`` replaces all variables. Published
        versions stay as they are.
        """
        if "dead_letter_target" in changes:
            changes["dead_letter_target"] = arn_of(changes["dead_letter_target"])
        configuration = changed(self._function.configuration, changes)
        self._change("configuration updated", configuration=configuration)
        return configuration

    def update_code(self, code: str | Path | Callable[[Any, Any], Any] | None = None) -> None:
        """Say that the code has changed, as ``UpdateFunctionCode``: the next invoke imports it anew.

        ``code`` is another directory, below which the handler's name is looked up, or another callable; None: the files
        have changed where they are. Published versions keep the code that they had (V04).
        """
        before = self._function.latest.code
        self._change("code updated", code=before if code is None else self._located(code, before))

    def delete(self, qualifier: object = None) -> None:
        """Delete the function, or one published version, as ``DeleteFunction``. Queued events are dropped unrun."""
        function, at = self._function, self._present()
        if qualifier is None:
            self._engine.fleet.delete(function, at)
            del self._engine.account.functions[function.name]
            return
        version = str(qualifier)
        check_deletable(function, version)
        self._engine.fleet.pool(function, version).retire_all(at, "deleted")
        function.policy.forget(version)
        del function.versions[version]

    def _located(self, code: str | Path | Callable[[Any, Any], Any], before: FunctionCode) -> FunctionCode:
        if callable(code):
            located = locate(code, None, before.task_root)
        else:
            located = locate(before.handler, Path(code), before.task_root)
        return replace(located, fresh_packages=before.fresh_packages)

    def _change(self, reason: RetirementReason, **changes: Any) -> None:
        function = self._function
        function.latest = replace(function.latest, **changes)
        function.revision_id = self._engine.entropy.uuid4("revision-ids")
        self._engine.fleet.pool(function, LATEST).retire_all(self._present(), reason)
