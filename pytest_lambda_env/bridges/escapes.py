"""AWS calls that would leave the machine: they fail at once, naming the client's birthplace and why moto didn't answer.

The doors of sockets stop such a call; botocore would take that for a network's weather, wrap it, and try again
(``standard`` retries). So the error is taken out where botocore receives its response, and told anew in AWS's words.
Nothing is judged beforehand: a stubbed client, a recorded cassette or a server on loopback never come to a socket
that is blocked.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

from pytest_lambda_env.bridges.tap import Method, Tap
from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.runtime.call_site import call_site
from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.network import called_at, how_to_allow

_birthplaces: WeakKeyDictionary[object, str] = WeakKeyDictionary()
"""Where the client of an ``Endpoint`` was made: the test's own clients too, which handlers may have got hold of."""


def _remembering(real_init: Method) -> Method:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        real_init(self, *args, **kwargs)
        _birthplaces[self._endpoint] = call_site()

    return init


def _telling(real_response: Method) -> Method:
    def do_get_response(self: Any, request: Any, operation_model: Any, context: Any) -> Any:
        response, error = real_response(self, request, operation_model, context)
        if current.network is not None and _is_blocked(error):
            raise NetworkBlocked(_message(self, request.url, operation_model))
        return response, error

    return do_get_response


def _is_blocked(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, NetworkBlocked):
            return True
        error = error.__cause__ or error.__context__
    return False


def _message(endpoint: Any, url: str, operation_model: Any) -> str:
    service, operation = operation_model.service_model.service_name, operation_model.name
    origin, host = _origin(url)
    place = _birthplaces.get(endpoint)
    if place is None:
        place = "before the service was opened"
    else:
        place = f"at {place}" if place else "in a library"
    why, instead = _escape(endpoint, f"before-send.{operation_model.service_model.service_id.hyphenize()}.{operation}")
    return (
        f"{service}.{operation} was blocked: it would really be sent to {origin}, because {why}. {called_at()}, with "
        f"the {service} client made {place}. {instead}, or {how_to_allow(host)}."
    )


def _origin(url: str) -> tuple[str, str]:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.hostname or ""


def _escape(endpoint: Any, event: str) -> tuple[str, str]:
    """Why moto did not answer, and what to do about it."""
    stubber: Any = getattr(sys.modules.get("moto.core.models"), "botocore_stubber", None)
    if stubber is None or not stubber.enabled:
        return "no mock_aws is active", "Run the test inside moto's mock_aws()"
    if stubber not in _handlers(endpoint, event):
        return (
            "the client was made before moto was imported, so that moto doesn't see its calls",
            "Import moto before the client is made, or hand the client to moto.core.patch_client()",
        )
    return (
        f"moto answers for AWS's own endpoints, and doesn't take {endpoint.host} for one",
        "Make the client without endpoint_url, or use a server on localhost",
    )


def _handlers(endpoint: Any, event: str) -> Any:
    """Who is asked before a request is sent. botocore has no public way to tell."""
    emitter = endpoint._event_emitter
    emitter = getattr(emitter, "_emitter", emitter)  # behind the one that knows services' old names
    return emitter._handlers.prefix_search(event)


TAPS = (
    Tap("botocore.client", "BaseClient", "__init__", _remembering),
    Tap("botocore.endpoint", "Endpoint", "_do_get_response", _telling),
)
