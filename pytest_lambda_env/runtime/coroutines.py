"""The coroutines of a process that has died in its event loop.

A task is still suspended somewhere when its loop is gone. Left alone it is closed when it is collected, in the test's
own time: one that swallows what closes it would then run, for ever if it awaits in a loop. So it is closed here, while
every door is shut and every line of it raises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any


def running_loop() -> object:
    """The event loop that runs in this thread, or None: the test itself may be a coroutine."""
    events = sys.modules.get("asyncio.events")
    return None if events is None else events._get_running_loop()


def close_tasks(loop: object, pursue: Callable[[FrameType], bool]) -> None:
    """Close what the tasks of a loop have suspended; ``pursue`` makes the code at a frame raise when it goes on."""
    asyncio = sys.modules.get("asyncio")
    for task in () if asyncio is None else asyncio.all_tasks(loop):
        if hasattr(task, "_log_destroy_pending"):
            # Otherwise asyncio logs "Task was destroyed but it is pending!" into whatever test runs then.
            task._log_destroy_pending = False
        coroutine = task.get_coro()
        with suppress(BaseException):  # whatever the code of a dead process says
            if sum(map(pursue, _frames(coroutine))):
                # Not close(): from Python 3.12 on only code that is resumed notices that it is traced.
                coroutine.send(None)
        with suppress(BaseException):
            coroutine.close()


def _frames(coroutine: Any) -> Iterator[FrameType]:
    """Where a coroutine is suspended, and those that it awaits."""
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        yield frame
        coroutine = coroutine.cr_await
