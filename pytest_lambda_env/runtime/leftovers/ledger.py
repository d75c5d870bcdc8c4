"""The part of a process that knows what its code has made and not finished.

What INIT makes is there on purpose: a client's connections, an executor for all invocations. What an invocation makes
and leaves is told of once, at its end; later it counts like INIT's own, so a global that the first invocation fills is
not told of again. When the process is dead, everything is finished that can be.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.doors.clocks import real_monotonic
from pytest_lambda_env.runtime.leftovers.children import Children
from pytest_lambda_env.runtime.leftovers.files import Files
from pytest_lambda_env.runtime.leftovers.site import Sites
from pytest_lambda_env.runtime.leftovers.tasks import Tasks
from pytest_lambda_env.runtime.leftovers.threads import Threads, _Started
from pytest_lambda_env.runtime.life import ProcessLife
from pytest_lambda_env.simulation.instant import MILLISECOND
from pytest_lambda_env.simulation.real_clock import real_sleep

_PATIENCE = 0.1
"""Real seconds for threads of a dead process that never came to a wait."""

_leave_forked_child = os._exit  # captured before the doors open


class Leftovers:
    """See the module. ``shared`` code is the test module's own: its older files and loops are left to it."""

    def __init__(self, life: ProcessLife, sites: Sites, *, waits: Callable[[int], bool], shared: bool) -> None:
        self._life = life
        self._shared = shared
        self._initialised = False
        self._threads = Threads(sites, waits)
        self._children = Children(sites)
        self._files = Files(sites)
        self._tasks = Tasks(sites)
        self._finalizers: list[Any] = []
        self._noted = False
        self._ever_noted = False
        self._is_forked_child = False

    # -- what the doors tell ------------------------------------------------------------------------------------

    def thread_starts(self, thread: Any, ended: Callable[[], bool], function: Any) -> _Started:
        """A thread is about to start."""
        self._noted = True
        return self._threads.note(thread, ended, function)

    def command_started(self, popen: Any) -> None:
        """A ``subprocess.Popen`` was made."""
        self._noted = True
        self._children.note_command(popen)
        for stream in (popen.stdin, popen.stdout, popen.stderr):
            if stream is not None:
                self._files.note(stream)

    def forked(self, pid: int, what: str) -> None:
        """A child was made without ``subprocess``. ``pid`` is 0 in a forked child itself."""
        if pid:
            self._noted = True
            self._children.note_forked(pid, what)
        else:
            self._is_forked_child = True

    def worker_started(self, worker: Any) -> None:
        """A ``multiprocessing`` process was started."""
        self._noted = True
        self._children.note_worker(worker)

    def opened(self, opened: Any) -> None:
        """A file object or a socket was made."""
        self._noted = True
        self._files.note(opened)

    def connected(self, connection: Any) -> None:
        """A connection to a database of ``sqlite3`` was made."""
        self._noted = True
        self._files.note_connection(connection)

    def descriptor_opened(self, descriptor: int) -> None:
        """A descriptor was made."""
        self._noted = True
        self._files.note_descriptor(descriptor)

    def descriptor_closed(self, descriptor: int) -> None:
        """A descriptor is about to be closed."""
        self._files.forget_descriptor(descriptor)

    def task_made(self, task: Any) -> None:
        """An ``asyncio`` task was made."""
        self._noted = True
        self._tasks.note(task)

    def loop_made(self, loop: Any) -> None:
        """An ``asyncio`` event loop was made."""
        self._noted = True
        self._tasks.note_loop(loop)

    def transport_made(self, transport: Any) -> None:
        """``asyncio`` has made what stands for a child process; the child itself is known already."""
        self._tasks.note_transport(transport)

    def finalizer_made(self, finalizer: Any) -> None:
        """A ``weakref.finalize`` was made."""
        self._noted = True
        self._finalizers.append(finalizer)

    # -- what the process tells ---------------------------------------------------------------------------------

    def enter(self) -> None:
        """Nothing to put in place."""

    def leave(self) -> Sequence[Leftover] | None:
        """What the run has left behind; of a process that has died, only what could not be ended."""
        if self._is_forked_child:
            # The handler has returned in a child that it forked. The test goes on in the parent, and only there.
            _leave_forked_child((self._life.exit_code or 0) & 0xFF)
        if self._life.over:
            return self.finish()
        if not self._noted:
            self._initialised = True
            return None
        self._noted, self._ever_noted = False, True
        found: list[Leftover] = []
        if self._initialised:
            implied = {id(each) for each in (*self._children.streams(), *self._tasks.sockets())}
            found = [
                *self._threads.left(),
                *self._children.left(),
                *self._tasks.left(),
                *self._files.left(implied),
            ]
        for ledger in (self._threads, self._children, self._tasks):
            ledger.settle()
        self._files.settle(of_init=not self._initialised)
        self._finalizers = [each for each in self._finalizers if each.alive]
        self._initialised = True
        return found

    def finish(self) -> list[Leftover]:
        """The process is dead: end what it has left. The result is what could not be ended."""
        if not self._noted and not self._ever_noted:
            return []
        while self._finalizers:
            self._finalizers.pop().detach()
        self._threads.release_exit()
        self._children.finish()
        older = not self._shared
        if any(self._threads.running()):
            self._files.cut_off(older=older)
            self._pursue_threads()
        undying = list(self._threads.undying())
        self._tasks.finish(older=older)
        if not undying:  # a thread may hold a file's lock, or use its descriptor
            self._files.finish(older=older)
        return undying

    def _pursue_threads(self) -> None:
        patience = real_monotonic() + _PATIENCE
        while (running := list(self._threads.running())) and real_monotonic() < patience:
            for identifier in running:
                self._life.pursue_thread(identifier)
            real_sleep(MILLISECOND)
