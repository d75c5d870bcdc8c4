"""Names of shared modules and classes that handler code has replaced: ``time.time = …``, ``builtins.print = …``.

On Lambda such a patch holds for the life of the process: the next, warm invocation sees it, a new process and the test
do not. So each process has its own values of the watched names (:mod:`.watched`). They are read when the process is
entered and when it is left, and compared by identity: what a test has patched itself, before or between invocations, is
there on entering already and is nobody's change.

Two lists. The short one is read in every invocation; what an INIT replaces is found in the whole of the modules and
classes of the long one, which takes a hundred times as long. A name outside the short list that an *invocation*
replaces is given back when its process ends, if what stands there is the handler's own code; else it is not noticed.

A patch by a shared library (an instrumentation) outside the short list stays: the library is shared, and remembers that
its patch is in place, so that nobody would make it again.

Tried and rejected: comparing the whole modules in every invocation (60 microseconds); CPython's dictionary versions
(private, and gone in 3.12); a module class whose ``__setattr__`` notes assignments (``vars(time)["time"]`` passes it
by, and each access gets slower).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from operator import itemgetter
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.state.watched import ABSENT, QUIET, Watched, owner_of
from pytest_lambda_env.runtime.state.words import state


class _Name(NamedTuple):
    label: str
    name: str


class Names:
    """The watched names as one process has them. ``is_own`` knows the function's own modules by their names."""

    def __init__(
        self, every_time: Iterable[Watched], at_init: Iterable[str], is_own: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._every_time = tuple(every_time)
        self._reads = [(each.read, vars(each.owner)) for each in self._every_time]
        self._at_init = tuple(at_init)
        self._is_own = is_own
        self._inside: dict[_Name, tuple[Any, Any]] = {}
        """The owner, and the value that the process has given to the name."""
        self._displaced: dict[_Name, Any] = {}
        """What ``put_in`` has replaced with the process's own values."""
        self._expected: list[tuple[Any, ...]] = []
        self._before_init: _Inventory | None = None

    def put_in(self, *, is_init: bool = False) -> None:
        """Put the process's own values in force."""
        if is_init:
            self._before_init = _inventory(self._at_init)
        for key, (owner, value) in self._inside.items():
            self._displaced[key] = vars(owner).get(key.name, ABSENT)
            _set(owner, key.name, value)
        try:
            self._expected = [read(names) for read, names in self._reads]
        except KeyError:  # a name has been deleted
            self._expected = self._read_what_is_there()

    def take_out(self, *, is_init: bool = False) -> list[Leftover]:
        """Put the test's values in force; tells what the process has replaced since ``put_in``."""
        try:
            now = [read(names) for read, names in self._reads]
        except KeyError:
            now = self._read_what_is_there()
        if now == self._expected and not self._inside and not is_init:
            return []
        leftovers = self._find_changes(now)
        self._give_back()
        if is_init:
            leftovers += self._compare_all(lambda value: not self._is_of_library(value))
        return leftovers

    def end(self) -> None:
        """The process has ended: none of its own code stays behind a name of the long list."""
        self._compare_all(self._is_own_code)
        self._before_init = None

    def _read_what_is_there(self) -> list[tuple[Any, ...]]:
        return [tuple(vars(each.owner).get(name, ABSENT) for name in each.names) for each in self._every_time]

    def _find_changes(self, now: list[tuple[Any, ...]]) -> list[Leftover]:
        leftovers = []
        for each, values, expected in zip(self._every_time, now, self._expected, strict=True):
            for name, value, before in zip(each.names, values, expected, strict=True):
                if value is not before:
                    key = _Name(each.label, name)
                    self._displaced.setdefault(key, before)
                    self._inside[key] = each.owner, value
                    if name not in QUIET and value is not self._displaced[key]:
                        leftovers.append(_told(key, value))
        return leftovers

    def _give_back(self) -> None:
        for key, outside in self._displaced.items():
            owner, _ = self._inside[key]
            value = vars(owner).get(key.name, ABSENT)
            if value is outside:
                del self._inside[key]
            else:
                self._inside[key] = owner, value
                _set(owner, key.name, outside)
        self._displaced.clear()

    def _compare_all(self, counts: Callable[[Any], bool]) -> list[Leftover]:
        leftovers: list[Leftover] = []
        inventory = self._before_init
        if inventory is None or inventory.is_unchanged():
            return leftovers
        for path, contents in inventory.contents.items():
            if contents.are_there():
                continue
            owner, before, now = contents.owner, contents.names, vars(contents.owner)
            for name in {**before, **now}:
                value, earlier = now.get(name, ABSENT), before.get(name, ABSENT)
                if value is not earlier and _is_patch(value, earlier) and counts(value):
                    key = _Name(path.replace(":", "."), name)
                    self._inside[key] = owner, value
                    _set(owner, name, earlier)
                    leftovers.append(_told(key, value))
        return leftovers

    def _is_own_code(self, value: Any) -> bool:
        return self._is_own(_home(value))

    def _is_of_library(self, value: Any) -> bool:
        home = _home(value)
        top = home.partition(".")[0]
        return bool(home) and not self._is_own(home) and top in sys.modules and top not in sys.stdlib_module_names


_OURS = frozenset({"_showwarnmsg_impl"})
"""What another part of a process replaces, with something else each time (:mod:`..logs.printed_warnings`)."""


class _Contents:
    """What a module or class holds at one moment. Functions and classes are compared, and how many names there are."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.names = dict(vars(owner))
        compared = [name for name, value in self.names.items() if name not in _OURS and _is_patch(value, None)]
        self.read = itemgetter(*compared, "__doc__", "__doc__")
        self.values = self.read(self.names)

    def are_there(self) -> bool:
        """Whether everything is as it was."""
        now = vars(self.owner)
        try:
            return len(now) == len(self.names) and self.read(now) == self.values
        except KeyError:
            return False


_known: dict[str, _Contents] = {}


def _contents(path: str) -> _Contents | None:
    """All processes share one copy while the contents stay the same."""
    owner, known = owner_of(path), _known.get(path)
    if owner is not None and (known is None or known.owner is not owner or not known.are_there()):
        known = _known[path] = _Contents(owner)
    return known


class _Inventory:
    """The contents of many modules and classes: comparing them all at once takes half as long as one by one."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.contents = {path: contents for path in paths if (contents := _contents(path)) is not None}
        self._modules = [path.partition(":")[0] for path in paths]
        self._there = self._look()
        self._reads = [(each.read, vars(each.owner)) for each in self.contents.values()]
        self._values = [each.values for each in self.contents.values()]
        self._lengths = [len(each.names) for each in self.contents.values()]

    def is_unchanged(self) -> bool:
        """Whether everything is as it was."""
        try:
            now = [read(names) for read, names in self._reads]
        except KeyError:  # a name has been deleted
            return False
        return now == self._values and [len(names) for _, names in self._reads] == self._lengths

    def is_present(self) -> bool:
        """Whether that is what there is at present: nothing has been imported since, or imported anew."""
        return self._look() == self._there and self.is_unchanged()

    def _look(self) -> list[ModuleType | None]:
        return [sys.modules.get(name) for name in self._modules]


_latest: dict[tuple[str, ...], _Inventory] = {}


def _inventory(paths: tuple[str, ...]) -> _Inventory:
    """The contents at present; processes share it while it stays the same."""
    inventory = _latest.get(paths)
    if inventory is None or not inventory.is_present():
        inventory = _latest[paths] = _Inventory(paths)
    return inventory


def _home(value: Any) -> str:
    """The name of the module that a function was written in; ``__module__`` of a decorated one names another."""
    wrapper = getattr(type(value), "_self_wrapper", None) and value._self_wrapper  # wrapt's, which poses as the wrapped
    function = wrapper or getattr(value, "func", value)  # functools.partial
    if type(function) is FunctionType:
        return str(function.__globals__.get("__name__", ""))
    return str(getattr(function if isinstance(function, type) else type(function), "__module__", ""))


def _is_patch(value: Any, earlier: Any) -> bool:
    """Functions and classes are patched; other names of a module (a cache, a submodule) it sets itself."""
    return not isinstance(value, ModuleType) and (callable(value) or callable(earlier))


def _told(key: _Name, value: Any) -> Leftover:
    return state(f"{key.label}.{key.name}", value) if value is not ABSENT else state(f"{key.label}.{key.name}", None)


def _set(owner: Any, name: str, value: Any) -> None:
    if value is ABSENT:
        if name in vars(owner):
            delattr(owner, name)
    elif isinstance(owner, ModuleType):
        vars(owner)[name] = value  # also where a module's class refuses
    else:
        setattr(owner, name, value)
