"""The whole service under whatever a test may do to it: what was accepted ends once, and every run can be repeated.

Each step is written down, so that the same steps can be taken again in another service: with the same seed the journal
must be the same, fact by fact.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService
from pytest_lambda_env.errors import ServiceError
from pytest_lambda_env.model.facts import (
    EventAccepted,
    EventEnded,
    Invocation,
    InvocationThrottled,
    RecordSent,
)
from pytest_lambda_env.reporting.journal_json import journal_json

NAMES = ("orders", "audit")
RESERVED = 3
ALL = 100 + RESERVED
"""The account's executions: so many must stay unreserved, and the others."""

names = st.sampled_from(NAMES)
qualifiers = st.sampled_from([None, "live", "1", "2"])
events = st.fixed_dictionaries({"fails": st.booleans(), "seconds": st.sampled_from([0, 0, 1, 5, 90, 1000])})
Act = Callable[["World"], object]


def handler(event: dict[str, Any], context: Any) -> str:
    """Takes its time, and fails if it is told to; a destination's record is neither."""
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError("as told")
    return str(context.function_version)


class World:
    """One service, and what the machine holds on to between steps."""

    def __init__(self, seed: int, duplicates: float) -> None:
        self.service = LambdaService(seed=seed, start="2026-03-29T00:59:00Z", duplicates=duplicates, concurrency=ALL)
        self.service.__enter__()
        self.held = ExitStack()
        self.holding = 0
        self.probe = self.service.create_probe()
        for name in NAMES:
            self.create(name)

    def create(self, name: str) -> None:
        """A function with an alias of its first version."""
        function = self.service.create_function(handler, function_name=name, timeout=100, dead_letter_target=self.probe)
        function.create_alias("live", function.publish_version())

    def function(self, name: str) -> LambdaFunction:
        """The function that has this name now."""
        return self.service.function(name)

    def take(self, act: Act) -> None:
        """One step; what AWS refuses is an outcome like any other."""
        with suppress(ServiceError):
            act(self)

    def close(self) -> list[dict[str, Any]]:
        """Let everything end; the journal as it is then."""
        self.held.close()
        self.service.drain(within=timedelta(days=2))
        journal = journal_json(self.service.journal)
        self.service.close()
        return journal


