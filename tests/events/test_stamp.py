"""The stamp: where events take their time, ids, region and account from."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.stamp import (
    Stamp,
    current_stamp,
    iso_milliseconds,
    milliseconds,
    reset_stamp,
    set_stamp,
    use_stamp,
)
from pytest_lambda_env.simulation.instant import Instant

MOMENT = datetime.datetime(2026, 3, 29, 0, 59, 58, 123456, tzinfo=datetime.timezone.utc)


def make_stamp(seed: int = 7) -> Stamp:
    """A stamp whose time stands still."""
    return Stamp(seed=seed, now=lambda: MOMENT)


def one_of_each() -> list[object]:
    """One event of each builder, and a chain."""
    created = events.s3.object_created("photos", "cat.jpg")
    return [
        created,
        events.s3.object_removed("photos", "cat.jpg", operation="DeleteMarkerCreated"),
        events.s3.test_event("photos"),
        events.sns.notification("hello"),
        events.sqs.messages("a", "b"),
        events.sqs.message("c", queue="orders.fifo", message_group_id="g"),
        events.kinesis.records("a", "b"),
        events.alb.request("POST", "/", body="x"),
        events.alb.health_check(),
        events.sqs.messages(events.sns.notification(created)),
    ]


def test_the_default_stamp_is_virginia() -> None:
    """With no service active, the region and the account are AWS's usual examples."""
    stamp = Stamp()
    assert (stamp.region, stamp.account_id, stamp.seed) == ("us-east-1", "123456789012", 0)


def test_the_default_time_is_looked_up_at_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock replaced after the stamp was made is followed, and let go of."""

    class Frozen(datetime.datetime):
        """What a library that freezes time puts in place of ``datetime.datetime``."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Frozen:
            """The same moment at each call."""
            return cls(2031, 5, 6, 7, 8, 9, 123456, tzinfo=tz)

    stamp = Stamp()
    with monkeypatch.context() as patch:
        patch.setattr(datetime, "datetime", Frozen)
        assert iso_milliseconds(stamp.instant()) == "2031-05-06T07:08:09.123Z"
    assert not iso_milliseconds(stamp.instant()).startswith("2031-05-06T07:08:09")


def test_a_naive_time_is_utc() -> None:
    """A datetime without a zone means UTC, wherever the test runs."""
    assert Stamp().instant(MOMENT.replace(tzinfo=None)) == Stamp().instant(MOMENT)


@given(st.integers(0, 4_000_000_000_000_000))
def test_times_are_cut_to_milliseconds(microseconds: int) -> None:
    """The two forms of one instant tell the same millisecond, never a later one."""
    instant = Instant(microseconds)
    text = iso_milliseconds(instant)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    read = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert round(read.timestamp() * 1000) == milliseconds(instant) == microseconds // 1000


def test_what_is_no_time_is_refused() -> None:
    """A number is no datetime, and the error says what is."""
    with pytest.raises(UsageError, match=r"datetime\.datetime"):
        events.s3.test_event("photos", time=1_700_000_000)  # type: ignore[arg-type]


def test_the_same_state_gives_the_same_events() -> None:
    """Two stamps with one seed and one clock give equal events, draw for draw."""
    with use_stamp(make_stamp()):
        first = one_of_each()
    with use_stamp(make_stamp()):
        assert one_of_each() == first


def test_another_seed_gives_other_ids() -> None:
    """The ids depend on the seed."""
    with use_stamp(make_stamp(seed=1)):
        first = one_of_each()
    with use_stamp(make_stamp(seed=2)):
        assert all(one != other for one, other in zip(one_of_each(), first, strict=True))


@pytest.mark.usefixtures("stamp")
def test_reset_starts_the_ids_over() -> None:
    """After a reset the same calls give the same events again."""
    first = one_of_each()
    assert one_of_each() != first
    reset_stamp()
    assert one_of_each() == first


