"""Measured memory. The process is shared with pytest, so what counts is what an environment's own code adds to it.

On Linux each run has a peak of its own: writing 5 to ``/proc/self/clear_refs`` sets the kernel's high-water mark back
to the present size (0.3 µs), and ``getrusage`` reads it (0.5 µs). One trap: ``getrusage`` also remembers how large the
process was before it became Python, and a child of a large process (an xdist worker, anything under tox) begins as a
copy of it. Below that size only the ``VmHWM`` line of ``/proc/self/status`` tells the truth, for 6 µs.

Tried and rejected: tracemalloc (5 to 17 times slower), psutil (20 µs, and no peak), a sampling thread (misses peaks).
"""

from __future__ import annotations

import math
import os
import sys
from typing import ClassVar, Protocol

MEBIBYTE = 1_048_576

# The files' doors are not for us: an environment may be measured while another one's handler invokes it.
_open, _pread, _pwrite = os.open, getattr(os, "pread", None), getattr(os, "pwrite", None)


class _Memory(Protocol):
    """What a platform tells, in bytes."""

    def begin(self) -> int:
        """The present size; ``peak`` counts from here."""

    def peak(self) -> int:
        """The largest size since ``begin``, or what comes nearest to it."""


class _HighWaterMark:
    """Linux: the kernel's high-water mark, set back at the beginning."""

    def __init__(self) -> None:
        import resource

        self._usage, self._process = resource.getrusage, resource.RUSAGE_SELF
        self._floor = 0
        self._open_files()
        # The files of a forked child would still be its parent's.
        os.register_at_fork(after_in_child=self._open_files)
        inherited, marked = self.begin(), self._marked()
        self._floor = inherited if inherited > marked else 0

    def begin(self) -> int:
        _pwrite(self._clear, b"5", 0)  # type: ignore[misc]
        size = self._usage(self._process).ru_maxrss * 1024
        return size if size > self._floor else self._marked()

    def peak(self) -> int:
        size = self._usage(self._process).ru_maxrss * 1024
        return size if size > self._floor else self._marked()

    def _open_files(self) -> None:
        self._clear = _open("/proc/self/clear_refs", os.O_WRONLY)
        self._status = _open("/proc/self/status", os.O_RDONLY)

    def _marked(self) -> int:
        _, found, rest = _pread(self._status, 8192, 0).partition(b"VmHWM:")  # type: ignore[misc]
        if not found:
            raise OSError("no VmHWM in /proc/self/status")
        return int(rest.split(maxsplit=1)[0]) * 1024


class _RisingPeak:
    """Linux where the mark can't be set back: a peak is seen if it is the highest of the whole process."""

    def __init__(self) -> None:
        import resource

        self._page = os.sysconf("SC_PAGE_SIZE")
        self._statm = _open("/proc/self/statm", os.O_RDONLY)
        self._usage, self._process = resource.getrusage, resource.RUSAGE_SELF
        self._before = 0

    def begin(self) -> int:
        self._before = self._highest()
        return self._resident()

    def peak(self) -> int:
        highest = self._highest()
        return highest if highest > self._before else self._resident()

    def _resident(self) -> int:
        return int(_pread(self._statm, 64, 0).split()[1]) * self._page  # type: ignore[misc]

    def _highest(self) -> int:
        return self._usage(self._process).ru_maxrss * 1024


class _HighestOnly:
    """Other Unix systems tell the highest size of the whole process only; what lies below it is not seen."""

    def __init__(self) -> None:
        import resource

        self._usage, self._process = resource.getrusage, resource.RUSAGE_SELF
        self._unit = 1 if sys.platform == "darwin" else 1024

    def begin(self) -> int:
        return self._usage(self._process).ru_maxrss * self._unit

    peak = begin


class _Unknown:
    """A platform that tells nothing cheap: nothing is ever used."""

    def begin(self) -> int:
        return 0

    peak = begin


def in_mb(size: int) -> int:
    """Bytes as Lambda reports them: whole MB, rounded up, at least 1."""
    return max(1, math.ceil(size / MEBIBYTE))


def probe() -> _Memory:
    """The best that this platform can tell."""
    for kind in (_HighWaterMark, _RisingPeak, _HighestOnly):
        try:
            return kind()
        except (ImportError, OSError, AttributeError, TypeError):
            continue
    return _Unknown()


class _Running:
    """Whose code runs. An instance: changing a class costs the interpreter its caches."""

    meter: MemoryMeter | None = None


_running = _Running()


class MemoryMeter:
    """The memory of one process of an environment.

    Counted is what the process of the test grows by while the environment's code runs, libraries and the mocks it
    calls included; what the test itself takes in between, or an invocation that the handler makes, is not. It leaves
    out the interpreter, which takes about 35 MB on Lambda.
    """

    platform: ClassVar[_Memory | None] = None

    def __init__(self) -> None:
        if MemoryMeter.platform is None:
            MemoryMeter.platform = probe()
        self._memory = MemoryMeter.platform
        self._caller: MemoryMeter | None = None
        self._at_begin = 0
        self.held = 0
        """Bytes that runs so far have left taken."""
        self.peak = 0
        """Bytes at the peak of the last run, ``held`` included."""
        self.used_mb = 1
        """The most so far in MB, rounded up, at least 1: "Max Memory Used"."""

    def begin(self) -> None:
        """The environment's code is about to run."""
        caller = self._caller = _running.meter
        if caller is not None:
            caller._see(self._memory.peak())
        _running.meter = self
        self.peak = self.held
        self._at_begin = self._memory.begin()

    def end(self) -> None:
        """The environment's code has run."""
        peak = self._memory.peak()
        caller = _running.meter = self._caller
        # Mostly nothing has grown, and what is the peak is also the end.
        if peak != self._at_begin or caller is not None:
            self._see(peak)
            if self.peak > self.used_mb * MEBIBYTE:
                self.used_mb = in_mb(self.peak)
            growth = self._memory.begin() - self._at_begin
            self.held = max(0, self.held + growth)
            if caller is not None:
                caller._at_begin += growth

    def exhaust(self, megabytes: int) -> None:
        """The code was stopped when it had taken so much."""
        self.used_mb = megabytes
        self.peak = megabytes * MEBIBYTE

    def _see(self, size: int) -> None:
        used = self.held + size - self._at_begin
        self.peak = max(self.peak, used)
