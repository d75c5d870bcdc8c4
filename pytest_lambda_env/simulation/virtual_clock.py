"""The clock of one process inside an environment: a branch of the timeline, shared by the process's threads.

An invocation begins a branch at its instant; waits move the branch's ``now`` at once instead of taking real time.
With several threads, time jumps only when all of them wait, and then to the earliest wake-up: so threads
interleave in virtual time as they would in real time.

What the simplification costs, in one place: two invocations that overlap in virtual time run one after the other in
real time, so each sees the world (a table, a queue) as the earlier one left it at its *end*; code between two waits
takes no virtual time; a thread blocked in something that is not virtual (a raw lock's ``acquire``, a socket, a
subprocess) holds time still, until nothing at all has moved for a real second (``_PATIENCE``).

Tried and rejected: one global clock (threads left over by a killed process would move its successor's time);
a thread that ticks (not deterministic, and slow).
"""

from __future__ import annotations

import _thread
import heapq
import sys
from collections.abc import Callable
from itertools import count

from pytest_lambda_env.simulation.instant import MILLISECOND, Instant

_GRACE = 0.05
"""Real seconds between two looks at threads that do not wait where the clock can see it."""
_PATIENCE = 20
"""How many looks without any movement, one ``_GRACE`` apart, until such threads are taken to be blocked."""

_FREE_READS = 1_000
"""A place in the code that reads the clock more often than this is polling: from then on each of its reads takes a
millisecond, after twice as many two, and so on, so that ``while time.time() < end`` ends."""


class Waiter:
    """One blocked thread. ``release`` wakes it: the name that ``threading.Condition.notify`` calls."""

    __slots__ = ("_clock", "_lock", "expired", "ready", "woken")

    def __init__(self, clock: VirtualClock, ready: Callable[[], bool] | None = None) -> None:
        self._clock = clock
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self.ready = ready
        self.woken = False
        self.expired = False

    def release(self) -> None:
        """Wake the thread, from any other one."""
        with self._clock.mutex:
            self._clock.notified(self)

    def block(self, seconds: float) -> bool:
        """Block the calling thread really, at most that long; True once woken."""
        return self._lock.acquire(True, seconds)

    def unblock(self) -> None:
        """Let the blocked thread run."""
        self._lock.release()


