"""Functions and their versions, as the control plane knows them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, Literal

from pytest_lambda_env.control.target_tracking import TargetTracking
from pytest_lambda_env.errors import ResourceNotFoundException
from pytest_lambda_env.model.alias import Alias
from pytest_lambda_env.model.arn import Arn, function_arn
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.configuration import FunctionConfiguration
from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_env.model.iam.execution_role import ExecutionRole
from pytest_lambda_env.model.iam.policy import Policy
from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig

if TYPE_CHECKING:
    from pytest_lambda_env.control.code_snapshot import CodeSnapshot
    from pytest_lambda_env.control.resource_policy import ResourcePolicy

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVersion:
    """One version: code and configuration, variables included. A published one never changes (fidelity V05).

    ``version`` is ``"$LATEST"`` or a number as text, which is also what ``str()`` gives. ``code_sha256`` is in base64,
    as the API gives it, and empty for ``$LATEST``, whose code is what lies on disk.
    """

    arn: str
    version: str
    configuration: FunctionConfiguration
    code: FunctionCode
    code_sha256: str = ""
    revision_id: str = ""
    snapshot: CodeSnapshot | None = field(default=None, repr=False, compare=False)
    published_from: FunctionVersion | None = field(default=None, repr=False, compare=False)
    """``$LATEST`` as it was when this version was published."""

    def code_to_run(self) -> FunctionCode:
        """Where the version's code is now: in its place, or in the copy, if what lies there has changed since."""
        return self.code if self.snapshot is None else self.snapshot.code()

    def __str__(self) -> str:
        return self.version

    def __hash__(self) -> int:
        # Of what never changes: a configuration holds a dictionary. So a version may be a key of weights.
        return hash(self.arn)


@dataclass(slots=True, kw_only=True)
class Function:
    """A function: its identity, ``$LATEST``, and everything that is configured of it."""

    region: str
    account_id: str
    latest: FunctionVersion
    versions: dict[str, FunctionVersion] = field(default_factory=dict)
    """The published ones, by their numbers."""
    published: int = 0
    """How many versions there ever were; a number is never given twice."""
    aliases: dict[str, Alias] = field(default_factory=dict)
    forced_routes: dict[str, str] = field(default_factory=dict)
    """Alias -> version, while a test decides where the alias leads."""
    revision_id: str = ""
    reserved_concurrency: int | None = None
    provisioned: dict[str, ProvisionedConcurrencyConfig] = field(default_factory=dict)
    """By qualifier: a version or an alias."""
    target_tracking: dict[str, TargetTracking] = field(default_factory=dict)
    """By qualifier: what lets its provisioned concurrency follow its use."""
    event_invoke_configs: dict[str, EventInvokeConfig] = field(default_factory=dict)
    """By qualifier, ``"$LATEST"`` included."""
    role_policy: tuple[Policy, ...] | None = None
    """What the function may do on AWS; None: anything."""
    recursive_loop: Literal["Terminate", "Allow"] = "Terminate"
    policy: ResourcePolicy = field(init=False, repr=False)
    """Who else may invoke it."""
    service_errors: int = 0
    """How many requests to come the service itself will fail, because a test wants it."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.latest.configuration.function_name

    @property
    def configuration(self) -> FunctionConfiguration:
        """The configuration of ``$LATEST``."""
        return self.latest.configuration

    def arn(self, qualifier: str | None = None) -> Arn:
        """The function's ARN, qualified or not."""
        return function_arn(self.region, self.account_id, self.name, qualifier)

    def version(self, version: str) -> FunctionVersion:
        """``$LATEST`` or a published version, or AWS's error (fidelity I31)."""
        if version == LATEST:
            return self.latest
        found = self.versions.get(version)
        if found is None:
            raise self.not_found(version)
        return found

    def role(self, version: FunctionVersion) -> ExecutionRole | None:
        """What a version may do on AWS; None: anything."""
        if self.role_policy is None:
            return None
        arn = version.configuration.role
        return ExecutionRole(arn=arn, function_arn=str(self.arn()), policies=self.role_policy)

    def not_found(self, qualifier: str) -> ResourceNotFoundException:
        """The error for a version or an alias that is not there."""
        return ResourceNotFoundException(f"Function not found: {self.arn()}:{qualifier}")


def free_name(handler: str, taken: Container[str]) -> str:
    """A function name made from a handler string, with a number behind it if need be."""
    base = "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in handler)[:60] or "function"
    return next(name for name in chain([base], (f"{base}-{number}" for number in count(2))) if name not in taken)
