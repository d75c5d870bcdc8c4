"""The import hook of one environment: finds what the standard finders find, and keeps the function's own apart.

It stands first on ``sys.meta_path``, so a function's modules never pass through pytest's assertion rewriting.
It never changes *which* file an import finds: built-in before path, regular module before namespace package,
``sys.path`` in order, editable installs, all as the interpreter has it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib.abc import Loader
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from os.path import abspath, basename
from types import ModuleType

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.modules.code_cache import cached
from pytest_lambda_env.runtime.modules.territory import Territory

_REWRITER = "_pytest.assertion.rewrite"

# An extension module may refuse to be loaded twice (numpy does), so all environments get the one object.
_extensions: dict[tuple[str, str], ModuleType] = {}


class Importer:
    """The finder of one :class:`~.modules.ModuleSpace`, and the record of what it found."""

    def __init__(self, territory: Territory, inherited: Collection[str], hidden: dict[str, ModuleType]) -> None:
        self._territory = territory
        self._inherited = inherited
        self._hidden = hidden
        self.private: dict[str, bool] = {}
        """Every name found to be private so far; True for a namespace package."""
        self.found: list[str] = []
        """The private names found since the space was last put in place."""
        self.adopted: list[str] = []
        """Shared modules below private namespace packages, found since then."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a private module; None for a shared one, which the finders behind this one then find."""
        parent = fullname.rpartition(".")[0]
        if parent and fullname.partition(".")[0] not in self.private:
            return None
        spec = self._search(fullname, path, target)
        if spec is None:
            return None
        # Whatever a private regular package says is part of it, is: it may have extended its __path__.
        if self.private.get(parent) is False or self.owns(spec):
            self._take(spec)
            return spec
        known = self._hidden.get(fullname)
        if known is not None:
            spec.loader = _LoadedAlready(known, self)
            self.found.append(fullname)
            return spec
        if parent:
            self.adopted.append(fullname)
        return None

    def _search(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in tuple(sys.meta_path):
            if finder is self or type(finder).__module__ == _REWRITER:
                continue
            find_spec = getattr(finder, "find_spec", None)
            if find_spec is not None:
                spec: ModuleSpec | None = find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        # The import system reads directories past every door: what lies below /tmp it must be shown.
        return PathFinder.find_spec(fullname, self.added_directories()) if path is None else None

    def _take(self, spec: ModuleSpec) -> None:
        loader = spec.loader
        if type(loader) is SourceFileLoader:
            spec.loader = cached(loader)
        elif isinstance(loader, ExtensionFileLoader):
            known = _extensions.get((spec.name, str(spec.origin))) or self._hidden.get(spec.name)
            if known is not None and own_fact(known, "__file__") == spec.origin:
                spec.loader = _LoadedAlready(known, self)
        self.private[spec.name] = loader is None
        self.found.append(spec.name)

    def owns(self, spec: ModuleSpec) -> bool:
        """Whether what was found is the function's own, as things stand on ``sys.path`` now."""
        return self._territory.owns(spec, self.added_directories())

    def added_directories(self) -> list[str]:
        """Where the entries of ``sys.path`` that the function's own code put there really lead."""
        files = current.files
        added = [abspath(entry) for entry in sys.path if isinstance(entry, str) and entry not in self._inherited]
        return added if files is None else [files.real(entry) for entry in added]

    def claims(self, name: str, module: ModuleType) -> bool:
        """Whether a top-level module of the test process stands in the way of one of the function's own."""
        if name in sys.stdlib_module_names and not self._territory.covers(file_of(module)):
            return False
        spec = self._search(name)
        return spec is not None and self.owns(spec)

    def made(self, thing: object) -> bool:
        """Whether a class, or an object's class, is defined in one of the private modules."""
        home = thing if isinstance(thing, type) else type(thing)
        return home.__module__.partition(".")[0] in self.private

    def revive(self, name: str) -> None:
        """Show the hidden submodules of a shared package again, now that the package itself is visible."""
        for known, module in self._hidden.items():
            if known.startswith(name + ".") and known not in sys.modules:
                sys.modules[known] = module
                self.found.append(known)


class _LoadedAlready(Loader):
    """Gives an import the module object that exists, so that only its parent package is told of it."""

    def __init__(self, module: ModuleType, importer: Importer) -> None:
        self._module = module
        self._spec = own_fact(module, "__spec__")
        self._importer = importer

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put its new spec there, and with it this loader.
        if isinstance(self._spec, ModuleSpec):
            module.__spec__ = self._spec
            self._importer.revive(self._spec.name)


def remember_extension(name: str, module: ModuleType | None) -> None:
    """Keep an extension module for every later environment that imports the same file."""
    spec = own_fact(module, "__spec__")
    if module and isinstance(spec, ModuleSpec) and isinstance(spec.loader, ExtensionFileLoader):
        _extensions.setdefault((name, str(spec.origin)), module)


def is_test_file(module: object) -> bool:
    """Whether pytest itself imported the module as a file of tests."""
    spec = own_fact(module, "__spec__")
    if not isinstance(spec, ModuleSpec) or type(spec.loader).__module__ != _REWRITER:
        return False
    stem = basename(file_of(module)).partition(".")[0]
    return stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"


def file_of(module: object) -> str:
    """A module's file; the empty string if it has none."""
    file = own_fact(module, "__file__")
    return file if isinstance(file, str) else ""


def own_fact(module: object, name: str) -> object:
    """An attribute of a module without waking lazy modules, which load on the first ordinary access."""
    try:
        return object.__getattribute__(module, "__dict__").get(name)
    except AttributeError:  # an object with slots that took the place of its module
        return None
