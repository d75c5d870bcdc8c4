"""The runtime's own loop, one step at a time: load the handler once, then answer one request after another.

Stack traces that users see name this file and ``Bootstrap.invoke`` where AWS's name its own ``bootstrap.py``
(fidelity H16), so it keeps that name.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

from pytest_lambda_env.runtime.client.context import LambdaContext
from pytest_lambda_env.runtime.client.faults import ErrorObject, Fault, exception_object, fault_object
from pytest_lambda_env.runtime.client.handler import resolve
from pytest_lambda_env.runtime.client.marshaller import JSON_CONTENT_TYPE, Marshaller

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

_PREVIEW_RUNTIMES = frozenset({"AWS_Lambda_python3.15"})

_PREVIEW_WARNING = (
    "LAMBDA_WARNING: This is a preview runtime version and should not be used for production workloads. "
    "For further information and to provide feedback, see https://{}/lambda/latest/dg/lambda-runtimes.html\r"
)

UNHANDLED_EXCEPTION_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. "
    "The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. "
    "To determine if the runtime has been updated, check the runtime version in the INIT_START log entry. "
    "If this error correlates with a change in the runtime version, you may be able to mitigate this error "
    "by temporarily rolling back to the previous runtime version. "
    "For more information, see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)
"""What AWS's runtime logs before the error of a failed init (fidelity H30)."""


class RuntimeRequest(NamedTuple):
    """One request of the service to the runtime: the event and its headers.

    ``deadline_ms`` is in milliseconds since the Unix epoch; ``client_context`` and ``cognito_identity`` are JSON text.
    """

    request_id: str
    event: bytes
    invoked_function_arn: str
    deadline_ms: int
    content_type: str = JSON_CONTENT_TYPE
    client_context: str | None = None
    cognito_identity: str | None = None
    tenant_id: str | None = None
    trace_id: str | None = None


class RuntimeReply(NamedTuple):
    """The runtime's answer to a request; ``error`` is None unless the function or the runtime failed."""

    payload: bytes
    content_type: str
    error: ErrorObject | None


class Limited(Protocol):
    """Gives a call into the function's code its limits."""

    def __call__(self, work: Callable[Parameters, Returned], /) -> Callable[Parameters, Returned]:
        """The same call within them."""


def _unlimited(work: Callable[Parameters, Returned], /) -> Callable[Parameters, Returned]:
    return work


class Bootstrap:
    """The runtime of one process: :meth:`init` once, then :meth:`invoke` for each request.

    The caller has put the function's variables, task root and logging in place. ``log_error`` writes an error
    object to the function's log; ``request_started`` hears of each request before the function does. An exception
    that escapes from a method ends the process, on AWS as here: a ``SystemExit`` with its own status, any other
    with status 1 (fidelity E11, E14, M19). ``limited`` wraps each call into the function's code.
    """

    def __init__(
        self,
        *,
        log_error: Callable[[ErrorObject], None],
        request_started: Callable[[RuntimeRequest], None],
        limited: Limited = _unlimited,
    ) -> None:
        self._log_error = log_error
        self._request_started = request_started
        self._limited = limited
        self._handler: Callable[[Any, Any], Any]
        self._marshaller: Marshaller
        self._encode: Callable[[Any], tuple[bytes | str, str]]

    def init(self, handler: str | Callable[[Any, Any], Any]) -> RuntimeReply | None:
        """Load the handler. The error of a failure is logged after AWS's warning, and posted (fidelity H30).

        The result is what was posted, None after success. A callable is taken as it is.
        """
        self._marshaller = Marshaller()
        # Of the function's result: an error object of ours is small.
        self._encode = self._limited(self._marshaller.encode)
        try:
            _warn_of_preview_runtime()
            self._handler = self._limited(self._limited(resolve)(handler) if isinstance(handler, str) else handler)
            return None
        except Fault as fault:
            error = fault_object(fault)
        except Exception as exc:  # noqa: BLE001 - AWS catches just this (fidelity E14)
            error = exception_object(exc)
        # The root logger, as on AWS: the line gets the root handler's form.
        logging.warning(UNHANDLED_EXCEPTION_WARNING)  # noqa: LOG015
        self._log_error(error)
        from pytest_lambda_env.runtime.client.init_error import posted  # an HTTP client, for those who fail

        payload, content_type = Marshaller().encode(error)
        return RuntimeReply(payload=posted(error, str(payload)), content_type=content_type, error=error)

    def invoke(self, request: RuntimeRequest) -> RuntimeReply:
        """Answer one request: decode, call, encode. A failure of the function is a reply with an ``error``."""
        self._request_started(request)
        _set_trace_id(request.trace_id)
        request_id = request.request_id
        marshaller = self._marshaller
        try:
            context = _context(request)
            event = marshaller.decode(request.event, request.content_type)
            # Kept to the end, as on AWS: what its finalizer prints comes after the error's log.
            response = self._handler(event, context)
            payload, content_type = self._encode(response)
        except Fault as fault:
            _tell_x_ray("")
            error = fault_object(fault, request_id)
        except Exception as exc:  # noqa: BLE001 - AWS catches just this (fidelity E14)
            _tell_x_ray(exc)
            error = exception_object(exc, request_id)
        else:
            return RuntimeReply(payload=_utf8(payload), content_type=content_type, error=None)
        self._log_error(error)
        payload, content_type = Marshaller().encode(error)  # a new one, as on AWS
        return RuntimeReply(payload=_utf8(payload), content_type=content_type, error=error)


def _context(request: RuntimeRequest) -> LambdaContext:
    return LambdaContext(
        request.request_id,
        _parsed(request.client_context, "Client Context"),
        _parsed(request.cognito_identity, "Cognito Identity"),
        request.deadline_ms,
        request.invoked_function_arn,
        request.tenant_id,
    )


def _parsed(header: str | None, name: str) -> Any:
    if not header:
        return None
    try:
        return json.loads(header)
    except Exception as error:
        message = f"Unable to parse {name} JSON: {error}"
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from error


def _set_trace_id(trace_id: str | None) -> None:
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _tell_x_ray(failure: object) -> None:
    """Ask for what AWS's runtime asks for when it describes a failure to X-Ray (fidelity E13).

    Nobody reads the description here. But its text is asked for once more, and either question may fail, which ends
    the process.
    """
    str(failure)
    os.getcwd()


def _utf8(payload: bytes | str) -> bytes:
    return payload if isinstance(payload, bytes) else payload.encode("utf-8")


def _warn_of_preview_runtime() -> None:
    variable = os.environ.get
    if variable("LAMBDA_DISABLE_PREVIEW_WARN") or variable("AWS_EXECUTION_ENV") not in _PREVIEW_RUNTIMES:
        return
    site = "docs.amazonaws.cn" if variable("AWS_REGION", "").startswith("cn-") else "docs.aws.amazon.com"
    logging.warning(_PREVIEW_WARNING.format(site))  # noqa: LOG015
