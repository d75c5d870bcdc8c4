"""The life of one process inside an environment, and how its code is unwound when the process is killed.

On Lambda a process that meets its deadline is killed: no ``except`` and no ``finally`` runs (fidelity I69). In one
process with the test, the nearest thing is an exception that no ``except Exception`` catches, plus doors that are shut:
from the instant of death nothing the code does has an effect, and every door raises again.

Code that swallows even that is pursued line by line with a trace function, which costs nothing until it is needed. Only
the function's own code is, at first: libraries are left to clean up after themselves (an event loop, a lock).

Tried and rejected: a trace function from the start (4 to 18 times slower); an asynchronous exception alone (one
``except BaseException`` swallows it for good); a thread per handler (can't be killed either, and breaks debuggers).
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Literal, NoReturn

from pytest_lambda_env.runtime.coroutines import close_tasks, running_loop
from pytest_lambda_env.runtime.exception_elsewhere import raise_where_seen
from pytest_lambda_env.runtime.landing import has_just_taken_a_lock, leaves_with_block
from pytest_lambda_env.runtime.package_files import is_package_file
from pytest_lambda_env.runtime.signal_table import SignalTable

Cause = Literal["timeout", "exit", "memory"]


class ProcessKilled(BaseException):
    """Unwinds the code of a dead process. Not an ``Exception``: handlers must not catch it."""


class ProcessLife:
    """Alive until ``end``. ``check`` is what every door calls first.

    ``killed`` is called once, before code of a killed process is unwound.
    """

    __slots__ = (
        "_anchor",
        "_frames",
        "_is_user_code",
        "_killed",
        "_raised",
        "_thread",
        "_threads_unwound",
        "_tracer_before",
        "_unraisable_before",
        "cause",
        "exit_code",
        "loop",
        "over",
        "remark",
        "signals",
        "starting",
        "threads",
        "wake",
    )

    def __init__(
        self,
        is_user_code: Callable[[FrameType], bool] = lambda _: True,
        killed: Callable[[], None] = lambda: None,
    ) -> None:
        self._is_user_code = is_user_code
        self._killed = killed
        self.wake: Callable[[], None] = lambda: None
        """Wakes what waits in virtual time, once the process has died. The clock's, when there is one."""
        self.remark = ""
        """What else there is to say of the place where the code was stopped, as a line."""
        self.signals = SignalTable()
        self.threads: set[int] = set()
        """The further threads that run code of the process."""
        self.starting: set[object] = set()
        """What stands for those that have been started and do not run yet."""
        self.over = False
        self.cause: Cause | None = None
        self.exit_code: int | None = None
        self.loop: object = None
        """The event loop in which the code was first unwound."""
        self._frames: list[traceback.FrameSummary] = []
        self._thread = 0
        self._threads_unwound: set[int] = set()
        self._anchor: FrameType | None = None
        self._raised = 0
        self._tracer_before: Any = None
        self._unraisable_before: Any = None

    def anchor(self, frame: FrameType | None) -> None:
        """Say which frame runs the process's code: what it calls is unwound, it and its callers are not."""
        self._thread = threading.get_ident()
        self._anchor = frame

    @property
    def stack(self) -> list[str]:
        """Where the code was when it was first unwound, as traceback lines, outermost frame first."""
        lines = traceback.format_list(self._frames)
        return [*lines[:-1], lines[-1] + self.remark] if lines else lines

    @property
    def thread(self) -> int:
        """The thread that runs the handler: the process's main thread, whatever the interpreter's is."""
        return self._thread

    @property
    def anchored(self) -> FrameType | None:
        """The frame given to ``anchor``, while code of the process runs."""
        return self._anchor

    def end(self, cause: Cause, exit_code: int | None = None, *, trace: TracebackType | None = None) -> None:
        """The process dies, once. Where its code was is kept for ``stack`` when it is unwound.

        ``trace`` says where it was, if an exception has unwound it already.
        """
        if self.over:
            return
        while trace is not None:
            if not is_package_file(trace.tb_frame.f_code.co_filename):
                self._frames.append(_summary(trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        self.cause = cause
        self.exit_code = exit_code
        self.over = True

    def check(self) -> None:
        """Return while the process lives; afterwards unwind the calling thread."""
        if self.over:
            self.unwind()

    def unwind(self) -> NoReturn:
        """Raise what unwinds the calling thread of the dead process."""
        thread = threading.get_ident()
        if thread != self._thread:
            if thread in self._threads_unwound:
                self._raise_everywhere(None)
            self._threads_unwound.add(thread)
            raise ProcessKilled
        if self._anchor is None:
            raise ProcessKilled  # Its code has returned; this is what its objects do as they are deleted.
        self._raised += 1
        # Counted first: what follows may collect garbage, whose deletion may come to a door.
        if self._raised == 1:
            self._frames = self._frames_below_anchor()
            self.loop = running_loop()
            self._unraisable_before = sys.unraisablehook
            sys.unraisablehook = self._ignore_unraisable
            self._killed()
        else:
            self.pursue()
        raise ProcessKilled

    def pursue(self) -> None:
        """The code has swallowed its end: from now on every line of it raises."""
        if self._tracer_before is None:
            self._tracer_before = (sys.gettrace(),)
        self._raise_everywhere(self._anchor)

    def unwind_busy_threads(self) -> None:
        """Raise in the dead process's further threads that run code of its own, and so may never come to a door."""
        for thread in tuple(self.threads):
            self.pursue_thread(thread)

    def pursue_thread(self, thread: int) -> None:
        """Unwind another thread of the dead process, which computes and so comes to no door. Again is allowed.

        Only where it runs the function's own code: in a library it may just have taken a lock.
        """
        frame = sys._current_frames().get(thread)
        # Its identifier is another thread's once it has ended; while it is noted here, it has not.
        if frame is None or thread not in self.threads:
            return
        instruction = frame.f_lasti
        if not self._is_user_code(frame) or has_just_taken_a_lock(frame.f_code, instruction):
            return
        pursue = self._raise_everywhere

        class Pursued(ProcessKilled):
            # Made by the interrupted thread itself, and only there can its tracer be set: one exception alone is
            # swallowed by one ``except``, and there is no second while the code before it has not come that far.
            def __init__(self) -> None:
                pursue(None)

        raise_where_seen(thread, frame, instruction, Pursued)

    def _raise_everywhere(self, anchor: FrameType | None) -> None:
        """Every line of the calling thread's code raises, below ``anchor``."""
        sys.settrace(self._trace)
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame is not anchor:
            self._pursue_frame(frame)
            frame = frame.f_back

    def close_loop(self) -> None:
        """End the tasks of the event loop in which the code was unwound."""
        with suppress(ProcessKilled):  # the watchdog's, who ends what this does not
            close_tasks(self.loop, self._pursue_resumed)
        self.loop = None

    def _pursue_resumed(self, suspended: FrameType) -> bool:
        """Let the code at a suspended frame raise when it goes on; False if it is left to clean up after itself."""
        if not self._is_prey(suspended):
            return False
        line = suspended.f_lineno

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            # Not where it was suspended: that is inside the block that may swallow it, and a tracer raises only once.
            if event == "line" and not (frame is suspended and frame.f_lineno == line):
                raise ProcessKilled
            return trace if self._is_prey(frame) else None

        self.pursue()
        sys.settrace(trace)
        suspended.f_trace = trace
        return True

    def _pursue_frame(self, frame: FrameType) -> None:
        if self._is_prey(frame):
            frame.f_trace = self._trace

    def settle(self) -> None:
        """The code has been unwound down to the anchor."""
        self._anchor = None
        if self._unraisable_before is not None:
            sys.unraisablehook = self._unraisable_before
            self._unraisable_before = None
        if self._tracer_before is not None:
            sys.settrace(self._tracer_before[0])
            self._tracer_before = None

    def _ignore_unraisable(self, unraisable: Any) -> None:
        """Objects of a killed process are never deleted: what their ``__del__`` says is nobody's concern."""
        if threading.get_ident() != self._thread:
            self._unraisable_before(unraisable)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        settled = self._anchor is None and threading.get_ident() == self._thread
        if settled or not self._is_prey(frame):
            return None
        if event == "call" or (event == "line" and not leaves_with_block(frame)):
            raise ProcessKilled
        return self._trace

    def _is_prey(self, frame: FrameType) -> bool:
        if is_package_file(frame.f_code.co_filename):
            return False
        return self._raised > _PATIENCE_WITH_LIBRARIES or self._is_user_code(frame)

    def _frames_below_anchor(self) -> list[traceback.FrameSummary]:
        frame: FrameType | None = sys._getframe(2)
        frames: list[traceback.FrameSummary] = []
        while frame is not None and frame is not self._anchor:
            if not is_package_file(frame.f_code.co_filename):
                frames.append(_summary(frame, frame.f_lineno))
            frame = frame.f_back
        return frames[::-1]


def _summary(frame: FrameType, line: int | None) -> traceback.FrameSummary:
    # Source lines are read later: from here, a door would refuse the dead process the file.
    return traceback.FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False)


_PATIENCE_WITH_LIBRARIES = 50
"""How often a library may swallow the end of its process before its code is pursued too."""
