"""The log stream of one environment: everything it printed, logged and was told by the platform, in order.

Writing appends one tuple to a list and nothing else. Lines, events and text are worked out when somebody reads.

CloudWatch keeps everything. Here the log lives in the test process, so an environment keeps its last 32 MB (of memory,
not of text: a hundred thousand printed lines); what came before is dropped, and the text that is left says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant, datetime_of

# What an entry is. Only the reading side cares.
_OUTPUT, _FRAME, _PLATFORM = range(3)

KEPT_BYTES = 32 * 1_048_576
"""The memory that the log of one environment takes at most."""
_ENTRY_BYTES = 104
"""What an entry takes beside its text: the tuple, its place in the list, its instant."""


_NOTICE = "… {:,} characters of this log are dropped: an environment keeps the last 32 MB\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One log event, as CloudWatch Logs would hold it.

    ``timestamp`` is when its last part was written. ``message`` keeps the newline that ended it, if one did.
    """

    timestamp: Instant
    message: str


def log_stream_name(started: Instant, version: str, entropy: Entropy) -> str:
    """A new stream's name: ``YYYY/MM/DD/[<version>]<32 hexadecimal digits>``, the date in UTC."""
    return f"{datetime_of(started):%Y/%m/%d}/[{version}]{entropy.hex('log-stream', 32)}"


class EnvironmentLog:
    """The log stream of one environment.

    ``name`` is the stream's name (:func:`log_stream_name`); ``now`` gives the time of each event.
    """

    def __init__(self, name: str, now: Callable[[], Instant]) -> None:
        self.name = name
        self._now = now
        self._entries: list[tuple[Instant, int, str]] = []
        self._room = KEPT_BYTES
        self._first = 0  # the mark of the first entry that is still there
        self._dropped = 0  # characters

    def write(self, text: str) -> None:
        """Take what reached stdout or stderr; every line becomes an event when its newline comes (fidelity G14)."""
        self._add(self._now(), _OUTPUT, text)

    def frame(self, text: str) -> None:
        """Take one record from the runtime's telemetry channel: one event, whatever newlines are in it (G12)."""
        self._add(self._now(), _FRAME, text)

    def platform(self, line: str, at: Instant | None = None) -> None:
        """Take a line of the platform's own, such as START or REPORT; nothing if the platform did not send it.

        ``at`` is its time, by default now.
        """
        if line:
            self._add(self._now() if at is None else at, _PLATFORM, line)

    def mark(self) -> int:
        """The present position, for ``since`` of the readers below."""
        return self._first + len(self._entries)

    def text(self, since: int = 0, until: int | None = None) -> str:
        """Everything from one mark on, up to another; records and platform lines always stand on lines of their own.

        Where something was dropped, the first line says how much this log has dropped in all.
        """
        parts = [_NOTICE.format(self._dropped)] if since < self._first else []
        at_line_start = True
        for _, kind, text in self._between(since, until):
            if kind != _OUTPUT and not at_line_start:
                parts.append("\n")
            parts.append(text)
            at_line_start = text.endswith("\n") or (at_line_start and not text)
            if kind != _OUTPUT and not at_line_start:
                parts.append("\n")
                at_line_start = True
        return "".join(parts)

    def tail(self, since: int, limit: int = 4096, until: int | None = None) -> bytes:
        """The last ``limit`` bytes written from one mark on, up to another, for ``LogResult`` (fidelity I08).

        Nothing is put between the parts: after an uncaught exception AWS's END follows its last line directly
        (recorded: the reference of G12). A character that the cut would halve is left out.
        """
        parts: list[bytes] = []
        missing = limit
        for _, _, text in reversed(self._between(since, until)):
            part = text.encode("utf-8", "backslashreplace")
            parts.append(part)
            missing -= len(part)
            if missing <= 0:
                break
        whole = b"".join(reversed(parts))
        cut = max(len(whole) - limit, 0)
        while cut and cut < len(whole) and whole[cut] & 0xC0 == 0x80:  # a UTF-8 continuation byte
            cut += 1
        return whole[cut:]

    @property
    def events(self) -> list[LogEvent]:
        """Every log event so far that is not dropped; output without its newline yet is the last one."""
        return list(self._events())

    def _add(self, at: Instant, kind: int, text: str) -> None:
        self._entries.append((at, kind, text))
        self._room -= text.__sizeof__() + _ENTRY_BYTES
        if self._room < 0:
            self._drop()

    def _drop(self) -> None:
        """Let go of the oldest quarter; of a single text that is larger than all there may be, keep the end."""
        entries = self._entries
        at, kind, text = entries[-1]
        if text.__sizeof__() > KEPT_BYTES // 2:
            end = text[-(KEPT_BYTES // 2) * len(text) // text.__sizeof__() :]
            self._room += text.__sizeof__() - end.__sizeof__()
            # An entry of its own: one such character in it would double what the text takes.
            entries[-1:] = (at, kind, f"… {len(text) - len(end):,} characters of this are dropped\n"), (at, kind, end)
        count = 0
        while self._room < KEPT_BYTES // 4 and count < len(entries) - 1:
            text = entries[count][2]
            self._room += text.__sizeof__() + _ENTRY_BYTES
            self._dropped += len(text)
            count += 1
        del entries[:count]
        self._first += count

    def _between(self, since: int, until: int | None) -> list[tuple[Instant, int, str]]:
        first = self._first
        if not first:
            return self._entries[since:until]
        return self._entries[max(0, since - first) : None if until is None else max(0, until - first)]

    def _events(self) -> Iterator[LogEvent]:
        written, unfinished = Instant(0), ""
        for timestamp, kind, text in self._entries:
            if kind == _OUTPUT:
                written = timestamp
                # Not splitlines: CloudWatch ends an event at \n only and keeps \r (G14).
                *lines, unfinished = (unfinished + text).split("\n")
                for line in lines:
                    yield LogEvent(timestamp=timestamp, message=line + "\n")
                continue
            # A record travels on a channel of its own and may overtake an unfinished line; the platform's
            # lines mark the edges of an invocation, where the unfinished line is collected.
            if kind == _PLATFORM and unfinished:
                yield LogEvent(timestamp=written, message=unfinished)
                unfinished = ""
            yield LogEvent(timestamp=timestamp, message=text)
        if unfinished:
            yield LogEvent(timestamp=written, message=unfinished)
