"""Points in virtual time: whole microseconds since the Unix epoch, so that sums never drift."""

from __future__ import annotations

import datetime as _datetime
import math
from typing import NewType

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
MILLISECOND = 1_000

# Captured before any clock is replaced: these must stay real for good.
_datetime_class = _datetime.datetime
_EPOCH = _datetime_class(1970, 1, 1, tzinfo=_datetime.timezone.utc)
_MICROSECOND = _datetime.timedelta(microseconds=1)


def instant_of(moment: _datetime.datetime) -> Instant:
    """The instant of a datetime; a naive one is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_datetime.timezone.utc)
    return Instant((moment - _EPOCH) // _MICROSECOND)


def datetime_of(instant: Instant) -> _datetime.datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + _datetime.timedelta(microseconds=instant)


def parse_instant(text: str) -> Instant:
    """The instant of an ISO 8601 string such as ``2026-03-29T00:59:00Z``; without an offset it is UTC."""
    # fromisoformat reads a trailing Z only from Python 3.11 on.
    normalised = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    return instant_of(_datetime_class.fromisoformat(normalised))


def microseconds(seconds: float) -> int:
    """A duration in whole microseconds, rounded up: a wait that rounds to nothing would never progress."""
    return math.ceil(seconds * SECOND)