@pytest.mark.usefixtures("stamp")
def test_scopes_repeat_but_never_meet() -> None:
    """One test gets the same ids in each run, and never those of another test."""

    def ids(scope: str) -> list[str]:
        reset_stamp(scope)
        return [record["messageId"] for record in events.sqs.messages(*"abc")["Records"]]

    first, second = ids("test_one"), ids("test_two")
    assert ids("test_one") == first
    assert not set(first) & set(second)


def test_use_stamp_gives_the_previous_one_back() -> None:
    """The previous stamp is current again after the block, also after an error."""
    before = current_stamp()
    with use_stamp(Stamp(region="eu-west-1")) as stamp:
        assert current_stamp() is stamp
    assert current_stamp() is before
    with pytest.raises(UsageError), use_stamp(Stamp()):
        events.sqs.messages()
    assert current_stamp() is before


def test_set_stamp_returns_the_previous_one() -> None:
    """Who sets a stamp for good can put the old one back."""
    before = current_stamp()
    stamp = Stamp()
    assert set_stamp(stamp) is before
    assert set_stamp(before) is stamp


def test_a_wrong_region_or_account_is_refused() -> None:
    """A stamp checks what would end up in every ARN."""
    with pytest.raises(UsageError, match="Not a region: 'ireland'"):
        Stamp(region="ireland")
    with pytest.raises(UsageError, match="Not an account id: '12345'"):
        Stamp(account_id="12345")


@given(st.integers(0, 2**32), st.integers(1, 60), st.lists(st.integers(0, 2), min_size=2, max_size=60))
def test_rising_numbers_rise(seed: int, step_bits: int, purposes: list[int]) -> None:
    """Each number is above every earlier one of its purpose, whatever was drawn in between."""
    stamp = Stamp(seed=seed)
    latest = {0: 100, 1: 100, 2: 100}
    for purpose in purposes:
        number = stamp.rising(str(purpose), start=100, step_bits=step_bits)
        assert number > latest[purpose]
        latest[purpose] = number


@pytest.mark.usefixtures("stamp")
def test_ids_never_repeat() -> None:
    """Among thousands of records no id comes twice."""
    uploads = [events.s3.object_created("photos", "cat.jpg")["Records"][0] for _ in range(2000)]
    queued = events.sqs.messages(*["same body"] * 2000)["Records"]
    streamed = events.kinesis.records(*["same data"] * 2000)["Records"]
    published = [events.sns.notification("same")["Records"][0]["Sns"] for _ in range(2000)]
    requests = [events.alb.request()["headers"]["x-amzn-trace-id"] for _ in range(2000)]
    for ids in (
        [record["responseElements"]["x-amz-request-id"] for record in uploads],
        [record["responseElements"]["x-amz-id-2"] for record in uploads],
        [record["s3"]["object"]["sequencer"] for record in uploads],
        [record["s3"]["object"]["eTag"] for record in uploads],
        [record["messageId"] for record in queued] + [message["MessageId"] for message in published],
        [record["receiptHandle"] for record in queued],
        [record["eventID"] for record in streamed],
        [message["Signature"] for message in published],
        requests,
    ):
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_every_arn_agrees_with_the_stamp(region: str, partition: str) -> None:
    """Region, account and partition of the stamp are those of every ARN in every event."""
    with use_stamp(Stamp(region=region, account_id="210987654321")):
        text = repr(one_of_each())
    arns = re.findall(r"arn:([a-z-]+):([a-z0-9]+):([a-z0-9-]*):([0-9]*):", text)
    assert {service for _, service, _, _ in arns} == {"s3", "sns", "sqs", "kinesis", "iam", "elasticloadbalancing"}
    for arn_partition, service, arn_region, account_id in arns:
        assert arn_partition == partition
        assert arn_region == ("" if service in ("s3", "iam") else region)
        assert account_id == ("" if service == "s3" else "210987654321")
    assert "us-east-1" not in text
    assert "123456789012" not in text
