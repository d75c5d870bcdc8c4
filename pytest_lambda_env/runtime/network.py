"""What handler code may reach: this machine, and the hosts that the service's rules allow.

The doors (:mod:`.doors.network`, :mod:`.doors.lookups`) ask here about each target. Loopback is free, so that servers
in fixtures work. A few addresses are a part of Lambda itself: the X-Ray daemon, whose datagrams vanish as they do
without tracing; and the runtime's API and the metadata services, which behave as unreachable, so that the fallbacks of
libraries work. (That a connection to them fails with EHOSTUNREACH on Lambda too is an assumption: nothing documents
it.) Everything else is blocked with an error that says where and how to go on.

The metadata services would hand out the machine's own credentials, so no wildcard and no network opens them, only their
very address.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from typing import Any, Literal

from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.model.hosts import Address, AllowedHosts, address_of, plain_name
from pytest_lambda_env.model.sandbox import SandboxRules
from pytest_lambda_env.runtime.call_site import call_site

Verdict = Literal["free", "vanishes", "unreachable", "blocked"]

_XRAY_DAEMON = (address_of("169.254.100.1"), 2000)
_UNREACHABLE = frozenset(
    map(address_of, ("169.254.100.1", "169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23"))
)
"""The runtime's API and the X-Ray daemon's host; the metadata of instances, tasks (ECS) and pods (EKS)."""

_LOCAL_NAMES = {"", "localhost", "ip6-localhost", "ip6-loopback"}

_real_hostname = socket.gethostname


class Network:
    """The network as the processes of one service see it."""

    def __init__(self, rules: SandboxRules) -> None:
        self.rules = rules
        self._allowed = AllowedHosts(rules.allowed_hosts)
        self._resolved: set[Address] = set()

    @property
    def unlimited(self) -> bool:
        """Whether the rules allow every host, sockets that know no hosts included."""
        return self._allowed.everything

    def verdict(self, host: str, port: object = None, *, datagram: bool = False) -> Verdict:
        """What becomes of a call to a host, given as a name or an address."""
        address = address_of(host)
        if address is None:
            return self.verdict_on_name(host)
        if address.is_loopback or address.is_unspecified:
            return "free"
        if address in _UNREACHABLE and not self._allowed.names_address(address):
            return "vanishes" if datagram and (address, port) == _XRAY_DAEMON else "unreachable"
        if self._allowed and (address in self._resolved or self._allowed.allows_address(address)):
            return "free"
        return "blocked"

    def verdict_on_name(self, host: str) -> Verdict:
        """What becomes of the question for a name's address. The machine's own name is free."""
        name = plain_name(host)
        if name in _LOCAL_NAMES or name.endswith(".localhost") or self._allowed.allows_name(name):
            return "free"
        own = plain_name(_real_hostname())
        return "free" if name in (own, own.partition(".")[0]) else "blocked"

    def learn(self, host: str, addresses: Any) -> None:
        """An allowed name has led to these addresses: they are allowed too."""
        if self._allowed.allows_name(plain_name(host)):
            self._resolved.update(found for found in map(address_of, addresses) if found is not None)


def unreachable() -> OSError:
    """The error of a connection to a host that no route leads to."""
    return OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))


def blocked(call: str, host: str) -> NetworkBlocked:
    """The error for a call to a host beyond this machine, such as ``connect to ('example.com', 443)``."""
    return NetworkBlocked(
        f"{call} was blocked: code of a Lambda environment reaches this machine only. {called_at()}. "
        f"Mock the call, or {how_to_allow(host)}."
    )


def called_at() -> str:
    """Where in the handler's own code the present call is made, as a sentence."""
    site = call_site()
    return f"Called at {site}" if site else f"Called in the thread {threading.current_thread().name!r}"


def how_to_allow(host: str) -> str:
    """How a test or a project allows a host."""
    return f'allow the host: allowed_hosts=["{host}"] of LambdaService or lambda_service, ini lambda_allowed_hosts'
