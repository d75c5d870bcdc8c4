"""Replacing names of the standard library while a service is open, and giving them back.

A *door* is one attribute of one module or class through which handler code reaches the world: ``time.sleep``,
``builtins.open``. Its replacement asks :mod:`.current` whether the calling thread belongs to an environment,
and is the original for everyone else. So doors can stay open for a whole test without touching pytest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Door:
    """``owner.name`` becomes ``replacement`` while the doors are open; ``original`` comes back after.

    A class that has only inherited the name has an attribute of its own in the meantime.
    """

    owner: object
    name: str
    original: object
    replacement: object


class Doors:
    """A set of doors, opened once however many services are open at the same time."""

    def __init__(self, doors: Iterable[Door]) -> None:
        self.doors = tuple(doors)
        self._inherited = {
            (door.owner, door.name)
            for door in self.doors
            if isinstance(door.owner, type) and door.name not in vars(door.owner)
        }
        self._users = 0

    def open(self) -> bool:
        """Put every replacement in place; False if an earlier ``open`` still holds."""
        self._users += 1
        if self._users > 1:
            return False
        for door in self.doors:
            # A test that has replaced the name itself (mock, monkeypatch) keeps its own.
            if getattr(door.owner, door.name) is door.original:
                setattr(door.owner, door.name, door.replacement)
        return True

    def close(self) -> bool:
        """Give every original back; False while another user still has them open."""
        self._users -= 1
        if self._users:
            return False
        for door in self.doors:
            if getattr(door.owner, door.name) is not door.replacement:
                continue
            if (door.owner, door.name) in self._inherited:
                delattr(door.owner, door.name)
            else:
                setattr(door.owner, door.name, door.original)
        return True
