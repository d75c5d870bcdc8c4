"""Where the exception that unwinds a killed process may be raised, and where it would leave something broken.

An interrupt may come at any instruction. In handler code it is what any exception of that code is: whoever called it,
be it moto, botocore, ``logging`` or the import system, must be prepared for it, and releases what it holds. So a
handler's own function that a library calls may be interrupted, whatever lies below it on the stack.

In a library's code it may fall between two steps that belong together: a lock taken and not yet noted, a module half
made. (Measured, with moto: without deferral half of all stress runs ended with a lock held.) It waits there until the
library is done, or until the thread turns out to be *blocked* at one instruction: then the blocked call itself is what
raises, as it would for a Ctrl-C. But a condition that takes its lock back after a wait must have it when it raises: the
``with`` around the wait releases that lock, whoever holds it by then.

Tried and rejected: a list of libraries to be careful with. Everything below site-packages has bookkeeping.
"""

from __future__ import annotations

import dis
import threading
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FrameType

_SAMPLES = 3
"""A thread seen so often in a row at one instruction is blocked there."""


_TAKES_BACK = threading.Condition._acquire_restore.__code__  # type: ignore[attr-defined]
"""Where a condition takes its lock back. (An ``RLock`` does so in C code, which can't be interrupted.)"""


class Landing:
    """Looks at one thread's stack again and again, until it is in a place where it may be unwound."""

    def __init__(self, is_user_code: Callable[[FrameType], bool]) -> None:
        self._is_user_code = is_user_code
        self._place: tuple[int, int] | None = None
        self._seen = 0

    def allowed(self, frame: FrameType | None, anchor: FrameType | None, *, overdue: bool) -> bool:
        """Whether to raise at ``frame``, above the frame that runs the process's code.

        ``overdue``: a library has been at work for so long that a broken one is the lesser evil.
        """
        if frame is None or frame is anchor or not _is_above(frame, anchor):
            return False
        place = (id(frame), frame.f_lasti)
        self._seen = self._seen + 1 if place == self._place else 1
        self._place = place
        if overdue:
            return True
        if frame.f_code is _TAKES_BACK:
            return False
        if self._seen >= _SAMPLES:
            return True
        return self._is_user_code(frame) and not has_just_taken_a_lock(frame.f_code, frame.f_lasti)


def _is_above(frame: FrameType | None, anchor: FrameType | None) -> bool:
    while frame is not None:
        if frame is anchor:
            return True
        frame = frame.f_back
    return False


def has_just_taken_a_lock(code: CodeType, instruction: int) -> bool:
    """Between ``lock.acquire()`` and the ``try`` that is to release it; ``with lock:`` has no such gap."""
    return instruction in _calls_of_acquire(code)


@lru_cache(maxsize=1_000)
def _calls_of_acquire(code: CodeType) -> frozenset[int]:
    if "acquire" not in code.co_names:
        return frozenset()
    calls, asked = [], False
    for instruction in dis.get_instructions(code):
        if instruction.argval == "acquire":
            asked = True
        elif asked and instruction.opname.startswith("CALL"):
            calls.append(instruction.offset)
            asked = False
    return frozenset(calls)


def leaves_with_block(frame: FrameType) -> bool:
    """Whether the line that ``frame`` is about to run is a ``with`` statement's exit: it must not be skipped.

    A lock that the test shares would stay taken. What ``__exit__`` does, if it is handler code, is not spared.
    """
    entered = _with_statements(frame.f_code).get(frame.f_lineno)
    return entered is not None and frame.f_lasti > entered


_ENTERS = ("BEFORE_WITH", "SETUP_WITH", "BEFORE_ASYNC_WITH", "SETUP_ASYNC_WITH", "LOAD_SPECIAL")


@lru_cache(maxsize=1_000)
def _with_statements(code: CodeType) -> dict[int, int]:
    """Line -> offset of the instruction that enters its ``with`` block."""
    entries = [each.offset for each in dis.get_instructions(code) if each.opname in _ENTERS]
    found: dict[int, int] = {}
    for start, end, line in code.co_lines():
        for offset in entries:
            if line is not None and start <= offset < end:
                found.setdefault(line, offset)
    return found
