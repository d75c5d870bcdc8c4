"""An exception sent into another thread, which is raised where that thread was seen, or not at all.

The interpreter keeps it until the thread runs bytecode again. Between a look at the thread and the sending, other
threads may have their turn: the one that was in handler code may be in a library by then, with a lock just taken, or
have left the process's code for the bookkeeping of its own end. It must not be raised there.

Python 3.13 is less exact: a thread that had to wait for its turn raises at the next call, or jump back, after the place
where it was seen.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from types import FrameType


def raise_where_seen(thread: int, frame: FrameType, instruction: int, exception: type[BaseException]) -> None:
    """Let another thread raise ``exception``, if it is at ``instruction`` of ``frame`` and in nothing called there."""
    send = functools.partial(
        ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.c_ulong(thread), ctypes.py_object(exception)
    )
    # Threads take turns after a call and where code jumps back. Between this look and the sending there is neither: a
    # loop gets its first item without the bytecode of a call.
    for frames in iter(sys._current_frames, None):
        if thread in frames and frames[thread] is frame and frame.f_lasti == instruction:
            send()
        return


def let_it_come() -> None:
    """What has been sent to the calling thread and has not been raised yet is raised by a call of this function."""
