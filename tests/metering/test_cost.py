"""What invocations cost, by AWS's own examples and by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from itertools import pairwise, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_facts import at, ended, provisioned, run, throttled

from pytest_lambda_env.metering.cost import Cost, cost_of, cost_of_usage, total_cost
from pytest_lambda_env.metering.usage import Kind, Runs, Usage
from pytest_lambda_env.model.facts import EnvironmentStarted, Fact, InitEnded, Invocation, InvocationRefused
from pytest_lambda_env.model.prices import US_EAST_1
from pytest_lambda_env.simulation.instant import Instant

REQUEST = Decimal("0.0000002")
MARCH = (2026, 3)
PROVISIONED: dict[str, Any] = {"initialization_type": "provisioned-concurrency", "executed_version": "1"}


def usage_of(kinds: dict[Kind, Runs]) -> Usage:
    """A month's sums, which would be millions of facts."""
    usage = Usage()
    usage.runs.update(kinds)
    return usage


def on_demand(requests: int, memory_size: int, ms: int, architecture: str = "x86_64") -> dict[Kind, Runs]:
    """So many equal runs in March."""
    return {Kind(MARCH, architecture, False, True): Runs(requests, requests * memory_size * ms)}


def cents(amount: Decimal) -> Decimal:
    """Rounded as AWS rounds its examples."""
    return amount.quantize(Decimal("0.01"))


@pytest.mark.fidelity("CO02", "CO08")
def test_the_example_of_a_mobile_backend() -> None:
    """AWS's example: 3 million requests of 120 ms with 1,536 MB; $2.33 and $0.40 beyond the free tier."""
    cost = cost_of_usage(usage_of(on_demand(3_000_000, 1_536, 120)), US_EAST_1, None, free_tier=True)
    assert cost.gb_seconds == 540_000
    assert cents(cost.duration) == Decimal("2.33")
    assert cost.requests == Decimal("0.40")
    assert cents(cost.total) == Decimal("2.73")


@pytest.mark.fidelity("CO06", "CO07")
def test_the_example_of_provisioned_concurrency() -> None:
    """AWS's example: 1,000 times 1,024 MB for two hours, 1.2 million runs of a second; $30, $0.24 and $11.67."""
    usage = usage_of({Kind(MARCH, "x86_64", True, False): Runs(1_200_000, 1_200_000 * 1_024 * 1_000)})
    usage.add(provisioned(0, 1_000, memory_size=1_024))
    usage.add(provisioned(7_200, 0, memory_size=1_024))
    cost = cost_of_usage(usage, US_EAST_1, None, free_tier=True)
    parts = (cost.provisioned_concurrency, cost.requests, cost.duration, cost.total)
    assert [cents(part) for part in parts] == [Decimal(said) for said in ("30.00", "0.24", "11.67", "41.91")]


@pytest.mark.fidelity("CO01", "CO02")
def test_a_request_and_its_billed_duration() -> None:
    """1,769 MB for 7 ms, billed with its INIT of 93 ms."""
    cost = cost_of(run(0, 0.007, init=0.093, billed_ms=100, memory_size=1_769))
    assert cost.requests == REQUEST
    assert cost.gb_seconds == Decimal(1_769) / 10_240
    assert cost.duration == Decimal("0.172753906250") * Decimal("0.0000166667")
    assert cost.total == cost.requests + cost.duration


@pytest.mark.fidelity("CO01")
def test_what_does_not_run_is_free() -> None:
    """Each attempt is a request; a throttled or refused one is none, nor is an INIT or an event for itself."""
    refused = InvocationRefused(at=at(1), function_name="orders", error="ServiceException", request_id="x")
    init = InitEnded(at=at(1), function_name="orders", environment=1, duration=9_000, phase="init", status="success")
    free: list[Fact] = [throttled(), refused, init, ended(condition="RetriesExhausted")]
    assert total_cost(free) == Cost()
    attempts = [run(when, attempt=attempt, status="error") for attempt, when in enumerate((0, 60, 180), 1)]
    assert total_cost([*free, *attempts]).requests == 3 * REQUEST


@pytest.mark.fidelity("CO03")
def test_ephemeral_storage_above_what_is_free() -> None:
    """10,240 MB for two seconds: 9.5 GB are paid for."""
    assert cost_of(run(billed_ms=2_000, ephemeral_storage=512)).ephemeral_storage == 0
    big = cost_of(run(billed_ms=2_000, ephemeral_storage=10_240))
    assert big.ephemeral_storage == 19 * Decimal("0.0000000309")


