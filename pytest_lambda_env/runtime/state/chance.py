"""The ``random`` module of one process: its functions draw from a generator of the process's own.

A new process on Lambda starts from entropy; here from the service's, so that the same seed gives the same run. The
test's generator is not moved by handlers. A name that a test has replaced (``mock.patch("random.random")``) stays
replaced. A shared library that has imported a function by name (``from random import choice``) keeps the generator that
it found then.

Tried and rejected: giving the shared generator another state (40 microseconds each time); doors that look for the
calling thread's generator (each draw costs four times as much).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import itemgetter
from typing import Any

_module = vars(random)
_shared: Any = _module["_inst"]
_NAMES = tuple(
    name for name, value in _module.items() if value is _shared or getattr(value, "__self__", None) is _shared
)
_read: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*_NAMES)
_originals = _read(_module)
_original_names = dict(zip(_NAMES, _originals, strict=True))


class Chance:
    """The random numbers of one process; ``seed`` is drawn when they are first needed."""

    def __init__(self, seed: Callable[[], int]) -> None:
        self._seed = seed
        self._inside: dict[str, Any] = {}
        self._values: tuple[Any, ...] = ()
        self._outside: tuple[Any, ...] = ()

    def put_in(self) -> None:
        """The process's generator is the module's."""
        self._outside = outside = _read(_module)
        if not self._inside:
            self._inside = _functions(self._seed())
            self._values = tuple(self._inside.values())
        if outside == _originals:
            _module.update(self._inside)
        else:
            for name, value, original in zip(_NAMES, outside, _originals, strict=True):
                if value is original:
                    _module[name] = self._inside[name]

    def take_out(self) -> None:
        """The test's generator is the module's again."""
        outside = self._outside
        if outside == _originals:
            if _read_or_none() != self._values:
                # What handler code has put there itself is the process's too.
                self._inside = {name: _module.get(name, self._inside[name]) for name in _NAMES}
                self._values = tuple(self._inside.values())
            _module.update(_original_names)
        else:
            _module.update(zip(_NAMES, outside, strict=True))


def _read_or_none() -> tuple[Any, ...] | None:
    try:
        return _read(_module)
    except KeyError:  # a name has been deleted
        return None


def _functions(seed: int) -> dict[str, Any]:
    own = random.Random(seed)  # noqa: S311 - stands for a generator of that kind
    return {name: own if name == "_inst" else getattr(own, name) for name in _NAMES}
