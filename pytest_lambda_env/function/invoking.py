"""Invoking a function, and what came of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.delivery.caller import Caller
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import LambdaEnvWarning, UsageError
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.runtime.environment import Environment

InvocationType = Literal["RequestResponse", "Event", "DryRun"]

_NO_EVENT: Any = object()


class Invoking(FunctionHandle):
    """``Invoke`` of the API."""

    def invoke(
        self,
        event: Any = _NO_EVENT,
        *,
        invocation_type: InvocationType = "RequestResponse",
        qualifier: Qualifier | None = None,
        client_context: Mapping[str, Any] | str | None = None,
        log_type: Literal["None", "Tail"] = "None",
        principal: str | None = None,
        source_arn: str | None = None,
        source_account: str | None = None,
    ) -> InvokeResponse:
        """Invoke the function, as ``Invoke`` of the API does.

        ``event`` is any value that JSON can carry, or ``bytes`` of JSON; without one the handler gets ``{}``. It is
        serialised here, so the handler can't change the test's own object. ``RequestResponse`` runs the handler now, on
        this thread, and moves the clock to its end. ``Event`` queues the event and returns at once (status 202);
        ``DryRun`` only validates (204). ``qualifier`` is a version or an alias, by name or as what ``publish_version``
        and ``create_alias`` gave. ``client_context`` is a dictionary, or its JSON in base64 as the API takes it.

        The caller is the function's own account, unless ``principal`` names a service (``"s3.amazonaws.com"``), another
        account or somebody in one: then the resource-based policy must permit it, for ``source_arn`` and
        ``source_account`` where a service calls on somebody's behalf. A ``DryRun`` tells whether it does.

        Raises the API's own errors for what the API refuses (``ResourceNotFoundException``,
        ``RequestTooLargeException``, ``TooManyRequestsException``, …) and ``UsageError`` with the path to a value that
        JSON can't carry. A handler's failure is no exception: see ``InvokeResponse``.
        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        """
        payload = b"{}" if event is _NO_EVENT else event
        self._engine.check_open()
        return self._engine.front_end.invoke(
            self._function,
            payload,
            invocation_type,
            qualifier=name_of(qualifier),
            client_context=client_context,
            tail=log_type == "Tail",
            caller=_caller(principal, source_arn, source_account),
        )

    def invoke_async(self, event: Any = _NO_EVENT, *, qualifier: Qualifier | None = None) -> InvokeResponse:
        """Queue an event: ``invoke(event, invocation_type="Event")``. ``advance`` or ``drain`` lets it run."""
        return self.invoke(event, invocation_type="Event", qualifier=qualifier)

    @contextmanager
    def in_flight(self, count: int = 1, *, qualifier: Qualifier | None = None) -> Iterator[list[Environment]]:
        """As many requests as ``count`` are being served for the length of a ``with`` block; gives their environments.

        The environments are taken as by real requests (a new one runs its INIT, and the clock moves to its end), but no
        handler runs. What is invoked meanwhile finds them busy. Raises ``TooManyRequestsException`` where there is no
        room.
        """
        if count < 0:
            raise UsageError(f"in_flight() takes a number of requests, not {count}")
        self._engine.check_open()
        name = name_of(qualifier)
        with self._engine.front_end.in_flight(self._function, count, name) as environments:
            yield environments

    def inject_service_errors(self, count: int = 1) -> None:
        """Let Lambda itself fail the next ``count`` requests, with ``ServiceException`` (HTTP 500).

        A synchronous caller gets the error; the asynchronous queue tries again, as after a throttle (fidelity A07).
        """
        self._function.service_errors = count

    @property
    def invocations(self) -> list[Invocation]:
        """Every run of the handler so far, oldest first; failed attempts and retries are runs of their own.

        Warns (:class:`LambdaEnvWarning`) where the service's ``journal_limit`` has dropped some.
        """
        dropped = self._engine.forgotten.invocations[self.name]
        if dropped:
            warnings.warn(
                f"{self.name}.invocations lacks the first {dropped}: journal_limit (--lambda-journal-limit) drops them",
                LambdaEnvWarning,
                stacklevel=2,
            )
        return [each for each in self._engine.journal.of(Invocation) if each.function_name == self.name]

    @property
    def environments(self) -> list[Environment]:
        """The execution environments that exist now, of all versions, oldest first."""
        found = [each for pool in self._engine.fleet.of(self._function) for each in pool.environments]
        return sorted(found, key=lambda environment: environment.number)

    def put_recursion_config(self, recursive_loop: Literal["Terminate", "Allow"]) -> None:
        """Whether Lambda stops a loop of this function's invocations (``Terminate``, the default) or not (I40)."""
        if recursive_loop not in ("Terminate", "Allow"):
            raise UsageError(f"recursive_loop must be 'Terminate' or 'Allow', not {recursive_loop!r}")
        self._function.recursive_loop = recursive_loop


def _caller(principal: str | None, source_arn: str | None, source_account: str | None) -> Caller | None:
    if principal is not None:
        return Caller(principal=principal, source_arn=source_arn, source_account=source_account)
    if source_arn is not None or source_account is not None:
        raise UsageError('source_arn= and source_account= belong to a principal=, such as "s3.amazonaws.com"')
    return None
