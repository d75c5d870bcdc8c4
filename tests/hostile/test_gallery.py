"""Hostile handlers and their verdicts: what each is answered, and that the test process is as it was afterwards.

One table. A row that names a ``limit`` is not run, or is answered otherwise than on Lambda: nothing that shares a
process with its code can do better, and the row says so.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from process_snapshot import children, snapshot

from pytest_lambda_env import InvokeResponse, LambdaService

POSIX = os.name == "posix"
LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a payload, or the type and the message (a regular expression) of an error."""

    payload: Any = None
    error_type: str | None = None
    message: str = ""


def returns(payload: Any = "survived") -> Verdict:
    """The handler returns, and its answer is sent."""
    return Verdict(payload)


def raises(error_type: str, message: str) -> Verdict:
    """The handler fails with an exception, or its answer can't be written; the process lives on."""
    return Verdict(None, error_type, message)


def ends(how: str) -> Verdict:
    """The process ends."""
    return Verdict(None, "Runtime.ExitError", f"RequestId: {{id}} Error: {how}")


def status(number: int) -> Verdict:
    """The process ends with an exit status."""
    return ends(f"Runtime exited with error: exit status {number}")


def signalled(name: str) -> Verdict:
    """A signal ends the process."""
    return ends(f"Runtime exited with error: signal: {name}")


def unmarshalled(message: str) -> Verdict:
    """The answer can't be written."""
    return raises("Runtime.MarshalError", f"Unable to marshal response: {message}")


TIMEOUT = Verdict(None, "Sandbox.Timedout", r"RequestId: {id} Error: Task timed out after 3\.00 seconds")
QUIET_EXIT = ends("Runtime exited without providing a reason")
READ_ONLY = raises("OSError", r"\[Errno 30\] Read-only file system: .*")
NOT_SERIALIZABLE = "Object of type {} is not JSON serializable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One handler and its verdict.

    ``second``: an event for the same environment, and its verdict. ``log`` and ``silent``: what the log of the last
    invocation must and must not hold. ``leftovers``: kind and part of the text of what the response must tell of.
    ``run``: whether it can be tried at all. ``warning``: a filter for what pytest says of the handler's own fault.
    """

    handler: str
    verdict: Verdict
    event: Any = None
    name: str = ""
    second: tuple[Any, Verdict] | None = None
    log: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    leftovers: tuple[tuple[str, str], ...] = ()
    at_import: bool = False
    configuration: Mapping[str, Any] = field(default_factory=dict)
    when: bool = True
    warning: str | None = None
    run: bool = True
    limit: str | None = None

    @property
    def id(self) -> str:
        """The test's id."""
        return self.name or self.handler + ("-at-import" if self.at_import else "")


def state(what: str) -> dict[str, Any]:
    """A row whose handler returns and leaves the named thing changed, which is told and put back."""
    return {"verdict": returns(), "leftovers": (("state", what),)}


GIVEN_BACK: dict[str, Any] = {"verdict": returns()}
"""A row whose handler returns and changes a setting as any program may: it is put back, told of or not."""

ENDLESS = [
    Row(handler="spins", verdict=TIMEOUT),
    Row(handler="polls_the_clock", verdict=TIMEOUT),
    Row(handler="polls_the_remaining_time", verdict=TIMEOUT),
    Row(handler="swallows_everything", verdict=TIMEOUT, silent=("caught",)),
    Row(handler="swallows_around_sleep", verdict=TIMEOUT, silent=("caught",)),
    Row(handler="blocks_in_finally", verdict=TIMEOUT, silent=("finally",)),
    Row(handler="nests_finally", verdict=TIMEOUT, silent=("finally",)),
    Row(handler="returns_from_finally", verdict=TIMEOUT),
    Row(handler="swallows_on_exit", verdict=TIMEOUT, silent=("swallowed",)),
    Row(handler="ignores_generator_exit", verdict=raises("RuntimeError", "generator ignored GeneratorExit")),
    Row(handler="blocks_in_del", verdict=TIMEOUT, silent=("deleted", "after")),
    Row(handler="backtracks", verdict=TIMEOUT),
    Row(handler="receives", verdict=TIMEOUT, when=POSIX),
    Row(handler="locks_twice", verdict=TIMEOUT, when=POSIX),
    Row(handler="waits_for_a_condition", verdict=TIMEOUT),
    Row(handler="waits_for_an_event", verdict=TIMEOUT),
    Row(handler="waits_for_a_queue", verdict=TIMEOUT),
    Row(handler="waits_for_a_simple_queue", verdict=TIMEOUT),
    Row(handler="waits_for_a_future", verdict=TIMEOUT),
    Row(handler="waits_for_a_semaphore", verdict=TIMEOUT),
    Row(handler="waits_at_a_barrier", verdict=TIMEOUT),
    Row(handler="joins_for_ever", verdict=TIMEOUT),
    Row(handler="sleeps_in_a_loop", verdict=TIMEOUT),
    Row(handler="spins_in_a_loop", verdict=TIMEOUT),
    Row(handler="refuses_cancellation", verdict=TIMEOUT, log=("not me",)),
    Row(handler="swallows_in_a_loop", verdict=TIMEOUT, silent=("caught",)),
    Row(handler="runs_a_sleeping_program", verdict=TIMEOUT, when=POSIX),
    Row(handler="waits_for_a_deaf_program", verdict=TIMEOUT, when=POSIX),
]

