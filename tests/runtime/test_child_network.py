"""What child processes can reach."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.model.sandbox import SandboxRules
from pytest_lambda_env.runtime.child_network import CLOSED_PROXY, network_variables

URL = "http://api.example.invalid/"
FETCH = (
    "import sys, urllib.request\n"
    "try: print('ANSWER', urllib.request.urlopen(sys.argv[1]).read().decode())\n"
    "except OSError as error: print('REFUSED', getattr(error, 'reason', error))\n"
)


@pytest.fixture
def server() -> Iterator[int]:
    """An HTTP server of the test's own on loopback; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def child(*command: str) -> str:
    """What a child of a handler prints."""
    printed: list[str] = []

    def handler(event: Any, context: Any) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        printed.append(done.stdout + done.stderr)

    with LambdaService() as service:
        service.create_function(handler, timeout=60).invoke()
    return printed[0].strip()


def test_a_child_that_obeys_proxies_reaches_nobody() -> None:
    """A child Python that fetches a URL is refused at once, by a proxy that nobody runs; no name is looked up."""
    assert child(sys.executable, "-c", FETCH, URL).startswith("REFUSED [Errno")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_reaches_nobody(scheme: str) -> None:
    """So is curl."""
    assert "port 9 " in child("curl", "-sS", f"{scheme}://api.example.invalid/")


def test_a_child_reaches_a_server_of_the_test(server: int) -> None:
    """For this machine there is no proxy."""
    assert child(sys.executable, "-c", FETCH, f"http://127.0.0.1:{server}/") == "ANSWER hello"
    assert child(sys.executable, "-c", FETCH, f"http://localhost:{server}/") == "ANSWER hello"


def test_allowed_hosts_need_no_proxy() -> None:
    """A child is told of allowed hosts as far as ``no_proxy`` can name them; with ``*`` it is told of no proxy."""
    rules = SandboxRules(allowed_hosts=("example.com", "*.example.org", "s3.*.amazonaws.com", "10.0.0.0/8"))
    variables = network_variables(rules)
    assert variables["http_proxy"] == variables["HTTPS_PROXY"] == CLOSED_PROXY
    assert variables["no_proxy"] == variables["NO_PROXY"]
    named = variables["no_proxy"].split(",")
    assert {"example.com", ".example.org", "10.0.0.0/8", "localhost", "::1"} <= set(named)
    assert not any("*" in name for name in named)
    assert network_variables(SandboxRules(allowed_hosts=("*",))) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_has_doors() -> None:
    """A child that is forked off runs the same interpreter: its sockets are held back as its parent's are."""

    def handler(event: Any, context: Any) -> int:
        forked = os.fork()
        if not forked:
            code = 1
            try:
                socket.create_connection(("192.0.2.1", 80), timeout=0.01)
            except NetworkBlocked:
                code = 7
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])

    with LambdaService() as service:
        assert service.create_function(handler, timeout=60).invoke().payload == 7
