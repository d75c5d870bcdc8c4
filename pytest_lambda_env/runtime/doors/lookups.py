"""Requests for the address of a name, and for the name of an address: none of them asks a name server.

Names of this machine and of allowed hosts are looked up as ever; what an allowed name leads to may be connected to. An
address written as a number is no question to anybody.
"""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Callable, Iterable
from typing import Any

from pytest_lambda_env.model.hosts import address_of, plain_name
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.network import host_text, network_of_caller
from pytest_lambda_env.runtime.network import Network, blocked

_Function = Callable[..., Any]

# Each of these is captured here, before its door opens.
_real_getaddrinfo = socket.getaddrinfo
_real_getnameinfo = socket.getnameinfo


def _check_name(network: Network, host: object, port: object = None) -> None:
    """Raise what blocks the question for a name's address."""
    text = host_text(host)
    if text is None or address_of(text) is not None or network.verdict_on_name(text) == "free":
        return
    raise blocked(f"look up {text!r}" if port is None else f"look up {(text, port)!r}", text)


def _check_address(network: Network, host: object) -> None:
    """Raise what blocks the question for the name of an address."""
    text = host_text(host)
    if text is not None and network.verdict(text) != "free":
        raise blocked(f"look up the name of {text!r}", text)


def _getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0  # noqa: A002 - its name
) -> Any:  # fmt: skip
    __tracebackhide__ = True
    network = network_of_caller()
    if network is None or flags & socket.AI_NUMERICHOST:
        return _real_getaddrinfo(host, port, family, type, proto, flags)
    _check_name(network, host, port)
    text = host_text(host)
    if text is not None and f".{plain_name(text)}".endswith(".localhost"):
        # For "localhost." and "app.localhost" some resolvers ask the world, though RFC 6761 says they should not.
        host = "localhost"
    found = _real_getaddrinfo(host, port, family, type, proto, flags)
    if text is not None:
        network.learn(text, (address[0] for *_, address in found))
    return found


def _of_name(name: str, addresses: Callable[[Any], Iterable[str]]) -> _Function:
    """``gethostbyname`` and ``gethostbyname_ex``."""
    real = getattr(socket, name)

    @functools.wraps(real)
    def door(hostname: Any, /) -> Any:
        __tracebackhide__ = True
        network = network_of_caller()
        if network is None:
            return real(hostname)
        _check_name(network, hostname)
        found = real(hostname)
        network.learn(host_text(hostname) or "", addresses(found))
        return found

    return door


def _gethostbyaddr_door() -> _Function:
    real = socket.gethostbyaddr

    @functools.wraps(real)
    def door(host: Any, /) -> Any:
        __tracebackhide__ = True
        network = network_of_caller()
        if network is not None:
            _check_address(network, host)
        return real(host)

    return door


def _getnameinfo(sockaddr: Any, flags: Any, /) -> Any:
    __tracebackhide__ = True
    network = network_of_caller()
    if network is not None and isinstance(sockaddr, tuple) and sockaddr and not _asks_for_numbers(flags):
        _check_address(network, sockaddr[0])
    return _real_getnameinfo(sockaddr, flags)


def _asks_for_numbers(flags: Any) -> bool:
    return isinstance(flags, int) and bool(flags & socket.NI_NUMERICHOST)


def _in_loop(real: _Function, check: Callable[..., None]) -> _Function:
    """A door for what an event loop does in another thread or task, where the handler's own frames can't be seen."""

    @functools.wraps(real)
    async def door(self: Any, *arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        network = network_of_caller()
        if network is not None:
            check(network, *arguments, **options)
        return await real(self, *arguments, **options)

    return door


def _check_loop_lookup(network: Network, host: Any, port: Any = None, *_: Any, flags: int = 0, **__: Any) -> None:
    if not flags & socket.AI_NUMERICHOST:
        _check_name(network, host, port)


def _check_loop_connection(network: Network, _: Any, host: Any = None, port: Any = None, **__: Any) -> None:
    # With happy_eyeballs_delay asyncio loses every error but an OSError.
    text = host_text(host)
    if text is not None and network.verdict(text) == "blocked":
        raise blocked(f"connect to {(text, port)!r}", text)


def doors() -> Iterable[Door]:
    """The functions of ``socket`` that ask a name server, and those of event loops that have them do it."""
    yield Door(socket, "getaddrinfo", _real_getaddrinfo, functools.wraps(_real_getaddrinfo)(_getaddrinfo))
    # Staticmethods, because the originals do not bind either.
    found_by_name: dict[str, Callable[[Any], Iterable[str]]] = {
        "gethostbyname": lambda address: (address,),
        "gethostbyname_ex": lambda found: found[2],
    }
    for name, addresses in found_by_name.items():
        yield Door(socket, name, getattr(socket, name), staticmethod(_of_name(name, addresses)))
    yield Door(socket, "gethostbyaddr", socket.gethostbyaddr, staticmethod(_gethostbyaddr_door()))
    getnameinfo = functools.wraps(_real_getnameinfo)(_getnameinfo)
    yield Door(socket, "getnameinfo", _real_getnameinfo, staticmethod(getnameinfo))
    loop: Any = asyncio.BaseEventLoop
    yield Door(loop, "getaddrinfo", loop.getaddrinfo, _in_loop(loop.getaddrinfo, _check_loop_lookup))
    yield Door(
        loop, "create_connection", loop.create_connection, _in_loop(loop.create_connection, _check_loop_connection)
    )
