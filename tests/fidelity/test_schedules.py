"""Schedules as EventBridge and EventBridge Scheduler run them.

From AWS's pages, and from recordings of AWS's answers to PutRule and CreateSchedule.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from pytest_lambda_env.delivery.schedules.engine import Schedule, Schedules
from pytest_lambda_env.errors import NotModelled, ValidationException
from pytest_lambda_env.model.schedule.definition import RuleDefinition, ScheduleDefinition
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import SECOND, Instant, datetime_of, parse_instant
from pytest_lambda_env.simulation.timeline import Timeline

RATES = ["rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)", "rate(foo minutes)"]
RATES += ["rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)"]
CRONS = ["cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)"]
CRONS += ["cron(71 8 1 * ? *)", "cron()"]


class Account:
    """Schedules in an account of their own, from an instant on."""

    def __init__(self, start: str) -> None:
        self.timeline = Timeline(parse_instant(start))
        self.schedules = Schedules(self.timeline, Entropy(3), region="eu-west-1", account_id="210987654321")
        self.events: list[Any] = []

    def add(self, expression: str, **options: Any) -> Schedule:
        """A schedule of EventBridge Scheduler."""
        definition = ScheduleDefinition(name="s", schedule_expression=expression, **options)
        return self.schedules.add(definition, lambda event: self.events.append(json.loads(event)))

    def add_rule(self, expression: str, **options: Any) -> Schedule:
        """A rule."""
        definition = RuleDefinition(name="r", schedule_expression=expression, **options)
        return self.schedules.add(definition, lambda event: self.events.append(json.loads(event)))

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.timeline.run_until(Instant(self.timeline.now + timedelta(**duration) // timedelta(microseconds=1)))


def runs(schedule: Schedule, form: str = "%d %H:%M") -> list[str]:
    """When a schedule has run, in UTC."""
    return [f"{run:{form}}" for run in schedule.runs]


def firings(expression: str, count: int, after: str = "2026-03-01T00:00:00Z", **options: Any) -> list[str]:
    """The first firings of a schedule that is made then, in UTC."""
    definition = ScheduleDefinition(name="s", schedule_expression=expression, **options)
    created = parse_instant(after)
    found: list[str] = []
    firing = definition.first_firing(created)
    while firing is not None and len(found) < count:
        found.append(f"{datetime_of(firing):%Y-%m-%d %H:%M}")
        firing = definition.next_firing(firing, created)
    return found


@pytest.mark.fidelity("EB01")
@pytest.mark.parametrize(
    "expression",
    [*RATES, "rate(0 minutes)", "rate(10 MINUTES)"]
    + [f"rate(1 {unit}s)" for unit in ("minute", "hour", "day")]
    + [f"rate(10 {unit})" for unit in ("minute", "hour", "day")],
)
def test_a_rate_that_a_rule_refuses(expression: str) -> None:
    """Each of these AWS has refused, in these words."""
    with pytest.raises(ValidationException, match=r"\AParameter ScheduleExpression is not valid\.\Z"):
        RuleDefinition(name="r", schedule_expression=expression)


@pytest.mark.fidelity("EB01")
@pytest.mark.parametrize(("unit", "duration"), [("minute", 60), ("hour", 3_600), ("day", 86_400)])
def test_a_rate_that_a_rule_takes(unit: str, duration: int) -> None:
    """One of the unit, and several."""
    created = Instant(0)
    for value, text in ((1, f"rate(1 {unit})"), (10, f"rate(10 {unit}s)")):
        rule = RuleDefinition(name="r", schedule_expression=text)
        assert rule.next_firing(created, created) == value * duration * SECOND


@pytest.mark.fidelity("EB02")
@pytest.mark.parametrize("expression", ["rate(2 minutes)", "rate(2 minute)", "rate(1 minute)", "rate(1 minutes)"])
def test_scheduler_takes_either_number(expression: str) -> None:
    """AWS has taken `rate(2 minute)`, and its page writes `rate(1 days)`."""
    assert len(firings(expression, 2)) == 2


@pytest.mark.fidelity("EB02", "EB03", "EB04")
@pytest.mark.parametrize("expression", [*RATES, *CRONS, "at(2021-12-31T23:59:59Z)", "at(2021-12-31)"])
def test_what_scheduler_refuses(expression: str) -> None:
    """Each of these AWS has refused, in these words."""
    with pytest.raises(ValidationException) as refusal:
        ScheduleDefinition(name="s", schedule_expression=expression)
    assert refusal.value.message == f"Invalid Schedule Expression {expression}."


@pytest.mark.fidelity("EB03")
def test_a_rule_runs_not_once() -> None:
    """A rule refuses what Scheduler takes."""
    assert firings("at(2026-03-29T12:00:00)", 2) == ["2026-03-29 12:00"]
    with pytest.raises(ValidationException, match="Parameter ScheduleExpression is not valid"):
        RuleDefinition(name="r", schedule_expression="at(2026-03-29T12:00:00)")


@pytest.mark.fidelity("EB04")
@pytest.mark.parametrize("expression", [*CRONS, "cron(* ? * * * *)", "cron(0 1 ? * ? *)", "cron(0 1 * * ?)"])
def test_fields_that_a_rule_refuses(expression: str) -> None:
    """Recorded, but for the last two."""
    with pytest.raises(ValidationException, match=r"\AParameter ScheduleExpression is not valid\.\Z"):
        RuleDefinition(name="r", schedule_expression=expression)


@pytest.mark.fidelity("EB05")
@pytest.mark.parametrize(
    "fields",
    [
        *("60 * * * ? *", "* 24 * * ? *", "* * 0 * ? *", "* * 32 * ? *", "* * * 0 ? *", "* * * 13 ? *"),
        *("* * ? * 0 *", "* * ? * 8 *", "* * * * ? 1969", "* * * * ? 2200", "* * * * ? 2030-2020"),
        *("*/60 * * * ? *", "* */24 * * ? *", "0/0 * * * ? *", "0/ * * * ? *", "/5 * * * ? *", "1- * * * ? *"),
        *("0/1/2 * * * ? *", "* * ? JANUARY MON *", "* * ? MON JAN *", "L * * * ? *", "*5 * * * ? *", ", * * * ? *"),
    ],
)
def test_fields_out_of_bounds(fields: str) -> None:
    """Both services refuse them."""
    for definition in (RuleDefinition, ScheduleDefinition):
        with pytest.raises(ValidationException):
            definition(name="x", schedule_expression=f"cron({fields})")


@pytest.mark.fidelity("EB05")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(5,35 14 * * ? *)", ["03-01 14:05", "03-01 14:35", "03-02 14:05"]),
        ("cron(5/25 9 * * ? *)", ["03-01 09:05", "03-01 09:30", "03-01 09:55"]),
        ("cron(*/20 9 * * ? *)", ["03-01 09:00", "03-01 09:20", "03-01 09:40"]),
        ("cron(0-15/10 8-8 ? * 2,3,4,5,6,7 *)", ["03-02 08:00", "03-02 08:10", "03-03 08:00"]),
        ("cron(0 9 1-15/7 * ? *)", ["03-01 09:00", "03-08 09:00", "03-15 09:00"]),
        ("cron(0 9 1 JAN,jun-Jul ? *)", ["06-01 09:00", "07-01 09:00", "01-01 09:00"]),
        ("cron(0/5 5 ? JAN 1-5 2027)", ["01-03 05:00", "01-03 05:05", "01-03 05:10"]),
        ("cron(0 18 ? * MON-FRI *)", ["03-02 18:00", "03-03 18:00", "03-04 18:00"]),
        ("cron(0 0 1 1 ? 2027,2030/100)", ["01-01 00:00", "01-01 00:00", "01-01 00:00"]),
    ],
)
def test_what_fields_mean(expression: str, expected: list[str]) -> None:
    """The next three firings after midnight of Sunday, March 1st 2026."""
    assert [each[5:] for each in firings(expression, 3)] == expected


@pytest.mark.fidelity("EB06")
def test_numbers_of_weekdays() -> None:
    """March 1st 2026 is a Sunday, 1; a name is its number."""
    for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1):
        expected = [f"2026-03-{day:02} 09:00" for day in (number, number + 7)]
        assert firings(f"cron(0 9 ? * {number} *)", 2) == firings(f"cron(0 9 ? * {name} *)", 2) == expected


@pytest.mark.fidelity("EB07")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("L * ?", ["03-31", "04-30", "05-31"]),
        ("L FEB ?", ["02-28", "02-29", "02-28"]),
        ("? * L", ["03-07", "03-14", "03-21"]),
        ("? * 6L", ["03-27", "04-24", "05-29"]),
        ("? * FRIL", ["03-27", "04-24", "05-29"]),
        ("L-2 * ?", ["03-29", "04-28", "05-29"]),
        ("L-30 * ?", ["03-01", "05-01", "07-01"]),
    ],
)
def test_the_last_day(fields: str, expected: list[str]) -> None:
    """Of a month, of a week, and of its kind in a month."""
    assert [each[5:10] for each in firings(f"cron(0 9 {fields} *)", 3)] == expected


@pytest.mark.fidelity("EB08")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("15W", ["03-16", "04-15", "05-15"]),  # March 15th is a Sunday
        ("1W", ["03-02", "04-01", "05-01"]),
        ("2W", ["03-02", "04-02", "05-01"]),  # May 2nd is a Saturday
        ("LW", ["03-31", "04-30", "05-29"]),  # May 31st is a Sunday
    ],
)
def test_the_nearest_weekday(day: str, expected: list[str]) -> None:
    """Never in another month."""
    assert [each[5:10] for each in firings(f"cron(0 9 {day} * ? *)", 3)] == expected


@pytest.mark.fidelity("EB09")
def test_the_nth_weekday() -> None:
    """The second Tuesday, by number and by name; a fifth one where there is one; nothing in a list with it."""
    assert [each[5:10] for each in firings("cron(0 9 ? * 3#2 *)", 3)] == ["03-10", "04-14", "05-12"]
    assert firings("cron(0 9 ? * TUE#2 *)", 3) == firings("cron(0 9 ? * 3#2 *)", 3)
    assert [each[5:10] for each in firings("cron(0 9 ? * 6#5 *)", 2)] == ["05-29", "07-31"]
    for field in ("3#1,6#3", "3#6", "3#0", "3#", "#2", "3#2/2"):
        with pytest.raises(ValidationException):
            firings(f"cron(0 9 ? * {field} *)", 1)


@pytest.mark.fidelity("EB08", "EB07")
@pytest.mark.parametrize("days", ["15,L ?", "15W,20 ?", "1-5W ?", "W ?", "L-31 ?", "L- ?", "15L ?", "? 5W", "? 2,6L"])
def test_letters_stand_alone(days: str) -> None:
    """As in Quartz, no list or range has one, and each belongs to its field."""
    of_month, of_week = days.split()
    with pytest.raises(ValidationException):
        firings(f"cron(0 9 {of_month} * {of_week} *)", 1)


@pytest.mark.fidelity("EB10")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0/30 20-2 ? * MON-FRI *)", ["02 00:00", "02 00:30", "02 01:00", "02 01:30", "02 02:00", "02 02:30"]),
        ("cron(0 9 ? * SAT-MON *)", ["01 09:00", "02 09:00", "07 09:00", "08 09:00", "09 09:00", "14 09:00"]),
        ("cron(50-10/10 9 2 * ? *)", ["02 09:00", "02 09:10", "02 09:50", "02 09:00", "02 09:10", "02 09:50"]),
        ("cron(0/5, 9-18, ?, *, MON-FRI, *)", [f"02 09:{minute:02}" for minute in range(0, 30, 5)]),
    ],
)
def test_what_quartz_takes(expression: str, expected: list[str]) -> None:
    """Ranges that go past the end, and empty places in a list, which AWS was seen to take."""
    assert [each[8:] for each in firings(expression, 6)] == expected


@pytest.mark.fidelity("EB11")
def test_rules_run_in_utc() -> None:
    """Also at a time that is left out elsewhere on that day."""
    account = Account("2026-03-29T00:00:00Z")
    rule = account.add_rule("cron(30 2 * * ? *)")
    account.advance(days=1)
    assert runs(rule) == ["29 02:30"]


@pytest.mark.fidelity("EB12")
def test_the_instant_of_a_firing() -> None:
    """The first of its minute, wherever in a minute the schedule was made."""
    account = Account("2026-03-01T00:00:30Z")
    rule = account.add_rule("cron(* * * * ? *)")
    account.advance(minutes=2)
    assert runs(rule, "%M:%S.%f") == ["01:00.000000", "02:00.000000"]
    assert [event["time"] for event in account.events] == ["2026-03-01T00:01:00Z", "2026-03-01T00:02:00Z"]


@pytest.mark.fidelity("EB13")
def test_the_first_run_of_a_rules_rate() -> None:
    """An interval after the rule was made, to the microsecond, and then in its rhythm."""
    account = Account("2026-03-01T00:00:30Z")
    rule = account.add_rule("rate(5 minutes)")
    account.advance(minutes=12)
    assert runs(rule, "%M:%S") == ["05:30", "10:30"]


@pytest.mark.fidelity("EB14")
def test_the_first_run_of_schedulers_rate() -> None:
    """At once; or at its start date, and then in the start's rhythm."""
    account = Account("2026-03-01T00:00:30Z")
    schedule = account.add("rate(5 minutes)")
    account.advance(minutes=12)
    assert runs(schedule, "%M:%S") == ["00:30", "05:30", "10:30"]
    start = datetime(2026, 3, 1, 2)
    assert [each[11:] for each in firings("rate(3 hours)", 3, start_date=start)] == ["02:00", "05:00", "08:00"]


