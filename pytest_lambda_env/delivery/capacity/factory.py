"""Makes execution environments: gives each its number, variables, log stream, credentials and directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from pytest_lambda_env.control.function import Function, FunctionVersion
from pytest_lambda_env.model.facts import InitializationType
from pytest_lambda_env.model.sandbox import SandboxRules
from pytest_lambda_env.runtime.current import real_files
from pytest_lambda_env.runtime.doors.captured import CapturedNames
from pytest_lambda_env.runtime.environment import Environment
from pytest_lambda_env.runtime.files import EnvironmentFiles
from pytest_lambda_env.runtime.logs.log import log_stream_name
from pytest_lambda_env.runtime.memory_limit import warn_unless_limited
from pytest_lambda_env.runtime.network import Network
from pytest_lambda_env.runtime.process import Part, Process, ProcessClock
from pytest_lambda_env.runtime.timezone import TimeZone
from pytest_lambda_env.runtime.variables import function_variables
from pytest_lambda_env.runtime.watchdog import Watchdog
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant


class EnvironmentFactory:
    """What all environments of one service have in common.

    ``bridged`` makes parts of a process that know third parties, anew for each process; ``patched`` are the third
    parties' modules and classes that programs replace names of.
    """

    def __init__(
        self,
        *,
        entropy: Entropy,
        clock: Callable[..., ProcessClock],
        bridged: Sequence[Callable[[], Part]],
        patched: Sequence[str],
        captured_names: CapturedNames,
        time_zone: TimeZone,
        watchdog: Watchdog,
        rules: SandboxRules,
        visible: Sequence[Path],
        scratch: Sequence[Path],
    ) -> None:
        if rules.memory_limit == "enforce":
            warn_unless_limited()
        self._entropy = entropy
        self._clock = clock
        self._bridged = bridged
        self._patched = patched
        self._captured_names = captured_names
        self._watchdog = watchdog
        self._rules = rules
        self._network = Network(rules)
        self._visible = visible
        self._scratch = scratch
        self._time_zone = time_zone
        self._numbers = count(1)

    def create(
        self, function: Function, version: FunctionVersion, at: Instant, initialization_type: InitializationType
    ) -> Environment:
        """A new, cold environment for a version of a function."""
        with real_files():  # a handler may be invoking this function
            code, configuration = version.code_to_run(), version.configuration
        name = log_stream_name(at, version.version, self._entropy)
        variables = function_variables(
            configuration,
            region=function.region,
            credentials=self._credentials(),
            version=version.version,
            log_stream_name=name,
            initialization_type=initialization_type,
            task_root=str(code.task_root),
        )
        files = EnvironmentFiles(
            task_root=code.task_root,
            visible=self._visible,
            scratch=self._scratch,
            writable=[Path(each) for each in self._rules.writable],
            storage_size=configuration.ephemeral_storage * 1024 * 1024,
        )
        return Environment(
            number=next(self._numbers),
            code=code,
            configuration=configuration,
            version=version.version,
            initialization_type=initialization_type,
            variables=variables,
            log_stream_name=name,
            files=files,
            captured_names=self._captured_names,
            new_process=partial(
                Process,
                code=code,
                variables=variables,
                files=files,
                network=self._network,
                watchdog=self._watchdog,
                rules=self._rules,
                time_zone=self._time_zone,
                clock=self._clock,
                bridged=self._bridged,
                patched=self._patched,
                seed=self._seed,
                role=function.role(version),
            ),
        )

    def _seed(self) -> int:
        """Where a new process's random numbers begin."""
        return self._entropy.stream("random").getrandbits(64)

    def _credentials(self) -> dict[str, str]:
        """Temporary credentials in the shape of an assumed role's; they open nothing anywhere."""
        digits = self._entropy.hex("credentials", 80).upper()
        return {
            "AWS_ACCESS_KEY_ID": f"ASIA{digits[:16]}",
            "AWS_SECRET_ACCESS_KEY": digits[:40],
            "AWS_SESSION_TOKEN": digits[40:],
        }
