"""What every chapter of :class:`.LambdaFunction` is built on: which function of which service it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.engine import Engine
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.simulation.instant import Instant

if TYPE_CHECKING:
    from pytest_lambda_env.service import LambdaService


class FunctionHandle:
    """A handle for a function; the function itself is ``_function``."""

    def __init__(self, service: LambdaService, function: Function) -> None:
        self._service = service
        self._function = function

    @property
    def _engine(self) -> Engine:
        return self._service._engine

    def _present(self) -> Instant:
        return self._engine.passage.present()

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

    def recycle_environments(self) -> None:
        """Retire every environment, as Lambda does at any time: the next invoke is a cold start.

        Provisioned ones are replaced, and initialised, at once.
        """
        self._engine.changes.recycle(self._function)

    def _resolved(self, qualifier: object) -> str:
        """The qualifier as text, if it is there; AWS's error if not."""
        name = LATEST if qualifier is None else str(qualifier)
        if name not in self._function.aliases:
            self._function.version(name)
        return name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FunctionHandle):
            return NotImplemented
        return self._function is other._function

    def __hash__(self) -> int:
        return hash((FunctionHandle, id(self._function)))

    def __repr__(self) -> str:
        count = sum(each.function_name == self.name for each in self._service.journal.of(Invocation))
        count += self._service.forgotten.invocations[self.name]
        return f"<LambdaFunction {self.name}: {self.configuration.handler}, {count} invocations>"


def only_one(options: dict[str, object]) -> None:
    """Refuse two ways of saying the same."""
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"give one of {' and '.join(given)}, not both")
