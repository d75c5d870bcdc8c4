"""``LambdaService``: composes everything below it. It has no rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, final, overload

from pytest_lambda_env.bridges.boto3 import DefaultSession
from pytest_lambda_env.bridges.carrier import MotoCarrier
from pytest_lambda_env.bridges.managed_policies import managed_policy
from pytest_lambda_env.bridges.patched import PATCHED
from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.creation import create_function
from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.delivery.asynchronous.probe import Probe, ProbedService, probe_arn
from pytest_lambda_env.delivery.capacity.factory import EnvironmentFactory
from pytest_lambda_env.delivery.capacity.ramp import Scaling
from pytest_lambda_env.delivery.passage import Passage
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.engine import Engine
from pytest_lambda_env.errors import (
    NeverSettled,
    TooManyRequestsException,
    UsageError,
)
from pytest_lambda_env.events.stamp import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, Stamp
from pytest_lambda_env.function import LambdaFunction
from pytest_lambda_env.installation import Installation, beginning
from pytest_lambda_env.metering.cost import Cost, cost_of_usage
from pytest_lambda_env.metering.leftovers import check_leftovers
from pytest_lambda_env.metering.metrics import Metrics
from pytest_lambda_env.metering.totals import Tally, tally_of
from pytest_lambda_env.model.facts import Fact
from pytest_lambda_env.model.hosts import host_names
from pytest_lambda_env.model.iam.execution_role import Document
from pytest_lambda_env.model.prices import US_EAST_1, Prices
from pytest_lambda_env.model.quotas import ACCOUNT_CONCURRENCY
from pytest_lambda_env.model.sandbox import SandboxRules
from pytest_lambda_env.runtime.files import process_directories
from pytest_lambda_env.runtime.watchdog import Watchdog
from pytest_lambda_env.simulation.clock import Clock, TestClock
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant, microseconds
from pytest_lambda_env.simulation.journal import Journal
from pytest_lambda_env.simulation.real_clock import RealClock
from pytest_lambda_env.simulation.timeline import Timeline
from pytest_lambda_env.simulation.virtual_clock import VirtualClock

DEFAULT_IDLE_TIMEOUT = timedelta(minutes=10)
DEFAULT_LIFETIME = timedelta(hours=2)
DEFAULT_REAL_TIME_GUARD = 30.0
DEFAULT_JOURNAL_LIMIT = 100_000
DEFAULT_FRESH_PACKAGES = ("aws_lambda_powertools",)


@final
class LambdaService:
    """The Lambda service of one account in one region, in virtual time. A context manager; fixtures give it too.

    >>> from pytest_lambda_env import LambdaService
    >>> with LambdaService() as aws_lambda:
    ...     greet = aws_lambda.create_function(lambda event, context: f"Hello, {event['name']}!")
    ...     greet.invoke({"name": "Ada"}).payload
    'Hello, Ada!'

    :param region: the region; it appears in ARNs and variables.
    :param account_id: the account, twelve digits.
    :param seed: all ids come from it; the same seed gives the same run.
    :param start: when virtual time begins: a datetime (naive: UTC) or ISO 8601 text. Default: the present second, or
        the instant at which the test has frozen time.
    :param clock: ``"virtual"``, or ``"real"`` for real waits and real deadlines.
    :param task_root: where handler strings are resolved. Default: the working directory.
    :param defaults: configuration that ``create_function`` uses unless told otherwise.
    :param idle_timeout: virtual time after which an unused environment is retired; AWS does not say, and varies it.
    :param environment_lifetime: virtual time after which an environment is replaced, however busy it is; AWS says
        "every few hours".
    :param concurrency: the account's quota of concurrent executions.
    :param scaling: what limits the growth of concurrency: ``"function"`` as of today (1,000 more environments of each
        function in 10 s), or ``"region"`` as until 2023 (3,000, 1,000 or 500 at once, by region, then 500 a minute).
    :param duplicates: the share of asynchronous events, 0 to 1, that the queue delivers twice (fidelity A11); the seed
        decides which.
    :param prices: what ``response.cost`` and ``cost()`` reckon with; give your own for another region or date.
    :param real_time_guard: real seconds after which a handler that never looks at a clock is stopped; 0: never.
    :param fresh_packages: installed packages that a cold start imports afresh, like the function's own modules, because
        they keep what belongs to a process in their modules: Powertools' cold-start flag and cache of parameters.
    :param writable: directories outside ``/tmp`` that handler code may write to; elsewhere all is read-only.
    :param allowed_hosts: hosts that handler code may reach, beside the machine itself: names (``*.example.com``),
        addresses or networks.
    :param memory_limit: ``"enforce"`` ends an environment that allocates more than its ``memory_size``.
    :param leftovers: ``"error"`` fails the test where an invocation leaves threads, child processes, open files or
        tasks behind; ``"report"`` tells of them.
    :param journal_limit: how many facts the journal keeps, 0 for all; the oldest are dropped, and still counted.
    :param visible: directories under ``/tmp`` that handler code can read (the project), beside the working directory,
        the interpreter's and those of ``sys.path``.
    :param scratch: directories that handler code sees and may write to, like ``writable``, but for the function's own
        code where that lies in them (pytest's ``tmp_path``).
    """

    def __init__(
        self,
        *,
        region: str = DEFAULT_REGION,
        account_id: str = DEFAULT_ACCOUNT_ID,
        seed: int = 0,
        start: datetime | str | None = None,
        clock: Literal["virtual", "real"] = "virtual",
        task_root: str | Path | None = None,
        defaults: Mapping[str, Any] | None = None,
        idle_timeout: timedelta = DEFAULT_IDLE_TIMEOUT,
        environment_lifetime: timedelta = DEFAULT_LIFETIME,
        concurrency: int = ACCOUNT_CONCURRENCY,
        scaling: Scaling = "function",
        duplicates: float = 0,
        prices: Prices = US_EAST_1,
        real_time_guard: float = DEFAULT_REAL_TIME_GUARD,
        fresh_packages: Sequence[str] = DEFAULT_FRESH_PACKAGES,
        writable: Sequence[str | Path] = (),
        allowed_hosts: Sequence[str] = (),
        memory_limit: Literal["measure", "enforce"] = "measure",
        leftovers: Literal["report", "error", "ignore"] = "report",
        journal_limit: int = DEFAULT_JOURNAL_LIMIT,
        visible: Sequence[str | Path] = (),
        scratch: Sequence[str | Path] = (),
    ) -> None:
        if clock not in ("virtual", "real"):
            raise UsageError(f"clock must be 'virtual' or 'real', not {clock!r}")
        if clock == "real" and start is not None:
            raise UsageError("start= needs clock='virtual': real time can't begin at another instant")
        self.region = region
        self.account_id = account_id
        self.seed = seed
        if not 0 <= duplicates <= 1:
            raise UsageError(f"duplicates must be a share from 0 to 1, not {duplicates!r}")
        if not isinstance(concurrency, int) or concurrency < 1:
            raise UsageError(f"concurrency must be a number of concurrent executions, 1 or more, not {concurrency!r}")
        if scaling not in ("function", "region"):
            raise UsageError(f"scaling must be 'function' or 'region', not {scaling!r}")
        if not isinstance(journal_limit, int) or journal_limit < 0:
            raise UsageError(f"journal_limit must be a number of facts, or 0 to keep all, not {journal_limit!r}")
        self.forgotten = Tally()
        self.journal: Journal[Fact] = Journal(journal_limit, self.forgotten.add)
        self.rules = SandboxRules(
            writable=tuple(str(Path(each).resolve()) for each in writable),
            allowed_hosts=host_names(allowed_hosts),
            memory_limit=memory_limit,
            leftovers=leftovers,
        )
        self._prices = prices
        self._real = clock == "real"
        self._entropy = Entropy(seed)
        self._task_root = Path(task_root or ".").resolve()
        self._defaults = dict(defaults or {})
        self._fresh_packages = tuple(fresh_packages)
        self._timeline = Timeline(beginning(start))
        self._passage = Passage(self._timeline, real=self._real)
        self._watchdog = Watchdog(real_time_guard)
        stamp = Stamp(region=region, account_id=account_id, seed=seed)
        stamp.restart("service")
        self._installation = Installation(
            stamp, None if self._real else TestClock(self._timeline, self._passage.sleep), self._timeline.now
        )
        factory = EnvironmentFactory(
            entropy=self._entropy,
            clock=RealClock if self._real else VirtualClock,
            bridged=[DefaultSession],
            patched=PATCHED,
            captured_names=Installation.captured_names,
            time_zone=Installation.time_zone,
            watchdog=self._watchdog,
            rules=self.rules,
            visible=[*(Path(each) for each in visible), *process_directories(), self._task_root],
            scratch=[Path(each) for each in scratch],
        )
        self._engine = Engine(
            account=Account(region, account_id, concurrency=concurrency),
            passage=self._passage,
            journal=self.journal,
            forgotten=self.forgotten,
            entropy=self._entropy,
            factory=factory,
            carrier=MotoCarrier(region),
            idle_timeout=microseconds(idle_timeout.total_seconds()),
            lifetime=microseconds(environment_lifetime.total_seconds()),
            scaling=scaling,
            duplicates=duplicates,
            prices=prices,
        )
        self._facts_checked = 0

    # -- lifetime -----------------------------------------------------------------------------------------------

    def __enter__(self) -> LambdaService:
        self._installation.open()
        self._engine.open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check_leftovers()

    def check_leftovers(self) -> None:
        """Raise ``LeftoversFound`` if ``leftovers="error"`` and an invocation left something behind.

        Each invocation is judged once: at the next check after it, at the latest when the ``with`` block ends. In
        pytest that is at the end of the test.
        """
        since, self._facts_checked = self._facts_checked, self.journal.position
        if self.rules.leftovers == "error":
            check_leftovers(self.journal.since(since))

    def close(self) -> None:
        """End every environment and give the test process back as it was. Closing twice does nothing."""
        if not self._engine.open:
            return
        self._engine.open = False
        self._engine.close(self._timeline.now)
        self._watchdog.close()
        self._installation.close()

    # -- functions ----------------------------------------------------------------------------------------------

    def create_function(
        self,
        handler: str | Callable[[Any, Any], Any],
        *,
        function_name: str | None = None,
        code: str | Path | None = None,
        reserved_concurrent_executions: int | None = None,
        role_policy: Document | Sequence[Document] | None = None,
        **configuration: Any,
    ) -> LambdaFunction:
        """Create a function, as ``CreateFunction`` of the API.

        ``handler`` is ``"package/module.function"`` below ``code`` (a directory; default: the service's ``task_root``)
        or a callable, whose module is then imported afresh for each environment; a function defined in the test
        module itself runs as it is. The name defaults to one made from the handler. ``configuration``: ``timeout``
        (s), ``memory_size`` and ``ephemeral_storage`` (MB), ``environment`` (a dict), ``runtime``, ``architectures``,
        ``role``, ``dead_letter_target`` (an ARN or a probe), ``log_format``, ``application_log_level``,
        ``system_log_level``, ``description``; AWS's defaults.

        ``role_policy`` is what the function may do on AWS: a policy document, its JSON, the name of a policy that AWS
        manages, or several; an AWS call outside it fails as on AWS. Without one, nothing is refused.

        Raises AWS's errors for what AWS refuses, ``UsageError`` for an unknown keyword (naming the near miss), and
        ``NotModelled`` for what Lambda has and this has not.
        """
        function = create_function(
            self._engine.account,
            handler,
            task_root=self._task_root,
            fresh_packages=self._fresh_packages,
            defaults=self._defaults,
            new_revision_id=lambda: self._entropy.uuid4("revision-ids"),
            function_name=function_name,
            code=code,
            reserved_concurrent_executions=reserved_concurrent_executions,
            role_policy=role_policy,
            managed_policy=managed_policy,
            **configuration,
        )
        return LambdaFunction(self._engine, function)

    def function(self, name: str) -> LambdaFunction:
        """A function that was created before; ``ResourceNotFoundException`` if there is none."""
        return LambdaFunction(self._engine, self._engine.account.get(name))

    def create_probe(self, name: str = "probe", *, service: ProbedService = "sqs") -> Probe:
        """An in-memory queue, topic (``"sns"``), event bus (``"events"``) or bucket (``"s3"``) that shows what it gets.

        It is a destination or a dead-letter target: ``put_event_invoke_config(on_failure=probe)``.
        """
        arn = probe_arn(self.region, self.account_id, name, service)
        return self._engine.destinations.probes.setdefault(arn, Probe(arn))

    # -- time ---------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The service's clock: ``now``, ``start``, ``elapsed``."""
        self._passage.present()
        return Clock(self._timeline)

    def advance(self, duration: timedelta | None = None, **units: float) -> None:
        """Let time pass and everything run that is due: ``advance(timedelta(...))`` or ``advance(minutes=5)``.

        With the real clock this really waits.
        """
        if (duration is None) == (not units):
            raise UsageError("advance() takes one timedelta, or units such as minutes=5")
        try:
            span = timedelta(**units) if duration is None else duration
        except TypeError as error:
            raise UsageError(
                f"advance() takes the units of timedelta (days, hours, minutes, seconds, …): {error}"
            ) from None
        if span < timedelta(0):
            raise UsageError(f"advance() can't go back in time (by {-span})")
        self._passage.sleep(span // timedelta(microseconds=1))

    def drain(self, within: timedelta = timedelta(days=1)) -> None:
        """Let time pass until nothing is left to do: no asynchronous event waits, and none is to be retried.

        Raises :class:`NeverSettled` if something is still to do after ``within``, naming it.
        """
        limit = Instant(self._timeline.now + within // timedelta(microseconds=1))
        while (work := self._timeline.work()) is not None:
            if work.when > limit:
                raise NeverSettled(f"After {within} there is still something to do: {work.purpose}.")
            self._passage.run_until(work.when)

    # -- metering -----------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> Metrics:
        """CloudWatch's metrics of everything so far: ``metrics.value("Errors", function_name="orders")``."""
        functions = self._engine.account.functions.values()
        return Metrics(
            self.journal,
            reservations=lambda: {
                each.name: each.reserved_concurrency for each in functions if each.reserved_concurrency is not None
            },
            dropped=lambda: self.journal.dropped,
        )

    def cost(self, *, free_tier: bool = False, edge: bool = False) -> Cost:
        """What AWS would charge for everything so far, by the service's ``prices``; ``cost().total`` in dollars.

        ``free_tier`` takes off what each month has free; ``edge`` reckons with Lambda@Edge's prices.
        """
        usage = tally_of(self.journal, self.forgotten).usage
        return cost_of_usage(usage, self._prices, self._passage.present(), free_tier=free_tier, edge=edge)

    # -- invoking -----------------------------------------------------------------------------------------------

    @overload
    def invoke_concurrently(
        self,
        function: LambdaFunction,
        events: Sequence[Any],
        *,
        qualifier: Qualifier | None = None,
        return_exceptions: Literal[False] = False,
    ) -> list[InvokeResponse]: ...

    @overload
    def invoke_concurrently(
        self,
        function: LambdaFunction,
        events: Sequence[Any],
        *,
        qualifier: Qualifier | None = None,
        return_exceptions: bool,
    ) -> list[InvokeResponse | TooManyRequestsException]: ...

    def invoke_concurrently(
        self,
        function: LambdaFunction,
        events: Sequence[Any],
        *,
        qualifier: Qualifier | None = None,
        return_exceptions: bool = False,
    ) -> Sequence[InvokeResponse | TooManyRequestsException]:
        """Invoke once per event, all at the same instant: the invocations overlap, each in an environment of its own.

        The clock moves to the end of the longest. A request that finds no capacity raises
        ``TooManyRequestsException``; with ``return_exceptions`` that stands in its place among the responses.
        """
        self._engine.check_open()
        return self._engine.front_end.invoke_concurrently(
            function._function,
            events,
            qualifier=name_of(qualifier),
            return_exceptions=return_exceptions,
        )

    def last_log(self, lines: int) -> str:
        """The end of the log of the environment that ran last, for messages."""
        environment = self._engine.invoker.last_environment
        return "" if environment is None else "\n".join(environment.log.text().splitlines()[-lines:])

    def __repr__(self) -> str:
        names = ", ".join(self._engine.account.functions) or "no functions"
        return f"<LambdaService {self.region}/{self.account_id}, seed {self.seed}: {names}>"