@pytest.mark.fidelity("EB15")
def test_start_and_end() -> None:
    """Both bound the times of a schedule, themselves included."""
    bounds: dict[str, Any] = {"start_date": datetime(2026, 3, 5, 9), "end_date": datetime(2026, 3, 7, 9)}
    expected = [f"2026-03-0{day} 09:00" for day in (5, 6, 7)]
    assert firings("cron(0 9 * * ? *)", 9, **bounds) == firings("rate(1 day)", 9, **bounds) == expected
    assert firings("rate(1 day)", 9, end_date=datetime(2026, 2, 1)) == []


@pytest.mark.fidelity("EB15")
@pytest.mark.parametrize("expression", ["cron(0/5 * * * ? *)", "rate(5 minutes)"])
def test_a_start_in_the_past(expression: str) -> None:
    """Five minutes back it still counts, and what it would have run by then does not."""
    now = "2026-03-01T00:04:00Z"
    assert firings(expression, 2, after=now, start_date=datetime(2026, 3, 1)) == [
        "2026-03-01 00:05",
        "2026-03-01 00:10",
    ]
    with pytest.raises(
        ValidationException, match=r"\AThe StartDate you specify cannot be earlier than 5 minutes ago\."
    ):
        firings(expression, 2, after=now, start_date=datetime(2026, 2, 28, 23, 58, 59))


