"""The signal that interrupts the thread which runs handler code, and what sends it.

Two things send it: the watchdog's thread, which reaches a handler that blocks (``recv``, ``lock.acquire``), and the
kernel, after some processor time, which reaches C code that keeps the interpreter's lock but asks for signals now and
then (a regular expression that never ends, arithmetic on huge integers): no Python thread runs meanwhile.

``SIGVTALRM`` and its timer, because nobody else wants them: ``SIGALRM`` belongs to pytest-timeout and to handlers,
``SIGPROF`` to profilers, ``SIGUSR1`` to whoever asks for a dump. The timer counts processor time, so it is silent while
nothing computes, and goes off once: the next invocation sets it again, which costs most of them nothing.

Tried and rejected: ``timer_create`` through ctypes (its structures differ between platforms, macOS has none); a timer
set and cleared around each invocation (4 microseconds); two signals.
"""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

SIGNAL = int(getattr(signal, "SIGVTALRM", 0))

_PERIOD = 0.05
"""Seconds of processor time."""

# Captured before doors open: handler code has signal functions of its own.
_signal: Any = signal.signal
_getitimer, _setitimer, _pthread_kill = (
    cast("Any", getattr(signal, name, None)) for name in ("getitimer", "setitimer", "pthread_kill")
)

Listener = Callable[[FrameType | None], None]


class Pulse:
    """The signal's one owner in the process, while somebody listens. Services nest, and close in any order."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._mutex = _thread.allocate_lock()
        self._before: Any = None
        self._timer_is_ours = False
        self.ticking = True
        """False when the timer has gone off and nobody has set it again; True also where there is none."""

    @staticmethod
    def possible() -> bool:
        """Whether the calling thread can be interrupted by signals: only the main one, and not on Windows."""
        return bool(SIGNAL and _pthread_kill) and threading.current_thread() is threading.main_thread()

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with the interrupted frame, in the main thread, at each pulse. Main thread only."""
        self._listeners.append(listener)
        if len(self._listeners) > 1:
            return
        before = _signal(SIGNAL, self._on_signal)
        self._before = signal.SIG_DFL if before is None else before  # None: not set by Python
        # A program that uses the timer itself keeps it.
        self._timer_is_ours = _getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
        self.tick()

    def leave(self, listener: Listener) -> None:
        """Stop calling ``listener``. With the last one, signal and timer are given back."""
        with self._mutex:
            self._listeners.remove(listener)
        if self._listeners:
            return
        self.ticking = True
        if self._timer_is_ours:
            _setitimer(signal.ITIMER_VIRTUAL, 0)
        # One that was sent a moment ago would end the test run: ignoring a signal discards it.
        _signal(SIGNAL, signal.SIG_IGN)
        _signal(SIGNAL, self._before)

    def tick(self) -> None:
        """Set the timer, once."""
        if self._timer_is_ours and self._listeners:
            self.ticking = True
            _setitimer(signal.ITIMER_VIRTUAL, _PERIOD)

    def send(self, thread: int) -> None:
        """A pulse for a blocked thread, from any other one. None is sent when nobody listens: it would be deadly."""
        with self._mutex:
            if self._listeners:
                _pthread_kill(thread, SIGNAL)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.ticking = not self._timer_is_ours
        for listener in tuple(self._listeners):
            listener(frame)


pulse = Pulse()
