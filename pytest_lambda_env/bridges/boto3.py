"""The only module that knows boto3: each process of an environment has a default session of its own.

``boto3.client(...)`` uses one session for the whole interpreter, with the credentials that were found when it was
made: a test that calls boto3 first would lend its own, or the machine's, to the handler. So the session is exchanged
like a module's global. What a new session costs is reading botocore's service descriptions (0.1 s for the first
client); sessions made in environments share what has been read.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

from pytest_lambda_env.bridges.tap import Method, Tap
from pytest_lambda_env.runtime.current import current


class DefaultSession:
    """``boto3.DEFAULT_SESSION`` of one process."""

    def __init__(self) -> None:
        self._inside: Any = None
        self._outside: list[Any] = []

    def enter(self) -> None:
        """The process's own session is the default one; there is none before it asks for it."""
        boto3: Any = sys.modules.get("boto3")
        self._outside.append(getattr(boto3, "DEFAULT_SESSION", None))
        if boto3 is not None:
            boto3.DEFAULT_SESSION = self._inside

    def leave(self) -> None:
        """The test's session is the default one again."""
        boto3: Any = sys.modules.get("boto3")
        outside = self._outside.pop()
        if boto3 is not None:
            self._inside, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, outside


def _sharing_what_was_read(register: Method) -> Method:
    def register_data_loader(self: Any) -> None:
        if current.life is None or "AWS_DATA_PATH" in os.environ:
            register(self)
        else:
            self._components.lazy_register_component("data_loader", _shared_loader)

    return register_data_loader


@functools.cache
def _shared_loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader()


TAP = Tap("botocore.session", "Session", "_register_data_loader", _sharing_what_was_read)