class Machine(RuleBasedStateMachine):
    """Invokes, fails, throttles, updates, publishes and advances."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Act] = []

    @initialize(seed=st.integers(0, 3), duplicates=st.sampled_from([0.0, 0.3]))
    def open(self, seed: int, duplicates: float) -> None:
        """The account, with two functions."""
        self.make = functools.partial(World, seed, duplicates)
        self.world = self.make()
        self.latest: datetime = self.world.service.clock.now

    def act(self, act: Act) -> None:
        """Take a step and write it down."""
        self.steps.append(act)
        self.world.take(act)

    @rule(name=names, event=events, qualifier=qualifiers)
    def invoke(self, name: str, event: Any, qualifier: str | None) -> None:
        """A synchronous request."""
        self.act(lambda world: world.function(name).invoke(event, qualifier=qualifier))

    @rule(name=names, event=events, qualifier=qualifiers, count=st.integers(1, 4))
    def invoke_async(self, name: str, event: Any, qualifier: str | None, count: int) -> None:
        """Some asynchronous events."""
        for _ in range(count):
            self.act(lambda world: world.function(name).invoke_async(event, qualifier=qualifier))

    @rule(name=names, event=events, count=st.sampled_from([2, 5, 104]))
    def invoke_concurrently(self, name: str, event: Any, count: int) -> None:
        """Requests at the same instant, perhaps more than the account may run."""

        def invoke(world: World) -> None:
            function = world.function(name)
            answers = world.service.invoke_concurrently(function, [event] * count, return_exceptions=True)
            ran = sum(isinstance(answer, InvokeResponse) for answer in answers)
            reserved = function.reserved_concurrent_executions
            assert ran <= (ALL - world.holding if reserved is None else reserved)

        self.act(invoke)

    @rule(name=names, count=st.sampled_from([1, 3, 99]))
    def hold(self, name: str, count: int) -> None:
        """Keep environments busy."""

        def hold(world: World) -> None:
            world.held.enter_context(world.function(name).in_flight(count))
            world.holding += count

        self.act(hold)

    @rule()
    def let_go(self) -> None:
        """Let all that is held busy go."""

        def let_go(world: World) -> None:
            world.held.close()
            world.holding = 0

        self.act(let_go)

    @rule(name=names, seconds=st.sampled_from([10, 100, 30_000]))
    def starve(self, name: str, seconds: int) -> None:
        """An event waits while the only execution is taken, perhaps for longer than it may."""

        def starve(world: World) -> None:
            function = world.function(name)
            function.put_concurrency(1)
            with function.in_flight():
                function.invoke_async({"fails": True})
                world.service.advance(seconds=seconds)
            function.delete_concurrency()

        self.act(starve)

    @rule(name=names, executions=st.sampled_from([None, 0, 1, RESERVED, RESERVED + 1]))
    def reserve(self, name: str, executions: int | None) -> None:
        """A reservation, or none."""
        self.act(
            lambda world: (
                world.function(name).delete_concurrency()
                if executions is None
                else world.function(name).put_concurrency(executions)
            )
        )

    @rule(name=names, executions=st.integers(0, 3), qualifier=st.sampled_from(["live", "1", "2"]))
    def provision(self, name: str, executions: int, qualifier: str) -> None:
        """Environments ahead, or none."""
        self.act(
            lambda world: (
                world.function(name).put_provisioned_concurrency(executions, qualifier=qualifier)
                if executions
                else world.function(name).delete_provisioned_concurrency(qualifier)
            )
        )

    @rule(
        name=names,
        qualifier=qualifiers,
        retries=st.none() | st.integers(0, 2),
        age=st.sampled_from([None, 60, 90, 21_600]),
        on_success=st.booleans(),
    )
    def configure(
        self, name: str, qualifier: str | None, retries: int | None, age: int | None, on_success: bool
    ) -> None:
        """How events are retried, and where their records go."""

        def put(world: World) -> None:
            world.function(name).put_event_invoke_config(
                qualifier=qualifier,
                maximum_retry_attempts=retries,
                maximum_event_age_in_seconds=age,
                on_success=world.function("audit") if on_success and name != "audit" else None,
                on_failure=world.probe,
            )

        self.act(put)

    @rule(name=names, memory_size=st.sampled_from([128, 256]))
    def update(self, name: str, memory_size: int) -> None:
        """Another configuration of ``$LATEST``."""
        self.act(lambda world: world.function(name).update_configuration(memory_size=memory_size))

    @rule(name=names, weight=st.sampled_from([0.0, 0.5, 1.0]))
    def publish(self, name: str, weight: float) -> None:
        """A version, if something has changed, and the alias leads to it by weight."""

        def publish(world: World) -> None:
            version = world.function(name).publish_version()
            world.function(name).update_alias("live", "1", routing={str(version): weight})

        self.act(publish)

    @rule(name=names, count=st.integers(1, 3))
    def break_service(self, name: str, count: int) -> None:
        """Lambda itself fails some requests."""
        self.act(lambda world: world.function(name).inject_service_errors(count))

    @rule(name=names)
    def recreate(self, name: str) -> None:
        """A new function takes the place of another one."""

        def recreate(world: World) -> None:
            world.function(name).delete()
            world.create(name)

        self.act(recreate)

    @rule(seconds=st.sampled_from([0, 1, 59, 60, 600, 4000, 30_000]))
    def advance(self, seconds: int) -> None:
        """Time passes."""
        self.act(lambda world: world.service.advance(seconds=seconds))

    @invariant()
    def time_never_runs_backwards(self) -> None:
        """Not for the test, whatever has run."""
        if self.steps:
            assert self.world.service.clock.now >= self.latest
            self.latest = self.world.service.clock.now

    @invariant()
    def leases_keep_to_the_limits(self) -> None:
        """At no instant do more requests run than the account may have."""
        if self.steps:
            moments = Counter[int]()
            for run in self.world.service.journal.of(Invocation):
                begun = run.started - (run.init_duration or 0)
                moments[begun] += 1
                moments[max(run.ended, begun)] -= 1
            running = 0
            for _, change in sorted(moments.items()):
                running += change
                assert running <= ALL

    @invariant()
    def no_event_ends_twice(self) -> None:
        """Nor does one end that was never accepted."""
        if self.steps:
            accepted = Counter(map(key, self.world.service.journal.of(EventAccepted)))
            ended = Counter(map(key, self.world.service.journal.of(EventEnded)))
            assert set(accepted.values()) <= {1}
            assert ended <= accepted

    def teardown(self) -> None:
        """Everything has come to its end; and the same steps lead to the same journal."""
        if not self.steps:
            if hasattr(self, "world"):
                self.world.close()
            return
        journal = self.world.close()
        check_every_event(self.world)
        again = self.make()
        for act in self.steps:
            again.take(act)
        assert again.close() == journal


def key(fact: EventAccepted | EventEnded) -> tuple[str, int]:
    """What tells one event of the queue from all others."""
    return fact.request_id, fact.copy


def check_every_event(world: World) -> None:
    """Each accepted event has ended once, in accordance with its attempts and with what was sent."""
    journal = world.service.journal
    assert Counter(map(key, journal.of(EventAccepted))) == Counter(map(key, journal.of(EventEnded)))
    runs: dict[str, list[Invocation]] = {}
    for run in journal.of(Invocation):
        runs.setdefault(run.request_id, []).append(run)
    copies = Counter(ended.request_id for ended in journal.of(EventEnded))
    sent = Counter((record.request_id, record.purpose) for record in journal.of(RecordSent))
    letters = Counter[str]()
    for ended in journal.of(EventEnded):
        assert ended.attempts <= 3
        assert ended.at >= ended.accepted
        letters[ended.request_id] += ended.condition not in ("Success", "FunctionDeleted")
        if copies[ended.request_id] > 1:
            continue
        statuses = [run.status for run in runs.get(ended.request_id, [])]
        assert len(statuses) == ended.attempts
        assert statuses[:-1].count("success") == 0
        if ended.condition == "Success":
            assert statuses[-1] == "success"
        elif ended.condition == "RetriesExhausted":
            assert statuses[-1] != "success"
    for request_id, count in letters.items():
        assert sent[request_id, "DeadLetter"] == count
    for throttled in journal.of(InvocationThrottled):
        assert throttled.reason in (
            "ConcurrentInvocationLimitExceeded",
            "ReservedFunctionConcurrentInvocationLimitExceeded",
        )


def test_the_service() -> None:
    """Whatever the steps. A failure is told as it was found: to shrink it would take minutes."""
    phases = [phase for phase in Phase if phase is not Phase.shrink]
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None, phases=phases)
    )
