"""What one process of an environment does with signals: its handlers, what it blocks, what is pending.

The operating system has one table for the whole test process, and it is pytest's: a person's Ctrl-C, pytest-timeout's
alarm and the SIGTERM of a build server must find pytest's handlers, whatever handler code installs. So each process of
an environment has a table of its own, which begins as a Python process's on Lambda does.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

Action = Callable[[int, FrameType | None], Any] | int | None


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(int(getattr(signal, name)) for name in names if hasattr(signal, name))


STOPPING = _numbers("SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU")
HARMLESS = _numbers("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH")
UNSTOPPABLE = _numbers("SIGKILL", "SIGSTOP")
_IGNORED_BY_PYTHON = _numbers("SIGPIPE", "SIGXFSZ", "SIGXFZ")


class SignalTable:
    """Dispositions, mask and pending signals. What becomes of a signal is :mod:`.doors.signals`' business."""

    __slots__ = ("_actions", "_handed", "alarm", "blocked", "calls", "paused", "pending", "wakeup_fd")

    def __init__(self) -> None:
        self._actions: dict[int, Action] = {}
        self._handed: list[int] = []
        self.blocked: set[int] = set()
        self.pending: set[int] = set()
        self.wakeup_fd = -1
        self.calls = 0
        """How many Python handlers have run."""
        self.paused: Callable[[], None] | None = None
        """Wakes the main thread in ``signal.pause`` and ``sigwait``."""
        self.alarm: Any = None

    def action(self, number: int) -> Action:
        """The disposition of a signal, as ``signal.getsignal`` gives it."""
        if number in self._actions:
            return self._actions[number]
        if number == signal.SIGINT:
            return signal.default_int_handler
        return signal.SIG_IGN if number in _IGNORED_BY_PYTHON else signal.SIG_DFL

    def install(self, number: int, action: Action) -> None:
        """Set the disposition."""
        self._actions[number] = action

    def call(self, number: int, frame: FrameType | None) -> None:
        """Run the Python handler of a signal, in the calling thread, which is the process's main one."""
        action = self.action(number)
        if self.wakeup_fd >= 0:
            os.write(self.wakeup_fd, bytes([number]))
        self.calls += 1
        if self.paused is not None:
            self.paused()
        if action is signal.default_int_handler:
            # Raised by Python code, unlike a person's Ctrl-C, which is pytest's.
            raise KeyboardInterrupt
        if callable(action):
            action(number, frame)

    # -- from other threads ---------------------------------------------------------------------------------------

    def hand_over(self, number: int) -> None:
        """Leave a signal for the main thread, which is sent a pulse."""
        self._handed.append(number)

    @property
    def handed(self) -> bool:
        """Whether the main thread has not yet taken what was handed over."""
        return bool(self._handed)

    def take(self, frame: FrameType | None) -> None:
        """Run the handlers of what was handed over. Main thread only."""
        while self._handed:
            self.call(self._handed.pop(0), frame)


def main_thread_of_interpreter(ident: int) -> bool:
    """Whether a thread can be sent pulses."""
    return ident == threading.main_thread().ident
