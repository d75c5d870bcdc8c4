"""Hosts that a project allows: by ini key, by option, by marker; and how a blocked call looks in a failing test."""

from __future__ import annotations

import pytest

ASKS = """
import os
import socket

import pytest
from pytest_lambda_env.errors import NetworkBlocked
from pytest_lambda_env.runtime.doors import lookups

@pytest.fixture(autouse=True)
def resolver(monkeypatch):
    monkeypatch.setattr(lookups, "_real_getaddrinfo", lambda host, port, *options: [(2, 1, 6, "", ("192.0.2.1", port))])

def asks(event, context):
    try:
        return socket.getaddrinfo(event, 80)[0][4][0]
    except NetworkBlocked:
        return "blocked"
"""

SHOWS = """
def test_which(aws_lambda):
    ask = aws_lambda.create_function(asks)
    print("ANSWERS", *[ask.invoke(f"{name}.invalid").payload for name in ("ini", "option", "marker")])
"""


@pytest.fixture
def answers(project: pytest.Pytester) -> pytest.Pytester:
    """A project with a handler that looks names up, on name servers that know them all."""
    project.makepyfile(test_it=ASKS + SHOWS)
    return project


def test_nothing_is_allowed_by_default(answers: pytest.Pytester) -> None:
    """Without a word in the configuration no host is allowed."""
    answers.runpytest("-s").stdout.fnmatch_lines(["*ANSWERS blocked blocked blocked"])


def test_ini_and_option(answers: pytest.Pytester) -> None:
    """The ini key allows hosts, several of them separated by spaces, commas or lines; the option replaces them."""
    with answers.path.joinpath("tox.ini").open("a") as ini:
        ini.write("\nlambda_allowed_hosts =\n    ini.invalid\n    *.internal, 10.0.0.0/8\n")
    answers.runpytest("-s").stdout.fnmatch_lines(["*ANSWERS 192.0.2.1 blocked blocked"])
    answers.runpytest("-s", "--lambda-allowed-hosts=option.*").stdout.fnmatch_lines(
        ["*ANSWERS blocked 192.0.2.1 blocked"]
    )


def test_marker(answers: pytest.Pytester) -> None:
    """The marker is nearer than both."""
    marker = '\n@pytest.mark.lambda_service(allowed_hosts=["marker.invalid"])'
    answers.makepyfile(test_it=ASKS + marker + SHOWS)
    answers.runpytest("-s", "--lambda-allowed-hosts=option.invalid").stdout.fnmatch_lines(
        ["*ANSWERS blocked blocked 192.0.2.1"]
    )


@pytest.mark.parametrize(
    ("hosts", "advice"), [("https://example.com", "give example.com, not"), ("10.0.0.1/8", "'10.0.0.0/8'")]
)
def test_a_wrong_entry_is_told_early(answers: pytest.Pytester, hosts: str, advice: str) -> None:
    """An entry that is no host is an error of the fixture, which says what would be right."""
    result = answers.runpytest(f"--lambda-allowed-hosts={hosts}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*UsageError: allowed_hosts*{advice}*"])


def test_a_blocked_call_is_told_in_a_failing_test(project: pytest.Pytester) -> None:
    """The handler's log, which pytest prints with the failure, has the message with the place of the call."""
    project.makepyfile(
        app="import urllib.request\n\ndef handler(event, context):\n    urllib.request.urlopen('http://api.invalid/')\n",
        test_it="""
        def test_it(aws_lambda):
            response = aws_lambda.create_function("app.handler").invoke()
            assert response.function_error is None
        """,
    )
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*NetworkBlocked: look up ('api.invalid', 80) was blocked*Called at app.py:4 in handler*"]
    )
