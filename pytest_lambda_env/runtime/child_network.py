"""What a child process is told, so that it stays on the machine and off its owner's credentials.

A child has no doors. But curl, wget, pip, git, npm, the AWS CLI and nearly every other program that calls a URL obeys
the variables that name a proxy: theirs is a port of this machine at which nobody listens. What opens sockets without
asking for a proxy (a child Python that connects a socket itself) is not stopped.
"""

from __future__ import annotations

import os

from pytest_lambda_env.model.sandbox import SandboxRules

CLOSED_PROXY = "http://127.0.0.1:9"
"""The discard port, at which hardly anybody listens; who does, forwards nothing."""

_LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1")


NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Variables of a child that sets none of these itself: without them the AWS CLI would find its owner's profiles."""


def network_variables(rules: SandboxRules) -> dict[str, str]:
    """Variables that replace a child's own: a proxy that is closed, in every spelling. None if all hosts are allowed.

    Allowed hosts need no proxy; a wildcard other than a leading ``*.`` can't be said to a child, such hosts stay
    blocked there.
    """
    if "*" in rules.allowed_hosts:
        return {}
    direct = (host.removeprefix("*") for host in rules.allowed_hosts)
    proxies = {
        "http_proxy": CLOSED_PROXY,
        "https_proxy": CLOSED_PROXY,
        "all_proxy": CLOSED_PROXY,
        "no_proxy": ",".join([*_LOOPBACK, *(host for host in direct if "*" not in host)]),
    }
    return {
        **proxies,
        **{name.upper(): value for name, value in proxies.items()},
        "PIP_RETRIES": "0",  # otherwise pip tries the proxy for eight seconds
    }
