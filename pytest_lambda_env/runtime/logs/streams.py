"""What ``sys.stdout`` and ``sys.stderr`` are while a handler's code runs.

Text goes to the environment's log and, so that ``capsys`` and ``-s`` still show it, to the stream that the test
had. A stream belongs to one process life; text from a dead process vanishes, and text from a thread that is not
the environment's goes to the test's stream alone.

Tried and rejected: duplicating the file descriptors (0.1 ms an invocation, and it fights with pytest's own
capture). So what a child process or C code writes reaches the test's terminal, not the environment's log.
"""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO, cast

from pytest_lambda_env.runtime.current import Life, current

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pytest_lambda_env.runtime.logs.log import EnvironmentLog

_NAMES = {1: "stdout", 2: "stderr"}


class LogStream(io.TextIOBase):
    """One standard stream of one process life; text is flushed at once, as the runtime makes it (fidelity G15).

    ``life`` is the object that ``current.life`` holds while this process runs. ``descriptor`` is 1 for stdout
    and 2 for stderr. ``outer`` is the test's stream; None between invocations.
    """

    encoding = "utf-8"
    errors: str = "strict"
    newlines = None
    mode = "w"
    write_through = False

    def __init__(self, log: EnvironmentLog, life: Life, descriptor: int) -> None:
        self.log = log
        self.life = life
        self.name = f"<{_NAMES[descriptor]}>"
        if descriptor == 2:
            self.errors = "backslashreplace"  # as CPython opens it: stderr can always say something
        self.line_buffering = descriptor == 2
        self._descriptor = descriptor
        self.outer: TextIO | None = None
        self._buffer: _LogBuffer | None = None

    def write(self, text: str) -> None:  # type: ignore[override]
        """Write text: to the log and to the test's stream. Returns nothing, as the runtime's stream doesn't."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {'None' if text is None else type(text).__name__}")
        if self._buffer is not None:
            self._buffer.flush()
        self.emit(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        """Write each of the lines; they arrive together, once the last is there."""
        for line in lines:
            if not isinstance(line, str):
                raise TypeError(f"write() argument must be str, not {'None' if line is None else type(line).__name__}")
            self.buffer.write(line.encode("utf-8", self.errors))
        self.flush()

    def emit(self, text: str) -> None:
        """Write text past the bytes that wait in :attr:`buffer`."""
        life = current.life
        if life is not self.life:
            self._write_for_other(text, life)
        elif not life.over:
            if not text.isascii():
                text = text.encode("utf-8", self.errors).decode("utf-8")
            if text:
                self.log.write(text)
                self.echo(text)

    def frame(self, text: str) -> None:
        """Put one record on the telemetry channel, and show it to the test as a line of its own."""
        if current.life is not self.life:
            self.echo(text if text.endswith("\n") else text + "\n")
        elif not self.life.over:
            text.encode("utf-8")  # the channel carries UTF-8: a lone surrogate raises, as in the runtime
            self.log.frame(text)
            self.echo(text if text.endswith("\n") else text + "\n")

    def echo(self, text: str) -> None:
        """Show text to the test, and to nobody else."""
        stream = self.outer
        if stream is None:
            # Between invocations: whatever the test has at this moment, unless that is a handler's stream again.
            stream = cast("TextIO", getattr(sys, _NAMES[self._descriptor]))
            if stream is None or isinstance(stream, LogStream):
                return
        try:
            stream.write(text)
        except UnicodeEncodeError:
            # The test's terminal may be ASCII; the handler's, on Lambda, never is.
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except ValueError:
            pass  # the test's capture is closed: nobody is looking any more

    def _write_for_other(self, text: str, life: Life | None) -> None:
        """Write for a caller of another process: a shared library may have kept this stream since its import."""
        if life is None:
            self.echo(text)
        elif not life.over:
            installed = getattr(sys, _NAMES[self._descriptor])
            if isinstance(installed, LogStream) and installed.life is life:
                installed.write(text)

    @property
    def buffer(self) -> _LogBuffer:
        """The same stream for bytes; they are read as UTF-8, what is not UTF-8 as U+FFFD.

        As in any Python program they wait for a flush, for text, or until there are too many (8 KB): those that wait
        when a handler returns are in no log before the next invocation writes something.
        """
        if self._buffer is None:
            self._buffer = _LogBuffer(_LogRaw(self))
        return self._buffer

    def flush(self) -> None:
        """Let bytes that wait go to the log, and flush the test's stream."""
        if self._buffer is not None:
            self._buffer.flush()
        if self.outer is not None and not self.outer.closed:
            self.outer.flush()

    def writable(self) -> bool:
        """True."""
        return True

    def isatty(self) -> bool:
        """False: a handler has no terminal."""
        return False

    def fileno(self) -> int:
        """1 or 2, as on Lambda, so that ``subprocess.run(..., stdout=sys.stdout)`` works.

        The descriptor is the test process's own: pytest's default capture sees what is written to it, the
        environment's log does not. Raising ``UnsupportedOperation`` would break handlers that run well on Lambda.
        """
        return self._descriptor

    def close(self) -> None:
        """Do nothing: the stream is not the handler's to close, and the next invocation needs it."""

    def detach(self) -> Any:
        """Give :attr:`buffer`, for code that wraps the stream anew. This stream stays usable."""
        return self.buffer

    def reconfigure(self, **_options: object) -> None:
        """Accept any option and stay unbuffered UTF-8."""


class _LogRaw(io.RawIOBase):
    """The bytes side of a stream, unbuffered."""

    mode = "wb"

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.name = stream.name

    def write(self, data: ReadableBuffer) -> int:
        """Write bytes; a character may come in several parts."""
        content = bytes(data)
        text = self._decode(content)
        if text:
            self._stream.emit(text)
        return len(content)

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The descriptor of the text stream."""
        return self._stream.fileno()

    def close(self) -> None:
        """Do nothing, as for the text stream."""


class _LogBuffer(io.BufferedWriter):
    """The bytes side of a stream, with the buffer that it has in every Python program."""

    def close(self) -> None:
        """Do nothing, as for the text stream: what waits when the process is gone is lost."""


class _Place:
    """Whose streams are in place. An instance: changing a class costs the interpreter its caches."""

    streams: Streams | None = None


_place = _Place()


class Streams:
    """``sys.stdout`` and ``sys.stderr`` of one process life, and what code uses to get past them, ``sys.__stdout__``.

    A handler that replaces them itself keeps its own streams from one warm invocation to the next, as on Lambda.
    """

    def __init__(self, log: EnvironmentLog, life: Life) -> None:
        self.stdout = LogStream(log, life, 1)
        self.stderr = LogStream(log, life, 2)
        self._inner: tuple[Any, ...] = (self.stdout, self.stderr, self.stdout, self.stderr)
        self._outer: tuple[Any, ...] = (None, None, None, None)
        self._caller: Streams | None = None

    def enter(self) -> None:
        """Put this process's streams in place."""
        self._outer = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
        caller = self._caller = _place.streams
        # A function that a handler invokes prints to the test, never into the streams of its caller.
        echo = self._outer[:2] if caller is None else (caller.stdout.outer, caller.stderr.outer)
        self.stdout.outer, self.stderr.outer = echo
        _place.streams = self
        sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = self._inner  # type: ignore[misc]

    def leave(self) -> None:
        """Give the streams back that :meth:`enter` found."""
        self._inner = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
        sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = self._outer  # type: ignore[misc]
        _place.streams = self._caller
        self.stdout.outer = self.stderr.outer = None
        self._outer = None, None, None, None
