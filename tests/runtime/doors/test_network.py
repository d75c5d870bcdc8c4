"""Sockets and look-ups of handler code stop at this machine, however they are spelled.

Names end in ``.invalid`` and addresses are those reserved for documentation, so that a door left open reaches nobody.
"""

from __future__ import annotations

import array
import asyncio
import asyncio.proactor_events
import errno
import http.client
import os
import smtplib
import socket
import ssl
import threading
import time
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from socket import create_connection as captured_create_connection
from socket import getaddrinfo as captured_getaddrinfo
from socket import gethostbyname as captured_gethostbyname
from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.runtime.doors import lookups, network

NAME = "api.example.invalid"
V4, V6 = "192.0.2.1", "2001:db8::1"


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service whose handlers may reach nobody."""
    with LambdaService() as service:
        yield service


def run(service: LambdaService, work: Callable[[], Any], **configuration: Any) -> Any:
    """What ``work`` returns, or the exception it raises, as handler code; a response that is one fails the test."""
    outcome: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        try:
            outcome.append(work())
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcome.append(error)

    service.create_function(handler, function_name=f"fn{os.urandom(4).hex()}", timeout=60, **configuration).invoke()
    assert outcome, service.last_log(20)
    return outcome[0]


def tcp(family: int = socket.AF_INET) -> socket.socket:
    """A new TCP socket."""
    return socket.socket(family, socket.SOCK_STREAM)


def udp(family: int = socket.AF_INET) -> socket.socket:
    """A new UDP socket."""
    return socket.socket(family, socket.SOCK_DGRAM)


def impatient() -> socket.socket:
    """A new TCP socket that does not wait."""
    sock = tcp()
    sock.setblocking(False)
    return sock


def with_socket(sock: Callable[[], socket.socket], use: Callable[[socket.socket], Any]) -> Callable[[], Any]:
    """``use`` of a new socket."""

    def work() -> Any:
        with sock() as made:
            return use(made)

    return work


def with_connection(host: str, use: Callable[[http.client.HTTPConnection], Any]) -> Any:
    """``use`` of a connection to the host."""
    return use(http.client.HTTPConnection(host))


async def sends_a_datagram(address: Any) -> None:
    """A datagram through an event loop."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
    transport.sendto(b"x")
    transport.close()
    await asyncio.sleep(0)


async def connects_by_hand(address: Any) -> None:
    """``loop.sock_connect``."""
    with tcp() as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)


async def in_loop(method: str, *arguments: Any) -> Any:
    """A method of the running loop."""
    return await getattr(asyncio.get_running_loop(), method)(*arguments)


def via_tls(host: str) -> Any:
    """A TLS socket that connects by itself."""
    with ssl.create_default_context().wrap_socket(tcp(), server_hostname=NAME) as sock:
        sock.connect((host, 443))


def via_thread(work: Callable[[], Any]) -> Any:
    """``work`` in a thread of the handler's own."""
    raised: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except NetworkBlocked as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    raise raised[0]


