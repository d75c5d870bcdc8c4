"""What handler code gets from ``open`` and ``io.FileIO`` is what everybody gets, though its writes are counted."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors import files as file_doors
from pytest_lambda_env.runtime.doors.door import Doors
from pytest_lambda_env.runtime.doors.imported import LateFunction
from pytest_lambda_env.runtime.files import EnvironmentFiles


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[EnvironmentFiles]:
    """The test's body is handler code."""
    places = [Path(sys.prefix), Path(sys.base_prefix), *map(Path, filter(os.path.isabs, sys.path))]
    files = EnvironmentFiles(task_root=tmp_path / "task", visible=places, scratch=[tmp_path])
    doors = Doors(file_doors.doors())
    doors.open()
    current.files = files
    yield files
    current.files = None
    doors.close()
    files.discard()


def look(file: Any) -> dict[str, Any]:
    """Everything that an open file shows, and the files below it."""
    names = ("name", "mode", "closefd", "closed", "newlines", "encoding", "errors", "line_buffering", "write_through")
    shown = {name: getattr(file, name) for name in names if hasattr(file, name)}
    shown["type"] = f"{type(file).__module__}.{type(file).__qualname__}"
    shown["repr"] = repr(file)
    shown["can"] = (file.readable(), file.writable(), file.seekable())
    for below in ("buffer", "raw"):
        if hasattr(file, below):
            shown[below] = look(getattr(file, below))
    return shown


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("r", {}),
        ("w", {}),
        ("w", {"buffering": 1}),
        ("w", {"buffering": 100, "encoding": "utf-16", "errors": "replace", "newline": "\r\n"}),
        ("a+", {"encoding": "ascii"}),
        ("r+", {}),
        ("wb", {}),
        ("rb+", {}),
        ("ab", {"buffering": 10}),
        ("wb", {"buffering": 0}),
        ("r+b", {"buffering": 0}),
        ("+ba", {"buffering": 0}),
        ("rb", {"buffering": 0}),
    ],
)
def test_an_open_file_looks_as_ever(handler: EnvironmentFiles, mode: str, options: dict[str, Any]) -> None:
    """Types, names, modes, buffers and representations inside an environment are those outside."""
    Path("/tmp/x").touch()
    os.chdir("/tmp")
    with open("x", mode, **options) as file:
        inside = look(file)
    current.files = None
    with open("x", mode, **options) as file:
        assert inside == look(file)
    os.chdir("/")


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("w", {"buffering": 0}),
        ("wb", {"encoding": "utf-8"}),
        ("wb", {"buffering": 0, "newline": ""}),
        ("wrb", {"buffering": 0}),
        ("q", {}),
        ("w", {"encoding": "no such"}),
        ("w", {"closefd": False}),
    ],
)
def test_wrong_arguments_are_refused_in_the_same_words(
    handler: EnvironmentFiles, mode: str, options: dict[str, Any]
) -> None:
    """The error of a call that can't be is the one of the real function."""
    with pytest.raises((ValueError, LookupError)) as inside:
        open("/tmp/x", mode, **options).close()
    current.files = None
    with pytest.raises(inside.type) as outside:
        open("/tmp/x-that-nobody-makes", mode, **options).close()
    assert str(inside.value) == str(outside.value)


def test_line_buffering_writes_at_each_line(handler: EnvironmentFiles) -> None:
    """With ``buffering=1`` a line is in the file as soon as it ends."""
    with open("/tmp/x", "w", buffering=1) as file:
        file.write("one\n")
        file.write("two")
        assert Path("/tmp/x").read_text() == "one\n"


def test_a_file_that_nobody_holds_is_written_and_closed(handler: EnvironmentFiles) -> None:
    """Counting does not keep a file open: what was buffered is written when the last reference goes."""
    with pytest.warns(ResourceWarning, match="unclosed file"):
        open("/tmp/x", "w").write("kept")  # noqa: SIM115
    assert Path("/tmp/x").read_text() == "kept"


def test_a_buffer_that_outlives_its_weak_references_is_written(handler: EnvironmentFiles) -> None:
    """The collector clears weak references before a buffer in a cycle writes: an open descriptor still serves."""
    descriptor = os.open("/tmp/x", os.O_CREAT | os.O_WRONLY)
    write = open(descriptor, "wb", closefd=False).raw.write  # noqa: SIM115
    gc.collect()
    assert write(b"kept") == 4
    os.dup2(os.open("/tmp/other", os.O_CREAT | os.O_WRONLY), descriptor)
    with pytest.raises(ValueError, match="closed file"):
        write(b"into another file")
    assert Path("/tmp/x").read_bytes() == b"kept"
    assert Path("/tmp/other").read_bytes() == b""


def test_a_closed_file_can_not_be_written(handler: EnvironmentFiles) -> None:
    """Writing after ``close`` is the usual error, buffered or not."""
    for buffering in (-1, 0):
        file = open("/tmp/x", "wb", buffering=buffering)  # noqa: SIM115
        file.close()
        with pytest.raises(ValueError, match="closed file"):
            file.write(b"x")


def test_unbuffered_writes_take_what_they_always_took(handler: EnvironmentFiles) -> None:
    """Any buffer of bytes may be written, of whatever shape; text is refused in the real function's words."""
    with open("/tmp/x", "wb", buffering=0) as file:
        assert file.write(memoryview(b"abcd").cast("I")) == 4
        assert file.write(bytearray(b"ef")) == 2
        text: Any = "text"
        with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
            file.write(text)
    assert Path("/tmp/x").read_bytes() == b"abcdef"


def test_file_io_stands_for_itself(handler: EnvironmentFiles) -> None:
    """What ``open`` makes is an ``io.FileIO``, and a class may derive from it, alone or beside an abstract one."""

    class Own(io.FileIO, io.RawIOBase):
        def write(self, data: Any, /) -> int:
            return super().write(data.upper())

    with open("/tmp/x", "wb") as file, open("/tmp/x", "wb", buffering=0) as unbuffered:
        assert isinstance(file.raw, io.FileIO)
        assert isinstance(unbuffered, io.FileIO)
    with Own("/tmp/x", "w") as own:
        assert isinstance(own, io.FileIO)
        assert issubclass(Own, io.FileIO)
        own.write(b"loud")
        own.truncate(3)
    assert Path("/tmp/x").read_bytes() == b"LOU"
    current.files = None
    with io.FileIO(os.devnull) as one, open(os.devnull, "rb", buffering=0) as other:
        assert type(one) is type(other)


def test_a_function_of_a_module_that_comes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced before the importing module can copy it, in the copies too, and given back."""
    (tmp_path / "late_origin.py").write_text("def open(): return 'real'\n")
    (tmp_path / "late_copy.py").write_text("from late_origin import *\n")
    monkeypatch.syspath_prepend(tmp_path)
    late = LateFunction("late_origin", "open", lambda original: lambda: f"not {original()}", copies=["late_copy"])
    late.state = late.IN_PLACE
    import late_copy  # type: ignore[import-not-found]
    import late_origin  # type: ignore[import-not-found]

    assert late_origin.open() == late_copy.open() == "not real"
    late.state = late.AWAY
    assert late_origin.open() == late_copy.open() == "real"
    late.state = late.IN_PLACE
    assert late_copy.open() == "not real"
    late.state = late.AWAY
    for name in ("late_origin", "late_copy"):
        monkeypatch.delitem(sys.modules, name)
