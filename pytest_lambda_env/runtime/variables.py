"""The environment variables of a function, and ``os.environ`` while its code runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from pytest_lambda_env.model.configuration import FunctionConfiguration

_environ: Any = os.environ
_WITH_LC_CTYPE = {"python3.12", "python3.13", "python3.14"}


def function_variables(
    configuration: FunctionConfiguration,
    *,
    region: str,
    credentials: Mapping[str, str],
    version: str,
    log_stream_name: str,
    initialization_type: str,
    task_root: str,
) -> dict[str, str]:
    """Everything that is set at INIT (fidelity 5.3.1); ``_X_AMZN_TRACE_ID`` comes with each invoke (X01, X02).

    ``LAMBDA_TASK_ROOT`` and ``PWD`` are the real directory of the code instead of ``/var/task``, and the interpreter's
    own directory is on ``PATH``: paths that a handler builds from them must lead somewhere in the test process.
    Later entries win, as on Lambda: the customer's variables, then the platform's.
    """
    variables = {
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
        ),
        "PATH": f"{os.path.dirname(sys.executable)}:/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PYTHONPATH": "/var/runtime",
        "SHLVL": "0",
        "TZ": ":UTC",
        **configuration.environment,
        **credentials,
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "_HANDLER": configuration.handler,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": configuration.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream_name,
        "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
        "AWS_REGION": region,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": task_root,
        "PWD": task_root,
    }
    if configuration.runtime in _WITH_LC_CTYPE:
        variables["LC_CTYPE"] = "C.UTF-8"
    if configuration.log_format == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.application_log_level or "INFO"
    return variables


class Variables:
    """``os.environ`` of one process. What handler code sets stays with the process.

    The mapping inside ``os.environ`` is exchanged, so ``from os import environ`` sees the same. Setting a variable
    does not reach the C environment (:mod:`.doors.process`); subprocesses are handed these variables explicitly.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        encode_key, encode_value = _environ.encodekey, _environ.encodevalue
        self._inside = {encode_key(key): encode_value(value) for key, value in variables.items()}
        self._outside: list[Any] = []

    def enter(self) -> None:
        """Handler code runs: its variables are there and the machine's are not."""
        self._outside.append(_environ._data)
        _exchange(self._inside)

    def leave(self) -> None:
        """Handler code has returned: the test process's variables are back, untouched."""
        self._inside = _environ._data
        _exchange(self._outside.pop())


def _exchange(data: Any) -> None:
    _environ._data = data
    if os.supports_bytes_environ:
        os.environb._data = data  # type: ignore[attr-defined]
