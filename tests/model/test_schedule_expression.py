"""Which expressions each service takes: recordings of AWS's answers, and what its pages say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.errors import UsageError, ValidationException
from pytest_lambda_env.model.schedule.cron import Cron
from pytest_lambda_env.model.schedule.expression import At, Rate, rule_expression, scheduler_expression
from pytest_lambda_env.simulation.instant import SECOND, Instant, parse_instant

UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}


@given(st.integers(1, 10_000), st.sampled_from(sorted(UNITS)))
def test_a_rate_is_an_interval(value: int, unit: str) -> None:
    """One number of the unit is a rule's, both are Scheduler's."""
    singular, plural = f"rate({value} {unit})", f"rate({value} {unit}s)"
    right, wrong = (singular, plural) if value == 1 else (plural, singular)
    rate = Rate(interval=value * UNITS[unit] * SECOND)
    assert rule_expression(right) == scheduler_expression(right) == scheduler_expression(wrong) == rate
    with pytest.raises(ValidationException):
        rule_expression(wrong)


@given(st.integers(1, 10**13), st.integers(0, 10**16), st.integers(0, 10**16))
def test_a_rate_keeps_its_rhythm(interval: int, origin: int, after: int) -> None:
    """The next firing is later, by at most an interval, and a whole number of intervals from the origin."""
    firing = Rate(interval=interval).next_after(Instant(after), Instant(origin))
    assert after < firing <= after + interval
    assert (firing - origin) % interval == 0


def test_a_one_time_expression() -> None:
    """Its date and time are those of a wall clock."""
    expected = At(wall=parse_instant("2026-03-29T02:30:05"))
    assert scheduler_expression("at(2026-03-29T02:30:05)") == expected


@given(st.text(max_size=40) | st.from_regex(r"(rate|cron|at)\([ -~]{0,30}\)", fullmatch=True))
def test_anything_else_is_refused_in_awss_words(text: str) -> None:
    """Whatever the text is: an expression, or AWS's error with the text in it, and nothing else."""
    refusals = []
    for service in (scheduler_expression, rule_expression):
        try:
            service(text)
        except ValidationException as error:
            refusals.append(error.message)
    assert refusals in (
        [],
        ["Parameter ScheduleExpression is not valid."],  # an at, or the other number of a rate's unit
        [f"Invalid Schedule Expression {text}.", "Parameter ScheduleExpression is not valid."],
    )


def test_the_longest_expression() -> None:
    """256 characters, as in the API's model."""
    minutes = ",".join(["0"] * 116)
    longest = f"cron({minutes},59 12 * * ? *)"
    longest = longest.replace("12", "12" + ",1" * ((256 - len(longest)) // 2))
    assert len(longest) in {255, 256}
    assert isinstance(rule_expression(longest), Cron)
    for service in (rule_expression, scheduler_expression):
        with pytest.raises(ValidationException, match="Member must have length less than or equal to 256"):
            service(longest.replace("59 12", "59,58,57 12"))


def test_text_is_needed() -> None:
    """The error shows what an expression looks like."""
    with pytest.raises(UsageError, match=r"schedule_expression=5; .*'rate\(5 minutes\)'"):
        rule_expression(5)  # type: ignore[arg-type]