@pytest.mark.fidelity("CO04", "CO05")
@pytest.mark.parametrize(
    ("architecture", "billions", "dollars"),
    [
        ("x86_64", "6", "100000.2"),
        ("x86_64", "7", "115000.2"),
        ("x86_64", "16", "248333.6"),
        ("arm64", "7.5", "100000.5"),
        ("arm64", "8.5", "112000.6"),
        ("arm64", "19.75", "245668.325"),
    ],
)
def test_the_tiers_of_a_month(architecture: str, billions: str, dollars: str) -> None:
    """Each tier's price is for what lies in it."""
    kind = Kind(MARCH, architecture, False, True)
    usage = usage_of({kind: Runs(0, int(Decimal(billions) * 10**9) * 1_024_000)})
    assert cost_of_usage(usage, US_EAST_1, None).duration == Decimal(dollars)


@pytest.mark.fidelity("CO04", "CO08")
def test_tiers_and_free_tier_start_afresh_each_month() -> None:
    """Two months of 6 billion GB-seconds are all in the first tier, and each has its free requests."""
    runs = {Kind((2026, month), "x86_64", False, True): Runs(1_500_000, 6 * 10**9 * 1_024_000) for month in (3, 4)}
    assert cost_of_usage(usage_of(runs), US_EAST_1, None).duration == Decimal("200000.4")
    assert cost_of_usage(usage_of(runs), US_EAST_1, None, free_tier=True).requests == Decimal("0.2")
    last_and_first = [run(2 * 86_400 + 82_799), run(2 * 86_400 + 82_800)]
    usage = Usage()
    for each in last_and_first:
        usage.add(each)
    assert [kind.month for kind in usage.runs] == [(2026, 3), (2026, 4)]


@pytest.mark.fidelity("CO08")
def test_what_the_free_tier_is_for() -> None:
    """Off unless asked for, one for both architectures, and not for versions with provisioned concurrency."""
    runs = [run(billed_ms=1_000, memory_size=1_024), run(billed_ms=1_000, memory_size=1_024, architecture="arm64")]
    assert total_cost(runs).total > 0
    assert total_cost(runs, free_tier=True).total == 0
    assert total_cost(runs, free_tier=True).gb_seconds == 2
    small = replace(US_EAST_1, free_gb_seconds=Decimal("1.5"))
    assert total_cost(runs, small, free_tier=True).duration == Decimal("0.5") * Decimal("0.0000133334")
    for apart in ({"initialization_type": "provisioned-concurrency"}, {"spilled_over": True}):
        assert total_cost([run(**apart)], free_tier=True).requests == REQUEST


@pytest.mark.fidelity("CO05")
def test_arm64_is_a_fifth_cheaper() -> None:
    """The same run, and its request costs the same."""
    x86_64, arm64 = (
        cost_of(run(billed_ms=1_000, memory_size=1_024, architecture=name)) for name in ("x86_64", "arm64")
    )
    assert (x86_64.duration, arm64.duration) == (Decimal("0.0000166667"), Decimal("0.0000133334"))
    assert x86_64.requests == arm64.requests


@pytest.mark.fidelity("CO06")
@pytest.mark.parametrize(
    ("changes", "until", "gb_seconds"),
    [
        ([(0, 2), (600, 0)], None, 1_200),
        ([(0, 2), (601, 0)], None, 1_800),
        ([(0, 2), (1, 0)], None, 600),
        ([(0, 2)], 601, 1_800),
        ([(0, 2)], None, 0),
        ([(0, 2), (100, 10), (400, 0)], None, 200 + 3_000 + 2_000),
        ([(0, 2), (300, 0), (1_000, 2), (1_300, 0)], None, 1_200),
    ],
)
def test_provisioned_concurrency_is_paid_by_the_five_minutes(
    changes: list[tuple[int, int]], until: int | None, gb_seconds: int
) -> None:
    """From when it is enabled until it is disabled; what changed in between costs what it was."""
    facts = [provisioned(when, allocated, memory_size=1_024, architecture="arm64") for when, allocated in changes]
    cost = total_cost(facts, until=None if until is None else at(until))
    assert cost.provisioned_concurrency == gb_seconds * Decimal("0.0000033334")
    assert cost.total == cost.provisioned_concurrency


@pytest.mark.fidelity("CO06")
def test_what_is_not_allocated_yet_is_not_paid() -> None:
    """It was asked for at 0 seconds, and there at 60; it failed elsewhere."""
    facts = [
        provisioned(0, 0, requested=1, status="IN_PROGRESS", memory_size=1_024),
        provisioned(0, 0, requested=1, status="FAILED", memory_size=1_024, qualifier="canary"),
        provisioned(60, 1, memory_size=1_024),
        provisioned(300, 0, memory_size=1_024),
    ]
    assert total_cost(facts, until=at(300)).provisioned_concurrency == 240 * Decimal("0.0000041667")


