"""``LambdaFunction``: one function, as a test handles it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import LambdaEnvWarning
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.runtime.environment import Environment

if TYPE_CHECKING:
    from pytest_lambda_env.service import LambdaService

InvocationType = Literal["RequestResponse", "Event", "DryRun"]

_NO_EVENT: Any = object()


class LambdaFunction:
    """A function of a :class:`LambdaService`; made by ``create_function``, found again by ``function(name)``."""

    def __init__(self, service: LambdaService, function: Function) -> None:
        self._service = service
        self._function = function

    @property
    def name(self) -> str:
        """The function's name."""
        return self._function.name

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return str(self._function.arn())

    @property
    def configuration(self) -> FunctionConfiguration:
        """The present configuration of ``$LATEST``."""
        return self._function.configuration

    def invoke(
        self,
        event: Any = _NO_EVENT,
        *,
        invocation_type: InvocationType = "RequestResponse",
        qualifier: str | None = None,
        client_context: Mapping[str, Any] | str | None = None,
        log_type: Literal["None", "Tail"] = "None",
    ) -> InvokeResponse:
        """Invoke the function, as ``Invoke`` of the API does.

        ``event`` is any value that JSON can carry, or ``bytes`` of JSON; without one the handler gets ``{}``. It is
        serialised here, so the handler can't change the test's own object. ``RequestResponse`` runs the handler now, on
        this thread, and moves the clock to its end. ``Event`` queues the event and returns at once (status 202);
        ``DryRun`` only validates (204). ``client_context`` is a dictionary, or its JSON in base64 as the API takes it.

        Raises the API's own errors for what the API refuses (``ResourceNotFoundException``,
        ``RequestTooLargeException``, ``TooManyRequestsException``, …) and ``UsageError`` with the path to a value that
        JSON can't carry. A handler's failure is no exception: see ``InvokeResponse``.
        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        """
        payload = b"{}" if event is _NO_EVENT else event
        return self._service._invoke(
            self._function,
            payload,
            invocation_type,
            qualifier=qualifier,
            client_context=client_context,
            tail=log_type == "Tail",
        )

    def invoke_async(self, event: Any = _NO_EVENT, *, qualifier: str | None = None) -> InvokeResponse:
        """Queue an event: ``invoke(event, invocation_type="Event")``. ``advance`` or ``drain`` lets it run."""
        return self.invoke(event, invocation_type="Event", qualifier=qualifier)

    @property
    def invocations(self) -> list[Invocation]:
        """Every run of the handler so far, oldest first; failed attempts and retries are runs of their own.

        Warns (:class:`LambdaEnvWarning`) where the service's ``journal_limit`` has dropped some.
        """
        dropped = self._service.forgotten.invocations[self.name]
        if dropped:
            warnings.warn(
                f"{self.name}.invocations lacks the first {dropped}: journal_limit (--lambda-journal-limit) drops them",
                LambdaEnvWarning,
                stacklevel=2,
            )
        return [each for each in self._service.journal.of(Invocation) if each.function_name == self.name]

    @property
    def environments(self) -> list[Environment]:
        """The execution environments that exist now, oldest first."""
        return self._service._pool(self._function).environments

    def recycle_environments(self) -> None:
        """Retire every environment, as Lambda does at any time: the next invoke is a cold start."""
        self._service._retire(self._function, "recycled")

    def update_configuration(self, **changes: Any) -> FunctionConfiguration:
        """Change the configuration, as ``UpdateFunctionConfiguration``; the next invoke is a cold start (V48).

        Takes the keywords of ``create_function`` that configure; ``environment`` replaces all variables.
        """
        self._service._update_configuration(self._function, changes)
        return self.configuration

    def update_code(self) -> None:
        """Say that the code on disk has changed, as ``UpdateFunctionCode``: the next invoke imports it anew."""
        self._service._retire(self._function, "code updated")

    def put_concurrency(self, reserved_concurrent_executions: int) -> None:
        """Reserve concurrency, as ``PutFunctionConcurrency``; 0 throttles every request (fidelity I50).

        Raises ``InvalidParameterValueException`` if less than 100 would stay unreserved (V23).
        """
        self._service._reserve(self._function, reserved_concurrent_executions)

    def __repr__(self) -> str:
        count = sum(each.function_name == self.name for each in self._service.journal.of(Invocation))
        count += self._service.forgotten.invocations[self.name]
        return f"<LambdaFunction {self.name}: {self.configuration.handler}, {count} invocations>"
