"""EventBridge events, against recordings of AWS and read by Powertools."""

from __future__ import annotations

import datetime

import pytest
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent as EventBridgeReader
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError

pytestmark = pytest.mark.usefixtures("stamp")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
DETAILS = st.dictionaries(TEXT, st.integers() | TEXT | st.lists(st.booleans() | st.none(), max_size=3), max_size=5)
KEYS = ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]


@pytest.mark.fidelity("EB20")
def test_a_rules_event_has_aws_shape() -> None:
    """Every key of AWS's recording is there in order, the time in whole seconds, the detail empty."""
    event = events.eventbridge.scheduled(rule="nightly")
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "210987654321",
        "time": "2026-03-29T00:59:58Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:210987654321:rule/nightly"],
        "detail": {},
    }
    assert list(event) == KEYS


@pytest.mark.fidelity("EB21")
def test_schedulers_event_has_a_text_for_detail() -> None:
    """It is that of a rule, but for its source, the schedule's ARN and the detail."""
    event = events.eventbridge.scheduler(schedule="nightly")
    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == ["arn:aws:scheduler:eu-west-1:210987654321:schedule/default/nightly"]
    assert event["detail"] == "{}"
    assert list(event) == KEYS


@pytest.mark.fidelity("EB22")
@given(TEXT, DETAILS, TEXT)
def test_powertools_reads_an_event_back(detail_type: str, detail: dict[str, object], source: str) -> None:
    """Both readers of Powertools give back what was put in."""
    event = events.eventbridge.event(detail_type, detail, source=source, resources=["arn:aws:s3:::photos"])
    model = EventBridgeModel.model_validate(event)
    reader = EventBridgeReader(dict(event))
    assert model.detail_type == reader.detail_type == detail_type
    assert model.source == reader.source == source
    assert model.detail == reader.detail == detail
    assert model.resources == reader.resources == ["arn:aws:s3:::photos"]
    assert model.time == datetime.datetime(2026, 3, 29, 0, 59, 58, tzinfo=datetime.timezone.utc)
    assert (model.account, model.region) == (reader.account, reader.region) == ("210987654321", "eu-west-1")
    assert model.version == reader.version == "0"
    assert model.id == reader.get_id
    assert model.replay_name is reader.get("replay-name") is None


def test_powertools_reads_scheduled_events() -> None:
    """The model knows rules' events, and the plain reader Scheduler's."""
    assert EventBridgeModel.model_validate(events.eventbridge.scheduled()).source == "aws.events"
    assert EventBridgeReader(dict(events.eventbridge.scheduler())).source == "aws.scheduler"


def test_ids_never_repeat() -> None:
    """Each event has a UUID of its own."""
    ids = [events.eventbridge.event("x")["id"] for _ in range(50)]
    assert len(set(ids)) == 50
    assert {len(each) for each in ids} == {36}


def test_everything_can_be_given() -> None:
    """Explicit values reach the event as they are, and an ARN brings its own region and account."""
    moment = datetime.datetime(2026, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    event = events.eventbridge.event(
        "EC2 Instance State-change Notification",
        source="aws.ec2",
        time=moment,
        event_id="7",
        account_id="999999999999",
        region="cn-north-1",
        replay_name="again",
    )
    assert (event["time"], event["id"]) == ("2026-01-01T00:00:00Z", "7")
    assert (event["account"], event["region"], event["replay-name"]) == ("999999999999", "cn-north-1", "again")
    assert (event["detail"], event["resources"]) == ({}, [])
    arn = "arn:aws-cn:events:cn-north-1:999999999999:rule/orders/nightly"
    rule = events.eventbridge.scheduled(rule=arn, time=moment, event_id="8")
    assert (rule["resources"], rule["region"], rule["account"], rule["id"]) == (
        [arn],
        "cn-north-1",
        "999999999999",
        "8",
    )
    arn = "arn:aws-cn:scheduler:cn-north-1:999999999999:schedule/night/nightly"
    assert events.eventbridge.scheduler(schedule=arn)["region"] == "cn-north-1"


def test_an_event_shares_nothing_with_what_it_was_made_of() -> None:
    """The detail is a copy, as deep as it goes."""
    detail = {"order": {"lines": [1]}}
    event = events.eventbridge.event("Order Placed", detail)
    event["detail"]["order"]["lines"].append(2)
    assert detail == {"order": {"lines": [1]}}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"detail_type": ""}, "detail_type=''; it must be text"),
        ({"source": None}, "source=None; it must be text"),
        ({"detail": [1]}, "a JSON object"),
        ({"detail": {"a": object()}}, "detail must be text or a JSON value"),
        ({"resources": "arn:aws:s3:::photos"}, "a list of ARNs"),
        ({"time": "now"}, "a datetime.datetime"),
        ({"account_id": "1"}, "account id"),
        ({"region": "Ireland"}, "region"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.eventbridge.event(**{"detail_type": "x", **options})  # type: ignore[arg-type]


def test_another_services_arn_is_refused() -> None:
    """A rule is no schedule, nor the other way round."""
    with pytest.raises(UsageError, match=r"rule=.*'scheduler'; it must be one of 'events'"):
        events.eventbridge.scheduled(rule="arn:aws:scheduler:eu-west-1:210987654321:schedule/default/x")
    with pytest.raises(UsageError, match="rule name"):
        events.eventbridge.scheduled(rule="a b")
    with pytest.raises(UsageError, match="schedule name"):
        events.eventbridge.scheduler(schedule="a/b")
