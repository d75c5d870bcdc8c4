"""Every exception this package raises.

::

    Exception
    ├── LambdaEnvError                  the test, or the simulator, is at fault
    │   ├── UsageError                  a wrong argument, marker or option; the message names the right one
    │   ├── LeftoversFound              an invocation left work unfinished, and ``leftovers="error"`` is set
    │   ├── NeverSettled                ``drain`` met work that never ends
    │   ├── NetworkBlocked              handler code called a host beyond this machine
    │   └── NotModelled                 AWS does something here that this simulator does not
    ├── HandlerFailed                   what ``InvokeResponse.raise_for_error()`` raises
    └── ServiceError                    an answer of the Lambda API, by its API name
        ├── AccessDeniedException
        ├── InvalidParameterValueException
        ├── InvalidRequestContentException
        ├── PolicyLengthExceededException
        ├── PreconditionFailedException
        ├── ProvisionedConcurrencyConfigNotFoundException
        ├── RecursiveInvocationException
        ├── RequestTooLargeException
        ├── ResourceConflictException
        ├── ResourceNotFoundException
        ├── ServiceException
        ├── TooManyRequestsException
        └── ValidationException

    UserWarning
    └── LambdaEnvWarning                the simulator can't do what was asked for, or shows less than there was

A handler's own failure is data (``InvokeResponse.function_error``) and is never raised unless asked for.
"""

from __future__ import annotations

from typing import ClassVar


class LambdaEnvError(Exception):
    """The test or the simulator is at fault, not the handler and not the service."""


class UsageError(LambdaEnvError):
    """A wrong argument, marker, option or call. The message says what would be right."""


class LeftoversFound(LambdaEnvError):
    """Invocations left threads, child processes, open files or tasks behind (``leftovers="error"``).

    The message names each with the place that made it, and what to do (fidelity V41).
    """


class NeverSettled(LambdaEnvError):
    """``drain`` found work that keeps making work. The message names what keeps it going."""


class NetworkBlocked(LambdaEnvError):
    """Handler code called a host beyond this machine. The message names the call, its place, and what to do instead.

    Not an ``OSError``: urllib3, requests and botocore take those for a network's weather, and retry or hide them.
    """


class NotModelled(LambdaEnvError):
    """AWS does something here that this simulator does not. The message says what to do instead."""


class LambdaEnvWarning(UserWarning):
    """The simulator can't do what was asked for on this platform, or shows less than there was. Never the handler."""


class HandlerFailed(Exception):
    """A handler failed and the test asked for an exception (``InvokeResponse.raise_for_error()``)."""


class ServiceError(Exception):
    """An error answer of the Lambda API, with AWS's message.

    ``code`` is the API's error code, ``status_code`` the HTTP status, ``body`` the JSON body AWS sends
    (fidelity I96: a capital ``Message`` for :class:`ResourceNotFoundException`, a small one elsewhere).
    """

    status_code: ClassVar[int] = 400
    _message_key: ClassVar[str] = "message"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.message} ({self.reason})" if self.reason else self.message

    @property
    def code(self) -> str:
        """The API's error code: the class's own name."""
        return type(self).__name__

    @property
    def body(self) -> dict[str, str]:
        """The JSON body of the HTTP answer."""
        fields = {"Reason": self.reason} if self.reason else {}
        return {**fields, "Type": "User", self._message_key: self.message}


class AccessDeniedException(ServiceError):
    """Whoever called may not (fidelity IA05)."""

    status_code = 403


class InvalidParameterValueException(ServiceError):
    """One of the parameters in the request is not valid."""


class InvalidRequestContentException(ServiceError):
    """The request body could not be parsed as JSON (fidelity I36)."""


class PolicyLengthExceededException(ServiceError):
    """The permissions policy for the resource is too large."""


class PreconditionFailedException(ServiceError):
    """The revision id provided is not the latest one of the function or alias (fidelity V33)."""

    status_code = 412

    def __init__(self) -> None:
        super().__init__(
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


class ProvisionedConcurrencyConfigNotFoundException(ServiceError):
    """The qualifier has no provisioned concurrency (fidelity V26)."""

    status_code = 404


class RecursiveInvocationException(ServiceError):
    """The function is part of a loop that Lambda has stopped (fidelity I40)."""


class RequestTooLargeException(ServiceError):
    """The request payload exceeded the quota of its invocation type (fidelity I21, I22)."""

    status_code = 413


class ResourceConflictException(ServiceError):
    """The resource already exists, or another operation is in progress."""

    status_code = 409


class ResourceNotFoundException(ServiceError):
    """The resource in the request does not exist (fidelity I30)."""

    status_code = 404
    _message_key = "Message"


class ServiceException(ServiceError):
    """The Lambda service itself has failed."""

    status_code = 500


class TooManyRequestsException(ServiceError):
    """The request was throttled; ``reason`` says by which limit (fidelity I50 to I53)."""

    status_code = 429


class ValidationException(ServiceError):
    """A parameter violates the API model's own constraints."""
