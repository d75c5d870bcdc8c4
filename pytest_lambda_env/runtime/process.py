"""One process of an environment: handler code runs in it until it is killed, exits, or the environment is retired.

It lives in the test's own process and thread, so "being in it" is a set of things put in place before handler code runs
and taken back after. Everything is a part with ``enter`` and ``leave``; this module only knows their order.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import CodeType, FrameType, TracebackType
from typing import Any, Protocol, TypeVar

from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.iam.execution_role import ExecutionRole
from pytest_lambda_env.model.sandbox import Leftover, SandboxRules
from pytest_lambda_env.runtime.client.bootstrap import Bootstrap, RuntimeReply, RuntimeRequest
from pytest_lambda_env.runtime.client.faults import ErrorObject
from pytest_lambda_env.runtime.coroutines import running_loop
from pytest_lambda_env.runtime.current import NOBODY, current
from pytest_lambda_env.runtime.doors.clocks import real_monotonic
from pytest_lambda_env.runtime.exit_status import exit_status
from pytest_lambda_env.runtime.files import EnvironmentFiles
from pytest_lambda_env.runtime.leftovers.ledger import Leftovers
from pytest_lambda_env.runtime.leftovers.site import Sites
from pytest_lambda_env.runtime.life import ProcessKilled, ProcessLife
from pytest_lambda_env.runtime.logs.handlers import RequestLabels, TelemetryLogSink, format_error
from pytest_lambda_env.runtime.logs.isolation import LoggingState
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.logs.printed_warnings import PrintedWarnings
from pytest_lambda_env.runtime.logs.streams import Streams
from pytest_lambda_env.runtime.memory import MemoryMeter
from pytest_lambda_env.runtime.memory_limit import MemoryLimit, in_force
from pytest_lambda_env.runtime.modules.importer import file_of
from pytest_lambda_env.runtime.modules.space import ModuleSpace
from pytest_lambda_env.runtime.network import Network
from pytest_lambda_env.runtime.outcome import Outcome
from pytest_lambda_env.runtime.process_state import ProcessState
from pytest_lambda_env.runtime.state.interpreter import InterpreterState
from pytest_lambda_env.runtime.timezone import TimeZone
from pytest_lambda_env.runtime.variables import Variables
from pytest_lambda_env.runtime.watchdog import Watchdog
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant
from pytest_lambda_env.simulation.real_clock import real_sleep

Result = TypeVar("Result")

_THREADS_PATIENCE = 0.1
"""Real seconds: a thread that stays blocked longer is left alone, and ends when it wakes."""


class Part(Protocol):
    """Something of the interpreter that a process has for itself while its code runs."""

    def enter(self) -> None:
        """Put the process's own in place."""

    def leave(self) -> Sequence[Leftover] | None:
        """Put back what was there. The result tells of what the code left behind or had changed, if anything."""


class ProcessClock(Protocol):
    """The time of a process: virtual (:class:`.VirtualClock`) or real (:class:`.RealClock`)."""

    virtual_waits: bool

    threads: int
    """How many threads of the process run, the one that runs the handler included."""

    @property
    def now(self) -> Instant:
        """The present instant."""

    @property
    def unsettled(self) -> int:
        """How many threads but the calling one have not come to a wait, nor ended."""

    def begin(self, start: Instant, deadline: Instant) -> None:
        """Code begins to run."""

    def end(self) -> Instant:
        """Code has returned, at the instant that is given back."""

    def waits(self, thread: int) -> bool:
        """Whether the thread of this identifier waits, or has ended."""

    def wake_all(self) -> None:
        """The process has died: wake its waiting threads."""

    def read(self, site: object) -> Instant:
        """The present instant, asked for at a place in the code."""

    def sleep(self, duration: int) -> None:
        """Let microseconds pass."""


