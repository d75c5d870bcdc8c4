"""Standard output and error of handler code."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.logs.streams import Streams
from pytest_lambda_env.simulation.instant import Instant


class Life:
    """A process that the test can end."""

    over = False

    def check(self) -> None:
        """Never unwinds: what is tested here is what happens silently."""


class Process:
    """One process life with its log and streams."""

    def __init__(self) -> None:
        self.life = Life()
        self.log = EnvironmentLog("stream", lambda: Instant(0))
        self.streams = Streams(self.log, self.life)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The time in which code of the process runs on this thread."""
        before, current.life = current.life, self.life
        self.streams.enter()
        try:
            yield
        finally:
            self.streams.leave()
            current.life = before


@pytest.fixture
def process() -> Process:
    """A living process."""
    return Process()


@pytest.mark.fidelity("G15")
def test_print_reaches_the_log_and_capsys(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    """What a handler prints is in its log and in the test's own streams, each in its order."""
    with process.running():
        print("out")
        print("err", file=sys.stderr)
        sys.stdout.writelines(["a\n", "b\n"])
    assert process.log.text() == "out\nerr\na\nb\n"
    assert capsys.readouterr() == ("out\na\nb\n", "err\n")


@pytest.mark.fidelity("G15")
def test_writes_are_not_buffered(process: Process) -> None:
    """Text is in the log at once, without a newline and without a flush."""
    with process.running():
        sys.stdout.write("partial")
        assert process.log.text() == "partial"


def test_the_test_gets_its_own_streams_back(process: Process) -> None:
    """After the handler, the test's streams are the very objects from before."""
    before = sys.stdout, sys.stderr
    with process.running():
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before


def test_a_dead_process_prints_nothing(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    """From the instant of death on, output vanishes without an error, as text and as bytes."""
    with process.running():
        print("before")
        process.life.over = True
        print("after")
        print("after", file=sys.stderr)
        sys.stdout.buffer.write(b"after")
    assert process.log.text() == "before\n"
    assert capsys.readouterr() == ("before\n", "")


def test_other_threads_of_the_test_do_not_reach_the_log(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    """A thread that is not the environment's prints to the test alone, though sys.stdout is the handler's."""
    with process.running():
        thread = threading.Thread(target=print, args=("from a fixture's server",))
        thread.start()
        thread.join()
    assert process.log.text() == ""
    assert capsys.readouterr().out == "from a fixture's server\n"


def test_a_stream_kept_by_a_shared_library_follows_its_caller(
    process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stream that a library captured in one environment writes for whoever calls the library later."""
    other = Process()
    with process.running():
        kept = sys.stdout
    with other.running():
        print("other", file=kept)
    print("test", file=kept)
    assert process.log.text() == ""
    assert other.log.text() == "other\n"
    assert capsys.readouterr().out == "other\ntest\n"


def test_a_leftover_thread_survives_the_tests_capture(process: Process) -> None:
    """A closed stream of a test that has ended does not break code that still writes."""
    closed = io.StringIO()
    with contextlib.redirect_stdout(closed), process.running():
        closed.close()
        print("still here")
    assert process.log.text() == "still here\n"


def test_bytes_are_read_as_utf8(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    """The binary side joins characters that come in parts and replaces what is no UTF-8."""
    with process.running():
        assert sys.stdout.buffer.write(b"caf\xc3") == 4
        sys.stdout.buffer.writelines([b"\xa9", b" \xff\n"])
        sys.stdout.buffer.flush()
        buffer: Any = sys.stdout.buffer
        assert buffer.raw.write(memoryview(b"raw\n")) == 4
    assert process.log.text() == "café \ufffd\nraw\n"
    assert capsys.readouterr().out == "café \ufffd\nraw\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_closing_breaks_nothing(process: Process, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A handler that closes its streams, or leaves a with statement over one, can print in its next invocation."""
    with process.running():
        stream = getattr(sys, name)
        stream.close()
        stream.buffer.close()
        with stream:
            pass
    with process.running():
        print("alive", file=getattr(sys, name))
    assert process.log.text() == "alive\n"
    assert "alive\n" in capsys.readouterr()


def test_code_that_wraps_the_stream_anew(process: Process) -> None:
    """The idioms for changing an encoding work, and the wrapper stays in place for the next invocation."""
    with process.running():
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)  # type: ignore[union-attr]
        sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", write_through=True)  # type: ignore[union-attr]
        wrapper = sys.stdout
    outside = sys.stdout
    with process.running():
        assert sys.stdout is wrapper
        print("wrapped", flush=True)
    assert outside is sys.stdout is not wrapper
    assert process.log.text() == "wrapped\n"


def test_properties_of_a_lambda_stream(process: Process) -> None:
    """A handler's stream is a UTF-8 text stream on its usual descriptor, and no terminal."""
    with process.running():
        stream: Any = sys.stdout
        assert (stream.encoding, stream.errors, sys.stderr.errors) == ("utf-8", "strict", "backslashreplace")
        assert (stream.name, sys.stderr.name) == ("<stdout>", "<stderr>")
        assert (stream.isatty(), stream.writable(), stream.readable(), stream.closed) == (False, True, False, False)
        assert (stream.fileno(), stream.buffer.fileno(), sys.stderr.fileno()) == (1, 1, 2)


def test_a_child_process_can_inherit_the_stream(process: Process, capfd: pytest.CaptureFixture[str]) -> None:
    """A stream given to a child process lets it write to the test's terminal."""
    with process.running():
        subprocess.run([sys.executable, "-c", "print('child')"], stdout=sys.stdout, check=True)
    assert capfd.readouterr().out == "child\n"


def test_text_that_is_no_utf8(process: Process) -> None:
    """A lone surrogate fails on stdout and is escaped on stderr, as in any Python with UTF-8 streams."""
    with process.running():
        with pytest.raises(UnicodeEncodeError):
            sys.stdout.write("\udc80")
        sys.stderr.write("\udc80")
    assert process.log.text() == "\\udc80"


def test_only_text_can_be_written(process: Process) -> None:
    """The text side refuses bytes and the binary side text, as the interpreter's own streams do."""
    with process.running():
        with pytest.raises(TypeError, match=r"write\(\) argument must be str, not bytes"):
            sys.stdout.write(b"x")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
            sys.stdout.buffer.write("x")  # type: ignore[call-overload]


def test_a_terminal_with_another_encoding(process: Process) -> None:
    """What the test's terminal can't show does not make the handler fail."""
    shown = io.BytesIO()
    terminal = io.TextIOWrapper(shown, encoding="ascii")
    with contextlib.redirect_stdout(terminal), process.running():
        print("naïve", flush=True)
    assert shown.getvalue() == b"na\\xefve\n"
    assert process.log.text() == "naïve\n"


def test_an_invoked_function_does_not_print_to_its_caller(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    """A handler that captures its own output while it invokes another function does not capture that one's."""
    callee, captured = Process(), io.StringIO()
    with process.running(), contextlib.redirect_stdout(captured):
        with callee.running():
            print("callee")
        print("caller")
    assert (callee.log.text(), captured.getvalue(), process.log.text()) == ("callee\n", "caller\n", "")
    assert capsys.readouterr().out == "callee\n"
