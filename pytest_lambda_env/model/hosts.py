"""Hosts: which of them a list of names, addresses and networks allows, and which addresses a text means."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pytest_lambda_env.errors import UsageError

Address = IPv4Address | IPv6Address
Networks = IPv4Network | IPv6Network

_NAME = re.compile(r"[\w*-]+(\.[\w*-]+)*")
_OLD_NUMBERS = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}", re.IGNORECASE)


def host_names(given: Iterable[str]) -> tuple[str, ...]:
    """A list of hosts as a tuple. One name alone would be taken apart into its letters: ``UsageError``."""
    if isinstance(given, str):
        raise UsageError(f"allowed_hosts takes a list: allowed_hosts=[{given!r}]")
    return tuple(given)


@functools.lru_cache(maxsize=1024)
def address_of(host: str) -> Address | None:
    """The address that a text spells, in any way that the system takes without asking a name server; else None.

    An IPv4 address inside an IPv6 one is the IPv4 address; a zone (``%eth0``) is dropped.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _old_address(host)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _old_address(host: str) -> Address | None:
    """``127.1``, ``0x7f000001``, ``2130706433``: the spellings of ``inet_aton``."""
    if not _OLD_NUMBERS.fullmatch(host):
        return None
    try:
        *leading, last = (int(part, 16 if part[:2] in ("0x", "0X") else 8 if part[0] == "0" else 10)
                          for part in host.split("."))  # fmt: skip
    except ValueError:
        return None
    if any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return IPv4Address(sum(part << 24 - 8 * index for index, part in enumerate(leading)) + last)


def plain_name(host: str) -> str:
    """A host name in the one form in which names are compared: small letters, ASCII, no dot at the end."""
    name = host.rstrip(".").lower()
    if not name.isascii():
        with suppress(UnicodeError):  # what is no name stays as it is: no name server knows it either
            name = name.encode("idna").decode("ascii")
    return name


class AllowedHosts:
    """The hosts that entries name: ``api.example.com``, ``*.example.com``, ``10.1.2.3``, ``10.0.0.0/8``, ``*``.

    A ``*`` matches any part of a name, dots included; alone it also allows every address. Raises ``UsageError`` for an
    entry that is something else, such as a URL.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = tuple(entries)
        self._networks: list[Networks] = []
        self._everything = "*" in self.entries
        patterns = []
        for entry in self.entries:
            network = _network(entry)
            if network is not None:
                self._networks.append(network)
            else:
                patterns.append(re.escape(_checked_name(entry)).replace(r"\*", ".*"))
        self._names = re.compile("|".join(patterns) if patterns else r"(?!)")

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def everything(self) -> bool:
        """Whether the entries allow every host there is."""
        return self._everything

    def allows_name(self, name: str) -> bool:
        """Whether a name, as :func:`plain_name` gives it, is allowed."""
        return self._names.fullmatch(name) is not None

    def allows_address(self, address: Address) -> bool:
        """Whether an address is allowed by itself or by its network, not by a name that may lead to it."""
        return self._everything or any(address in network for network in self._networks)

    def names_address(self, address: Address) -> bool:
        """Whether an entry is this very address."""
        return any(network.num_addresses == 1 and address in network for network in self._networks)


def _network(entry: str) -> Networks | None:
    if not isinstance(entry, str):
        raise UsageError(f"allowed_hosts takes names, addresses and networks as strings, not {entry!r}")
    address = address_of(entry)
    if address is not None:
        return ip_network(address)
    try:
        return ip_network(entry)
    except ValueError:
        pass
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        return None
    raise UsageError(f"allowed_hosts: {entry!r} is no network; give {str(network)!r}, or the address alone")


def _checked_name(entry: str) -> str:
    if _NAME.fullmatch(entry.rstrip(".")):
        return plain_name(entry)
    # What remains of a URL, of user:password@host:port, or of [address]:port.
    host = entry.strip().rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if _NAME.fullmatch(host) or address_of(host) is not None:
        raise UsageError(f"allowed_hosts takes a host alone: give {host}, not {entry}")
    raise UsageError(f"allowed_hosts takes names such as *.example.com, addresses and networks, not {entry!r}")
