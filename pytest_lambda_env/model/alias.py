"""An alias: a name for a version, which may lead to two of them by weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias as the API shows it. ``routing`` is ``AdditionalVersionWeights``: at most one version, 0.0 to 1.0.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """

    arn: str
    name: str
    function_version: str
    routing: Mapping[str, float] = field(default_factory=dict)
    description: str = ""
    revision_id: str = ""

    def pick(self, chance: Callable[[], float]) -> str:
        """The version for one request; draws only where there is a choice."""
        if self.routing:
            [(version, weight)] = self.routing.items()
            if chance() < weight:
                return version
        return self.function_version

    @property
    def weights(self) -> dict[str, float]:
        """The share of requests of each version, 0 to 1."""
        extra = sum(self.routing.values())
        return {self.function_version: 1 - extra, **self.routing}
