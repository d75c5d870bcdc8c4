"""``datetime.datetime`` and ``datetime.date`` whose ``now``, ``utcnow`` and ``today`` follow the thread's clock.

Every value they make is an instance of the real class, so adapters, pickles and tables by ``type(x)`` of third
parties (sqlite3, drivers, encoders) work as ever; and the classes compare equal to the real ones. Only an identity
test such as ``type(x) is datetime`` sees a difference. (freezegun's fakes, tried first, make values of their own
class, which sqlite3 and several drivers refuse.)
"""

from __future__ import annotations

import copyreg
import datetime as _datetime
import sys
from collections.abc import Iterable
from typing import Any

from pytest_lambda_env.runtime.doors.clocks import wall_clock
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of

_RealDatetime = _datetime.datetime
_RealDate = _datetime.date


class _Lookalike(type):
    """Makes a class stand for the real one it names in ``isinstance``, ``issubclass``, ``==`` and ``hash``.

    Classes that user code derives from such a class are ordinary ones.
    """

    def _stands_for(cls) -> type:
        real = cls.__dict__.get("_real", cls)
        assert isinstance(real, type)
        return real

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls._stands_for(), instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return type.__subclasscheck__(cls._stands_for(), subclass)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls._stands_for()

    def __hash__(cls) -> int:
        return type.__hash__(cls._stands_for())


class VirtualDate(_RealDate, metaclass=_Lookalike):
    """``datetime.date`` on the calling thread's clock."""

    _real = _RealDate

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        return _RealDate.__new__(_RealDate if cls is VirtualDate else cls, *args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        """The current local date."""
        instant = wall_clock(sys._getframe(1))
        if instant is None:
            return cls.fromordinal(_RealDate.today().toordinal())
        return cls.fromordinal(_at(instant, None).toordinal())


class VirtualDatetime(_RealDatetime, metaclass=_Lookalike):
    """``datetime.datetime`` on the calling thread's clock."""

    _real = _RealDatetime

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        return _RealDatetime.__new__(_RealDatetime if cls is VirtualDatetime else cls, *args, **kwargs)

    @classmethod
    def now(cls, tz: _datetime.tzinfo | None = None) -> Any:
        """The present moment in ``tz``; naive and local without one, which on Lambda means UTC."""
        instant = wall_clock(sys._getframe(1))
        return _in_class(cls, _RealDatetime.now(tz) if instant is None else _at(instant, tz))

    @classmethod
    def today(cls) -> Any:
        """The present moment, naive."""
        instant = wall_clock(sys._getframe(1))
        return _in_class(cls, _RealDatetime.now() if instant is None else _at(instant, None))

    @classmethod
    def utcnow(cls) -> Any:
        """The present moment in UTC, naive."""
        instant = wall_clock(sys._getframe(1))
        if instant is not None:
            return _in_class(cls, datetime_of(instant).replace(tzinfo=None))
        return _in_class(cls, _RealDatetime.now(_datetime.timezone.utc).replace(tzinfo=None))


def _at(instant: Instant, tz: _datetime.tzinfo | None) -> _datetime.datetime:
    if tz is not None:
        return datetime_of(instant).astimezone(tz)
    seconds, microsecond = divmod(instant, SECOND)
    return _RealDatetime.fromtimestamp(seconds).replace(microsecond=microsecond)


def _in_class(cls: type, moment: _datetime.datetime) -> Any:
    """The same moment as an instance of a class that user code has derived from ``datetime``."""
    if cls is VirtualDatetime:
        return moment
    return cls(
        *(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond),
        tzinfo=moment.tzinfo,
        fold=moment.fold,
    )


# Tracebacks, reprs and pickles name them as what they stand for.
for _class, _name in ((VirtualDate, "date"), (VirtualDatetime, "datetime")):
    _class.__module__ = "datetime"
    _class.__name__ = _class.__qualname__ = _name


def _reduce_datetime(value: _datetime.datetime) -> tuple[Any, ...]:
    return (_datetime.datetime, *_RealDatetime.__reduce_ex__(value, 4)[1:])


def _reduce_date(value: _datetime.date) -> tuple[Any, ...]:
    return (_datetime.date, *_RealDate.__reduce_ex__(value, 4)[1:])


class _PickleTable:
    """An entry of ``copyreg.dispatch_table`` as an attribute.

    Pickle refuses a class that is not what its name leads to; while the doors are open, ``datetime.datetime`` leads to
    the lookalike, so real values are reduced to whatever the name leads to.
    """

    def __init__(self, real: type) -> None:
        object.__setattr__(self, "_real", real)

    def __getattr__(self, name: str) -> Any:
        return copyreg.dispatch_table.get(self._real)

    def __setattr__(self, name: str, value: Any) -> None:
        if value is None:
            copyreg.dispatch_table.pop(self._real, None)
        else:
            copyreg.dispatch_table[self._real] = value


def doors() -> Iterable[Door]:
    """The two classes of ``datetime``, and how their values are pickled meanwhile."""
    yield Door(_datetime, "datetime", _RealDatetime, VirtualDatetime)
    yield Door(_datetime, "date", _RealDate, VirtualDate)
    yield Door(_PickleTable(_RealDatetime), "reduce", None, _reduce_datetime)
    yield Door(_PickleTable(_RealDate), "reduce", None, _reduce_date)
