"""Unix sockets below ``/tmp``: both ends find each other in the environment's own directory."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction

Deploy = Callable[..., LambdaFunction]

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")


@pytest.mark.fidelity("V42")
@pytest.mark.parametrize("kind", ["stream", "datagram"])
def test_both_ends_meet(deploy: Deploy, kind: str) -> None:
    """What was bound below ``/tmp`` is reached by the same name, and nothing shows the real place."""
    response = deploy(
        """
        import os
        import socket

        def handler(kind, context):
            type = socket.SOCK_STREAM if kind == "stream" else socket.SOCK_DGRAM
            with socket.socket(socket.AF_UNIX, type) as server, socket.socket(socket.AF_UNIX, type) as client:
                server.bind("/tmp/server")
                names = [server.getsockname(), os.listdir("/tmp")]
                if kind == "stream":
                    server.listen()
                    client.connect("/tmp/server")
                    client.send(b"hello")
                    connection, _ = server.accept()
                    with connection:
                        return [*names, connection.recv(10).decode()]
                client.sendto(b"hello", "/tmp/server")
                return [*names, server.recv(10).decode()]
        """
    ).invoke(kind)
    expected: Any = ["/tmp/server", ["server"], "hello"]
    assert response.payload == expected
