"""A test's own freeze_time, before or inside a service."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

from freezegun import freeze_time

from pytest_lambda_env import LambdaService

START = "2026-03-29T00:59:00Z"


def now_in_handler(event: Any, context: Any) -> list[Any]:
    """What the clocks show in a handler, before and after a wait."""
    first = datetime.now(timezone.utc).isoformat()
    time.sleep(1.5)
    return [first, datetime.now(timezone.utc).isoformat(), context.get_remaining_time_in_millis()]


def test_a_freeze_before_gives_the_start() -> None:
    """A service opened in frozen time begins at the frozen instant and moves on from there."""
    with freeze_time("2020-02-29 12:00:00"):
        with LambdaService() as service:
            function = service.create_function(now_in_handler)
            assert function.invoke().payload == ["2020-02-29T12:00:00+00:00", "2020-02-29T12:00:01.500000+00:00", 1500]
            assert datetime.now(timezone.utc) == datetime(2020, 2, 29, 12, 0, 1, 500_000, tzinfo=timezone.utc)
        assert datetime.now() == datetime(2020, 2, 29, 12)


def test_moving_an_outer_freeze_moves_the_wall_clock() -> None:
    """``tick`` on a freeze that began before the service shifts what clocks show, not the service's timeline."""
    with freeze_time("2020-01-01") as frozen, LambdaService() as service:
        frozen.tick(timedelta(hours=1))
        assert time.time() == datetime(2020, 1, 1, 1, tzinfo=timezone.utc).timestamp()
        assert service.clock.elapsed == timedelta(0)


def test_a_freeze_inside_decides_the_wall_clock() -> None:
    """Inside ``with freeze_time`` the handler sees the frozen time, waits add to it, the deadline still holds."""
    with LambdaService(start=START) as service:
        function = service.create_function(now_in_handler, timeout=3)
        with freeze_time("2000-01-01"):
            assert function.invoke().payload == ["2000-01-01T00:00:00+00:00", "2000-01-01T00:00:01.500000+00:00", 1500]
        assert service.clock.elapsed == timedelta(seconds=1.5)
        assert function.invoke().payload[0] == "2026-03-29T00:59:01.500000+00:00"


def test_a_timeout_inside_a_freeze() -> None:
    """A frozen wall clock does not stop a deadline."""
    with LambdaService(start=START) as service:
        function = service.create_function(lambda event, context: time.sleep(900), timeout=3)
        with freeze_time("2000-01-01"):
            assert "Task timed out after 3.00 seconds" in function.invoke().payload["errorMessage"]
        assert service.clock.elapsed == timedelta(seconds=3)


@freeze_time("2010-10-10")
def test_a_decorated_test() -> None:
    """The decorator form works like the context manager."""
    with LambdaService() as service:
        assert service.clock.now == datetime(2010, 10, 10, tzinfo=timezone.utc)


def test_a_freeze_in_the_handler_is_the_handler_s() -> None:
    """Handler code may freeze time itself; nothing of it is left afterwards."""

    def handler(event: Any, context: Any) -> str:
        with freeze_time("1999-12-31 23:59:59"):
            return datetime.now().isoformat()

    with LambdaService(start=START) as service:
        function = service.create_function(handler)
        assert function.invoke().payload == "1999-12-31T23:59:59"
        assert datetime.now(timezone.utc).isoformat() == "2026-03-29T00:59:00+00:00"


def test_nothing_of_freezegun_is_left() -> None:
    """After services and freezes in every order, freezegun's stacks are empty and the clocks are the originals."""
    import freezegun.api

    originals = (time.time, time.monotonic, time.gmtime)
    for opened_first in (True, False):
        if opened_first:
            with freeze_time("2001-01-01"), LambdaService(), freeze_time("2002-02-02"):
                pass
        else:
            with LambdaService(), freeze_time("2001-01-01"), LambdaService():
                pass
    stacks = (freezegun.api.freeze_factories, freezegun.api.tz_offsets, freezegun.api.ignore_lists)
    assert [list(stack) for stack in stacks] == [[], [], []]
    assert (time.time, time.monotonic, time.gmtime) == originals


def test_moto_follows_virtual_time() -> None:
    """What moto dates and expires, it dates and expires by the virtual clock: SQS visibility, S3 dates."""
    import boto3
    from moto import mock_aws

    with mock_aws(), LambdaService(start=START) as service:
        session: dict[str, Any] = {
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        sqs = boto3.client("sqs", **session)
        url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="one")
        assert len(sqs.receive_message(QueueUrl=url).get("Messages", [])) == 1
        assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
        service.advance(seconds=31)
        assert len(sqs.receive_message(QueueUrl=url).get("Messages", [])) == 1
        s3 = boto3.client("s3", **session)
        s3.create_bucket(Bucket="photos")
        s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"x")
        modified = s3.get_object(Bucket="photos", Key="cat.jpg")["LastModified"]
        assert modified == datetime(2026, 3, 29, 0, 59, 31, tzinfo=timezone.utc)