ENDS = [
    Row(handler="exits", name="exits-0", event=0, verdict=QUIET_EXIT, log=("before",)),
    Row(handler="exits", name="exits-3", event=3, verdict=status(3)),
    Row(handler="exits", name="exits-none", verdict=QUIET_EXIT),
    Row(handler="exits", name="exits-text", event="a reason", verdict=status(1), log=("a reason",)),
    Row(handler="calls_exit", verdict=status(4)),
    Row(handler="calls_quit", verdict=QUIET_EXIT),
    Row(handler="exits_at_once", verdict=status(7), silent=("swallowed",)),
    Row(handler="aborts", verdict=signalled("aborted"), when=POSIX),
    *(
        Row(
            handler=handler,
            name=f"{handler}-{name}",
            event=name,
            verdict=signalled(text),
            when=hasattr(signal, name) and POSIX,
        )
        for handler in ("kills_itself", "raises_a_signal")
        for name, text in {
            "SIGKILL": "killed",
            "SIGTERM": "terminated",
            "SIGHUP": "hangup",
            "SIGUSR1": "user defined signal 1",
            "SIGUSR2": "user defined signal 2",
            "SIGALRM": "alarm clock",
            "SIGSEGV": "segmentation fault",
        }.items()
    ),
    # Python's own handler makes it a KeyboardInterrupt, which is none of a person's; uncaught, it is the signal again.
    Row(
        handler="raises_a_signal",
        name="raises_a_signal-SIGINT",
        event="SIGINT",
        verdict=signalled("interrupt"),
        when=POSIX,
    ),
    Row(handler="kills_its_group", verdict=signalled("killed"), when=POSIX),
    Row(
        handler="follows_a_null_pointer",
        verdict=TIMEOUT,
        run=False,
        limit="C code that crashes takes the test process with it, as it does in any test",
    ),
    Row(handler="raises_keyboard_interrupt", verdict=signalled("interrupt"), log=("KeyboardInterrupt",)),
    Row(handler="raises_generator_exit", verdict=status(1), log=("GeneratorExit",)),
    Row(handler="raises_a_base_exception", verdict=status(1), log=("Mine: mine",)),
    Row(
        handler="raises_what_can_not_be_made",
        verdict=raises("TypeError", r"Picky\.__init__\(\) missing 2 required positional arguments: 'what' and 'why'"),
    ),
    Row(handler="raises_a_mute_exception", verdict=status(1), log=("RuntimeError: no words",)),
    Row(handler="raises_an_exception_that_exits", verdict=status(5)),
    Row(handler="raises_a_slow_exception", verdict=TIMEOUT),
    Row(
        handler="recurses", verdict=raises("RecursionError", "maximum recursion depth exceeded.*"), log=("more times]",)
    ),
    Row(handler="recurses_and_catches", verdict=returns()),
    Row(handler="recurses_in_repr", verdict=raises("RecursionError", "maximum recursion depth exceeded.*")),
    Row(handler="raises_with_a_mirror", verdict=status(1), log=("RecursionError",)),
]