@pytest.mark.fidelity("EB16")
def test_time_zones() -> None:
    """Nine o'clock there, summer or winter."""
    found = firings("cron(0 9 28-29 3 ? *)", 2, schedule_expression_timezone="Europe/Berlin")
    assert found == ["2026-03-28 08:00", "2026-03-29 07:00"]
    assert firings("at(2026-07-01T09:00:00)", 2, schedule_expression_timezone="Asia/Tokyo") == ["2026-07-01 00:00"]


@pytest.mark.fidelity("EB17")
def test_a_time_that_is_left_out() -> None:
    """On March 8th there is no 02:30 in New York: that day has no run."""
    zone: dict[str, Any] = {"schedule_expression_timezone": "America/New_York"}
    found = firings("cron(30 2 * * ? *)", 3, after="2026-03-07T00:00:00Z", **zone)
    assert found == ["2026-03-07 07:30", "2026-03-09 06:30", "2026-03-10 06:30"]
    found = firings("cron(0/30 1-3 8 3 ? *)", 4, after="2026-03-07T00:00:00Z", **zone)
    assert [each[11:] for each in found] == ["06:00", "06:30", "07:00", "07:30"]  # 01:00, 01:30, 03:00, 03:30


@pytest.mark.fidelity("EB18")
def test_a_time_that_comes_twice() -> None:
    """On November 1st 01:30 comes twice in New York, and runs once; then the days go on."""
    zone: dict[str, Any] = {"schedule_expression_timezone": "America/New_York"}
    found = firings("cron(30 1 * * ? *)", 3, after="2026-10-31T00:00:00Z", **zone)
    assert found == ["2026-10-31 05:30", "2026-11-01 05:30", "2026-11-02 06:30"]
    made_in_between = firings("cron(30 1 * * ? *)", 1, after="2026-11-01T06:10:00Z", **zone)
    assert made_in_between == ["2026-11-02 06:30"]


