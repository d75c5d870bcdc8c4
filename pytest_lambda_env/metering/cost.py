"""What a test's invocations would cost on Lambda: a fold over the journal, in exact decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pytest_lambda_env.metering.money import EXACT, dollars
from pytest_lambda_env.metering.usage import Kind, Runs, Usage
from pytest_lambda_env.model.facts import Fact, Invocation
from pytest_lambda_env.model.prices import US_EAST_1, Prices, Tier
from pytest_lambda_env.simulation.instant import SECOND, Instant

_NOTHING = Decimal(0)
_MB_IN_A_GB = 1024
"""What AWS's own examples divide by."""
_MILLISECONDS = 1_000
"""In a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Dollars, by what they are paid for; costs can be added, and ``sum(costs, Cost())`` is exact.

    ``requests`` and ``duration`` are what every run costs, ``ephemeral_storage`` what a ``/tmp`` above 512 MB adds,
    ``provisioned_concurrency`` what it costs to have some, used or not. ``gb_seconds`` is the billed duration
    times memory.
    """

    requests: Decimal = _NOTHING
    duration: Decimal = _NOTHING
    ephemeral_storage: Decimal = _NOTHING
    provisioned_concurrency: Decimal = _NOTHING
    gb_seconds: Decimal = _NOTHING

    @property
    def total(self) -> Decimal:
        """All of it, in dollars."""
        paid = EXACT.add(self.requests, self.duration)
        return EXACT.add(paid, EXACT.add(self.ephemeral_storage, self.provisioned_concurrency))

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            requests=EXACT.add(self.requests, other.requests),
            duration=EXACT.add(self.duration, other.duration),
            ephemeral_storage=EXACT.add(self.ephemeral_storage, other.ephemeral_storage),
            provisioned_concurrency=EXACT.add(self.provisioned_concurrency, other.provisioned_concurrency),
            gb_seconds=EXACT.add(self.gb_seconds, other.gb_seconds),
        )

    def __str__(self) -> str:
        gb_seconds = f"{float(self.gb_seconds):.4g}" if self.gb_seconds < 1_000 else f"{self.gb_seconds:,.0f}"
        parts = [f"requests {dollars(self.requests)}", f"duration {dollars(self.duration)} ({gb_seconds} GB-s)"]
        if self.ephemeral_storage:
            parts.append(f"ephemeral storage {dollars(self.ephemeral_storage)}")
        if self.provisioned_concurrency:
            parts.append(f"provisioned concurrency {dollars(self.provisioned_concurrency)}")
        return f"{dollars(self.total)}: {', '.join(parts)}"


def cost_of(invocation: Invocation, prices: Prices = US_EAST_1) -> Cost:
    """What one run costs: a request, and its billed duration times memory (fidelity CO01 to CO07).

    Its INIT is billed with it (I75). It is priced as one of the first of its month, and without the free tier.
    """
    return total_cost([invocation], prices, invocation.ended)


def total_cost(
    facts: Iterable[Fact],
    prices: Prices = US_EAST_1,
    until: Instant | None = None,
    *,
    free_tier: bool = False,
    edge: bool = False,
) -> Cost:
    """What all of a journal costs, month by month (UTC).

    ``until`` is when provisioned concurrency that is still there is paid up to: the present. Without it, only
    what has been given back is paid. ``free_tier`` takes off a month's free requests and GB-seconds; it is off by
    default, because what a test wants to know is what one more run costs, and an account's free tier is mostly used
    up by others (it is never for functions with provisioned concurrency). ``edge`` asks for Lambda@Edge's prices.

    Not in it, because the journal does not know of it: further requests for asynchronous events above 256 KB, logs,
    data transfer, what other services charge.
    https://aws.amazon.com/lambda/pricing/
    """
    usage = Usage()
    for fact in facts:
        usage.add(fact)
    return cost_of_usage(usage, prices, until, free_tier=free_tier, edge=edge)


def cost_of_usage(
    usage: Usage, prices: Prices, until: Instant | None, *, free_tier: bool = False, edge: bool = False
) -> Cost:
    """What has been summed up costs; the arguments are those of :func:`total_cost`."""
    if edge:
        return sum((_edge(runs, prices) for runs in usage.runs.values()), Cost())
    months: dict[tuple[int, int], dict[Kind, Runs]] = {}
    for kind, runs in usage.runs.items():
        months.setdefault(kind.month, {})[kind] = runs
    cost = sum((_month(runs, prices, free_tier=free_tier) for runs in months.values()), Cost())
    for architecture, capacity in usage.provisioned(until).items():
        paid = _times(_gb_seconds(capacity, SECOND), prices.of(architecture).provisioned)
        cost += Cost(provisioned_concurrency=paid)
    return cost


def _month(month: dict[Kind, Runs], prices: Prices, *, free_tier: bool) -> Cost:
    """One month's runs. The free tier pays for x86_64 before arm64: AWS does not say which, and x86_64 is dearer."""
    free_requests, free_gb_seconds = (
        (prices.free_requests, prices.free_gb_seconds) if free_tier else (_NOTHING, _NOTHING)
    )
    cost = Cost()
    on_demand: dict[str, Decimal] = {}
    for kind, runs in sorted(month.items(), key=lambda item: item[0], reverse=True):
        gb_seconds, requests = _gb_seconds(runs.memory, _MILLISECONDS), Decimal(runs.requests)
        charged = gb_seconds
        if kind.free_tier:
            free_requests, requests = _left(free_requests, requests)
            free_gb_seconds, charged = _left(free_gb_seconds, gb_seconds)
        compute = prices.of(kind.architecture)
        if kind.provisioned:
            duration = _times(charged, compute.provisioned_duration)
        else:
            before = on_demand.get(kind.architecture, _NOTHING)
            after = on_demand[kind.architecture] = EXACT.add(before, charged)
            duration = EXACT.subtract(_tiered(after, compute.on_demand), _tiered(before, compute.on_demand))
        cost += Cost(
            requests=_times(requests, prices.request),
            duration=duration,
            ephemeral_storage=_times(_gb_seconds(runs.storage, _MILLISECONDS), prices.ephemeral_storage),
            gb_seconds=gb_seconds,
        )
    return cost


def _edge(runs: Runs, prices: Prices) -> Cost:
    gb_seconds = _gb_seconds(runs.memory, _MILLISECONDS)
    return Cost(
        requests=_times(Decimal(runs.requests), prices.edge_request),
        duration=_times(gb_seconds, prices.edge_duration),
        gb_seconds=gb_seconds,
    )


def _left(free: Decimal, used: Decimal) -> tuple[Decimal, Decimal]:
    """What is left of a free allowance, and what is left to pay."""
    taken = min(free, used)
    return EXACT.subtract(free, taken), EXACT.subtract(used, taken)


def _tiered(gb_seconds: Decimal, tiers: tuple[Tier, ...]) -> Decimal:
    """The price of a month's first so many GB-seconds."""
    total, below = _NOTHING, _NOTHING
    for tier in tiers:
        limit = gb_seconds if tier.up_to is None else min(tier.up_to, gb_seconds)
        total = EXACT.add(total, _times(EXACT.subtract(limit, below), tier.price))
        below = limit
    return total


def _gb_seconds(amount: int, ticks: int) -> Decimal:
    """MB times time to GB-seconds, with so many ticks a second: a finite decimal, as 1024 is a power of two."""
    return EXACT.divide(Decimal(amount), Decimal(_MB_IN_A_GB * ticks))


def _times(amount: Decimal, price: Decimal) -> Decimal:
    return EXACT.multiply(amount, price)