ANSWERS = [
    Row(handler="answers_deeply", verdict=unmarshalled("maximum recursion depth exceeded.*")),
    Row(
        handler="answers_too_much",
        verdict=raises(
            "Function.ResponseSizeTooLarge",
            r"Response payload size exceeded maximum allowed payload size \(6291556 bytes\)\.",
        ),
    ),
    Row(handler="answers_with_a_circle", verdict=unmarshalled("Circular reference detected")),
    Row(
        handler="answers_with_a_surrogate",
        name="answers_with_a_surrogate-3.11",
        verdict=returns("\ud800"),
        when=sys.version_info < (3, 12),
    ),
    Row(
        handler="answers_with_a_surrogate",
        name="answers_with_a_surrogate-3.12",
        verdict=status(1),
        log=("UnicodeEncodeError",),
        when=sys.version_info >= (3, 12),
    ),
    Row(handler="answers_with_nan_keys", verdict=returns({"NaN": 1, "Infinity": 2})),
    Row(handler="answers_with_generators", verdict=unmarshalled(NOT_SERIALIZABLE.format("generator"))),
    Row(handler="answers_with_a_set", verdict=unmarshalled(NOT_SERIALIZABLE.format("set"))),
    Row(handler="answers_with_a_liar", verdict=unmarshalled("no dictionary")),
    Row(handler="answers_with_a_matryoshka", verdict=unmarshalled("maximum recursion depth exceeded.*")),
    Row(handler="answers_with_a_hostile_dictionary", verdict=unmarshalled("no (iteration|length)")),
    Row(handler="answers_with_a_growing_dictionary", verdict=unmarshalled("dictionary changed size during iteration")),
    Row(handler="answers_with_hostile_text", verdict=returns("text")),
    Row(handler="ends_while_answering", verdict=status(6)),
    Row(handler="sleeps_while_answering", verdict=TIMEOUT),
    Row(
        handler="is_a_coroutine",
        verdict=unmarshalled(NOT_SERIALIZABLE.format("coroutine")),
        warning="ignore:coroutine 'is_a_coroutine' was never awaited",
    ),
    Row(handler="is_a_generator", verdict=unmarshalled(NOT_SERIALIZABLE.format("generator"))),
    Row(handler="is_an_asynchronous_generator", verdict=unmarshalled(NOT_SERIALIZABLE.format("async_generator"))),
]

OUTPUT = [
    Row(handler="prints_much", verdict=returns(), log=("x" * 1023,)),
    Row(handler="prints_a_long_line", verdict=returns(), log=("y" * 1024,)),
    # Bytes for ``sys.stdout.buffer`` wait there for a flush, as on Lambda.
    Row(handler="prints_rubbish", verdict=returns(), second=("flush", returns()), log=("\ufffd", "abc")),
    # On Lambda the streams are closed from then on; here a stream is never the handler's to close.
    Row(handler="closes_stdout", verdict=returns(), second=(None, returns())),
    Row(handler="closes_descriptors", **state("descriptor 1"), when=POSIX),
    Row(handler="redirects_descriptors", **state("descriptor 1"), when=POSIX),
    Row(
        handler="forgets_stdout",
        verdict=returns(),
        second=(None, returns()),
        silent=("to nobody",),
    ),
    Row(handler="replaces_stdout", verdict=returns()),
    Row(handler="logs_to_a_broken_handler", verdict=raises("ValueError", "no logging")),
    Row(handler="logs_in_circles", verdict=raises("RecursionError", "maximum recursion depth exceeded.*")),
]

STATE = [
    *(
        Row(handler="patches", name=f"patches-{name}", event=name, **state(name))
        for name in (
            *("random.random", "time.time", "time.sleep", "time.monotonic", "builtins.open", "builtins.print"),
            *("builtins.__import__", "builtins.len", "json.dumps", "os.listdir", "os.getpid", "threading.Lock"),
            *("logging.getLogger", "socket.socket", "subprocess.Popen", "signal.signal"),
        )
    ),
    Row(handler="moves_into_the_void", verdict=returns(), when=POSIX),
    Row(handler="clears_the_variables", verdict=returns(), second=(None, returns())),
    Row(handler="replaces_the_variables", **state("os.environ")),
    Row(handler="shuts_logging_down", verdict=returns(), silent=("never seen",)),
    Row(handler="removes_log_handlers", verdict=returns()),
    Row(handler="forgets_all_modules", **state("sys.modules")),
    Row(handler="forgets_its_module", verdict=returns(), second=(None, raises("KeyError", "'handlers'"))),
    Row(handler="forgets_libraries", **GIVEN_BACK),
    Row(handler="replaces_the_modules", **GIVEN_BACK),
    Row(handler="forgets_where_modules_are", **GIVEN_BACK),
    Row(handler="traces", **state("settrace")),
    # Signals, their mask and alarms are the process's own: the test process never has them.
    Row(handler="handles_signals", verdict=returns(), when=POSIX),
    Row(handler="blocks_signals", verdict=returns(), when=POSIX),
    Row(handler="sets_an_alarm", verdict=returns(), when=POSIX),
    Row(handler="waits_for_an_alarm", verdict=raises("TimeoutError", "alarm"), when=POSIX),
    Row(
        handler="disables_garbage_collection",
        **GIVEN_BACK,
        warning="ignore::pytest.PytestUnraisableExceptionWarning",
    ),
    Row(handler="limits_recursion", event=500, verdict=returns()),
    Row(
        handler="limits_recursion",
        name="limits_recursion-too-low",
        event=20,
        verdict=raises("RecursionError", "cannot set the recursion limit to 20 at the recursion depth .*"),
        limit="On Lambda 20 is enough for what is below the handler; pytest's own frames are more",
    ),
    Row(handler="changes_the_interpreter", **GIVEN_BACK),
    Row(handler="warns_loudly", verdict=returns()),
    Row(handler="changes_the_locale", **GIVEN_BACK, when=LINUX),
    Row(handler="seeds", **GIVEN_BACK),
    Row(handler="calculates_coarsely", **GIVEN_BACK),
    Row(handler="replaces_hooks", **GIVEN_BACK),
    Row(handler="registers_for_the_end", **GIVEN_BACK),
    Row(handler="finalizes", verdict=returns()),
    Row(handler="raises_in_del", verdict=returns(), warning="ignore::pytest.PytestUnraisableExceptionWarning"),
    Row(handler="exits_in_del", verdict=returns(), warning="ignore::pytest.PytestUnraisableExceptionWarning"),
    Row(handler="forgets_whose_it_is", verdict=returns()),
    Row(
        handler="breaks_the_simulator",
        verdict=returns(),
        run=False,
        limit="Python keeps nothing from code that shares its process: on Lambda there is no simulator to break",
    ),
    Row(
        handler="closes_what_it_finds",
        verdict=returns(),
        run=False,
        limit="Python keeps nothing from code that shares its process: on Lambda these files are the handler's own",
    ),
]