SPELLINGS: dict[str, tuple[Callable[[], Any], str]] = {
    # connecting, to names and addresses
    "connect": (with_socket(tcp, lambda s: s.connect((NAME, 443))), f"connect to ('{NAME}', 443)"),
    "connect, address": (with_socket(tcp, lambda s: s.connect((V4, 443))), f"connect to ('{V4}', 443)"),
    "connect, bytes": (with_socket(tcp, lambda s: s.connect((b"192.0.2.1", 443))), "connect to (b'192.0.2.1', 443)"),
    "connect, old spelling": (with_socket(tcp, lambda s: s.connect(("0xC0000201", 1))), "connect to ('0xC0000201', 1)"),
    "connect, IPv6": (
        with_socket(lambda: tcp(socket.AF_INET6), lambda s: s.connect((V6, 443))),
        f"connect to ('{V6}', 443)",
    ),
    "connect, IPv4 in IPv6": (
        with_socket(lambda: tcp(socket.AF_INET6), lambda s: s.connect(("::ffff:192.0.2.1", 443))),
        "connect to ('::ffff:192.0.2.1', 443)",
    ),
    "connect_ex": (with_socket(tcp, lambda s: s.connect_ex((V4, 443))), f"connect to ('{V4}', 443)"),
    "connect, unblocking": (
        with_socket(impatient, lambda s: s.connect((V4, 443))),
        f"connect to ('{V4}', 443)",
    ),
    "connect, UDP": (with_socket(udp, lambda s: s.connect((V4, 53))), f"connect to ('{V4}', 53)"),
    "create_connection": (lambda: socket.create_connection((NAME, 443)), f"look up ('{NAME}', 443)"),
    "create_connection, address": (lambda: socket.create_connection((V4, 443)), f"connect to ('{V4}', 443)"),
    "create_connection, captured": (lambda: captured_create_connection((NAME, 443)), f"look up ('{NAME}', 443)"),
    "TLS": (lambda: via_tls(V4), f"connect to ('{V4}', 443)"),
    "a thread": (lambda: via_thread(lambda: socket.create_connection((V4, 443))), f"connect to ('{V4}', 443)"),
    # datagrams
    "sendto": (with_socket(udp, lambda s: s.sendto(b"x", (V4, 53))), f"send to ('{V4}', 53)"),
    "sendto, name": (with_socket(udp, lambda s: s.sendto(b"x", (NAME, 53))), f"send to ('{NAME}', 53)"),
    "sendto, flags": (with_socket(udp, lambda s: s.sendto(b"x", 0, (V4, 53))), f"send to ('{V4}', 53)"),
    "broadcast": (with_socket(udp, lambda s: s.sendto(b"x", ("<broadcast>", 9))), "send to ('<broadcast>', 9)"),
    "multicast": (with_socket(udp, lambda s: s.sendto(b"x", ("224.0.0.251", 5353))), "send to ('224.0.0.251', 5353)"),
    # look-ups
    "getaddrinfo": (lambda: socket.getaddrinfo(NAME, 443), f"look up ('{NAME}', 443)"),
    "getaddrinfo, keywords": (lambda: socket.getaddrinfo(host=NAME, port=None), f"look up '{NAME}'"),
    "getaddrinfo, bytes": (lambda: socket.getaddrinfo(NAME.encode(), 443), f"look up ('{NAME}', 443)"),
    "getaddrinfo, captured": (lambda: captured_getaddrinfo(NAME, 443), f"look up ('{NAME}', 443)"),
    "gethostbyname": (lambda: socket.gethostbyname(NAME), f"look up '{NAME}'"),
    "gethostbyname, captured": (lambda: captured_gethostbyname(NAME), f"look up '{NAME}'"),
    "gethostbyname_ex": (lambda: socket.gethostbyname_ex(NAME), f"look up '{NAME}'"),
    "gethostbyaddr": (lambda: socket.gethostbyaddr(V4), f"look up the name of '{V4}'"),
    "gethostbyaddr, name": (lambda: socket.gethostbyaddr(NAME), f"look up the name of '{NAME}'"),
    "getfqdn": (lambda: socket.getfqdn(V4), f"look up the name of '{V4}'"),
    "getnameinfo": (lambda: socket.getnameinfo((V4, 443), 0), f"look up the name of '{V4}'"),
    # protocols of the standard library
    "http.client": (lambda: with_connection(NAME, lambda c: c.request("GET", "/")), f"look up ('{NAME}', 80)"),
    "https": (lambda: http.client.HTTPSConnection(NAME).request("GET", "/"), f"look up ('{NAME}', 443)"),
    "urlopen": (lambda: urllib.request.urlopen(f"https://{NAME}/"), f"look up ('{NAME}', 443)"),
    "urlopen, address": (lambda: urllib.request.urlopen(f"http://{V4}/"), f"connect to ('{V4}', 80)"),
    "smtplib": (lambda: smtplib.SMTP(NAME, 25), f"look up ('{NAME}', 25)"),
    "xmlrpc": (lambda: xmlrpc.client.ServerProxy(f"http://{NAME}/").ping(), f"look up ('{NAME}', 80)"),
    # asyncio
    "open_connection": (lambda: asyncio.run(asyncio.open_connection(NAME, 443)), f"connect to ('{NAME}', 443)"),
    "open_connection, address": (lambda: asyncio.run(asyncio.open_connection(V4, 443)), f"connect to ('{V4}', 443)"),
    "happy eyeballs": (
        lambda: asyncio.run(asyncio.open_connection(V4, 443, happy_eyeballs_delay=0.1)),
        f"connect to ('{V4}', 443)",
    ),
    "open_connection, TLS": (
        lambda: asyncio.run(asyncio.open_connection(NAME, 443, ssl=True)),
        f"connect to ('{NAME}', 443)",
    ),
    "sock_connect": (lambda: asyncio.run(connects_by_hand((V4, 443))), f"connect to ('{V4}', 443)"),
    "sock_connect, name": (lambda: asyncio.run(connects_by_hand((NAME, 443))), f"look up ('{NAME}', 443)"),
    "datagram endpoint": (lambda: asyncio.run(sends_a_datagram((V4, 53))), f"connect to ('{V4}', 53)"),
    "datagram endpoint, name": (lambda: asyncio.run(sends_a_datagram((NAME, 53))), f"look up ('{NAME}', 53)"),
    "loop.getaddrinfo": (lambda: asyncio.run(in_loop("getaddrinfo", NAME, 443)), f"look up ('{NAME}', 443)"),
    "loop.getnameinfo": (lambda: asyncio.run(in_loop("getnameinfo", (V4, 443))), f"look up the name of '{V4}'"),
}
if hasattr(socket.socket, "sendmsg"):
    SPELLINGS["sendmsg"] = (
        with_socket(udp, lambda s: s.sendmsg([b"x"], [], 0, (V4, 53))),
        f"send to ('{V4}', 53)",
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_call_leaves_the_machine(service: LambdaService, spelling: str) -> None:
    """However a handler calls another host, ``NetworkBlocked`` names the call, the place and the cure."""
    work, call = SPELLINGS[spelling]
    error = run(service, work)
    assert isinstance(error, NetworkBlocked), error
    assert not isinstance(error, OSError)
    message = str(error)
    assert message.startswith(f"{call} was blocked")
    assert f"{os.path.basename(__file__)}:" in message or "in the thread" in message
    assert "Mock the call" in message
    assert "lambda_allowed_hosts" in message


@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_libraries_neither_retry_nor_wrap(service: LambdaService, library: str) -> None:
    """With a back-off of minutes and ten retries, the call fails at once: it is not the network's fault."""
    module = pytest.importorskip(library)
    urllib3 = pytest.importorskip("urllib3")
    retry = urllib3.util.Retry(total=10, connect=10, backoff_factor=60)

    def with_urllib3() -> None:
        with urllib3.PoolManager(retries=retry) as pool:
            pool.request("GET", f"https://{NAME}/")

    def with_requests() -> None:
        with module.Session() as session:
            session.mount("https://", module.adapters.HTTPAdapter(max_retries=retry))
            session.get(f"https://{NAME}/")

    before = service.clock.elapsed
    error = run(service, with_urllib3 if library == "urllib3" else with_requests)
    assert isinstance(error, NetworkBlocked)
    assert service.clock.elapsed == before


def test_the_place_is_the_handlers_own_line(service: LambdaService, tmp_path: Any) -> None:
    """The message says path, line and function of the handler's code, not of the library that called for it."""
    (tmp_path / "app.py").write_text(
        "import urllib.request\n\ndef fetch(url):\n    return urllib.request.urlopen(url)\n\n"
        f"def handler(event, context):\n    return fetch('https://{NAME}/')\n"
    )
    response = service.create_function("app.handler", code=tmp_path).invoke()
    assert response.payload["errorType"] == "NetworkBlocked"
    assert "Called at app.py:4 in fetch." in response.payload["errorMessage"]
    assert f'allowed_hosts=["{NAME}"]' in response.payload["errorMessage"]


def test_init_reaches_nobody_either(service: LambdaService, tmp_path: Any) -> None:
    """Code that runs when the module is imported is handler code too."""
    (tmp_path / "app.py").write_text(f"import socket\nsocket.create_connection(('{V4}', 80))\n")
    response = service.create_function("app.handler", code=tmp_path).invoke()
    assert response.payload["errorType"] == "NetworkBlocked"
    assert "app.py:2 in <module>" in response.payload["errorMessage"]


def test_a_socket_that_could_not_connect_is_closed(service: LambdaService) -> None:
    """Callers close a socket after an OSError only; it must not stay open after this error."""
    made = run(service, tcp)
    assert isinstance(run(service, lambda: made.connect((V4, 80))), NetworkBlocked)
    assert made.fileno() == -1


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A TCP server of the test's own on loopback, which answers with what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(connection.recv(100))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.fixture
def udp_echo() -> Iterator[tuple[str, int]]:
    """A UDP server of the test's own on loopback."""
    with udp() as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, sender = server.recvfrom(100)
                if data == b"stop":
                    return
                server.sendto(data, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()
        with udp() as last:
            last.sendto(b"stop", server.getsockname())
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST.", "127.1", "app.localhost"])
def test_a_server_of_the_test_is_reached(service: LambdaService, echo: tuple[str, int], host: str) -> None:
    """A handler talks TCP to a server in a fixture, by address and by every name of this machine."""

    def work() -> bytes:
        with socket.create_connection((host, echo[1])) as sock:
            sock.sendall(b"hello")
            return sock.recv(100)

    assert run(service, work) == b"hello"


def test_a_server_of_the_test_is_reached_by_asyncio(service: LambdaService, echo: tuple[str, int]) -> None:
    """So does an event loop, which looks the name up in a thread."""

    async def talk() -> bytes:
        reader, writer = await asyncio.open_connection("localhost", echo[1], family=socket.AF_INET)
        writer.write(b"hello")
        answer = await reader.read(100)
        writer.close()
        await writer.wait_closed()
        return answer

    assert run(service, lambda: asyncio.run(talk())) == b"hello"


@pytest.mark.parametrize("connected", [False, True])
def test_datagrams_reach_a_server_of_the_test(
    service: LambdaService, udp_echo: tuple[str, int], connected: bool
) -> None:
    """Datagrams to loopback arrive, with an address each or on a connected socket."""

    def work() -> bytes:
        with udp() as sock:
            if connected:
                sock.connect(udp_echo)
                sock.send(b"hello")
            else:
                sock.sendto(b"hello", udp_echo)
            return sock.recv(100)

    assert run(service, work) == b"hello"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")
def test_unix_sockets_are_free(service: LambdaService) -> None:
    """What has no network has no door."""

    def work() -> bytes:
        left, right = socket.socketpair()
        with left, right:
            left.sendall(b"hello")
            return right.recv(100)

    assert run(service, work) == b"hello"


def test_what_asks_nobody_is_free(service: LambdaService) -> None:
    """Addresses written as numbers, numeric answers, and this machine's own name need no name server."""
    assert run(service, lambda: socket.getaddrinfo(V4, 443, type=socket.SOCK_STREAM)[0][4]) == (V4, 443)
    assert run(service, lambda: socket.gethostbyname(V4)) == V4
    assert run(service, lambda: socket.getnameinfo((V4, 443), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)) == (
        V4,
        "443",
    )
    assert run(service, lambda: socket.getaddrinfo(None, 80, flags=socket.AI_PASSIVE))
    numeric_only = run(service, lambda: socket.getaddrinfo(NAME, 80, flags=socket.AI_NUMERICHOST))
    assert isinstance(numeric_only, socket.gaierror)
    own = run(service, lambda: socket.gethostbyname(socket.gethostname()))
    assert not isinstance(own, NetworkBlocked)


def test_wrong_arguments_get_the_real_errors(service: LambdaService) -> None:
    """What is no address at all is refused by the function itself, as anywhere."""
    assert isinstance(run(service, with_socket(tcp, lambda s: s.connect("nonsense"))), TypeError)
    assert isinstance(run(service, with_socket(udp, lambda s: s.sendto(b"x", None))), TypeError)  # type: ignore[call-overload]
    assert isinstance(run(service, with_socket(tcp, lambda s: s.send())), TypeError)  # type: ignore[call-arg]


def test_a_lent_connection_sends_nothing(service: LambdaService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that the test has made to another host is of no use to the handler."""
    with udp() as sock, udp() as server:
        server.bind(("127.0.0.1", 0))
        sock.connect(server.getsockname())
        # Its peer is told to be a host beyond: the test itself calls nobody.
        monkeypatch.setattr(network, "_real_getpeername", lambda _: (V4, 443))
        for send in (sock.send, sock.sendall, lambda data: sock.sendmsg([data])):
            error = run(service, lambda send=send: send(b"secret"))  # type: ignore[misc]
            assert isinstance(error, NetworkBlocked)
            assert str(error).startswith(f"send to ('{V4}', 443) was blocked")
        sock.send(b"from the test")
        assert server.recv(100) == b"from the test"


def test_the_dead_send_nothing() -> None:
    """After its deadline a handler's ``finally`` can neither connect nor send, not even to this machine."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)

    def handler(event: Any, context: Any) -> None:
        try:
            time.sleep(900)
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"after death", udp.getsockname())

    with udp, LambdaService() as service:
        response = service.create_function(handler).invoke()
        assert response.payload["errorType"] == "Sandbox.Timedout"
        with pytest.raises(BlockingIOError):
            udp.recv(100)


def test_a_lent_tls_connection_sends_nothing(service: LambdaService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one that the test has made with TLS, which writes past ``socket.socket``."""
    with ssl.create_default_context().wrap_socket(tcp(), server_hostname=NAME) as sock:
        monkeypatch.setattr(network, "_real_getpeername", lambda _: (V4, 443))
        for send in (sock.send, sock.sendall, sock.write):
            error = run(service, lambda send=send: send(b"secret"))  # type: ignore[misc]
            assert isinstance(error, NetworkBlocked), error


def test_other_families_are_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets that know no hosts (raw frames, Bluetooth, a hypervisor's) need a ``*``."""
    with LambdaService() as strict, LambdaService(allowed_hosts=["*"]) as free, udp() as sock:
        monkeypatch.setattr(network, "_family", lambda _: 40)
        for work in (lambda: sock.connect_ex((2, 1)), lambda: sock.send(b"x"), lambda: sock.sendto(b"x", (2, 1))):
            assert isinstance(run(free, work), TypeError | OSError | int)
            assert isinstance(run(strict, work), NetworkBlocked)


def test_the_proactor_loop(service: LambdaService) -> None:
    """The event loop of Windows connects past ``socket.socket``, so it has a door of its own."""

    async def connects(address: tuple[str, int]) -> None:
        with udp() as sock:
            await asyncio.proactor_events.BaseProactorEventLoop.sock_connect(None, sock, address)  # type: ignore[arg-type]

    assert isinstance(run(service, lambda: asyncio.run(connects((V4, 443)))), NetworkBlocked)
    error = run(service, lambda: asyncio.run(connects(("169.254.169.254", 80))))
    assert isinstance(error, OSError)
    assert error.errno == errno.EHOSTUNREACH


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")
def test_a_dead_event_loop_may_wake_itself(service: LambdaService) -> None:
    """The pair of sockets by which a loop wakes itself works after the deadline, so that its tasks are cancelled."""
    left, right = socket.socketpair()
    right.setblocking(False)

    def handler(event: Any, context: Any) -> None:
        try:
            time.sleep(900)
        finally:
            left.send(b"wake")

    with left, right:
        response = service.create_function(handler).invoke()
        assert response.payload["errorType"] == "Sandbox.Timedout"
        assert right.recv(100) == b"wake"


def test_only_handlers_are_held_back(service: LambdaService) -> None:
    """The test's own thread and its servers' threads have the network as it is."""
    assert socket.getaddrinfo is not lookups._real_getaddrinfo
    errors: list[Any] = []

    def asks() -> None:
        with tcp() as sock:
            sock.settimeout(0)
            # Port 0 can't be connected to: the system's own error, without a packet.
            errors.append(sock.connect_ex(("127.0.0.1", 0)))

    asks()
    thread = threading.Thread(target=asks)
    thread.start()
    thread.join()
    assert all(isinstance(error, int) and error for error in errors)
    assert len(errors) == 2


def test_the_classes_are_as_they_were() -> None:
    """``socket.socket`` inherits ``connect`` from C: it has an attribute of its own only while a service is open."""
    before = dict(vars(socket.socket)), socket.getaddrinfo, asyncio.BaseEventLoop.create_connection
    assert "connect" not in vars(socket.socket)
    with LambdaService():
        assert "connect" in vars(socket.socket)
        with LambdaService():
            pass
        assert "connect" in vars(socket.socket)
    assert (dict(vars(socket.socket)), socket.getaddrinfo, asyncio.BaseEventLoop.create_connection) == before


# -- addresses that are a part of Lambda -------------------------------------------------------------------------------


def test_the_xray_daemon_takes_every_datagram(service: LambdaService) -> None:
    """Segments sent to the daemon that the variables announce vanish, as they do on Lambda without tracing."""
    buffers: list[Any] = [b"ab", bytearray(b"cd"), array.array("i", [1])]
    size = 4 + array.array("i").itemsize

    def work() -> list[int]:
        host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
        daemon = host, int(port)
        with udp() as sock, udp() as connected:
            sock.setblocking(False)
            connected.connect(daemon)
            assert connected.connect_ex(daemon) == 0
            sent = [sock.sendto(b"segment", daemon), sock.sendto(b"segment", 0, daemon), connected.send(b"segment")]
            sent.append(sock.sendmsg(buffers, [], 0, daemon))
            asyncio.run(sends_a_datagram(daemon))
            return sent

    assert run(service, work) == [7, 7, 7, size]


METADATA = [("169.254.169.254", 80), ("169.254.170.2", 80), ("169.254.170.23", 80), ("169.254.100.1", 9001)]


@pytest.mark.parametrize("allowed", [(), ("*",), ("169.254.0.0/16",)])
@pytest.mark.parametrize("address", METADATA)
def test_metadata_and_the_runtime_api_are_unreachable(address: tuple[str, int], allowed: tuple[str, ...]) -> None:
    """An ordinary OSError, so that libraries fall back; no wildcard opens what gives away the machine's credentials."""
    with LambdaService(allowed_hosts=allowed) as service:
        # Datagram sockets: should the door ever be open, connecting them sends nothing.
        error = run(service, with_socket(udp, lambda s: s.connect(address)))
        assert isinstance(error, OSError)
        assert error.errno == errno.EHOSTUNREACH
        assert run(service, with_socket(udp, lambda s: s.connect_ex(address))) == errno.EHOSTUNREACH


def test_metadata_by_ipv6(service: LambdaService) -> None:
    """The instance metadata service has an IPv6 address too."""
    assert (
        run(service, with_socket(lambda: udp(socket.AF_INET6), lambda s: s.connect_ex(("fd00:ec2::254", 80))))
        == errno.EHOSTUNREACH
    )


# -- allowed hosts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Name servers that know ``api.example.invalid``, on this machine and beyond. The value is what they are asked."""
    asked: list[Any] = []
    real = lookups._real_getaddrinfo

    def getaddrinfo(host: Any, port: Any, *options: Any) -> Any:
        if host != NAME:
            return real(host, port, *options)
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.1", "192.0.2.77")]

    monkeypatch.setattr(lookups, "_real_getaddrinfo", getaddrinfo)
    return asked


def is_let_through(service: LambdaService, address: tuple[str, int]) -> bool:
    """Whether a handler may connect: a UDP socket, for which that sends nothing."""
    return not isinstance(run(service, with_socket(udp, lambda s: s.connect(address))), NetworkBlocked)


def test_an_allowed_name_is_looked_up_and_reached(echo: tuple[str, int], resolver: list[Any]) -> None:
    """What an allowed name leads to may be connected to, in this service; without the look-up it may not."""
    with LambdaService(allowed_hosts=["*.example.invalid"]) as service:
        assert not is_let_through(service, ("192.0.2.77", 443))

        def work() -> bytes:
            with socket.create_connection((NAME, echo[1])) as sock:
                sock.sendall(b"hello")
                return sock.recv(100)

        assert run(service, work) == b"hello"
        assert resolver == [(NAME, echo[1])]
        assert is_let_through(service, ("192.0.2.77", 443))
        assert not is_let_through(service, ("192.0.2.78", 443))
        assert isinstance(run(service, lambda: socket.getaddrinfo("example.invalid", 80)), NetworkBlocked)
    with LambdaService() as other:
        assert not is_let_through(other, ("192.0.2.77", 443))


@pytest.mark.parametrize(
    ("allowed", "address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.0/24", "192.0.2.200", True),
        ("192.0.2.0/24", "198.51.100.1", False),
        ("*", "192.0.2.1", True),
        ("192.*", "192.0.2.1", False),
    ],
)
def test_allowed_addresses_and_networks(allowed: str, address: str, expected: bool) -> None:
    """Addresses are allowed one by one, by network, or all with ``*``; a pattern of names is none of addresses."""
    with LambdaService(allowed_hosts=[allowed]) as service:
        assert is_let_through(service, (address, 443)) is expected
