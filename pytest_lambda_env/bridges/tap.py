"""One method of a third party's class, replaced as soon as its module is there, and given back.

The third party is not imported for it: a finder waits for somebody else to import it.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

Method = Callable[..., Any]


class Tap(importlib.abc.MetaPathFinder):
    """``module.class_name.method`` becomes ``wrap`` of itself. Objects made earlier are tapped too."""

    def __init__(self, module: str, class_name: str, method: str, wrap: Callable[[Method], Method]) -> None:
        self._module = module
        self._class_name = class_name
        self._method = method
        self._wrap = wrap
        self._tapped: tuple[type, Method] | None = None

    def install(self) -> None:
        """Put the tap in, now or when the module is imported."""
        module = sys.modules.get(self._module)
        if module is not None:
            self._put_into(module)
        elif self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Take the tap out."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if self._tapped is not None:
            owner, original = self._tapped
            setattr(owner, self._method, original)
            self._tapped = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The ordinary spec of the module waited for, whose loader then puts the tap in; None for any other."""
        if fullname != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            real_exec = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                real_exec(module)
                # The import system asks one finder only: this tap stands in for the others that wait for the module.
                for tap in sys.meta_path:
                    if isinstance(tap, Tap) and tap._module == fullname:
                        tap._put_into(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def _put_into(self, module: ModuleType) -> None:
        if self._tapped is None:
            owner = getattr(module, self._class_name)
            original = getattr(owner, self._method)
            setattr(owner, self._method, functools.wraps(original)(self._wrap(original)))
            self._tapped = (owner, original)