@pytest.mark.fidelity("CO07")
def test_running_on_provisioned_concurrency_has_its_own_price() -> None:
    """And so has the INIT of an environment that is kept ready, which no invocation waits for."""
    started = EnvironmentStarted(
        at=at(0),
        function_name="orders",
        environment=1,
        task_root="/",
        init="fresh",
        version="1",
        initialization_type="provisioned-concurrency",
    )
    init = InitEnded(
        at=at(2), function_name="orders", environment=1, duration=1_999_001, phase="init", status="success"
    )
    facts: list[Fact] = [
        provisioned(0, 0, requested=1, status="IN_PROGRESS", memory_size=1_024),
        started,
        init,
        run(10, billed_ms=500, memory_size=1_024, **PROVISIONED),
        run(10, billed_ms=500, memory_size=1_024, executed_version="1", spilled_over=True),
    ]
    cost = total_cost(facts)
    assert cost.duration == Decimal("2.5") * Decimal("0.0000097222") + Decimal("0.5") * Decimal("0.0000166667")
    assert cost.requests == 2 * REQUEST


@pytest.mark.fidelity("CO09")
def test_lambda_at_the_edge() -> None:
    """Three times the price, by the millisecond, without tiers."""
    cost = total_cost([run(billed_ms=10, memory_size=128)], edge=True, free_tier=True)
    assert cost == Cost(
        requests=Decimal("0.0000006"),
        duration=Decimal("0.00125") * Decimal("0.00005001"),
        gb_seconds=Decimal("0.00125"),
    )


def test_a_million_invocations_lose_nothing() -> None:
    """The sum is what one costs, a million times, to the last digit."""
    one = run(billed_ms=1, memory_size=129)
    assert total_cost(repeat(one, 1_000_000)).total == cost_of(one).total * 1_000_000


RUNS = st.lists(
    st.builds(
        run,
        st.integers(0, 10_000_000),
        billed_ms=st.integers(0, 910_000),
        memory_size=st.integers(128, 10_240),
        ephemeral_storage=st.integers(512, 10_240),
        architecture=st.sampled_from(["x86_64", "arm64"]),
        initialization_type=st.sampled_from(["on-demand", "provisioned-concurrency"]),
    ),
    max_size=8,
)


def added_up(runs: Iterable[Invocation]) -> Cost:
    """One by one."""
    return sum((cost_of(each) for each in runs), Cost())


@given(RUNS, st.randoms(use_true_random=False))
def test_the_whole_is_the_sum_of_its_parts(runs: list[Invocation], random: Any) -> None:
    """In any order, and for every part."""
    whole = total_cost(runs)
    random.shuffle(runs)
    assert total_cost(runs) == whole == added_up(runs)
    parts = [whole.requests, whole.duration, whole.ephemeral_storage, whole.provisioned_concurrency]
    with localcontext(Context(prec=100)):
        assert whole.total == sum(parts)


@given(RUNS, st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_is_never_cheaper(runs: list[Invocation], memory: int, ms: int) -> None:
    """Neither with more memory nor with a longer duration, with and without a free tier."""
    more = [replace(each, memory_size=each.memory_size + memory, billed_ms=each.billed_ms + ms) for each in runs]
    for free_tier in (False, True):
        less, dearer = (total_cost(each, free_tier=free_tier).total for each in (runs, more))
        assert less <= dearer
    assert total_cost(runs, free_tier=True).total <= total_cost(runs).total


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 20)), max_size=6), st.integers(0, 5_000))
def test_time_only_adds_to_what_is_provisioned(changes: list[tuple[int, int]], later: int) -> None:
    """Whatever is allocated, waiting never makes it cheaper, and at least what was used is paid."""
    facts, when = [], 0
    for pause, allocated in changes:
        when += pause
        facts.append(provisioned(when, allocated, memory_size=1_024))
    now, then = (total_cost(facts, until=Instant(at(when + wait))).provisioned_concurrency for wait in (0, later))
    used = sum(one[1] * other[0] for one, other in pairwise(changes))
    assert used * Decimal("0.0000041667") <= now <= then


@pytest.mark.parametrize(
    ("cost", "line"),
    [
        (Cost(), "$0.00: requests $0.00, duration $0.00 (0 GB-s)"),
        (
            cost_of(run(billed_ms=924, memory_size=128)),
            "$0.00000213: requests $0.0000002, duration $0.00000193 (0.1155 GB-s)",
        ),
        (
            Cost(
                requests=Decimal("1234.5"),
                ephemeral_storage=Decimal("0.5"),
                provisioned_concurrency=Decimal("0.9999"),
                gb_seconds=Decimal(540_000),
            ),
            (
                "$1,236.00: requests $1,234.50, duration $0.00 (540,000 GB-s), "
                "ephemeral storage $0.50, provisioned concurrency $1.00"
            ),
        ),
    ],
)
def test_a_cost_reads_as_one_line(cost: Cost, line: str) -> None:
    """Cents where there are dollars, significant digits where there are none."""
    assert str(cost) == line
