"""What handler code may do to the machine that it runs on, and what it may leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.hosts import AllowedHosts

_CHOICES = {"memory_limit": ("measure", "enforce"), "leftovers": ("report", "error", "ignore")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRules:
    """The rules of one service, for all its environments."""

    writable: tuple[str, ...] = ()
    """Absolute directories outside ``/tmp`` that handler code may write to; elsewhere the file system is read-only."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that handler code may reach beside this machine itself: names (``*`` matches any part), addresses or
    networks (``10.0.0.0/8``); ``*`` alone allows all."""
    memory_limit: Literal["measure", "enforce"] = "measure"
    """``"enforce"``: an allocation beyond ``memory_size`` ends the environment with ``Runtime.OutOfMemory``."""
    leftovers: Literal["report", "error", "ignore"] = "report"
    """What becomes of threads, child processes, open files and tasks that an invocation leaves behind; ``"error"``
    fails the test."""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise UsageError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")
        AllowedHosts(self.allowed_hosts)  # refuses what is no host


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that one run of handler code left in the process, and that Lambda would freeze with it.

    ``what`` names it for people, ``site`` is where the code made it, as ``"path/app.py:12 in handler"``; empty where
    that is not known. ``state`` is a change to what the whole process shares: a signal handler, a patched function.
    """

    kind: Literal["thread", "process", "file", "task", "state"]
    what: str
    site: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}" + (f", made at {self.site}" if self.site else "")
