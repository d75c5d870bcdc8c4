"""The configuration of one function version, as ``CreateFunction`` takes it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from pytest_lambda_env.errors import InvalidParameterValueException, UsageError
from pytest_lambda_env.model import quotas
from pytest_lambda_env.model.arn import arn_of
from pytest_lambda_env.model.constraints import in_range, one_of, violation

_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_ARN_PATTERN = r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"
_ARN = re.compile(r"arn:aws[a-zA-Z-]*:[a-z0-9-.]+:.*")
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def host_runtime() -> str:
    """The Lambda runtime of the interpreter that runs the test, for example ``python3.13``."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionConfiguration:
    """What a version of a function is configured to be; names, units and defaults are those of the API.

    ``timeout`` is in seconds, ``memory_size`` and ``ephemeral_storage`` in MB. Raises AWS's own errors with AWS's
    messages for what AWS refuses (fidelity I90 to I94).
    """

    function_name: str
    handler: str
    role: str
    runtime: str = field(default_factory=host_runtime)
    architectures: tuple[str, ...] = ("x86_64",)
    timeout: int = 3
    memory_size: int = 128
    ephemeral_storage: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: Literal["DEBUG", "INFO", "WARN"] | None = None
    dead_letter_target: str | None = None
    """The ARN of a queue or a topic that gets the asynchronous events that failed for good (A40 to A45).

    What has an ARN may be given instead, here and in the destinations of an ``EventInvokeConfig``.
    """
    description: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.function_name):
            raise violation(self.function_name, "functionName", f"satisfy regular expression pattern: {_NAME_PATTERN}")
        in_range(self.timeout, "timeout", quotas.TIMEOUT_SECONDS)
        in_range(self.memory_size, "memorySize", quotas.MEMORY_MB)
        in_range(self.ephemeral_storage, "ephemeralStorage.size", quotas.EPHEMERAL_STORAGE_MB)
        one_of(self.runtime, "runtime", quotas.RUNTIMES)
        object.__setattr__(self, "architectures", tuple(self.architectures))
        if len(self.architectures) != 1:
            raise violation(list(self.architectures), "architectures", "have length less than or equal to 1")
        one_of(self.architectures[0], "architectures", quotas.ARCHITECTURES)
        _check_variables(self.environment)
        # A copy: a published configuration must not change with the test's own dictionary.
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))
        self._check_logging()
        self._check_dead_letter_target()

    def _check_logging(self) -> None:
        one_of(self.log_format, "loggingConfig.logFormat", ("JSON", "Text"))
        for level, name in ((self.application_log_level, "application"), (self.system_log_level, "system")):
            if level is None:
                continue
            one_of(level, f"loggingConfig.{name}LogLevel", _LEVELS if name == "application" else _LEVELS[1:4])
            if self.log_format == "Text":
                raise InvalidParameterValueException(
                    "To use ApplicationLogLevel or SystemLogLevel, you must set LogFormat to JSON."
                )
        if self.log_format == "JSON":  # fidelity G34
            object.__setattr__(self, "application_log_level", self.application_log_level or "INFO")
            object.__setattr__(self, "system_log_level", self.system_log_level or "INFO")

    def _check_dead_letter_target(self) -> None:
        target = arn_of(self.dead_letter_target) or None  # the API takes "" for none (A46)
        object.__setattr__(self, "dead_letter_target", target)
        if target is None:
            return
        if not _ARN.fullmatch(target):
            raise violation(target, "deadLetterConfig.targetArn", f"satisfy regular expression pattern: {_ARN_PATTERN}")
        if target.split(":")[2] not in ("sqs", "sns"):  # how AWS words this is not recorded
            raise InvalidParameterValueException(
                f"The dead letter target {target} must be an SQS queue or an SNS topic."
            )

    @property
    def vcpus(self) -> float:
        """The share of processor time that comes with ``memory_size``; 1,769 MB are one vCPU."""
        return self.memory_size / quotas.MEMORY_MB_PER_VCPU

    @property
    def log_group_name(self) -> str:
        """``/aws/lambda/<name>``."""
        return f"/aws/lambda/{self.function_name}"


def _check_variables(variables: Mapping[str, str]) -> None:
    for key, value in variables.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise UsageError(f"environment variable {key!r} must be a string with a string value, not {value!r}")
    reserved = [key for key in variables if key in quotas.RESERVED_VARIABLES]
    if reserved:  # fidelity I91
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    for key in variables:
        if not _VARIABLE.fullmatch(key):  # fidelity I92
            raise violation(
                key, "environment.variables", r"satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+"
            )
    measured = json.dumps(dict(variables), separators=(",", ":"))
    if len(measured) > quotas.ENVIRONMENT_BYTES:  # fidelity I90
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )
