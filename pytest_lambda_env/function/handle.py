"""What every chapter of :class:`.LambdaFunction` is built on: which function of which service it is."""

from __future__ import annotations

from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.engine import Engine
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.simulation.instant import Instant


class FunctionHandle:
    """A handle for a function; the function itself is ``_function``."""

    def __init__(self, engine: Engine, function: Function) -> None:
        self._engine = engine
        self._function = function

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

    def _resolved(self, qualifier: Qualifier | None) -> str:
        """The qualifier as text, if it is there; AWS's error if not."""
        name = name_of(qualifier) or LATEST
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
        count = sum(each.function_name == self.name for each in self._engine.journal.of(Invocation))
        count += self._engine.forgotten.invocations[self.name]
        return f"<LambdaFunction {self.name}: {self.configuration.handler}, {count} invocations>"