LEFTOVERS = [
    *(
        Row(
            handler="leaves_a_thread",
            name=f"leaves_a_thread-{name}",
            event=daemon,
            verdict=returns(),
            leftovers=(("thread", "sleeper"),),
        )
        for name, daemon in {"daemon": True, "own": False}.items()
    ),
    Row(
        handler="leaves_a_busy_thread",
        verdict=returns(),
        leftovers=(("thread", "busy"),),
    ),
    Row(
        handler="leaves_a_blocked_thread",
        verdict=returns(),
        leftovers=(("thread", "blocked"), ("file", "socket")),
        when=POSIX,
    ),
    Row(
        handler="prints_later",
        verdict=returns(),
        second=("again", returns()),
        log=("later",),
        configuration={"timeout": 20},
        leftovers=(("thread", "later"),),
    ),
    Row(handler="leaves_many_threads", verdict=returns(), leftovers=(("thread", "one-of-many"),)),
    Row(
        handler="leaves_an_executor",
        verdict=returns(),
        leftovers=(("thread", "ThreadPoolExecutor"),),
    ),
    Row(handler="exits_in_a_thread", verdict=returns(), warning="ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    Row(handler="dies_in_a_thread", verdict=status(3), silent=("after",)),
    Row(
        handler="leaves_a_program",
        verdict=returns(),
        leftovers=(("process", "sleep"),),
        when=POSIX,
    ),
    Row(
        handler="leaves_a_process",
        verdict=returns(),
        leftovers=(("process", ""), ("file", "descriptor")),
        when=POSIX,
    ),
    Row(handler="forks", verdict=returns(), when=POSIX),
    Row(
        handler="forks_and_raises",
        name="forks_and_raises",
        event="raise",
        verdict=returns(),
        when=POSIX,
    ),
    Row(
        handler="forks_and_raises",
        name="forks_and_exits",
        event="exit",
        verdict=returns(),
        when=POSIX,
    ),
    Row(handler="leaves_open_files", verdict=returns(), leftovers=(("file", "/tmp/"),)),
    Row(
        handler="leaves_a_slow_object",
        verdict=returns(),
        run=False,
        limit="Python deletes an object when it pleases, in the test's time; on Lambda its process is frozen or gone",
    ),
    Row(handler="leaves_a_task", verdict=returns(), leftovers=(("task", "sleep"),)),
]

FILES = [
    Row(handler="deletes_its_own_file", verdict=READ_ONLY),
    Row(handler="writes_beside_its_code", verdict=READ_ONLY),
    Row(handler="climbs_out_of_tmp", verdict=READ_ONLY, when=POSIX),
    Row(
        handler="fills_tmp",
        verdict=raises("OSError", r"\[Errno 28\] No space left on device.*"),
        second=("look", returns(["full"])),
    ),
    # What Linux answers for a mount point; the directory stays, empty. AWS's own answer is not known.
    Row(
        handler="removes_tmp",
        verdict=raises("OSError", r"\[Errno 16\] Device or resource busy: '/tmp'"),
        second=("again", returns()),
    ),
]

AT_IMPORT = [
    Row(handler="exits_quietly", verdict=QUIET_EXIT, at_import=True),
    Row(handler="spins", verdict=TIMEOUT, at_import=True),
    Row(handler="joins_for_ever", verdict=TIMEOUT, at_import=True),
    Row(handler="raises_a_base_exception", verdict=status(1), log=("Mine: mine",), at_import=True),
    Row(handler="raises_a_mute_exception", verdict=status(1), log=("no words",), at_import=True),
    Row(handler="recurses", verdict=raises("RecursionError", "maximum recursion depth exceeded.*"), at_import=True),
    # The import fails, and then the runtime itself can't import what it would post the error with.
    Row(handler="forgets_all_modules", verdict=status(1), log=("KeyError: 'handlers'",), at_import=True),
    # What INIT changes and leaves is there on purpose.
    Row(handler="patches_sleep", **GIVEN_BACK, at_import=True),
    Row(handler="leaves_a_thread", verdict=returns(), at_import=True),
    Row(handler="forks", verdict=returns(), when=POSIX, at_import=True),
]

ROWS = [*ENDLESS, *ENDS, *ANSWERS, *OUTPUT, *STATE, *LEFTOVERS, *FILES, *AT_IMPORT]


def _parameters() -> list[Any]:
    parameters = []
    for row in ROWS:
        marks: list[pytest.MarkDecorator] = []
        if not row.when:
            marks.append(pytest.mark.skip(reason="not on this platform or version"))
        elif not row.run:
            marks.append(pytest.mark.skip(reason=f"limit: {row.limit}"))
        if row.warning:
            marks.append(pytest.mark.filterwarnings(row.warning))
        parameters.append(pytest.param(row, id=row.id, marks=marks))
    return parameters


@pytest.mark.parametrize("row", _parameters(), scope="class")
class TestGallery:
    """Each row in two tests, one right after the other."""

    def test_verdict(self, row: Row, gallery: Path, canary: ModuleType) -> None:
        """The handler gets its verdict, another function of the same service works, and the process is as it was."""
        born_before = children()
        before = snapshot(collect=False)
        try:
            with LambdaService(task_root=gallery, real_time_guard=0.1 if row.verdict is TIMEOUT else 20) as service:
                _judge(row, service)
                function = service.create_function("handlers.returns", function_name="harmless")
                assert function.invoke().payload == "survived"
            assert canary.settled_differences(before) == []
        finally:
            for child in set(children()) - set(born_before):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)

    def test_afterwards(self, row: Row, canary: ModuleType) -> None:
        """In the next test a clean service works."""
        canary.a_clean_service_works()


