"""The account of what ``/tmp`` holds, against a model of the files in it."""

from __future__ import annotations

import errno
import os
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors import files as file_doors
from pytest_lambda_env.runtime.doors.door import Doors
from pytest_lambda_env.runtime.files import EnvironmentFiles
from pytest_lambda_env.runtime.storage import BLOCK

SIZE = 8 * BLOCK
NAMES = st.sampled_from(["a", "b", "d/c"])
LENGTHS = st.integers(0, 10 * BLOCK)
POSITIONS = st.integers(0, 6 * BLOCK)
WRITERS = st.sampled_from(["unbuffered", "FileIO", "os.write", "buffered", "os.pwrite", "os.writev"])


def no_room() -> Any:
    """The block is refused for want of room."""
    return pytest.raises(OSError, match=os.strerror(errno.ENOSPC))


def blocks(length: int) -> int:
    """A length in whole blocks."""
    return -(-length // BLOCK) * BLOCK


class TmpAgainstModel(RuleBasedStateMachine):
    """Handler code does anything to a small ``/tmp``; a dictionary says what it must hold afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.files = EnvironmentFiles(task_root=Path("/nonexistent"), storage_size=SIZE)
        self.doors = Doors(file_doors.doors())
        self.doors.open()
        current.files = self.files
        self.model: dict[str, bytes] = {}
        self.filling = 0

    @initialize()
    def begin(self) -> None:
        """There is a directory below."""
        os.mkdir("/tmp/d")

    def teardown(self) -> None:
        """Give everything back."""
        current.files = None
        self.doors.close()
        self.files.discard()

    def free(self) -> int:
        """What the model says is free."""
        return SIZE - sum(blocks(len(content)) for content in self.model.values())

    def fitting(self, name: str, at: int, length: int) -> int:
        """How many bytes of a write fit, by the model; 0 with something to write means ENOSPC."""
        room = blocks(len(self.model.get(name, b""))) + self.free() - at
        return max(0, min(length, room))

    def data(self, length: int) -> bytes:
        """Bytes that differ from write to write."""
        self.filling = self.filling % 250 + 1
        return bytes([self.filling]) * length

    def written(self, name: str, at: int, data: bytes) -> None:
        """Put data into the model."""
        before = self.model.get(name, b"")
        if data:
            before = before.ljust(at, b"\0")
            self.model[name] = before[:at] + data + before[at + len(data) :]

    @rule(name=NAMES, mode=st.sampled_from(["w", "a", "r+"]), at=POSITIONS, length=LENGTHS, how=WRITERS)
    def write(self, name: str, mode: str, at: int, length: int, how: str) -> None:
        """Write somewhere in a file; what does not fit is refused, from the byte at which it does not."""
        if mode == "r+" and name not in self.model:
            return
        data = self.data(length)
        if mode == "w":
            self.model[name] = b""
        self.model.setdefault(name, b"")
        at = len(self.model[name]) if mode == "a" else at
        fits = self.fitting(name, at, length)
        refused = fits < length and (fits == 0 or how == "buffered")
        with no_room() if refused else nullcontext():
            assert self.perform(f"/tmp/{name}", mode, at, data, how) == fits
        self.written(name, at, data[:fits])

    def perform(self, path: str, mode: str, at: int, data: bytes, how: str) -> int | None:
        """Write by one of the ways there are; how many bytes were written."""
        if how == "buffered":
            with open(path, mode + "b") as file:
                file.seek(at)
                return file.write(data)
        if how in ("unbuffered", "FileIO"):
            import io

            with open(path, mode + "b", buffering=0) if how == "unbuffered" else io.FileIO(path, mode) as raw:
                raw.seek(at)
                return raw.write(data)
        flags = {"w": os.O_CREAT | os.O_TRUNC, "a": os.O_CREAT | os.O_APPEND, "r+": 0}[mode]
        descriptor = os.open(path, flags | os.O_RDWR)
        try:
            if how == "os.pwrite":
                return os.pwrite(descriptor, data, at)
            os.lseek(descriptor, at, os.SEEK_SET)
            return os.write(descriptor, data) if how == "os.write" else os.writev(descriptor, [data[:7], data[7:]])
        finally:
            os.close(descriptor)

    @rule(name=NAMES, length=LENGTHS, how=st.sampled_from(["path", "descriptor", "file", "FileIO"]))
    def truncate(self, name: str, length: int, how: str) -> None:
        """Make a file shorter or longer, or be refused and leave it alone."""
        if name not in self.model:
            return
        content = self.model[name]
        fits = blocks(length) - blocks(len(content)) <= self.free()
        with open(f"/tmp/{name}", "rb+", buffering=0 if how == "FileIO" else -1) as file:
            ways: dict[str, Any] = {"path": f"/tmp/{name}", "descriptor": file.fileno()}
            with nullcontext() if fits else no_room():
                os.truncate(ways[how], length) if how in ways else file.truncate(length)
                self.model[name] = content[:length].ljust(length, b"\0")

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        """Remove a file."""
        if self.model.pop(name, None) is None:
            with suppress(FileNotFoundError):
                os.remove(f"/tmp/{name}")
        else:
            os.remove(f"/tmp/{name}")

    @rule(source=NAMES, new=NAMES)
    def rename(self, source: str, new: str) -> None:
        """Rename a file, perhaps over another one."""
        if source in self.model:
            os.replace(f"/tmp/{source}", f"/tmp/{new}")
            self.model[new] = self.model.pop(source)

    @rule(source=NAMES)
    def link_and_unlink(self, source: str) -> None:
        """A second name takes no room."""
        if source in self.model:
            os.link(f"/tmp/{source}", "/tmp/second")
            assert self.files.storage.free == self.free()
            os.remove("/tmp/second")

    @invariant()
    def contents_agree(self) -> None:
        """What is read back is what was written."""
        for name, content in self.model.items():
            with open(f"/tmp/{name}", "rb") as file:
                assert file.read() == content

    @rule()
    def account_agrees(self) -> None:
        """What is free is the size less the sum of the files; a rule of its own, because looking renews the account."""
        assert self.files.storage.free == self.free()


TestTmpAgainstModel = TmpAgainstModel.TestCase
TestTmpAgainstModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
