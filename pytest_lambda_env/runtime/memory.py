"""Measured memory. The process is shared with pytest, so what counts is its growth since an environment began."""

from __future__ import annotations

import math
import os
import sys

_MEBIBYTE = 1_048_576


class _LinuxMemory:
    """Resident size from a kept file descriptor (about 2 µs a reading), and the process's peak."""

    def __init__(self) -> None:
        import resource

        self._page = os.sysconf("SC_PAGE_SIZE")
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self._usage, self._process = resource.getrusage, resource.RUSAGE_SELF

    def resident(self) -> int:
        return int(os.pread(self._statm, 64, 0).split()[1]) * self._page

    def peak(self) -> int:
        return self._usage(self._process).ru_maxrss * 1024


class _PeakMemory:
    """Other Unix systems tell the peak only."""

    def __init__(self) -> None:
        import resource

        self._usage, self._process = resource.getrusage, resource.RUSAGE_SELF
        self._unit = 1 if sys.platform == "darwin" else 1024

    def resident(self) -> int:
        return self._usage(self._process).ru_maxrss * self._unit

    peak = resident


class _UnknownMemory:
    """A platform that tells nothing cheap: the growth is always 0."""

    def resident(self) -> int:
        return 0

    peak = resident


def _probe() -> _LinuxMemory | _PeakMemory | _UnknownMemory:
    for kind in (_LinuxMemory, _PeakMemory):
        try:
            return kind()
        except (ImportError, OSError):
            continue
    return _UnknownMemory()


class MemoryMeter:
    """The memory that one environment has taken so far.

    Measured as the growth of the process's resident size since the environment began, or the rise of the process's
    peak during its code, whichever is more. It leaves out the interpreter itself (about 35 MB on Lambda), and a peak
    that stays below an earlier one of the test process is not seen.
    """

    _memory: _LinuxMemory | _PeakMemory | _UnknownMemory | None = None

    def __init__(self) -> None:
        if MemoryMeter._memory is None:
            MemoryMeter._memory = _probe()
        self._probe = MemoryMeter._memory
        self._resident_at_start = self._probe.resident()
        self._peak_before = 0
        self._most = 0
        self.used_mb = 1
        """The most so far in MB, rounded up, at least 1."""

    def begin(self) -> None:
        """The environment's code is about to run."""
        self._peak_before = self._probe.peak()

    def end(self) -> None:
        """The environment's code has run."""
        peak = self._probe.peak()
        size = peak if peak > self._peak_before else self._probe.resident()
        growth = size - self._resident_at_start
        if growth > self._most:
            self._most = growth
            self.used_mb = math.ceil(growth / _MEBIBYTE)
