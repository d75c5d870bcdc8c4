"""Which environment, and whose time, the calling thread lives in.

The doors (:mod:`.doors`) are open for the whole process and ask here who is calling. A thread that no
environment owns finds ``None`` everywhere and gets the real thing: pytest's own threads, a server in a
fixture, a debugger.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pytest_lambda_env.model.aws_call import AwsCall
    from pytest_lambda_env.model.iam.execution_role import ExecutionRole
    from pytest_lambda_env.runtime.files import EnvironmentFiles
    from pytest_lambda_env.runtime.leftovers.ledger import Leftovers
    from pytest_lambda_env.runtime.network import Network
    from pytest_lambda_env.simulation.clock import ThreadClock


class Life(Protocol):
    """The life of one process inside an environment, as the doors need it (:class:`.life.ProcessLife`)."""

    @property
    def over(self) -> bool:
        """True from the instant at which the process was killed."""

    def check(self) -> None:
        """Return while the process lives; once it is dead, raise what unwinds its code."""


class Current(threading.local):
    """What the calling thread belongs to. A handler's own threads inherit it when they start."""

    life: Life | None = None
    clock: ThreadClock | None = None
    files: EnvironmentFiles | None = None
    network: Network | None = None
    aws_calls: list[AwsCall] | None = None
    leftovers: Leftovers | None = None
    role: ExecutionRole | None = None
    """What AWS calls must be allowed by; None lets every call pass."""

    def save(self) -> tuple[Any, ...]:
        """All of it, for :meth:`restore`, in this thread or in one that inherits it."""
        return self.life, self.clock, self.files, self.network, self.aws_calls, self.leftovers, self.role

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Belong to what was saved."""
        self.life, self.clock, self.files, self.network, self.aws_calls, self.leftovers, self.role = saved


NOBODY = Current().save()
"""What the threads of pytest and of the test belong to, the virtual clock aside."""

current = Current()


@contextmanager
def real_files() -> Iterator[None]:
    """The calling thread sees the real file system meanwhile."""
    files = current.files
    try:
        current.files = None
        yield
    finally:
        current.files = files
