"""Waiting for a module that is too much to import for those who never do.

Whatever replaces a name of it is told when somebody else imports it. It is then replaced before anyone can copy it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


class WhenImported(importlib.abc.MetaPathFinder):
    """Calls ``then`` with the module called ``name``: at once if it is there, or else when it is imported."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then
        self._searching = False

    def begin(self) -> None:
        """Begin to wait."""
        module = sys.modules.get(self._name)
        if module is not None:
            self._then(module)
        elif self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Wait no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the other finders find for the module waited for, with a loader that then calls; None for any other."""
        if fullname != self._name or self._searching:
            return None
        self._searching = True  # other finders may ask all finders in their turn
        try:
            found = (finder.find_spec(fullname, path, target) for finder in tuple(sys.meta_path))
            spec = next((each for each in found if each is not None), None)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = self._calling(spec.loader)
        return spec

    def _calling(self, loader: Any) -> Any:
        if isinstance(loader, type):  # the importer of built-in modules, which must stay as it is for others
            loader = _Instance(loader)
        real_exec = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            real_exec(module)
            self._then(module)

        loader.exec_module = exec_module
        return loader


class _Instance:
    """A loader that is a class, as an object that may be changed."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self.exec_module: Callable[[ModuleType], None] = loader.exec_module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class LateFunction:
    """A function of a module that may come later, as an attribute that a :class:`.Door` can replace: ``state``.

    ``module.name`` becomes ``make`` of itself while the state is ``IN_PLACE``, also in the modules ``copies``, which
    take it from there.
    """

    AWAY, IN_PLACE = object(), object()

    def __init__(
        self,
        module: str,
        name: str,
        make: Callable[[Callable[..., Any]], Callable[..., Any]],
        copies: Sequence[str] = (),
    ) -> None:
        self._name = name
        self._make = make
        self._places = (module, *copies)
        self._state = self.AWAY
        self._original: Callable[..., Any] | None = None
        self._replacement: Callable[..., Any] | None = None
        self._wait = WhenImported(module, self._arrived)

    @property
    def state(self) -> object:
        """``AWAY`` or ``IN_PLACE``; setting it moves the replacement there."""
        return self._state

    @state.setter
    def state(self, wanted: object) -> None:
        self._state = wanted
        if wanted is self.IN_PLACE:
            self._wait.begin()
        else:
            self._wait.end()
            self._swap(self._replacement, self._original)

    def _arrived(self, module: ModuleType) -> None:
        if self._original is None:
            self._original = module.__dict__[self._name]
            self._replacement = self._make(self._original)
        self._swap(self._original, self._replacement)

    def _swap(self, present: Callable[..., Any] | None, wanted: Callable[..., Any] | None) -> None:
        for place in self._places:
            module = sys.modules.get(place)
            if module is not None and present is not None and module.__dict__.get(self._name) is present:
                module.__dict__[self._name] = wanted
