"""Deployments: an alias moves to a new version step by step, and back at once if an alarm goes off.

CodeDeploy watches alarms all the time; here the alarm is asked at each step and once a minute in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.aliases import get_alias, make_alias
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.control.traffic_shifting import Step, steps_of
from pytest_lambda_env.model.alias import Alias
from pytest_lambda_env.model.facts import Fact, TrafficShifted
from pytest_lambda_env.simulation.instant import SECOND, Instant
from pytest_lambda_env.simulation.journal import Journal
from pytest_lambda_env.simulation.timeline import Timeline

_LOOK_EVERY = 60 * SECOND

Alarm = Callable[[], object]
Move = Callable[[Function, str, str, Mapping[str, float]], Alias]
"""Lets an alias lead to a version, and to another one by weight."""


class Deployment:
    """One shift of traffic, as it goes on: ``alias`` from ``from_version`` to ``to_version``."""

    def __init__(self, alias: str, from_version: str, to_version: str) -> None:
        self.alias = alias
        self.from_version = from_version
        self.to_version = to_version
        self.weight = 0.0
        """The share of requests that the new version gets, 0 to 1."""
        self.status: Literal["InProgress", "Succeeded", "Stopped"] = "InProgress"
        """CodeDeploy's words. ``Stopped``: rolled back, or ended by another change of the alias."""

    def __repr__(self) -> str:
        return (
            f"<Deployment of {self.alias}: {self.from_version} -> {self.to_version}, {self.weight:.0%}, {self.status}>"
        )


class Deployments:
    """Runs them on the timeline. ``move`` is how an alias is updated.

    A deployment ends (``Stopped``) where somebody else has moved or deleted its alias, or starts another one.
    """

    def __init__(self, *, timeline: Timeline, account: Account, journal: Journal[Fact], move: Move) -> None:
        self._timeline = timeline
        self._account = account
        self._journal = journal
        self._move = move
        self._current: dict[tuple[str, str], Deployment] = {}

    def start(
        self, function: Function, alias: str, version: str, preference: str, alarm: Alarm | None, at: Instant
    ) -> Deployment:
        """Begin at an instant; an earlier deployment of the alias that is still going on is stopped where it is."""
        steps = steps_of(preference)
        before = get_alias(function, alias)
        # What an alias can't lead to is refused before anything has changed.
        make_alias(function, alias, before.function_version, {version: 1.0}, "", "")
        deployment = Deployment(alias, before.function_version, version)
        overtaken = self._current.get((function.name, alias))
        if overtaken is not None and overtaken.status == "InProgress":
            overtaken.status = "Stopped"
        self._current[function.name, alias] = deployment
        self._step(_Run(deployment, function, before, steps, alarm, at), steps[0], at)
        return deployment

    def _step(self, run: _Run, step: Step, at: Instant) -> None:
        if self._is_over(run) or self._rolls_back(run, at):
            return
        deployment = run.deployment
        deployment.weight = step.weight
        if step.weight < 1:
            self._shift(run, deployment.from_version, {deployment.to_version: step.weight}, at, "step")
            self._wait(run, at)
        else:
            deployment.status = "Succeeded"
            self._shift(run, deployment.to_version, {}, at, "done")

    def _wait(self, run: _Run, at: Instant) -> None:
        step = next(each for each in run.steps if each.weight > run.deployment.weight)
        due = Instant(run.began + step.after)
        look = Instant(at + _LOOK_EVERY)
        purpose = f"the traffic shift of {run.function.name}:{run.deployment.alias}"
        if run.alarm is not None and look < due:
            self._timeline.call_at(look, lambda: self._look(run), purpose=purpose)
        else:
            self._timeline.call_at(due, lambda: self._step(run, step, due), purpose=purpose)

    def _look(self, run: _Run) -> None:
        now = self._timeline.now
        if not self._is_over(run) and not self._rolls_back(run, now):
            self._wait(run, now)

    def _is_over(self, run: _Run) -> bool:
        deployment = run.deployment
        alias = run.function.aliases.get(deployment.alias)
        if (
            alias is None
            or not self._account.has(run.function)
            or (alias.function_version, alias.routing) != (run.left.function_version, run.left.routing)
        ):
            deployment.status = "Stopped"
        return deployment.status != "InProgress"

    def _rolls_back(self, run: _Run, at: Instant) -> bool:
        deployment = run.deployment
        if run.alarm is None or not run.alarm():
            return False
        deployment.status = "Stopped"
        deployment.weight = 0.0
        self._shift(run, deployment.from_version, {}, at, "alarm")
        return True

    def _shift(self, run: _Run, version: str, routing: Mapping[str, float], at: Instant, why: str) -> None:
        deployment = run.deployment
        run.left = self._move(run.function, deployment.alias, version, routing)
        self._journal.record(
            TrafficShifted(
                at=at,
                function_name=run.function.name,
                alias=deployment.alias,
                version=deployment.to_version,
                weight=deployment.weight,
                why=why,
            )
        )


@dataclass(slots=True)
class _Run:
    """What a deployment needs while it goes on; ``left``: its alias as the deployment has left it."""

    deployment: Deployment
    function: Function
    left: Alias
    steps: tuple[Step, ...]
    alarm: Alarm | None
    began: Instant
