"""One call of an AWS API by handler code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_lambda_env.simulation.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCall:
    """``service`` and ``operation`` as botocore names them (``s3``, ``GetObject``); ``error`` is AWS's error code.

    ``error`` is None for a call that succeeded, and the exception's class name where no answer came. ``region`` is the
    client's, ``signing_name`` what the service's requests are signed for (``monitoring`` for ``cloudwatch``).
    ``denied`` tells that the execution role's policy refused it.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    started: Instant
    ended: Instant
    error: str | None = None
    region: str = ""
    signing_name: str = ""
    denied: bool = False

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}" + (f" -> {self.error}" if self.error else "")
