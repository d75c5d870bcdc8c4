"""One execution environment: a sandbox with its ``/tmp`` and its log, and the process that currently runs in it.

The sandbox outlives its process: after a timeout or a crash ``/tmp`` and the log stream stay, and a new process is
initialised for the next request (fidelity I64, I83, V40).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.facts import InitializationType
from pytest_lambda_env.runtime.client.bootstrap import RuntimeReply, RuntimeRequest
from pytest_lambda_env.runtime.doors.captured import CapturedNames
from pytest_lambda_env.runtime.files import EnvironmentFiles
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.logs.platform_lines import PlatformLines
from pytest_lambda_env.runtime.memory import MemoryMeter
from pytest_lambda_env.runtime.outcome import Outcome, Result
from pytest_lambda_env.runtime.process import Process
from pytest_lambda_env.simulation.instant import Instant


class Environment:
    """An environment of one function version, as the test sees it: ``response.environment``.

    Two responses came from the same environment exactly if these objects are the same. ``new_process`` makes the
    process of an INIT, which writes to the given log and whose memory the given meter measures. ``version`` is the
    function's, ``initialization_type`` says for whom it was made: one request, or provisioned concurrency (V28).
    """

    def __init__(
        self,
        *,
        number: int,
        code: FunctionCode,
        configuration: FunctionConfiguration,
        version: str,
        initialization_type: InitializationType,
        variables: Mapping[str, str],
        log_stream_name: str,
        files: EnvironmentFiles,
        captured_names: CapturedNames,
        new_process: Callable[[EnvironmentLog, MemoryMeter], Process],
    ) -> None:
        self.number = number
        self.configuration = configuration
        self.version = version
        self.initialization_type = initialization_type
        self.log = EnvironmentLog(log_stream_name, self._present)
        self.platform = PlatformLines(
            log_format="JSON" if configuration.log_format == "JSON" else "Text",
            system_log_level=configuration.system_log_level or "INFO",
        )
        self.memory = MemoryMeter()
        self.process: Process | None = None
        self.retired = False
        self._moment = Instant(0)
        self._code = code
        self._variables = variables
        self._files = files
        self._captured_names = captured_names
        self._new_process = new_process

    @property
    def tmp(self) -> Path:
        """The real directory behind this environment's ``/tmp``."""
        return self._files.tmp

    @property
    def log_stream_name(self) -> str:
        """The name of its log stream (fidelity C19)."""
        return self.log.name

    @property
    def runtime_version_arn(self) -> str:
        """An ARN of the shape that INIT_START shows; which patch version runs is not modelled (fidelity P01)."""
        return f"arn:aws:lambda:{self._variables['AWS_REGION']}::runtime:{0:064x}"

    @property
    def task_root(self) -> str:
        """The directory of the function's code, ``LAMBDA_TASK_ROOT``."""
        return self._variables["LAMBDA_TASK_ROOT"]

    @property
    def shared_code(self) -> bool:
        """True where the handler is a function of the test module, which no INIT can import afresh."""
        return self._code.shared

    def init(self, start: Instant, deadline: Instant) -> Outcome[RuntimeReply | None]:
        """Start a process and run its INIT; afterwards ``process`` is there unless that failed."""
        self._moment = start
        self.memory = MemoryMeter()
        self.process = process = self._new_process(self.log, self.memory)
        self.memory.begin()
        try:
            try:
                outcome = process.init(start, deadline)
            finally:
                self.memory.end()
            return self._judged(process, outcome)
        finally:
            self._bury_the_dead()

    def invoke(self, request: RuntimeRequest, start: Instant, deadline: Instant) -> Outcome[RuntimeReply]:
        """Run one request in the process."""
        process = self.process
        assert process is not None
        self.memory.begin()
        try:
            try:
                outcome = process.invoke(request, start, deadline)
            finally:
                self.memory.end()
            return self._judged(process, outcome)
        finally:
            self._bury_the_dead()

    def say(self, line: str, at: Instant) -> None:
        """Write a line of the platform's own to the log; nothing where it has none to say."""
        self._moment = at
        self.log.platform(line, at)

    def retire(self) -> None:
        """SHUTDOWN: the process ends and ``/tmp`` is gone. The log stays readable."""
        self.retired = True
        if self.process is not None:
            self.process.kill()
            self._bury_the_dead()
        self._files.discard()

    def _judged(self, process: Process, outcome: Outcome[Result]) -> Outcome[Result]:
        self._moment = outcome.ended
        if self.memory.peak > process.memory_limit and outcome.status != "memory":
            outcome = process.starve(outcome)
        if outcome.status == "memory":
            self.memory.exhaust(self.configuration.memory_size)
        return outcome

    def _present(self) -> Instant:
        return self._moment if self.process is None else max(self._moment, self.process.clock.now)

    def _bury_the_dead(self) -> None:
        if self.process is None or not self.process.life.over:
            return
        # Objects of its modules may outlive it in the test: they must not keep a virtual clock.
        for module in self.process.modules.modules.values():
            self._captured_names.restore_module(module)
        starved = self.process.life.cause == "memory"
        self.process = None
        if starved:
            gc.collect()  # what it took must not stay with the test until the collector happens to come by

    def __repr__(self) -> str:
        state = "retired" if self.retired else "warm" if self.process else "cold"
        version = "" if self.version == "$LATEST" else f":{self.version}"
        return f"<Environment {self.number} of {self.configuration.function_name}{version}, {state}>"
