"""Sockets, as handler code sees them: no connection and no datagram leaves the machine, but to hosts that are allowed.

Whatever library makes a call (``http.client``, urllib3, asyncio, ``ssl``), in the end it connects a socket or sends a
datagram, so these few methods of ``socket.socket`` cover them all. A connection that the test has made and lent to
the handler is looked at when the handler sends. Requests for a name's address are in :mod:`.lookups`.

Not covered, because no function of Python's leads there: C libraries that make their own sockets (libpq and so
psycopg, grpc, pycurl, c-ares, uvloop, librdkafka), ``_socket.socket`` used by itself, ``os.write`` and ``os.sendfile``
to the descriptor of a connection that the test made, what child processes do (they are told of a proxy that is
closed, :mod:`pytest_lambda_env.runtime.child_network`), threads started with ``_thread``, and datagrams of asyncio's
proactor loop on Windows. A proxy on loopback carries calls anywhere.
"""

from __future__ import annotations

import _socket
import asyncio.proactor_events
import functools
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakSet

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.files.sockets import real_address
from pytest_lambda_env.runtime.network import Network, Verdict, blocked, unreachable

_Function = Callable[..., Any]

# As the C class has them: socket.socket makes enumeration members of them, which takes ten times as long.
_family: _Function = _socket.socket.family.__get__
_kind: _Function = _socket.socket.type.__get__
_real_getpeername = _socket.socket.getpeername

_INTERNET = {socket.AF_INET, socket.AF_INET6}
_WITHIN_THE_MACHINE = {
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG", "AF_SYSTEM") if hasattr(socket, name)
}

_to_daemon: WeakSet[socket.socket] = WeakSet()
"""Datagram sockets that handler code has "connected" to the X-Ray daemon."""


def network_of_caller() -> Network | None:
    """The network of the environment that the calling thread belongs to, if any. Code of a dead process is unwound."""
    network = current.network
    if network is not None and current.life is not None:
        current.life.check()
    return network


def host_text(host: object) -> str | None:
    """A host as text; None for what is no host, about which the real function complains best."""
    if isinstance(host, (bytes, bytearray)):
        return host.decode("utf-8", "replace")
    return host if isinstance(host, str) else None


def _host(address: Any) -> str | None:
    return host_text(address[0]) if isinstance(address, tuple) and len(address) > 1 else None


def _verdict(network: Network, sock: Any, address: Any) -> Verdict:
    family = _family(sock)
    if family in _WITHIN_THE_MACHINE:
        return "free"
    if family not in _INTERNET:  # raw frames, Bluetooth, the hypervisor's sockets
        return "free" if network.unlimited else "blocked"
    host = _host(address)
    return "free" if host is None else network.verdict(host, address[1], datagram=_kind(sock) == socket.SOCK_DGRAM)


def _refusal(call: str, address: Any) -> Exception:
    return blocked(f"{call} {address!r}", _host(address) or str(address))


def _connecting(real: _Function, *, answers_with_code: bool) -> _Function:
    @functools.wraps(real)
    def door(self: Any, address: Any, /) -> Any:
        __tracebackhide__ = True
        network = network_of_caller()
        if network is None:
            return real(self, address)
        verdict = _verdict(network, self, address)
        if verdict == "free":
            result = real(self, real_address(_family(self), address))
            _learn_peer(network, self, address)
            return result
        if verdict == "blocked":
            # Callers close a socket that they can't connect, but only after an OSError.
            self.close()
            raise _refusal("connect to", address)
        if verdict == "unreachable":
            error = unreachable()
            if answers_with_code:
                return error.errno
            raise error
        _to_daemon.add(self)
        return 0 if answers_with_code else None

    return door


def _learn_peer(network: Network, sock: Any, address: Any) -> None:
    """A socket that was given a name has looked its address up by itself."""
    host = _host(address)
    if host is not None and network.rules.allowed_hosts:
        peer = _peer(sock)
        if peer is not None:
            network.learn(host, [peer[0]])


