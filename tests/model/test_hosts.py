"""Lists of hosts: what they allow, and what they refuse to be."""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.hosts import AllowedHosts, address_of, plain_name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("10.1.2", "10.1.0.2"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("256.1", None),
        ("1.2.3.4.5", None),
        ("089", None),
        ("example.com", None),
        ("cafe", None),
        ("", None),
    ],
)
def test_what_is_an_address(text: str, address: str | None) -> None:
    """Every spelling that the system takes for an address is one; anything else is a name."""
    assert address_of(text) == (None if address is None else ip_address(address))


@pytest.mark.skipif(os.name == "nt", reason="Windows has an inet_aton of its own")
@given(st.from_regex(r"(0x[0-9a-f]{1,8}|[0-9]{1,10})(\.(0x[0-9a-f]{1,4}|[0-9]{1,5})){0,3}", fullmatch=True))
def test_old_spellings_are_those_of_the_system(text: str) -> None:
    """What ``inet_aton`` takes is the address that it gives, and what it refuses is a name."""
    try:
        expected = ip_address(socket.inet_aton(text))
    except OSError:
        expected = None
    assert address_of(text) == expected


@pytest.mark.parametrize(
    ("entry", "name", "expected"),
    [
        ("example.com", "example.com", True),
        ("example.com", "EXAMPLE.com.", True),
        ("Example.COM", "example.com", True),
        ("example.com", "api.example.com", False),
        ("example.com", "example.com.evil.invalid", False),
        ("example.com", "exampleXcom", False),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "evil-example.com", False),
        ("s3.*.amazonaws.com", "s3.eu-west-1.amazonaws.com", True),
        ("münchen.example", "xn--mnchen-3ya.example", True),
        ("xn--mnchen-3ya.example", "MÜNCHEN.example", True),
        ("*", "anything.invalid", True),
        ("10.0.0.0/8", "ten.example", False),
    ],
)
def test_names(entry: str, name: str, expected: bool) -> None:
    """A star matches any part of a name; case, a dot at the end and the spelling of other alphabets don't matter."""
    assert AllowedHosts([entry]).allows_name(plain_name(name)) is expected


def test_nothing_is_allowed_by_default() -> None:
    """An empty list allows no name and no address."""
    hosts = AllowedHosts([])
    assert not hosts
    assert not hosts.allows_name("")
    assert not hosts.allows_address(ip_address("192.0.2.1"))


def test_only_its_own_entry_names_an_address() -> None:
    """A network and ``*`` allow an address without naming it."""
    address = ip_address("192.0.2.1")
    assert AllowedHosts(["192.0.2.1"]).names_address(address)
    assert not AllowedHosts(["192.0.2.0/24", "*"]).names_address(address)


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        ("https://example.com/", "give example.com, not https://example.com/"),
        ("example.com/path", "give example.com, not example.com/path"),
        ("example.com:443", "give example.com, not example.com:443"),
        ("https://me:secret@example.com:443/x", "give example.com, not"),
        ("[2001:db8::1]:443", "give 2001:db8::1, not"),
        ("10.0.0.5/8", "'10.0.0.0/8'"),
        ("", "not ''"),
        ("two words", "not 'two words'"),
    ],
)
def test_what_is_no_host(entry: str, advice: str) -> None:
    """A URL, a port or a path in the list is an error when the service is made; the message says the right entry."""
    with pytest.raises(UsageError) as raised:
        LambdaService(allowed_hosts=[entry])
    assert advice in str(raised.value)


def test_one_name_is_no_list() -> None:
    """A string alone would be taken apart into letters."""
    with pytest.raises(UsageError, match=r"allowed_hosts=\['example.com'\]"):
        LambdaService(allowed_hosts="example.com")
