"""The journal: a list of facts that may have a limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import LambdaEnvWarning, UsageError
from pytest_lambda_env.metering.totals import totals_of
from pytest_lambda_env.model.facts import Invocation
from pytest_lambda_env.reporting.timeline import timeline
from pytest_lambda_env.simulation.instant import instant_of
from pytest_lambda_env.simulation.journal import Journal


@given(st.lists(st.integers()), st.integers(0, 20))
def test_the_latest_facts_are_kept(facts: list[int], limit: int) -> None:
    """Whatever is recorded: the last ones are there, in order, by every way of looking; the others are handed over."""
    forgotten: list[int] = []
    journal = Journal[int](limit, forgotten.append)
    for fact in facts:
        journal.record(fact)
    kept = facts[-limit:] if limit else facts
    assert list(journal) == journal.of(int) == journal[:] == [journal[i] for i in range(len(journal))] == kept
    assert forgotten + kept == facts
    assert journal.dropped == len(forgotten)
    assert not kept or journal[-1] == kept[-1]


def fails(event: bool, context: object) -> None:
    """Fails if it is told to."""
    if event:
        raise ValueError


def test_sums_are_right_without_the_facts() -> None:
    """Totals count what was dropped as well, by kind and by function."""
    totals = []
    for limit in (0, 3):
        with LambdaService(journal_limit=limit, start="2026-03-29T00:59:00Z") as service:
            first = service.create_function(fails, function_name="first")
            second = service.create_function(fails, function_name="second")
            for event in (True, False, True, True):
                first.invoke(event)
                second.invoke(False)
                second.recycle_environments()
            totals.append(totals_of(service.journal, service.forgotten, virtual_seconds=0, real_seconds=0))
            assert "4 invocations" in repr(first)
    assert totals[0] == totals[1]
    assert (totals[1].invocations, totals[1].environments, totals[1].failures) == (8, 5, 3)


def test_a_list_that_is_not_whole_says_so() -> None:
    """``fn.invocations`` warns of what it lacks, the timeline counts it, and other functions don't hear of it."""
    with LambdaService(journal_limit=4) as service:
        early = service.create_function(fails, function_name="early")
        late = service.create_function(fails, function_name="late")
        for _ in range(5):
            early.invoke(False)
        late.invoke(False)
        with pytest.warns(LambdaEnvWarning, match=r"^early\.invocations lacks the first 4: journal_limit"):
            kept = early.invocations
        assert (len(kept), len(late.invocations)) == (1, 1)
        assert len(service.journal) == 4
        assert service.journal.dropped == 6
        text = timeline(service.journal, instant_of(service.clock.start), dropped=service.journal.dropped)
    assert text.splitlines()[0] == "… 6 facts dropped: journal_limit (--lambda-journal-limit)"


def test_a_failed_init_without_its_beginning() -> None:
    """The timeline of a failed INIT can be told when the fact that its environment began is gone."""
    with LambdaService(journal_limit=1) as service:
        service.create_function("missing.handler").invoke()
        [fact] = service.journal
        assert isinstance(fact, Invocation)
        service.journal.record(fact)
        assert "init-error" in timeline(service.journal, instant_of(service.clock.start))
    with LambdaService(journal_limit=2) as service:
        service.create_function("missing.handler").invoke()
        assert "looked for in …" in timeline(service.journal, instant_of(service.clock.start))


def test_an_ordinary_test_loses_nothing() -> None:
    """By default there is room for a hundred thousand facts."""
    with LambdaService() as service:
        function = service.create_function(fails)
        for _ in range(1_000):
            function.invoke(False)
        assert len(function.invocations) == 1_000
        assert service.journal.dropped == 0


@pytest.mark.parametrize("limit", [-1, 1.5, "10", None])
def test_a_limit_is_a_count(limit: object) -> None:
    """Anything else is refused, and the message says what 0 means."""
    with pytest.raises(UsageError, match=r"journal_limit must be a number of facts, or 0 to keep all"):
        LambdaService(journal_limit=limit)  # type: ignore[arg-type]
