"""AWS calls that moto does not answer fail at once, and say why."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.runtime.doors import lookups

HANDLER = """
import boto3
s3 = boto3.client("s3")

def handler(event, context):
    s3.put_object(Bucket="photos", Key="a", Body=b"1")
"""
FAKE: Any = {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A function's code that makes its client at INIT."""
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


def failure(service: LambdaService, handler: Any, **configuration: Any) -> str:
    """The message with which the handler's AWS call was blocked."""
    payload = service.create_function(handler, **{"timeout": 60, **configuration}).invoke().payload
    assert payload["errorType"] == "NetworkBlocked", payload
    return str(payload["errorMessage"])


def test_without_mock_aws(code: Path) -> None:
    """The message names service, operation, host, the call, the client's birthplace, and what to do."""
    with LambdaService() as service:
        response = service.create_function("app.handler", code=code).invoke()
    assert response.payload["errorMessage"] == (
        "s3.PutObject was blocked: it would really be sent to https://photos.s3.amazonaws.com, because no mock_aws is "
        "active. Called at app.py:6 in handler, with the s3 client made at app.py:3 in <module>. Run the test inside "
        'moto\'s mock_aws(), or allow the host: allowed_hosts=["photos.s3.amazonaws.com"] of LambdaService or '
        "lambda_service, ini lambda_allowed_hosts."
    )
    assert [str(call) for call in response.aws_calls] == ["s3:PutObject -> NetworkBlocked"]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_botocore_does_not_retry(mode: str) -> None:
    """Ten attempts allowed, and only one made: a blocked call takes no time, in every mode of retries."""

    def handler(event: Any, context: Any) -> None:
        retries: Any = {"mode": mode, "max_attempts": 10}
        boto3.client("sqs", config=Config(retries=retries)).list_queues()

    with LambdaService() as service:
        failure(service, handler)
        assert service.clock.elapsed.total_seconds() == 0


def test_an_endpoint_that_moto_does_not_take() -> None:
    """Inside mock_aws a call to an endpoint of one's own would still be sent: the message says so."""

    def handler(event: Any, context: Any) -> None:
        boto3.client("sqs", endpoint_url="https://queues.example.invalid").list_queues()

    with mock_aws(), LambdaService() as service:
        message = failure(service, handler)
    assert "sent to https://queues.example.invalid" in message
    assert "moto answers for AWS's own endpoints, and doesn't take https://queues.example.invalid for one" in message
    assert "Make the client without endpoint_url" in message


def test_a_client_of_the_test() -> None:
    """A client that the test has made counts too, and the message says where; one from before can't be located."""
    early = boto3.client("sqs", **FAKE)
    with LambdaService() as service:
        client = boto3.client("sqs", **FAKE)
        message = failure(service, lambda event, context: client.list_queues())
        assert "test_escapes.py:" in message
        assert " in test_a_client_of_the_test." in message
        message = failure(service, lambda event, context: early.list_queues())
        assert "with the sqs client made before the service was opened." in message


def test_a_client_from_before_moto(tmp_path: Path) -> None:
    """A client made before moto was imported goes past it, though mock_aws is active: the message says just that."""
    (tmp_path / "app.py").write_text(
        "import boto3\nsqs = boto3.client('sqs')\n\ndef handler(event, context):\n    sqs.list_queues()\n"
    )
    program = (
        "from pytest_lambda_env import LambdaService\n"
        f"with LambdaService(task_root={str(tmp_path)!r}) as service:\n"
        "    function = service.create_function('app.handler', timeout=60)\n"
        "    print('ANSWER', function.invoke().payload['errorMessage'])\n"
        "    from moto import mock_aws\n"
        "    with mock_aws():\n"
        "        print('ANSWER', function.invoke().payload['errorMessage'])\n"
        "        function.recycle_environments()\n"
        "        print('ANSWER', function.invoke().payload)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    said = [line for line in answer.stdout.splitlines() if line.startswith("ANSWER")]
    without, too_late, wired = said or [answer.stderr] * 3
    assert "no mock_aws is active" in without
    assert "made before moto was imported, so that moto doesn't see its calls" in too_late
    assert "the sqs client made at app.py:2 in <module>" in too_late
    assert "moto.core.patch_client()" in too_late
    assert wired == "ANSWER None"


def test_a_call_from_a_transfer_thread(tmp_path: Path) -> None:
    """A managed upload calls from threads of its own: the error is the same, and comes back at once."""
    (tmp_path / "file").write_bytes(b"1")

    def handler(event: Any, context: Any) -> None:
        boto3.client("s3").upload_file(str(tmp_path / "file"), "photos", "key")

    with LambdaService(visible=[tmp_path]) as service:
        message = failure(service, handler)
        assert service.clock.elapsed.total_seconds() == 0
    assert message.startswith("s3.PutObject was blocked")
    assert "Called in the thread" in message


@pytest.fixture
def answers() -> Iterator[str]:
    """A server on loopback that answers every request with an empty list of queues."""

    class Answer(BaseHTTPRequestHandler):
        """Says the same to everybody."""

        def do_POST(self) -> None:
            """Answer."""
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            """Say nothing to the terminal."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield str(server.server_port)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "dynamo.example.invalid"])
def test_local_and_allowed_endpoints_are_reached(answers: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service on this machine needs no permission; an allowed host has it."""
    real = lookups._real_getaddrinfo
    monkeypatch.setattr(lookups, "_real_getaddrinfo", lambda asked, port, *options: real("127.0.0.1", port, *options))

    def handler(event: Any, context: Any) -> Any:
        client = boto3.client("sqs", endpoint_url=f"http://{host}:{answers}")
        try:
            return client.list_queues()["ResponseMetadata"]["HTTPStatusCode"]
        finally:
            client.close()

    with LambdaService(allowed_hosts=["*.example.invalid"]) as service:
        assert service.create_function(handler, timeout=60).invoke().payload == 200


def test_a_stubbed_client_is_no_escape() -> None:
    """What botocore's own Stubber answers is never sent, so it is never blocked."""

    def handler(event: Any, context: Any) -> Any:
        client = boto3.client("sqs")
        with Stubber(client) as stub:
            stub.add_response("list_queues", {"QueueUrls": ["stubbed"]})
            return client.list_queues()["QueueUrls"]

    with LambdaService() as service:
        assert service.create_function(handler, timeout=60).invoke().payload == ["stubbed"]


def test_the_tests_own_calls_are_its_own() -> None:
    """The error of a call that the test itself makes is botocore's."""
    with LambdaService():
        client = boto3.client(
            "sqs", endpoint_url="http://127.0.0.1:9", config=Config(retries={"max_attempts": 0}), **FAKE
        )
        with pytest.raises(EndpointConnectionError):
            client.list_queues()


def test_a_handler_may_catch_it() -> None:
    """It is an ordinary exception, of this package's own kind."""

    def handler(event: Any, context: Any) -> str:
        try:
            boto3.client("sqs").list_queues()
        except NetworkBlocked:
            return "caught"
        return "sent"

    with LambdaService() as service:
        assert service.create_function(handler, timeout=60).invoke().payload == "caught"


def test_the_taps_are_taken_out() -> None:
    """When the service is closed botocore's classes are as they were."""
    from botocore.client import BaseClient
    from botocore.endpoint import Endpoint

    client, endpoint = BaseClient.__init__, vars(Endpoint)["_do_get_response"]
    with LambdaService():
        assert BaseClient.__init__ is not client
        assert vars(Endpoint)["_do_get_response"] is not endpoint
    assert (BaseClient.__init__, vars(Endpoint)["_do_get_response"]) == (client, endpoint)
