"""Names that modules have captured: ``from time import sleep``, ``rename_file = os.rename``.

Opening a door changes ``time.sleep``; a module that holds the function under a name of its own would not notice. So
the modules are searched for such names, each module once per process, and the names follow the doors. (freezegun
does the same, but searches every module at every start: 4 to 47 ms a test; here a test costs the modules that are
new since the last one.)

Modules imported while the doors are open capture the replacements; these are put right when the doors close.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import is_not
from types import ModuleType

from pytest_lambda_env.runtime.doors.clocks import keeps_real_time
from pytest_lambda_env.runtime.doors.door import Door

_SPARED = {"time", "datetime", "_datetime", "os", "posix", "nt", "io", "_io", "builtins", "tokenize"}
"""Modules whose own attributes are the doors or the real things behind them, and what reads source for tracebacks."""


class CapturedNames:
    """The captured names of one set of doors."""

    def __init__(self, doors: Iterable[Door]) -> None:
        pairs = [(door.original, door.replacement) for door in doors if callable(door.original)]
        self._replacements = {id(original): replacement for original, replacement in pairs}
        self._originals = {id(replacement): original for original, replacement in pairs}
        self._seen: dict[str, ModuleType] = {}
        self._captured: dict[tuple[str, int, str], tuple[ModuleType, str, object, object]] = {}
        self._remember = True

    def replace(self, *, names_are_real: bool = True) -> None:
        """Make every captured name follow the doors, which have just been opened.

        ``names_are_real`` is False where something else (a freeze) holds some of the names: what is found now is then
        not all there is, and the modules are searched again the next time.
        """
        self._remember = names_are_real
        for module in self._new_modules():
            self._search(module)
        for module, name, original, replacement in self._captured.values():
            if module.__dict__.get(name) is original:
                module.__dict__[name] = replacement

    def restore(self) -> None:
        """Give every name its original back: also in modules imported meanwhile."""
        for module, name, original, replacement in self._captured.values():
            if module.__dict__.get(name) is replacement:
                module.__dict__[name] = original
        for module in self._new_modules():
            self.restore_module(module)
            self._search(module)

    def restore_module(self, module: object) -> None:
        """Give one module's captured names their originals back; code may put anything else into ``sys.modules``."""
        if not isinstance(module, ModuleType):
            return
        if self._originals.keys().isdisjoint(map(id, list(module.__dict__.values()))):
            return
        for name, value in list(module.__dict__.items()):
            original = self._originals.get(id(value))
            if original is not None:
                module.__dict__[name] = original

    def _new_modules(self) -> list[ModuleType]:
        present, seen = dict(sys.modules), self._seen
        if self._remember:
            self._seen = present
        if len(present) == len(seen) and not any(map(is_not, present.values(), seen.values())):
            return []  # nearly always so, and quickly told
        return [
            module
            for name, module in present.items()
            if seen.get(name) is not module
            and isinstance(module, ModuleType)
            and name not in _SPARED
            and not keeps_real_time(name)
            # What this package captured are the real things that it needs.
            and name.partition(".")[0] != "pytest_lambda_env"
        ]

    def _search(self, module: ModuleType) -> None:
        replacements = self._replacements
        if replacements.keys().isdisjoint(map(id, list(module.__dict__.values()))):
            return
        for name, value in list(module.__dict__.items()):
            if id(value) in replacements:
                captured = (module, name, value, replacements[id(value)])
                self._captured[module.__name__, id(module), name] = captured
