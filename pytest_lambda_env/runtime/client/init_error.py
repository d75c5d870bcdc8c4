"""How the error of a failed init reaches the service: as the body of an HTTP request, in Latin-1.

Results of invocations leave through the runtime's C extension, as UTF-8. The error of an init goes through Python's own
HTTP client, which takes text for Latin-1: an error that Latin-1 can't carry ends the process before it is sent, and the
service only hears that the runtime exited. Runtimes up to 3.11 escape what is not ASCII, so theirs always arrives.
"""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any

from pytest_lambda_env.runtime.client.faults import ErrorObject

_PATH = "/2018-06-01/runtime/init/error"
_HEADER = "Lambda-Runtime-Function-Error-Type"


def posted(error: ErrorObject, text: str) -> bytes:
    """The body of the request that posts an error, ``text`` being its JSON. Raises what the HTTP client raises."""
    request = _Unsent("localhost")
    request.request("POST", _PATH, text, {_HEADER: error["errorType"]})
    return request.sent.partition(b"\r\n\r\n")[2]


class _Unsent(HTTPConnection):
    """Puts a request together as the client does, and sends nothing."""

    sent = b""

    def send(self, data: Any) -> None:
        self.sent += data
