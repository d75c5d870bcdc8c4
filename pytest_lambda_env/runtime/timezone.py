"""The machine's time zone as C code sees it: UTC while a service is open, or what a function's ``TZ`` says."""

from __future__ import annotations

import os
import time

# Real ones, taken before any door opens: `os.environ` of an environment never reaches C by itself.
_putenv, _unsetenv = os.putenv, os.unsetenv
_tzset = getattr(time, "tzset", None)


class TimeZone:
    """A stack of time zones. Changing it costs a few microseconds, and nothing where it stays the same."""

    def __init__(self) -> None:
        self._zones: list[str | None] = []

    def enter(self, zone: str) -> None:
        """``time.localtime`` and naive datetimes are in ``zone``, in the form of the TZ variable."""
        before = self._zones[-1] if self._zones else os.environ.get("TZ")
        self._zones.append(zone)
        if zone != before:
            _set(zone)

    def leave(self) -> None:
        """Back to the zone before."""
        zone = self._zones.pop()
        if self._zones:
            before = self._zones[-1]
        else:
            before = os.environ.get("TZ")
        if zone != before:
            _set(before)


def _set(zone: str | None) -> None:
    if _tzset is None:  # Windows
        return
    if zone is None:
        _unsetenv("TZ")
    else:
        _putenv("TZ", zone)
    _tzset()