@pytest.mark.fidelity("EB19")
def test_a_day_of_a_rate() -> None:
    """24 hours, when the day has 23."""
    zone: dict[str, Any] = {"schedule_expression_timezone": "America/New_York"}
    found = firings("rate(1 days)", 3, start_date=datetime(2026, 3, 7, 14), **zone)
    assert found == ["2026-03-07 14:00", "2026-03-08 14:00", "2026-03-09 14:00"]


@pytest.mark.fidelity("EB20")
def test_what_a_rule_delivers() -> None:
    """The event with the rule's ARN and the time of the firing."""
    account = Account("2026-03-01T00:00:00Z")
    account.add_rule("rate(1 hour)")
    account.advance(hours=1)
    [event] = account.events
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "210987654321",
        "time": "2026-03-01T01:00:00Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:210987654321:rule/r"],
        "detail": {},
    }


@pytest.mark.fidelity("EB21")
def test_what_scheduler_delivers() -> None:
    """An event of its own, with the schedule's ARN."""
    account = Account("2026-03-01T00:00:00Z")
    account.add("cron(0 1 * * ? *)", group_name="night")
    account.advance(hours=1)
    [event] = account.events
    assert (event["source"], event["detail"], event["time"]) == ("aws.scheduler", "{}", "2026-03-01T01:00:00Z")
    assert event["resources"] == ["arn:aws:scheduler:eu-west-1:210987654321:schedule/night/s"]