def _judge(row: Row, service: LambdaService) -> None:
    variables = {"AT_IMPORT": row.handler} if row.at_import else {}
    handler = "handlers.returns" if row.at_import else f"handlers.{row.handler}"
    function = service.create_function(handler, environment=variables, **row.configuration)
    response = function.invoke(row.event)
    _assert_answered(response, row.verdict)
    if row.verdict is TIMEOUT and not row.at_import:
        assert response.duration == timedelta(seconds=3)
        assert response.stopped_at
    if row.leftovers or row.verdict.error_type is None:
        found = [(leftover.kind, str(leftover)) for leftover in response.leftovers]
        for kind, text in row.leftovers:
            assert any(each == kind and text in told for each, told in found), (kind, text, found)
        assert {kind for kind, _ in found} <= {"state", *(kind for kind, _ in row.leftovers)}, found
    if row.second is not None:
        event, verdict = row.second
        environment, response = response.environment, function.invoke(event)
        assert response.environment is environment
        _assert_answered(response, verdict)
    logs = response.logs
    assert logs.rstrip("\n").rpartition("\n")[2].startswith(f"REPORT RequestId: {response.request_id}\t")
    for text in row.log:
        assert text in logs
    for text in row.silent:
        assert text not in logs


def _assert_answered(response: InvokeResponse, verdict: Verdict) -> None:
    assert (response.status_code, response.executed_version) == (200, "$LATEST")
    if verdict.error_type is None:
        assert (response.function_error, response.payload) == (None, verdict.payload)
        return
    assert response.function_error == "Unhandled"
    answer = response.payload["errorType"], response.payload["errorMessage"]
    assert answer[0] == verdict.error_type, answer
    assert re.fullmatch(verdict.message.replace("{id}", response.request_id), answer[1]), answer
