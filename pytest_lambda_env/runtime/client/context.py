"""The second argument of every handler, with the attributes and texts of AWS's own class (fidelity 1.5)."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


class _Record:
    """A fixed set of attributes, shown in the order of ``__slots__``; no other can be set (fidelity C14)."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, values: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self) -> str:
        return _describe(self, self.__slots__)


class CognitoIdentity(_Record):
    """The Amazon Cognito identity that authorised the call; both ids are None without one (fidelity C04)."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    cognito_identity_id: str | None
    cognito_identity_pool_id: str | None


class Client(_Record):
    """The ``client`` part of a client context; what the caller left out is None (fidelity C06)."""

    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")  # noqa: RUF023

    installation_id: Any
    app_title: Any
    app_version_name: Any
    app_version_code: Any
    app_package_name: Any


class ClientContext(_Record):
    """What the caller sent as ``ClientContext``; ``custom`` and ``env`` stay plain dicts (fidelity C05, C06)."""

    __slots__ = ("custom", "env", "client")  # noqa: RUF023

    custom: Any
    env: Any
    client: Client | None

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        if self.client is not None:
            self.client = Client(values["client"])


class LambdaContext:
    """The context of one invocation (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html).

    ``client_context`` and ``cognito_identity`` are the parsed JSON of their headers. The function's name, version,
    memory and log names are read from ``os.environ`` when the object is made; unset ones are None (fidelity C03).
    """

    def __init__(
        self,
        invoke_id: str,
        client_context: Mapping[str, Any] | None,
        cognito_identity: Mapping[str, Any] | None,
        epoch_deadline_time_in_ms: int,
        invoked_function_arn: str | None = None,
        tenant_id: str | None = None,
    ) -> None:
        variable = os.environ.get
        self.aws_request_id = invoke_id
        self.log_group_name = variable("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variable("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = variable("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = variable("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = tenant_id
        self._w3c_fields = _w3c_fields(client_context)
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = _identity(cognito_identity)
        self._epoch_deadline_time_in_ms = epoch_deadline_time_in_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out, never below 0 (fidelity C10)."""
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def w3c(self) -> dict[str, str]:
        """The W3C trace context of the call: those of traceparent, tracestate and baggage that it carried as text."""
        return dict(self._w3c_fields)

    def log(self, msg: object) -> None:
        """Write ``str(msg)`` to the function's log, with no newline added (fidelity C11)."""
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(msg))
                return
        sys.stdout.write(str(msg))

    def __repr__(self) -> str:
        return _describe(self, _SHOWN)


_SHOWN = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


def _describe(thing: object, names: tuple[str, ...]) -> str:
    fields = ",".join(f"{name}={getattr(thing, name)}" for name in names)
    return f"{type(thing).__name__}([{fields}])"


def _identity(cognito_identity: Mapping[str, Any] | None) -> CognitoIdentity:
    sent = {} if cognito_identity is None else cognito_identity
    return CognitoIdentity(
        {
            "cognito_identity_id": sent.get("cognitoIdentityId"),
            "cognito_identity_pool_id": sent.get("cognitoIdentityPoolId"),
        }
    )


def _w3c_fields(client_context: object) -> dict[str, str]:
    if client_context is None:
        return {}
    sent = client_context.get("w3c") if isinstance(client_context, Mapping) else None
    if not isinstance(sent, Mapping):
        return {}
    return {name: sent[name] for name in _W3C_FIELDS if isinstance(sent.get(name), str)}
