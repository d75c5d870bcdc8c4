"""AWS calls of handler code: recorded, and refused to the dead."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaService

HANDLER = """
import time
import boto3
s3 = boto3.client("s3")

def handler(event, context):
    s3.put_object(Bucket="photos", Key="a", Body=b"1")
    time.sleep(2)
    try:
        s3.get_object(Bucket="photos", Key="missing")
    except s3.exceptions.NoSuchKey:
        pass
    return "done"

def dies(event, context):
    try:
        time.sleep(900)
    finally:
        s3.put_object(Bucket="photos", Key="after-death", Body=b"1")
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A function's code that talks to S3."""
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


def test_calls_are_recorded(code: Path) -> None:
    """``aws_calls`` has service, operation, parameters, times and error of each call, in order."""
    import boto3
    from moto import mock_aws

    with mock_aws(), LambdaService() as service:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="photos")
        response = service.create_function("app.handler", code=code, timeout=10).invoke()
    assert response.payload == "done"
    assert [str(call) for call in response.aws_calls] == ["s3:PutObject", "s3:GetObject -> NoSuchKey"]
    put, get = response.aws_calls
    assert put.parameters["Key"] == "a"
    assert get.started - put.ended == 2_000_000


def test_the_dead_call_nobody(code: Path) -> None:
    """An AWS call in a ``finally`` after the deadline has no effect."""
    import boto3
    from moto import mock_aws

    with mock_aws(), LambdaService() as service:
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="photos")
        response = service.create_function("app.dies", code=code).invoke()
        assert response.payload["errorType"] == "Sandbox.Timedout"
        assert "Contents" not in s3.list_objects_v2(Bucket="photos")


def test_the_tap_is_taken_out() -> None:
    """When the service is closed botocore's client class is as it was."""
    from botocore.client import BaseClient

    client: Any = BaseClient
    before = client._make_api_call
    with LambdaService():
        assert client._make_api_call is not before
    assert client._make_api_call is before


def test_retries_of_botocore_take_virtual_time(code: Path) -> None:
    """The pauses between botocore's own retries cost virtual time, and no real time."""
    (code / "app.py").write_text(
        "import boto3\n"
        "from botocore.config import Config\n"
        "from botocore.exceptions import EndpointConnectionError\n"
        "retries = Config(retries={'max_attempts': 3, 'mode': 'legacy'})\n"
        "sqs = boto3.client('sqs', endpoint_url='http://127.0.0.1:9', config=retries)\n"
        "def handler(event, context):\n"
        "    try:\n"
        "        sqs.list_queues()\n"
        "    except EndpointConnectionError:\n"
        "        return 'refused'\n"
    )
    began = time.perf_counter()
    with LambdaService() as service:
        response = service.create_function("app.handler", code=code, timeout=60).invoke()
    assert response.payload == "refused"
    assert response.duration.total_seconds() > 0
    assert [call.error for call in response.aws_calls] == ["EndpointConnectionError"]
    assert time.perf_counter() - began < 60


def test_botocore_is_not_imported_for_nothing(tmp_path: Path) -> None:
    """A handler without boto3 runs without botocore and moto; one that imports it later is recorded all the same."""
    (tmp_path / "plain.py").write_text("def handler(event, context): return 1\n")
    (tmp_path / "app.py").write_text(
        "def handler(event, context):\n"
        "    import boto3\n"
        "    from moto import mock_aws\n"
        "    with mock_aws():\n"
        "        boto3.client('sqs').list_queues()\n"
    )
    program = (
        "import sys\n"
        "from pytest_lambda_env import LambdaService\n"
        f"with LambdaService(task_root={str(tmp_path)!r}) as service:\n"
        "    assert service.create_function('plain.handler').invoke().payload == 1\n"
        "    assert not {'botocore', 'boto3', 'moto'} & set(sys.modules)\n"
        "    response = service.create_function('app.handler', timeout=60).invoke()\n"
        "    print(response.payload, *response.aws_calls)\n"
        "    from botocore.client import BaseClient\n"
        "assert BaseClient._make_api_call.__qualname__ == 'BaseClient._make_api_call'\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.stderr) == ("None sqs:ListQueues\n", "")
