"""Child processes that an invocation has started and that still run.

Lambda freezes them too; here they run on in real time, of which next to none passes between two invocations. When the
process of the environment ends they are killed and reaped, so that none outlives the test.

Tried and rejected: ``SIGSTOP`` when the invocation ends and ``SIGCONT`` when the next begins. It is exact, but where
the test process itself is killed (out of memory, a continuous integration's limit) the stopped child stays for ever
and holds the terminal or the pipe that it inherited, so that whoever reads that never sees its end. A running one ends
by itself. Polling with ``waitpid``: it would take the exit status from the handler or from ``asyncio``.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from weakref import ref

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.leftovers.site import Site, Sites

_kill = os.kill  # captured before the doors open
_SHOWN = 60
"""Characters of a command line."""


class Children:
    """The child processes of one process."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._made: list[_Child] = []
        self._older: list[_Child] = []

    def note_command(self, popen: subprocess.Popen[Any]) -> None:
        """A ``subprocess.Popen`` has started its child."""
        self._made.append(_Command(popen, self._sites.here()))

    def note_forked(self, pid: int, what: str) -> None:
        """``os.fork`` or one of its kin has made a child."""
        self._made.append(_Child(pid, what, self._sites.here()))

    def note_worker(self, worker: Any) -> None:
        """A ``multiprocessing`` process has started."""
        self._made.append(_Worker(worker, self._sites.here()))

    def settle(self) -> None:
        """What there is now was made on purpose, or has been told of."""
        self._older = [each for each in (*self._older, *self._made) if each.is_there()]
        self._made = []

    def left(self) -> Iterator[Leftover]:
        """The children of this run that still run."""
        for each in self._made:
            if each.runs():
                yield Leftover(kind="process", what=f"{each.what} (pid {each.pid})", site=self._sites.text(each.site))

    def streams(self) -> Iterator[object]:
        """The pipes to children of this run that still run: they go with them."""
        for each in self._made:
            if each.runs():
                yield from each.streams()

    def finish(self) -> None:
        """Kill and reap every child that still runs, and reap those that have ended."""
        for each in (*self._made, *self._older):
            with suppress(OSError):  # it is somebody else's by now, or nobody's
                each.finish()
        self._made, self._older = [], []


class _Child:
    """A child that is known by its number."""

    def __init__(self, pid: int, what: str, site: Site | None) -> None:
        self.pid = pid
        self.what = what
        self.site = site

    def runs(self) -> bool:
        """Whether it runs; its exit status, if it has one, stays for whoever waits for it."""
        try:
            if hasattr(os, "waitid"):
                return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None
            _kill(self.pid, 0)  # macOS before Python 3.13: one that nobody has waited for counts as running
        except OSError:
            return False
        return True

    def is_there(self) -> bool:
        """Whether it runs, or has ended and nobody has waited for it."""
        try:
            if hasattr(os, "waitid"):
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            else:
                _kill(self.pid, 0)
        except OSError:
            return False
        return True

    def streams(self) -> Iterator[object]:
        """Its pipes, as the parent holds them."""
        return iter(())

    def finish(self) -> None:
        """Kill it if it runs, with its group if it is that group's leader, and reap it."""
        if self.runs():
            self.kill()
        os.waitpid(self.pid, 0)

    def kill(self) -> None:
        """As long as nobody has reaped the child, its number can't belong to anybody else."""
        if os.getpgid(self.pid) == self.pid:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            _kill(self.pid, signal.SIGKILL)


class _Command(_Child):
    """The child of a ``subprocess.Popen``."""

    def __init__(self, popen: subprocess.Popen[Any], site: Site | None) -> None:
        super().__init__(popen.pid, _command(popen.args), site)
        self._popen = ref(popen)

    def runs(self) -> bool:
        popen = self._found()
        if popen is None:
            return self._is_orphan() and super().runs()
        if popen.returncode is not None:
            return False
        return super().runs() if os.name == "posix" else popen.poll() is None

    def is_there(self) -> bool:
        popen = self._found()
        if popen is None:
            return self._is_orphan() and super().is_there()
        return popen.returncode is None

    def streams(self) -> Iterator[object]:
        popen = self._found()
        if popen is not None:
            yield from (popen.stdin, popen.stdout, popen.stderr)

    def finish(self) -> None:
        popen = self._found()
        if popen is None:
            if self._is_orphan():
                super().finish()
            return
        if popen.returncode is None and popen.poll() is None:
            if os.name == "posix":
                self.kill()
            else:
                popen.kill()
            popen.wait()

    def _is_orphan(self) -> bool:
        """Whether the number alone can tell of the child, once nobody has its object.

        Where warnings are errors, ``subprocess`` does not keep an object that was dropped while its child ran.
        """
        return hasattr(os, "waitid")

    def _found(self) -> subprocess.Popen[Any] | None:
        """The object, or what ``subprocess`` keeps of one that the handler dropped while its child ran."""
        popen = self._popen()
        if popen is None:
            active: list[subprocess.Popen[Any]] = subprocess._active or []  # type: ignore[attr-defined]
            popen = next((each for each in active if each.pid == self.pid), None)
        return popen


class _Worker(_Child):
    """The child of a ``multiprocessing.Process``."""

    def __init__(self, worker: Any, site: Site | None) -> None:
        super().__init__(worker.pid, f"multiprocessing {worker.name}", site)
        self._worker = worker

    def runs(self) -> bool:
        try:
            return bool(self._worker.is_alive())
        except ValueError:  # closed
            return False

    def is_there(self) -> bool:
        return self.runs()

    def finish(self) -> None:
        with suppress(ValueError):
            self._worker.kill()
            self._worker.join()
            self._worker.close()


def _command(arguments: Any) -> str:
    try:
        if isinstance(arguments, str):
            text = arguments
        else:
            # The program without its directory, which would leave no room for what it is to do.
            program, *rest = map(os.fsdecode, arguments)
            text = shlex.join([os.path.basename(program), *rest])
    except (TypeError, ValueError):
        text = str(arguments)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
