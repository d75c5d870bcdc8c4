"""moto in virtual time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.runtime.current import current


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


OUTSIDE = """
import os, tempfile, threading, time
import boto3

s3, sqs = boto3.client("s3"), boto3.client("sqs")

def large(event, context):
    s3.put_object(Bucket="photos", Key="large", Body=b"x" * 20_000_000)
    return os.listdir("/tmp")

def polls_too_long(event, context):
    open("/tmp/mine", "w").close()
    s3.put_object(Bucket="photos", Key="large", Body=b"y" * 20_000_000)
    sqs.receive_message(QueueUrl=event, WaitTimeSeconds=20)
    s3.delete_object(Bucket="photos", Key="large")
"""


def test_moto_s_files_are_not_the_environment_s(service: LambdaService, tmp_path: Path) -> None:
    """An object that moto keeps in a temporary file is not in ``/tmp``, does not count there, and survives a kill."""
    import boto3

    (tmp_path / "app.py").write_text(OUTSIDE)
    s3, (_, url) = boto3.client("s3", region_name="us-east-1"), queue()
    s3.create_bucket(Bucket="photos")
    large = service.create_function("app.large", code=tmp_path, timeout=10, ephemeral_storage=512)
    assert large.invoke({}).raise_for_error().payload == []
    polls = service.create_function("app.polls_too_long", code=tmp_path, timeout=10, function_name="polls")
    response = polls.invoke(url)
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert [str(call) for call in response.aws_calls] == ["s3:PutObject", "sqs:ReceiveMessage -> ProcessKilled"]
    assert s3.get_object(Bucket="photos", Key="large")["Body"].read() == b"y" * 20_000_000


def test_moto_runs_as_nobody_s_code(service: LambdaService) -> None:
    """Where moto answers there is no environment around it, though its clock is the handler's."""
    import boto3
    from moto.sqs.models import SQSBackend

    seen: list[Any] = []

    def create_queue(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append((current.life, current.files, current.aws_calls, time.time()))
        return real(self, *args, **kwargs)

    def handler(event: Any, context: Any) -> float:
        time.sleep(5)
        boto3.client("sqs").create_queue(QueueName="mine")
        assert current.life is not None
        return time.time()

    real = SQSBackend.create_queue
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQSBackend, "create_queue", create_queue)
        at = service.create_function(handler, timeout=10).invoke().raise_for_error().payload
    assert seen == [(None, None, None, at)]


def test_a_process_that_dies_while_moto_answers(service: LambdaService) -> None:
    """The answer is complete before the process is unwound, and its code learns nothing of it."""
    import boto3
    from moto.sqs.models import SQSBackend

    def send_message(self: Any, *args: Any, **kwargs: Any) -> Any:
        lives[0].end("timeout")
        time.time()
        return real(self, *args, **kwargs)

    def handler(event: Any, context: Any) -> None:
        lives.append(current.life)
        try:
            boto3.client("sqs").send_message(QueueUrl=url, MessageBody="whole")
        finally:
            boto3.client("sqs").send_message(QueueUrl=url, MessageBody="after its end")

    lives: list[Any] = []
    sqs, url = queue()
    real = SQSBackend.send_message
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQSBackend, "send_message", send_message)
        assert service.create_function(handler).invoke().payload["errorType"] == "Sandbox.Timedout"
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["whole"]


def test_a_thousand_calls_are_no_polling(service: LambdaService) -> None:
    """Moto's own looks at the clock take no virtual time."""

    def handler(event: Any, context: Any) -> None:
        from moto.core.utils import unix_time

        life, current.life = current.life, None
        for _ in range(5_000):
            unix_time()
        current.life = life

    response = service.create_function(handler).invoke().raise_for_error()
    assert response.duration.total_seconds() == 0
