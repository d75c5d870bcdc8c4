"""moto in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pytest_lambda_env import LambdaService


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service inside a moto account."""
    from moto import mock_aws

    with mock_aws(), LambdaService() as aws_lambda:
        yield aws_lambda


def queue() -> tuple[Any, str]:
    """A client and an empty queue."""
    import boto3

    sqs = boto3.client("sqs", region_name="us-east-1")
    return sqs, sqs.create_queue(QueueName="orders")["QueueUrl"]


def test_a_long_poll_of_the_test_ends_in_virtual_time(service: LambdaService) -> None:
    """Twenty seconds of waiting on an empty queue move the clock by about as much, and never hang."""
    sqs, url = queue()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert timedelta(seconds=20) <= service.clock.elapsed <= timedelta(seconds=22)


def test_a_long_poll_lets_things_happen(service: LambdaService) -> None:
    """What is due while the test polls runs, and its message is received."""
    sqs, url = queue()
    failures = 0

    def handler(event: Any, context: Any) -> None:
        nonlocal failures
        failures += 1
        if failures < 2:
            raise ValueError("not yet")
        queue()[0].send_message(QueueUrl=url, MessageBody="second attempt")

    service.create_function(handler, timeout=10).invoke_async({})
    service.advance(seconds=50)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "second attempt"
    assert timedelta(seconds=60) <= service.clock.elapsed <= timedelta(seconds=62)


def test_a_long_poll_of_a_handler_takes_its_own_time(service: LambdaService) -> None:
    """In a handler the poll costs virtual time too, up to the deadline."""
    _, url = queue()

    def handler(event: Any, context: Any) -> Any:
        return queue()[0].receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages")

    function = service.create_function(handler, timeout=30)
    response = function.invoke()
    assert response.payload is None
    assert timedelta(seconds=20) <= response.duration <= timedelta(seconds=22)
    function.update_configuration(timeout=3)
    assert function.invoke().payload["errorType"] == "Sandbox.Timedout"


def test_what_aws_keeps_takes_no_room_in_tmp(service: LambdaService) -> None:
    """A large object, which moto keeps in a temporary file, is AWS's: it does not count in the handler's ``/tmp``."""

    def handler(event: Any, context: Any) -> tuple[int, int]:
        import shutil

        import boto3

        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="large")
        s3.put_object(Bucket="large", Key="x", Body=bytes(20_000_000))
        return shutil.disk_usage("/tmp").used, s3.get_object(Bucket="large", Key="x")["ContentLength"]

    function = service.create_function(handler, timeout=60)
    assert function.invoke({}).raise_for_error().payload == [0, 20_000_000]
