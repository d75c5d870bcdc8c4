"""One method of a third party's class, replaced as soon as its module is there, and given back.

The third party is not imported for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pytest_lambda_env.runtime.doors.imported import WhenImported

Method = Callable[..., Any]


class Tap:
    """``module.class_name.method`` becomes ``wrap`` of itself. Objects made earlier are tapped too."""

    def __init__(self, module: str, class_name: str, method: str, wrap: Callable[[Method], Method]) -> None:
        self._wait = WhenImported(module, self._put_into)
        self._class_name = class_name
        self._method = method
        self._wrap = wrap
        self._tapped: tuple[type, Method] | None = None

    def install(self) -> None:
        """Put the tap in, now or when the module is imported."""
        self._wait.begin()

    def remove(self) -> None:
        """Take the tap out."""
        self._wait.end()
        if self._tapped is not None:
            owner, original = self._tapped
            setattr(owner, self._method, original)
            self._tapped = None

    def _put_into(self, module: ModuleType) -> None:
        if self._tapped is None:
            owner = getattr(module, self._class_name)
            original = getattr(owner, self._method)
            setattr(owner, self._method, functools.wraps(original)(self._wrap(original)))
            self._tapped = (owner, original)