class VirtualClock:
    """See the module. ``deadline_reached`` is called (once, with the mutex held) when ``now`` meets the deadline.

    ``check`` is called by a thread after each of its waits and raises if the process has died meanwhile.
    """

    virtual_waits = True

    def __init__(self, *, deadline_reached: Callable[[], None], check: Callable[[], None]) -> None:
        self.mutex = _thread.allocate_lock()
        self.now = Instant(0)
        self.deadline: Instant | None = None  # None: the process is frozen, and time stands still for its threads
        self.running = 0
        self.threads = 0
        self._deadline_reached = deadline_reached
        self._check = check
        self._sleepers: list[tuple[Instant, int, Waiter]] = []
        self._blocked: dict[Waiter, None] = {}
        self._sequence = count()
        self._reads: dict[object, int] = {}
        self._members: set[int] = set()
        self._frozen = False
        self._notified_while_frozen: list[Waiter] = []
        self._moves = 0
        """How often a thread has begun to run, to wait, or to go on: the threads that look see that something moves."""
        self._dead = False

    # -- the branch ---------------------------------------------------------------------------------------------

    def begin(self, start: Instant, deadline: Instant) -> None:
        """The process is thawed at ``start``; what slept past it in the meantime wakes."""
        with self.mutex:
            self.now = start
            self.deadline = deadline
            self._reads.clear()
            self._members.add(_thread.get_ident())
            self.running += 1
            self.threads += 1
            self._frozen = False
            while self._sleepers and self._sleepers[0][0] <= start:
                self._expire_next()
            for waiter in self._notified_while_frozen:
                self.wake(waiter)
            self._notified_while_frozen.clear()

    @property
    def unsettled(self) -> int:
        """How many threads but the calling one have not come to a wait, nor ended."""
        return self.running - (_thread.get_ident() in self._members)

    def end(self) -> Instant:
        """The process is frozen: its waiting threads stay as they are until the next ``begin``."""
        with self.mutex:
            self.running -= 1
            self.threads -= 1
            self._members.discard(_thread.get_ident())
            self.deadline = None
            self._frozen = True
            return self.now

    def wake_all(self) -> None:
        """Wake every waiting thread, for it to find that its process is dead."""
        with self.mutex:
            self._frozen = False
            self._wake_all()

    def waits(self, thread: int) -> bool:
        """Whether the thread of this identifier waits on this clock, or has ended."""
        frame = sys._current_frames().get(thread)
        return frame is None or frame.f_code in _LOOKING

    # -- threads ------------------------------------------------------------------------------------------------

    def thread_started(self) -> None:
        """One more thread will run. Called before it starts, so that time can't jump in between."""
        with self.mutex:
            self.running += 1
            self.threads += 1

    def thread_runs(self) -> None:
        """The calling thread is the one that ``thread_started`` announced."""
        with self.mutex:
            self._members.add(_thread.get_ident())
            self._moves += 1

    def thread_ended(self) -> None:
        """A thread that ``thread_started`` announced is gone."""
        with self.mutex:
            self.running -= 1
            self.threads -= 1
            self._moves += 1
            self._members.discard(_thread.get_ident())
            if not self.running:
                self._jump()

    # -- reading and waiting ------------------------------------------------------------------------------------

    def read(self, site: object) -> Instant:
        """The present instant of the branch. ``site`` is the place in the code that asks; None never counts."""
        if site is not None:
            reads = self._reads[site] = self._reads.get(site, 0) + 1
            if reads > _FREE_READS:
                self.sleep(reads // _FREE_READS * MILLISECOND)
        return self.now

    def sleep(self, duration: int) -> None:
        """Let that many microseconds of virtual time pass for the calling thread."""
        if self.threads == 1 and not self._frozen:
            target = Instant(self.now + duration)
            if self.deadline is not None and target >= self.deadline:
                with self.mutex:
                    self._meet_deadline()
            else:
                self.now = target
            self._check()
        else:
            self.wait(Waiter(self), Instant(self.now + duration))

    def wait(self, waiter: Waiter, until: Instant | None) -> bool:
        """Block the calling thread until ``waiter`` is woken (True) or ``until`` has come (False)."""
        with self.mutex:
            looks = until is not None and until <= self.now
            if (looks or self._dead) and not waiter.woken:
                # A look, not a wait. The caller may hold a lock that keeps other threads from ever waiting.
                # And a thread of a dead process that has come too late to be woken must not wait at all.
                waiter.woken = waiter.expired = True
                waiter.unblock()
            # A condition's lock is free by now, so a notification may have come before us.
            if not waiter.woken:
                self._moves += 1
                self._blocked[waiter] = None
                if until is not None:
                    heapq.heappush(self._sleepers, (until, next(self._sequence), waiter))
                self.running -= 1
                if not self.running:
                    self._jump()
        try:
            self._block(waiter)
        except BaseException:
            # A signal's handler has raised: the thread runs again, as if it had been woken.
            with self.mutex:
                self.wake(waiter)
            raise
        self._check()
        return not waiter.expired

    def _block(self, waiter: Waiter) -> None:
        """Return once ``waiter`` is woken, and see to it that this comes to pass."""
        last_moves = self._moves
        looks, last_seen = 0, None
        while not waiter.block(_GRACE):
            if self._moves != last_moves or self._frozen:
                # Many threads look at many threads: the closer look is for when nothing else tells.
                looks, last_moves, last_seen = 0, self._moves, None
                continue
            seen = (self.now, self._positions())
            looks, last_seen = (looks + 1, seen) if seen == last_seen else (0, seen)
            # Alone and without an end in sight, only a thread from outside could wake us: one look is enough.
            if looks >= _PATIENCE or (looks and not self.running):
                with self.mutex:
                    if not waiter.woken:
                        self._jump(last_resort=True)
                looks = 0

    def notified(self, waiter: Waiter) -> None:
        """Somebody wakes a waiter's thread; one that is frozen wakes when it is thawed. The mutex is held."""
        if self._frozen:
            self._notified_while_frozen.append(waiter)
        else:
            self.wake(waiter)

    def wake(self, waiter: Waiter) -> None:
        """Let a waiter's thread run, or not block in the first place. The mutex is held."""
        if waiter.woken:
            return
        waiter.woken = True
        self._moves += 1
        if waiter in self._blocked:
            del self._blocked[waiter]
            self.running += 1
        waiter.unblock()

    # -- with the mutex held ------------------------------------------------------------------------------------

    def _jump(self, *, last_resort: bool = False) -> None:
        """All threads wait: go to the earliest wake-up, or to the deadline."""
        deadline = self.deadline
        if deadline is None:
            return
        for waiter in list(self._blocked):
            if waiter.ready is not None and waiter.ready():
                self.wake(waiter)
        if self.running and not last_resort:
            return
        while self._sleepers and self._sleepers[0][2].woken:
            heapq.heappop(self._sleepers)
        if self._sleepers and self._sleepers[0][0] < deadline:
            self.now = max(self.now, self._sleepers[0][0])
            self._expire_next()
        elif self._sleepers or last_resort:
            self._meet_deadline()

    def _expire_next(self) -> None:
        waiter = heapq.heappop(self._sleepers)[2]
        if not waiter.woken:
            waiter.expired = True
            self.wake(waiter)

    def _meet_deadline(self) -> None:
        if self.deadline is not None:
            self.now = max(self.now, self.deadline)
        self._deadline_reached()
        self._wake_all()

    def _wake_all(self) -> None:
        self._dead = True
        for waiter in list(self._blocked):
            waiter.expired = True
            self.wake(waiter)
        self._sleepers.clear()

    def _positions(self) -> list[tuple[int, int]]:
        """Where each running thread of the process is: one that stays at an instruction may be blocked there."""
        me = _thread.get_ident()
        return [
            (id(frame), frame.f_lasti)
            for ident, frame in sys._current_frames().items()
            # The others that wait take looks as well, and so never stay.
            if ident in self._members and ident != me and frame.f_code not in _LOOKING
        ]


_LOOKING = frozenset({Waiter.block.__code__, VirtualClock._block.__code__, VirtualClock._positions.__code__})