def _peer(sock: Any) -> Any:
    try:
        return _real_getpeername(sock)
    except OSError:
        return None  # not connected: if it should be, the real function says so


def _sending(real: _Function, *, call: str, address_of: Callable[[tuple[Any, ...]], Any] = lambda _: None) -> _Function:
    """A door for what sends to an address among its arguments, or else to the peer of a connection."""

    @functools.wraps(real)
    def door(self: Any, *arguments: Any) -> Any:
        __tracebackhide__ = True
        if _is_wake_up_call(self):
            return real(self, *arguments)
        network = network_of_caller()
        if network is None or not arguments:
            return real(self, *arguments)
        if _family(self) in _WITHIN_THE_MACHINE:
            paths = (real_address(_family(self), each) if isinstance(each, str) else each for each in arguments[1:])
            return real(self, arguments[0], *paths)
        address = address_of(arguments)
        if address is None:
            address = _peer(self)
            if address is None and _family(self) in _INTERNET and self not in _to_daemon:
                return real(self, *arguments)
        verdict = "vanishes" if address is None and self in _to_daemon else _verdict(network, self, address)
        if verdict == "free":
            return real(self, *arguments)
        if verdict == "vanishes":
            return _length(arguments[0])
        if verdict == "unreachable":
            raise unreachable()
        raise _refusal(call, address)

    return door


def _is_wake_up_call(sock: Any) -> bool:
    """An event loop of a dead process wakes itself, to cancel its tasks, through a pair of sockets without names."""
    life = current.life
    return life is not None and life.over and _family(sock) in _WITHIN_THE_MACHINE and not _peer(sock)


def _length(data: Any) -> int:
    """The bytes in a buffer, or in a sequence of buffers as ``sendmsg`` takes them."""
    try:
        return memoryview(data).nbytes
    except TypeError:
        return sum(memoryview(buffer).nbytes for buffer in data)


def _connecting_loop(real: _Function) -> _Function:
    """The proactor loop of asyncio (Windows) connects past ``socket.socket``."""

    @functools.wraps(real)
    async def door(self: Any, sock: Any, address: Any) -> Any:
        __tracebackhide__ = True
        network = network_of_caller()
        verdict = "free" if network is None else _verdict(network, sock, address)
        if verdict == "free":
            return await real(self, sock, address)
        sock.close()
        raise _refusal("connect to", address) if verdict == "blocked" else unreachable()

    return door


def doors() -> Iterable[Door]:
    """The methods of sockets that connect or send. The C class has most of them; the doors are the Python class's."""
    kind: Any = socket.socket
    yield Door(kind, "connect", kind.connect, _connecting(kind.connect, answers_with_code=False))
    yield Door(kind, "connect_ex", kind.connect_ex, _connecting(kind.connect_ex, answers_with_code=True))
    yield Door(kind, "send", kind.send, _sending(kind.send, call="send to"))
    yield Door(kind, "sendall", kind.sendall, _sending(kind.sendall, call="send to"))
    last = _sending(kind.sendto, call="send to", address_of=lambda given: given[-1] if len(given) > 1 else None)
    yield Door(kind, "sendto", kind.sendto, last)
    if hasattr(kind, "sendmsg"):
        fourth = _sending(kind.sendmsg, call="send to", address_of=lambda given: given[3] if len(given) > 3 else None)
        yield Door(kind, "sendmsg", kind.sendmsg, fourth)
    tls: Any = ssl.SSLSocket
    yield Door(tls, "send", tls.send, _sending(tls.send, call="send to"))
    yield Door(tls, "write", tls.write, _sending(tls.write, call="send to"))
    proactor: Any = asyncio.proactor_events.BaseProactorEventLoop
    yield Door(proactor, "sock_connect", proactor.sock_connect, _connecting_loop(proactor.sock_connect))