@pytest.mark.fidelity("EB23")
@pytest.mark.parametrize("given", [{"order": 7}, '{"order": 7}', ["é"], False, 0])
def test_an_input_takes_the_events_place(given: Any) -> None:
    """A JSON value, or JSON text as the API takes it."""
    account = Account("2026-03-01T00:00:00Z")
    account.add_rule("rate(1 hour)", input=given)
    account.add("cron(0 1 * * ? *)", input=given)
    account.advance(hours=1)
    assert account.events == 2 * [json.loads(given) if isinstance(given, str) else given]


@pytest.mark.fidelity("EB24")
def test_context_attributes() -> None:
    """Four attributes, in each firing its own execution id; what is not one of them stays. A rule fills in nothing."""
    account = Account("2026-03-01T00:00:00Z")
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number", "other")
    template = {name: f"<aws.scheduler.{name}>" for name in names}
    account.add("cron(0 1,2 * * ? *)", input=template)
    account.add_rule("cron(0 3 * * ? *)", input=template)
    account.advance(hours=3)
    first, second, rules = account.events
    assert first == {
        "schedule-arn": "arn:aws:scheduler:eu-west-1:210987654321:schedule/default/s",
        "scheduled-time": "2026-03-01T01:00:00Z",
        "execution-id": first["execution-id"],
        "attempt-number": "1",
        "other": "<aws.scheduler.other>",
    }
    assert len(first["execution-id"]) == len(second["execution-id"]) == 16
    assert first["execution-id"] != second["execution-id"]
    assert second["scheduled-time"] == "2026-03-01T02:00:00Z"
    assert rules == template


@pytest.mark.fidelity("EB25")
def test_a_flexible_time_window() -> None:
    """Runs spread over the window, and the event still tells the scheduled time."""
    account = Account("2026-03-01T00:00:00Z")
    schedule = account.add("cron(0 * * * ? *)", maximum_window_in_minutes=15)
    account.advance(days=10)
    delays = [run.minute * 60 + run.second for run in schedule.runs]
    assert len(delays) == 239
    assert min(delays) < 60
    assert 840 < max(delays) < 900
    assert {event["time"][14:] for event in account.events} == {"00:00Z"}


@pytest.mark.fidelity("EB25")
@pytest.mark.parametrize(
    ("minutes", "bound"), [(0, "greater than or equal to 1"), (1441, "less than or equal to 1440")]
)
def test_a_window_out_of_bounds(minutes: int, bound: str) -> None:
    """The API's own limits."""
    with pytest.raises(ValidationException, match=f"maximumWindowInMinutes.*Member must have value {bound}"):
        firings("rate(1 hour)", 1, maximum_window_in_minutes=minutes)


@pytest.mark.fidelity("EB26")
def test_a_disabled_schedule() -> None:
    """Nothing runs until it is enabled again."""
    account = Account("2026-03-01T00:00:00Z")
    rule = account.add_rule("cron(0 * * * ? *)")
    account.advance(hours=1)
    rule.disable()
    account.advance(hours=3)
    rule.enable()
    account.advance(hours=1)
    assert runs(rule) == ["01 01:00", "01 05:00"]


@pytest.mark.fidelity("EB27")
def test_once_and_never_again() -> None:
    """To the second, whatever start and end say."""
    account = Account("2026-03-01T00:00:00Z")
    out_of_bounds = {"start_date": datetime(2027, 1, 1), "end_date": datetime(2028, 1, 1)}
    schedule = account.add("at(2026-03-01T09:00:05)", **out_of_bounds)
    account.advance(days=60)
    assert runs(schedule, "%d %H:%M:%S") == ["01 09:00:05"]
    assert schedule.next_run is None


@pytest.mark.fidelity("EB28")
def test_once_in_the_past() -> None:
    """Not modelled, and said so; at the very instant it still runs."""
    with pytest.raises(NotModelled, match=r"at\(2026-02-28T23:59:59\) was over when the schedule was made"):
        firings("at(2026-02-28T23:59:59)", 1)
    assert firings("at(2026-03-01T00:00:00)", 1) == ["2026-03-01 00:00"]
