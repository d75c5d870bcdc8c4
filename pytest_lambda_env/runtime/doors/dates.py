"""``datetime.now`` and ``utcnow`` on the thread's clock; ``today`` follows by itself, as it asks ``time.time``.

The class itself stays what it is, and only these two entries of its dictionary are exchanged. So every identity holds
(``type(x) is datetime``), whoever has captured the class sees the change, and extension modules that remember the class
for good (cryptography, polars: they would refuse values of any other) are not misled.

CPython keeps that dictionary behind a read-only proxy, because it caches what it finds there; ``PyType_Modified`` tells
it of a change.

Tried and rejected: a lookalike in the place of the class (what an extension remembers must be the real one);
freezegun's fakes (sqlite3 and several drivers refuse their values).
"""

from __future__ import annotations

import ctypes
import datetime as _datetime
import gc
import sys
from collections.abc import Iterable
from typing import Any

from pytest_lambda_env.runtime.doors.clocks import wall_clock
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of

_Datetime = _datetime.datetime
_real_now = _Datetime.__dict__["now"]
_real_utcnow = _Datetime.__dict__["utcnow"]


def _now(cls: type[_datetime.datetime], tz: _datetime.tzinfo | None = None) -> Any:
    """The present moment in ``tz``; naive and local without one, which on Lambda means UTC."""
    instant = wall_clock(sys._getframe(1))
    if instant is None:
        return _real_now.__get__(None, cls)(tz)
    return _in_class(cls, _at(instant, tz))


def _utcnow(cls: type[_datetime.datetime]) -> Any:
    """The present moment in UTC, naive."""
    instant = wall_clock(sys._getframe(1))
    if instant is None:
        return _real_utcnow.__get__(None, cls)()
    return _in_class(cls, datetime_of(instant).replace(tzinfo=None))


def _at(instant: Instant, tz: _datetime.tzinfo | None) -> _datetime.datetime:
    if tz is not None:
        return datetime_of(instant).astimezone(tz)
    seconds, microsecond = divmod(instant, SECOND)
    return _Datetime.fromtimestamp(seconds).replace(microsecond=microsecond)


def _in_class(cls: type[_datetime.datetime], moment: _datetime.datetime) -> Any:
    """The same moment as an instance of a class that user code has derived from ``datetime``."""
    if cls is _Datetime:
        return moment
    return cls(
        *(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond),
        tzinfo=moment.tzinfo,
        fold=moment.fold,
    )


class _BuiltInClass:
    """The attributes of a class that is written in C, to be set like those of any other object."""

    def __init__(self, cls: type) -> None:
        [entries] = gc.get_referents(cls.__dict__)
        self.__dict__.update(_cls=cls, _entries=entries)

    def __getattr__(self, name: str) -> Any:
        return self._entries[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._entries[name] = value
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(self._cls))


def doors() -> Iterable[Door]:
    """The two class methods."""
    datetime_class = _BuiltInClass(_Datetime)
    for name, original, replacement in (("now", _real_now, _now), ("utcnow", _real_utcnow, _utcnow)):
        replacement.__name__ = name
        replacement.__qualname__ = f"datetime.{name}"
        yield Door(datetime_class, name, original, classmethod(replacement))
