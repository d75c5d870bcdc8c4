"""What follows from a change of a function, a version or an alias: for its environments, and for what hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.aliases import get_alias, make_alias
from pytest_lambda_env.control.function import LATEST, Function
from pytest_lambda_env.control.qualifier import Version
from pytest_lambda_env.control.versions import check_deletable
from pytest_lambda_env.delivery.capacity.fleet import Fleet
from pytest_lambda_env.delivery.capacity.provisioning import Provisioning
from pytest_lambda_env.delivery.passage import Passage
from pytest_lambda_env.model.alias import Alias
from pytest_lambda_env.model.facts import RetirementReason
from pytest_lambda_env.simulation.entropy import Entropy


class Changes:
    """Makes the changes that reach what is running."""

    def __init__(
        self, *, account: Account, fleet: Fleet, provisioning: Provisioning, passage: Passage, entropy: Entropy
    ) -> None:
        self._account = account
        self._fleet = fleet
        self._provisioning = provisioning
        self._passage = passage
        self._entropy = entropy

    def update_latest(self, function: Function, reason: RetirementReason, **changes: Any) -> None:
        """Change ``$LATEST``: its environments are retired (fidelity V48)."""
        function.latest = replace(function.latest, **changes)
        function.revision_id = self._entropy.uuid4("revision-ids")
        self._fleet.pool(function, LATEST).retire_all(self._passage.present(), reason)

    def recycle(self, function: Function) -> None:
        """Retire every environment; provisioned ones are replaced."""
        self._fleet.retire(function, self._passage.present(), "recycled")
        for version in function.versions:
            self._provisioning.renew(function, version)

    def code_changed(self, function: Function) -> None:
        """Replace the environments of published versions that run files which have changed (V04).

        What they have not imported or read yet would be today's.
        """
        for version in function.versions.values():
            pool = self._fleet.pool(function, version.version)
            if not pool.environments or version.code_to_run() is version.code:
                continue
            if pool.retire_from(str(version.code.task_root), self._passage.present(), "code updated"):
                self._provisioning.renew(function, version.version)

    def move_alias(
        self,
        function: Function,
        name: str,
        version: Version | None = None,
        routing: Mapping[Any, float] | None = None,
        *,
        description: str | None = None,
        revision_id: str | None = None,
    ) -> Alias:
        """Update an alias; None leaves a value as it is. Its provisioned environments follow it (fidelity V30)."""
        before = get_alias(function, name, revision_id)
        alias = make_alias(
            function,
            name,
            before.function_version if version is None else version,
            before.routing if routing is None else routing,
            before.description if description is None else description,
            self._entropy.uuid4("revision-ids"),
        )
        function.aliases[name] = alias
        self._provisioning.alias_moves(function, name, before.function_version, self._passage.present())
        return alias

    def delete_alias(self, function: Function, name: str) -> None:
        """Delete an alias and what is configured of it."""
        if name in function.aliases:
            self._forget(function, name)
            function.forced_routes.pop(name, None)
            del function.aliases[name]

    def delete_version(self, function: Function, version: str) -> None:
        """Delete a published version, its environments, and what is configured of it; or AWS's error."""
        check_deletable(function, version)
        self._forget(function, version)
        self._fleet.pool(function, version).retire_all(self._passage.present(), "deleted")
        del function.versions[version]

    def delete_function(self, function: Function) -> None:
        """Delete a function with everything of it; AWS's error if it is gone already."""
        self._account.check(function)
        at = self._passage.present()
        self._provisioning.delete_all(function, at)
        self._fleet.delete(function, at)
        del self._account.functions[function.name]

    def _forget(self, function: Function, qualifier: str) -> None:
        self._provisioning.delete(function, qualifier, self._passage.present())
        function.event_invoke_configs.pop(qualifier, None)
        function.policy.forget(qualifier)
