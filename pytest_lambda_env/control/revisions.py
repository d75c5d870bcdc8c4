"""Revision ids: which state of a function, a version or an alias somebody has seen (fidelity V33)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_lambda_env.control.function import Function


class FunctionRevisions:
    """Of one function; a qualifier of None is the function itself. ``new_id`` makes an id."""

    def __init__(self, function: Function, new_id: Callable[[], str]) -> None:
        self._function = function
        self._new_id = new_id

    def present(self, qualifier: str | None) -> str:
        """The latest one."""
        function = self._function
        if qualifier is None:
            return function.revision_id
        alias = function.aliases.get(qualifier)
        return function.version(qualifier).revision_id if alias is None else alias.revision_id

    def renew(self, qualifier: str | None) -> None:
        """Something has changed."""
        function, new = self._function, self._new_id()
        if qualifier is None:
            function.revision_id = new
        elif qualifier in function.aliases:
            function.aliases[qualifier] = replace(function.aliases[qualifier], revision_id=new)
        else:
            function.versions[qualifier] = replace(function.version(qualifier), revision_id=new)