class Process:
    """``init`` once, then ``invoke`` any number of times, until ``life.over``."""

    def __init__(
        self,
        log: EnvironmentLog,
        memory: MemoryMeter,
        *,
        code: FunctionCode,
        variables: Mapping[str, str],
        files: EnvironmentFiles,
        network: Network,
        watchdog: Watchdog,
        rules: SandboxRules,
        time_zone: TimeZone,
        clock: Callable[..., ProcessClock],
        bridged: Sequence[Callable[[], Part]],
        patched: Sequence[str],
        seed: Callable[[], int],
        role: ExecutionRole | None = None,
    ) -> None:
        self._user_code = _own_files(code)
        self.life = ProcessLife(self._is_user_code, killed=files.cut_off)
        self.clock = clock(deadline_reached=self._deadline_reached, check=self.life.check)
        self.life.wake = self.clock.wake_all
        self.modules = ModuleSpace(
            [] if code.shared else [code.task_root], own={code.top_level_name}, fresh=code.fresh_packages
        )
        self._code = code
        self._files = files
        self._network = network
        self._role = role
        self._watchdog = watchdog
        self._rules = rules
        self._labels = RequestLabels()
        self._log_format = variables.get("AWS_LAMBDA_LOG_FORMAT")
        streams = Streams(log, self.life)
        self._logging = LoggingState(
            streams.stdout,
            self._labels,
            is_own_file=self._is_own_file,
            log_format=self._log_format,
            log_level=variables.get("AWS_LAMBDA_LOG_LEVEL"),
        )
        self._sink = TelemetryLogSink(streams.stdout)
        size = int(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) if rules.memory_limit == "enforce" else None
        memory_limit = MemoryLimit(self.life, memory, size)
        self.memory_limit = memory_limit.bytes
        self._bootstrap = Bootstrap(
            log_error=self._log_error,
            request_started=self._request_started,
            limited=memory_limit.limited,
        )
        self._leftovers = Leftovers(
            self.life,
            Sites(self._is_own_file, str(code.task_root)),
            waits=self.clock.waits,
            shared=code.shared,
        )
        self._unsettled = 0
        self._aws_calls: list[AwsCall] = []
        self._state = InterpreterState(seed=seed, is_own=self._is_own_module, third_parties=patched)
        self._parts: list[Part] = [
            Variables(variables),
            _Zone(time_zone, variables["TZ"]),
            *([] if code.shared else [self.modules]),
            streams,
            PrintedWarnings(),
            ProcessState(str(code.task_root)),
            *(make() for make in bridged),
            _Logging(self._logging),
            self._leftovers,
            # Left first: what handler code has replaced may be what the other parts use.
            self._state,
        ]
        self._entered: list[Part] = []

    def init(self, start: Instant, deadline: Instant) -> Outcome[RuntimeReply | None]:
        """Import the handler. The result is the reply of a failed INIT; a failed process is dead (H30)."""
        handler = self._code.function or self._code.handler
        outcome = self._run(lambda: self._bootstrap.init(handler), start, deadline)
        if outcome.result is not None:
            self.kill(1)
        return outcome

    def invoke(self, request: RuntimeRequest, start: Instant, deadline: Instant) -> Outcome[RuntimeReply]:
        """Call the handler with one request."""
        return self._run(lambda: self._bootstrap.invoke(request), start, deadline)

    def starve(self, outcome: Outcome[Result]) -> Outcome[Result]:
        """The last run, with this outcome, has taken more memory than there is: the process has died of it."""
        self.life.end("memory")
        self._finish()
        return replace(outcome, status="memory", result=None, exit_code=None)

    def kill(self, exit_code: int | None = None) -> None:
        """The environment is retired, or INIT has failed: what the code has left behind ends.

        Threads end at their next wait.
        """
        self.life.end("exit", exit_code)
        self._finish()

    def _finish(self) -> None:
        self._see_threads_off()
        self._leftovers.finish()
        self._state.end()

    def _deadline_reached(self) -> None:
        self.life.end("timeout")

    def _run(self, work: Callable[[], Result], start: Instant, deadline: Instant) -> Outcome[Result]:
        life = self.life
        result: Result | None = None
        calls = self._aws_calls
        outer_loop = running_loop()
        callers_limit = in_force.limit
        if callers_limit is not None:
            callers_limit.suspend()
        outer = self._enter(start, deadline, calls)
        limit = None if self.clock.virtual_waits else (deadline - start) / SECOND
        armed = self._watchdog.arm(life, self._is_user_code, limit)
        life.anchor(sys._getframe())
        try:
            result = self._state.run(work)
        except ProcessKilled:
            pass
        except BaseException as error:
            if not life.over:
                if _is_meant_for_pytest(error):
                    life.end("exit", 1)
                    raise
                life.end("exit", exit_status(error))
        finally:
            if life.loop is not None and life.loop is not outer_loop:
                life.close_loop()
            life.settle()
            if life.over:
                self._see_threads_off()
            elif self.clock.threads > 1:
                self._let_threads_settle()
            self._watchdog.disarm(armed)
            ended, leftovers = self._leave(outer)
            if callers_limit is not None:
                callers_limit.resume()
        # Threads that are left behind go on adding to the same list in the invocations in which they run.
        called = tuple(calls)
        calls.clear()
        if not life.over:
            return Outcome(status="returned", ended=ended, result=result, aws_calls=called, leftovers=leftovers)
        _set_event_loop(outer_loop)
        self._state.end()
        return Outcome(
            status=life.cause or "exit",
            # A real-time stop has no virtual end of its own: it counts as the deadline.
            ended=deadline if life.cause == "timeout" else ended,
            exit_code=life.exit_code,
            stack=tuple(life.stack),
            aws_calls=called,
            leftovers=leftovers,
        )

    def _enter(self, start: Instant, deadline: Instant, calls: list[AwsCall]) -> tuple[Any, ...]:
        outer = current.save()
        # A handler may be invoking this one: its doors are not for what happens here.
        current.restore(NOBODY)
        try:
            for part in self._parts:
                self._entered.append(part)
                part.enter()
        except BaseException:
            self._entered.pop()
            current.restore(outer)
            self._leave_parts()
            raise
        self.clock.begin(start, deadline)
        current.restore((self.life, self.clock, self._files, self._network, calls, self._leftovers, self._role))
        return outer

    def _leave(self, outer: tuple[Any, ...]) -> tuple[Instant, tuple[Leftover, ...]]:
        current.restore(outer)
        ended = self.clock.end()
        leftovers = self._leave_parts()
        return ended, () if self._rules.leftovers == "ignore" else tuple(leftovers)

    def _leave_parts(self) -> list[Leftover]:
        """Leave what was entered, the last first; a part that fails keeps no other from giving back what it has."""
        leftovers: list[Leftover] = []
        failure: BaseException | None = None
        while self._entered:
            try:
                leftovers += self._entered.pop().leave() or ()
            except BaseException as error:  # noqa: BLE001 - raised again
                failure = failure or error
        if failure is not None:
            raise failure
        return leftovers

    def _see_threads_off(self) -> None:
        """Wait a moment for threads of the dead process, while its streams are in place and take what they print."""
        self.clock.wake_all()
        patience = real_monotonic() + _THREADS_PATIENCE
        while (self.life.threads or self.life.starting) and real_monotonic() < patience:
            self.life.unwind_busy_threads()
            real_sleep(MILLISECOND)

    def _let_threads_settle(self) -> None:
        """Wait a moment until every other thread waits or has ended.

        So it is settled what a frozen process has done and what it has not, whatever the machine's speed. A thread that
        has once exhausted the patience is not waited for again.
        """
        patience = real_monotonic() + _THREADS_PATIENCE
        while self.clock.unsettled > self._unsettled and real_monotonic() < patience:
            real_sleep(MILLISECOND)
        self._unsettled = self.clock.unsettled

    def _is_own_file(self, filename: str) -> bool:
        return filename.startswith(self._user_code) and "site-packages" not in filename

    def _is_own_module(self, name: str) -> bool:
        module = self.modules.modules.get(name)
        if module is None:
            return False
        # Who empties sys.modules gets a standard library of its own: that is not the function's code.
        return name.partition(".")[0] not in sys.stdlib_module_names or self._is_own_file(file_of(module))

    def _is_user_code(self, frame: FrameType) -> bool:
        return self._is_own_file(frame.f_code.co_filename)

    def _request_started(self, request: RuntimeRequest) -> None:
        self._labels.aws_request_id = request.request_id
        self._labels.tenant_id = request.tenant_id

    def _log_error(self, error: ErrorObject) -> None:
        self._sink.log_error(format_error(error, self._log_format))


