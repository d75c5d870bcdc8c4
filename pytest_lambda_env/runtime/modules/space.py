"""The Python modules of an environment: its own while it runs, out of sight while it does not.

A function's modules are imported into the ordinary ``sys.modules`` of the test process, because nothing else
keeps pickle, relative imports, circular imports, ``sys.modules[__name__]``, dataclasses and debuggers working.
They are in there only while their environment is *entered*; :mod:`.territory` says which modules are the
function's own, :mod:`.importer` keeps track of them.

Tried and rejected: reloading (the old and the new code share one module object), a subinterpreter (numpy, pydantic
and cryptography refuse to load in one), replacing ``sys.modules`` itself (the interpreter keeps its own reference),
comparing all of ``sys.modules`` at each change (30 microseconds where the whole change may take 5).

Limits:

- One environment is visible at a time, to every thread. A background thread of another environment, or of the
  test, that imports at that moment sees this one's modules; one that imports its own environment's modules
  while that is left gets ``ModuleNotFoundError``, or leaves a module behind in the test process.
- Objects of an environment can't be pickled, and their annotations not be resolved, after it was left.
- A patch of the test's own ``import app`` does not reach the environment's copy.
- A module of the test process that handler code *replaces* in ``sys.modules`` by one assignment is noticed in the
  environment's first stay only, unless other entries vanished too; one that it removes (and imports anew) or adds is
  always noticed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.machinery import ModuleSpec
from itertools import islice
from operator import is_not
from pathlib import Path
from types import ModuleType

from pytest_lambda_env.runtime.modules.importer import Importer, file_of, is_test_file, own_fact, remember_extension
from pytest_lambda_env.runtime.modules.territory import Territory, importable_names, is_installed

# The interpreter's own table: handler code may rebind the name ``sys.modules`` but not this.
_table = sys.modules
_ABSENT = ModuleType("absent")


class _TestProcess:
    """What ``sys.modules`` holds while no environment is visible, looked at again only when it has changed."""

    def __init__(self) -> None:
        self.known: dict[str, ModuleType] = {}
        self.local: dict[str, str] = {}
        """The files of top-level modules that came neither with Python nor with a distribution."""
        self.generation = 0
        self._last_name = ""
        self._last_module: ModuleType | None = None

    def changed(self) -> bool:
        """Whether an entry has come or gone: as entries join at the end, the last and the count tell."""
        name, module = next(reversed(_table.items()))
        return module is not self._last_module or name != self._last_name or len(_table) != len(self.known)

    def ends_with(self, name: str, module: ModuleType) -> None:
        """The last entry is now this one, and the names are the same."""
        self._last_name, self._last_module = name, module

    def look(self) -> None:
        known = dict(_table)
        earlier = self.known
        for name, module in known.items():
            if earlier.get(name) is not module and "." not in name:
                file = file_of(module)
                if file and not is_installed(file):
                    self.local[name] = file
        self.known = known
        self.generation += 1
        self.ends_with(*next(reversed(known.items())))


_process = _TestProcess()
_entered: list[ModuleSpace] = []


class ModuleSpace:
    """The modules of one process life of an environment.

    ``roots`` are the directories at the head of its ``sys.path``: the task root, then the layers (fidelity V46);
    behind them comes the test process's own path as it is now. ``own`` are top-level names that are the function's
    own even when a ``*.dist-info`` beside them says that they were installed: the handler's package. ``fresh`` are
    installed packages that keep state of a process in their modules, and so are treated like the function's own.

    A new space is a new process: every module of its own is executed again. Spaces nest, last in first out; only
    the innermost is visible.
    """

    def __init__(self, roots: Sequence[Path], *, own: Collection[str] = (), fresh: Collection[str] = ()) -> None:
        self._territory = Territory(roots, own, fresh)
        base = _entered[-1]._outer_path if _entered else sys.path
        self._path = [*self._territory.roots, *(entry for entry in base if entry not in self._territory.roots)]
        self._outer_path: list[str] = base
        self._hidden: dict[str, ModuleType] = {}
        self._importer = Importer(self._territory, frozenset(self._path), self._hidden)
        self._modules: dict[str, ModuleType] = {}
        self._foreign: list[str] = []
        self._generation = -1
        self._rest = 0
        self._last: tuple[str, ModuleType] = ("", _ABSENT)
        self._before: dict[str, ModuleType] | None = None
        self._lived = False
        self._listed: dict[str, frozenset[str]] = {}
        self._outer_finders = sys.meta_path
        self._finders_before: list[object] = []
        self._own_finders: list[object] = []
        for entry, finder in list(sys.path_importer_cache.items()):
            # A file written within the clock tick of the last look at its directory would not be found.
            if entry in self._territory.roots or self._territory.covers(entry):
                getattr(finder, "invalidate_caches", int)()

    @property
    def modules(self) -> dict[str, ModuleType]:
        """The private modules, up to date whether the space is entered or not. Not to be changed."""
        modules = self._modules
        if _entered and _entered[-1] is self:
            names = dict.fromkeys((*modules, *self._importer.found))
            modules.clear()
            modules.update((name, _table[name]) for name in names if name in _table)
        return modules

    def enter(self) -> None:
        """Make this environment's modules, ``sys.path`` and finder the ones in force, and hide what they replace."""
        if _entered:
            _entered[-1]._withdraw()
        _entered.append(self)
        self._install()

    def leave(self) -> None:
        """Take all of it back, and keep it for the next ``enter``.

        Shared modules that were imported for the first time stay. Raises ``RuntimeError`` if another space
        was entered since and not left.
        """
        if not _entered or _entered[-1] is not self:
            raise RuntimeError("only the module space that was entered last can be left")
        self._withdraw()
        self._lived = True
        _entered.pop()
        if _entered:
            _entered[-1]._install()

    def _install(self) -> None:
        table = _table
        self._outer_path = sys.path
        sys.path = self._path
        if _process.changed():
            _process.look()
        if self._generation != _process.generation:
            self._find_foreign()
        for name in self._foreign:
            if name in table:
                self._hidden[name] = table.pop(name)
        self._rest = len(table)
        self._last = next(reversed(table.items()))
        if not self._lived:
            self._before = dict(table)
        table.update(self._modules)
        finders = self._outer_finders = sys.meta_path
        self._finders_before = list(finders)
        finders[0:0] = [self._importer, *self._own_finders]  # type: ignore[list-item]

    def _withdraw(self) -> None:
        table = _table
        if sys.modules is not table:
            sys.modules = table
        modules, found = self._modules, self._importer.found
        imported = bool(found)
        if imported:
            for name in found:
                modules[name] = _ABSENT
        gone = []
        for name in modules:
            module = table.pop(name, _ABSENT)
            if module is _ABSENT:
                gone.append(name)
            else:
                modules[name] = module
        for name in gone:
            del modules[name]
        self._path, sys.path = sys.path, self._outer_path
        self._take_finders_back()
        for name in found:
            remember_extension(name, modules.get(name))
        found.clear()
        name, module = next(reversed(table.items()), ("", _ABSENT))
        moved = name != self._last[0] or module is not self._last[1]
        changed = imported or bool(gone) or moved or len(table) != self._rest
        if changed:
            self._settle()
        if self._hidden:
            table.update(self._hidden)
            _process.ends_with(*self._hidden.popitem())
            self._hidden.clear()
        if changed:
            self._adopt()
            self._generation = -1
        self._before = None

    def _find_foreign(self) -> None:
        """Which entries of the test process are in this environment's way."""
        table, territory, importer = _table, self._territory, self._importer
        self._generation = _process.generation
        directories = [
            *territory.roots,
            *importer.added_directories(),
            *(entry for entry in self._path if isinstance(entry, str) and territory.covers(entry)),
        ]
        candidates = {name for name, file in _process.local.items() if territory.covers(file)} | territory.fresh
        for directory in directories:
            if directory not in self._listed:
                self._listed[directory] = importable_names(directory)
            candidates |= self._listed[directory]
        tops = {name for name in candidates & table.keys() if importer.claims(name, table[name])}
        self._foreign = [name for name in self._modules if name in table]
        if tops:
            self._foreign += [
                name
                for name, module in table.items()
                if (top := name.partition(".")[0]) in tops
                and name not in self._modules
                # The test's own classes stay importable by name: for pickle, type hints, mock.patch.
                and (top in territory.own or not is_test_file(module))
            ]

    def _settle(self) -> None:
        """Undo what handler code did to ``sys.modules`` by hand, and keep it for this environment."""
        table, before = _table, self._before
        if before is None:
            before = {name: module for name, module in _process.known.items() if name not in self._hidden}
        if len(table) < len(before) or any(map(is_not, before.values(), table.values())):
            complete = self._before is None and before.keys() <= table.keys()
            for name in _made_again(before) if complete else before:
                module, current = before[name], table.get(name, _ABSENT)
                if current is not module:
                    table[name] = module
                    if current is not _ABSENT:
                        self._modules[name] = current
            new = [name for name in table if name not in before]
        else:
            new = list(islice(table, len(before), None))
        for name in new:
            if self._belongs_here(name, table[name]):
                self._modules[name] = table.pop(name)

    def _belongs_here(self, name: str, module: ModuleType | None) -> bool:
        """Whether an entry that the finder did not make is this environment's or a shared library's."""
        importer, parent = self._importer, name.rpartition(".")[0]
        if name in importer.adopted or (module is not None and parent in _table):
            return False
        if module is None or importer.private.get(parent) is False:
            return True
        spec = own_fact(module, "__spec__")
        if isinstance(spec, ModuleSpec):
            if importer.owns(spec) or importer.made(spec.loader):
                return True
            if spec.name == name:
                return False
        # An object without an import of its own. Cython keeps such modules for the whole process.
        top = name.partition(".")[0]
        return top not in _table or (not parent and top != "cython_runtime" and not top.startswith("_cython_"))

    def _adopt(self) -> None:
        """Bind shared modules, new below a private namespace package, to the test process's package of that name."""
        adopted = self._importer.adopted
        for name in adopted:
            module = _table.get(name)
            parent, _, child = name.rpartition(".")
            if module is not None:
                try:
                    setattr(importlib.import_module(parent), child, module)
                except ImportError:
                    del _table[name]
        adopted.clear()

    def _take_finders_back(self) -> None:
        finders = self._outer_finders
        installed = 1 + len(self._own_finders)
        untouched = len(finders) == installed + len(self._finders_before) and finders[0] is self._importer
        if untouched and sys.meta_path is finders:
            del finders[:installed]
            return
        current: list[object] = [finder for finder in sys.meta_path if finder is not self._importer]
        self._own_finders = [finder for finder in current if self._importer.made(finder)]
        # A shared library that came with an import hook (six) needs it in the test process too.
        before = self._finders_before
        first = next((place for place, finder in enumerate(current) if finder in before), len(current))
        settled = [*before, *self._own_finders]
        ahead = [finder for finder in current[:first] if finder not in settled]
        behind = [finder for finder in current[first:] if finder not in settled]
        finders[:] = [*ahead, *before, *behind]  # type: ignore[list-item]
        sys.meta_path = finders


def _made_again(before: Mapping[str, ModuleType]) -> list[str]:
    """The entries of ``before`` that were removed and made again since: they stand behind those that stayed."""
    names, remaining = list(_table), iter(before)
    stayed = 0
    # ``in`` consumes the iterator up to the name it finds.
    while stayed < len(names) and names[stayed] in remaining:
        stayed += 1
    return [name for name in (*names[stayed:], names[-1]) if name in before]
