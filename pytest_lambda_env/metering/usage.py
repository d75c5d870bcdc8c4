"""What is paid for, in whole numbers: requests, memory times time, storage times time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pytest_lambda_env.metering.provisioned import Capacity, ProvisionedTime
from pytest_lambda_env.model.facts import (
    EnvironmentRetired,
    EnvironmentStarted,
    Fact,
    InitEnded,
    Invocation,
    ProvisionedConcurrencyChanged,
)
from pytest_lambda_env.simulation.instant import MILLISECOND, SECOND, Instant, datetime_of

_DAY = 86_400 * SECOND
_FREE_STORAGE_MB = 512


class Kind(NamedTuple):
    """Runs that are priced alike. ``month`` is a year and a month of UTC: tiers and the free tier start afresh."""

    month: tuple[int, int]
    architecture: str
    provisioned: bool
    free_tier: bool
    """Whether the free tier is for them: not where a version has provisioned concurrency."""


@dataclass(slots=True)
class Runs:
    """The sums of one kind. Memory and storage are MB times the milliseconds billed."""

    requests: int = 0
    memory: int = 0
    storage: int = 0


class Usage:
    """Sums up facts one by one, also those that a journal drops. It grows with months, not with facts."""

    def __init__(self) -> None:
        self.runs: dict[Kind, Runs] = {}
        self._provisioned = ProvisionedTime()
        self._starting: dict[int, tuple[str, str]] = {}
        """The function and version of environments with provisioned concurrency whose INIT has not ended."""
        self._sizes: dict[tuple[str, str], tuple[int, str]] = {}
        """Memory and architecture of versions that have had provisioned concurrency."""
        self._latest: tuple[object, Runs] = (None, Runs())
        """What the latest run was counted to: mostly the next one's place too, found without making its kind."""

    def add(self, fact: Fact) -> None:
        """Count a fact. Throttled and refused requests cost nothing, nor does an INIT beside those of invocations."""
        if isinstance(fact, Invocation):
            self._add_run(fact)
        elif isinstance(fact, ProvisionedConcurrencyChanged):
            self._provisioned.add(fact)
            self._sizes[fact.function_name, fact.version] = (fact.memory_size, fact.architecture)
        elif isinstance(fact, EnvironmentStarted):
            if fact.initialization_type == "provisioned-concurrency":
                self._starting[fact.environment] = (fact.function_name, fact.version)
        elif isinstance(fact, InitEnded):
            if fact.phase == "init" and fact.environment in self._starting:
                self._add_provisioned_init(fact)
        elif isinstance(fact, EnvironmentRetired):
            self._starting.pop(fact.environment, None)

    def provisioned(self, until: Instant | None) -> Capacity:
        """What provisioned concurrency there was: MB-microseconds by architecture."""
        return self._provisioned.until(until)

    def _add_run(self, run: Invocation) -> None:
        like = (run.started // _DAY, run.architecture, run.initialization_type, run.spilled_over)
        latest, runs = self._latest
        if like != latest:
            provisioned = run.initialization_type == "provisioned-concurrency"
            free_tier = not (provisioned or run.spilled_over)
            runs = self._of(Kind(_month(run.started // _DAY), run.architecture, provisioned, free_tier))
            self._latest = (like, runs)
        runs.requests += 1
        runs.memory += run.memory_size * run.billed_ms
        if run.ephemeral_storage > _FREE_STORAGE_MB:
            runs.storage += (run.ephemeral_storage - _FREE_STORAGE_MB) * run.billed_ms

    def _add_provisioned_init(self, init: InitEnded) -> None:
        """An environment that is kept ready has its INIT billed as well, with no request to bill it to."""
        version = self._starting.pop(init.environment)
        if version in self._sizes:
            memory_size, architecture = self._sizes[version]
            runs = self._of(Kind(_month(init.at // _DAY), architecture, True, False))
            runs.memory += memory_size * -(-init.duration // MILLISECOND)

    def _of(self, kind: Kind) -> Runs:
        runs = self.runs.get(kind)
        if runs is None:
            runs = self.runs[kind] = Runs()
        return runs


@lru_cache(maxsize=1024)
def _month(day: int) -> tuple[int, int]:
    """The year and month of a day since the epoch."""
    moment = datetime_of(Instant(day * _DAY))
    return moment.year, moment.month