class _Logging:
    """The logging configuration; while INIT runs, every shared logger may change."""

    def __init__(self, state: LoggingState) -> None:
        self._state = state
        self._is_init = True

    def enter(self) -> None:
        self._state.enter(full=self._is_init)
        self._is_init = False

    def leave(self) -> None:
        self._state.leave()


class _Zone:
    """A function's ``TZ``: also UTC is entered, for a function that another one invokes."""

    def __init__(self, time_zone: TimeZone, zone: str) -> None:
        self._time_zone, self._zone = time_zone, zone

    def enter(self) -> None:
        self._time_zone.enter(self._zone)

    def leave(self) -> None:
        self._time_zone.leave()


def _set_event_loop(loop: object) -> None:
    """A loop that was running when the process died still counts as running in this thread: it does not."""
    events = sys.modules.get("asyncio.events")
    if events is not None:
        events._set_running_loop(loop)


def _own_files(code: FunctionCode) -> str:
    function_code = getattr(code.function, "__code__", None)
    return function_code.co_filename if isinstance(function_code, CodeType) else str(code.task_root)


def _is_meant_for_pytest(error: BaseException) -> bool:
    """``pytest.fail()``, ``skip()`` and ``exit()``, quitting a debugger, and a person's Ctrl-C."""
    # pytest's outcomes themselves claim to be builtins; their base class does not.
    if any(base.__module__ in ("_pytest.outcomes", "bdb") for base in type(error).__mro__):
        return True
    return isinstance(error, KeyboardInterrupt) and not _raised_by_code(error.__traceback__)


def _raised_by_code(trace: TracebackType | None) -> bool:
    """Whether the innermost frame says ``raise``; a signal interrupts at some other instruction."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]
