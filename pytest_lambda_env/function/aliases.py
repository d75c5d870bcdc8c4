"""Aliases, weights, and deployments that shift traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pytest_lambda_env.control.aliases import create_alias, force_route, get_alias, make_alias
from pytest_lambda_env.control.qualifier import Version, name_of
from pytest_lambda_env.delivery.deployments import Alarm, Deployment
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.alias import Alias


class Aliases(FunctionHandle):
    """``CreateAlias`` and its relatives, and CodeDeploy."""

    def create_alias(
        self,
        name: str,
        function_version: Version,
        *,
        routing: Mapping[Any, float] | None = None,
        description: str = "",
    ) -> Alias:
        """Create an alias for a version, by its number or as ``publish_version`` gave it.

        ``routing`` is ``AdditionalVersionWeights``: one more version, given likewise, and its share of requests, 0.0
        to 1.0.
        Raises AWS's errors (fidelity V08, V10, V32). https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
        """
        revision_id = self._engine.entropy.uuid4("revision-ids")
        alias = make_alias(self._function, name, function_version, routing or {}, description, revision_id)
        create_alias(self._function, alias)
        return alias

    def update_alias(
        self,
        name: str,
        function_version: Version | None = None,
        *,
        routing: Mapping[Any, float] | None = None,
        description: str | None = None,
        revision_id: str | None = None,
    ) -> Alias:
        """Let an alias lead somewhere else; what is not given stays, ``routing={}`` ends the weights."""
        return self._engine.changes.move_alias(
            self._function, name, function_version, routing, description=description, revision_id=revision_id
        )

    def delete_alias(self, name: str) -> None:
        """Delete an alias, with its provisioned concurrency; one that is not there is no error, as on AWS."""
        self._engine.changes.delete_alias(self._function, name)

    def alias(self, name: str) -> Alias:
        """The alias as it is now, or ``ResourceNotFoundException``."""
        return get_alias(self._function, name)

    @property
    def aliases(self) -> list[Alias]:
        """Every alias, in the order of their names."""
        return [alias for _, alias in sorted(self._function.aliases.items())]

    @contextmanager
    def routed(self, alias: str, *, to: Version) -> Iterator[None]:
        """Every request for an alias runs one version, for the length of a ``with`` block, whatever the weights say.

        The version must be one that the alias leads to.
        """
        version = name_of(to)
        before = self._function.forced_routes.get(alias)
        force_route(self._function, alias, version)
        try:
            yield
        finally:
            if before is None:
                self._function.forced_routes.pop(alias, None)
            else:
                self._function.forced_routes[alias] = before

    def shift_traffic(
        self,
        alias: str,
        *,
        to: Version,
        preference: str = "AllAtOnce",
        alarm: Alarm | None = None,
    ) -> Deployment:
        """Deploy a version to an alias step by step, as CodeDeploy does; ``advance`` lets the steps come.

        ``preference`` is SAM's: ``AllAtOnce``, ``Canary10Percent5Minutes``, ``Linear10PercentEvery3Minutes``, or
        the like with other numbers. ``alarm`` is asked at each step and once a minute: if it answers
        with something true, the alias leads back to its old version alone, and the deployment is ``Stopped``.
        https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
        """
        return self._engine.deployments.start(self._function, alias, name_of(to), preference, alarm, self._present())
