"""Everything that one service consists of, put together: what its handles work with. No public face."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.code_store import CodeStore
from pytest_lambda_env.control.function import Function
from pytest_lambda_env.delivery.asynchronous import AsynchronousQueue
from pytest_lambda_env.delivery.autoscaling import AutoScaling
from pytest_lambda_env.delivery.caller import Caller
from pytest_lambda_env.delivery.changes import Changes
from pytest_lambda_env.delivery.concurrency import Concurrency
from pytest_lambda_env.delivery.deployments import Deployments
from pytest_lambda_env.delivery.destinations import Destinations
from pytest_lambda_env.delivery.factory import EnvironmentFactory
from pytest_lambda_env.delivery.fleet import Fleet
from pytest_lambda_env.delivery.front_end import FrontEnd
from pytest_lambda_env.delivery.invoker import Invoker
from pytest_lambda_env.delivery.message import Carrier
from pytest_lambda_env.delivery.passage import Passage
from pytest_lambda_env.delivery.pool import EnvironmentPool
from pytest_lambda_env.delivery.provisioning import Provisioning
from pytest_lambda_env.delivery.ramp import Scaling
from pytest_lambda_env.delivery.recorder import Recorder
from pytest_lambda_env.delivery.schedules import Schedules
from pytest_lambda_env.errors import ServiceError, UsageError
from pytest_lambda_env.metering.totals import Tally
from pytest_lambda_env.model.facts import Fact
from pytest_lambda_env.model.prices import Prices
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant
from pytest_lambda_env.simulation.journal import Journal


class Engine:
    """The parts of a service, by name. ``idle_timeout`` and ``lifetime`` are in microseconds.

    ``forgotten`` has counted the facts that the journal has dropped.
    """

    def __init__(
        self,
        *,
        account: Account,
        passage: Passage,
        journal: Journal[Fact],
        forgotten: Tally,
        entropy: Entropy,
        factory: EnvironmentFactory,
        carrier: Carrier,
        idle_timeout: int,
        lifetime: int,
        scaling: Scaling,
        duplicates: float,
        prices: Prices,
    ) -> None:
        timeline = passage.timeline
        self.account = account
        self.passage = passage
        self.journal = journal
        self.forgotten = forgotten
        self.entropy = entropy
        self.open = False
        self.code = CodeStore()
        self._factory = factory
        self._idle_timeout = idle_timeout
        self._lifetime = lifetime
        self._recorder = Recorder(journal)
        self.fleet = Fleet(self._new_pool)
        self.concurrency = Concurrency(account, self.fleet, scaling)
        self.invoker = Invoker(concurrency=self.concurrency, recorder=self._recorder, entropy=entropy, prices=prices)
        self.destinations = Destinations(
            account=account,
            journal=journal,
            entropy=entropy,
            accept=lambda request: self._queue.accept(request),  # noqa: PLW0108 - the queue is made below
            carrier=carrier,
        )
        self._queue = AsynchronousQueue(
            timeline=timeline,
            account=account,
            invoker=self.invoker,
            destinations=self.destinations,
            journal=journal,
            entropy=entropy,
            duplicates=duplicates,
        )
        self.front_end = FrontEnd(
            account=account,
            invoker=self.invoker,
            queue=self._queue,
            passage=passage,
            recorder=self._recorder,
            entropy=entropy,
        )
        self.provisioning = Provisioning(
            timeline=timeline, account=account, fleet=self.fleet, invoker=self.invoker, journal=journal
        )
        self.autoscaling = AutoScaling(
            timeline=timeline, account=account, fleet=self.fleet, provisioning=self.provisioning
        )
        self.schedules = Schedules(timeline, entropy, region=account.region, account_id=account.account_id)
        self.changes = Changes(
            account=account, fleet=self.fleet, provisioning=self.provisioning, passage=passage, entropy=entropy
        )
        self.deployments = Deployments(
            timeline=timeline, account=account, journal=journal, move=self.changes.move_alias
        )

    def deliver_to(
        self, function: Function, qualifier: str | None, caller: Caller | None = None
    ) -> Callable[[bytes], None]:
        """What hands a service's event to a function, asynchronously. What Lambda refuses is in the journal only."""

        def deliver(event: bytes) -> None:
            if self.account.has(function):
                with suppress(ServiceError):
                    self.front_end.invoke(function, event, "Event", qualifier=qualifier, caller=caller)

        return deliver

    def check_open(self) -> None:
        """Return while the service is open, or say that it is not."""
        if not self.open:
            raise UsageError("the service is closed: invoke inside its `with` block or while its fixture is active")

    def close(self, at: Instant) -> None:
        """End every environment, and remove what was made on disk."""
        self.fleet.close(at)
        self.code.close()

    def _new_pool(self, function: Function, version: str) -> EnvironmentPool:
        return EnvironmentPool(
            timeline=self.passage.timeline,
            create=lambda at, initialization_type: self._factory.create(
                function, function.version(version), at, initialization_type
            ),
            retired=self._recorder.environment_retired,
            idle_timeout=self._idle_timeout,
            lifetime=self._lifetime,
        )
