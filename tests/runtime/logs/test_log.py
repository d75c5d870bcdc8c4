"""The log stream of an environment."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.runtime.logs.log import EnvironmentLog, LogEvent, log_stream_name
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant, instant_of


class Now:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.instant = Instant(0)

    def __call__(self) -> Instant:
        """The set time."""
        return self.instant


@pytest.fixture
def now() -> Now:
    """The log's clock."""
    return Now()


@pytest.fixture
def log(now: Now) -> EnvironmentLog:
    """An empty log."""
    return EnvironmentLog("2026/01/02/[$LATEST]0", now)


def messages(log: EnvironmentLog) -> list[str]:
    """The log's events without their times."""
    return [event.message for event in log.events]


@pytest.mark.fidelity("G14")
def test_output_is_one_event_a_line(log: EnvironmentLog) -> None:
    """An event ends at a line feed, and at nothing else that Python would call a line's end."""
    log.write("one\ntwo")
    log.write(" continued\nanother\rline\x85\u2028\n")
    assert messages(log) == ["one\n", "two continued\n", "another\rline\x85\u2028\n"]


@pytest.mark.fidelity("G12")
def test_a_frame_is_one_event(log: EnvironmentLog) -> None:
    """A record of the telemetry channel stays whole and gets no newline that it did not bring."""
    log.frame("[ERROR] ValueError: x\nTraceback (most recent call last):")
    log.frame("[INFO]\tdone\n")
    assert messages(log) == ["[ERROR] ValueError: x\nTraceback (most recent call last):", "[INFO]\tdone\n"]


def test_text_puts_frames_and_platform_lines_on_lines_of_their_own(log: EnvironmentLog) -> None:
    """The readable text never glues a record or a platform line to what stands before it."""
    log.platform("START\n")
    log.write("no newline")
    log.frame("[ERROR] E")
    log.write("rest")
    log.write("")
    log.platform("END\n")
    assert log.text() == "START\nno newline\n[ERROR] E\nrest\nEND\n"


def test_a_frame_overtakes_an_unfinished_line(log: EnvironmentLog) -> None:
    """Output waits for its newline while a record on the other channel goes ahead."""
    log.write("one ")
    log.frame("[INFO]\tx\n")
    log.write("line\n")
    assert messages(log) == ["[INFO]\tx\n", "one line\n"]


def test_an_invocations_end_collects_an_unfinished_line(log: EnvironmentLog) -> None:
    """Output without a newline becomes an event before the platform's next line."""
    log.write("unfinished")
    log.platform("END\n")
    log.write("next")
    assert messages(log) == ["unfinished", "END\n", "next"]


def test_an_event_has_the_time_of_its_last_part(log: EnvironmentLog, now: Now) -> None:
    """A line that is written in pieces is timed by the piece that ends it."""
    now.instant = Instant(1)
    log.write("a")
    now.instant = Instant(2)
    log.write("b\nc")
    now.instant = Instant(3)
    log.platform("END\n")
    assert log.events == [
        LogEvent(timestamp=Instant(2), message="ab\n"),
        LogEvent(timestamp=Instant(2), message="c"),
        LogEvent(timestamp=Instant(3), message="END\n"),
    ]


def test_a_line_that_the_platform_did_not_send_is_none(log: EnvironmentLog) -> None:
    """A system log record below the configured level leaves no trace."""
    log.platform("")
    assert log.mark() == 0
    assert log.events == []


def test_readers_start_at_a_mark(log: EnvironmentLog) -> None:
    """One invocation's text and tail leave out what earlier and later ones wrote."""
    log.write("before\n")
    mark = log.mark()
    log.write("after\n")
    end = log.mark()
    log.write("next\n")
    assert log.text(mark) == "after\nnext\n"
    assert log.text(mark, end) == "after\n"
    assert log.tail(mark, until=end) == b"after\n"
    assert log.text() == "before\nafter\nnext\n"


@pytest.mark.fidelity("I08")
def test_tail_is_the_last_four_kilobytes(log: EnvironmentLog) -> None:
    """LogResult holds at most the last 4096 bytes, across the parts that were written."""
    log.write("x" * 5000 + "\n")
    log.write("é" * 10 + "\n")
    tail = log.tail(0)
    assert len(tail) == 4096
    assert tail == (("x" * 5000 + "\n" + "é" * 10 + "\n").encode())[-4096:]


@pytest.mark.fidelity("G12", "I08")
def test_tail_glues_end_to_an_error(log: EnvironmentLog) -> None:
    """As AWS's recorded LogResult shows, nothing separates an uncaught exception from END."""
    log.frame("[ERROR] E\nTraceback (most recent call last):\n\u00a0\u00a0raise E")
    log.platform("END RequestId: 1\n")
    assert log.tail(0).decode().splitlines()[-1] == "\u00a0\u00a0raise EEND RequestId: 1"


@given(parts=st.lists(st.text(max_size=20), max_size=10), limit=st.integers(1, 60))
def test_tail_is_a_decodable_end_of_the_bytes(parts: list[str], limit: int) -> None:
    """Whatever was written, the tail is UTF-8, ends the whole, and lacks a part of a character at most."""
    log = EnvironmentLog("x", Now())
    for part in parts:
        log.write(part)
    whole = "".join(parts).encode()
    tail = log.tail(0, limit)
    assert "".join(parts).endswith(tail.decode())
    assert whole.endswith(tail)
    assert min(limit, len(whole)) - 3 <= len(tail) <= limit


@given(st.lists(st.text(alphabet="ab\n\r", max_size=8), max_size=12))
def test_no_output_is_lost_between_events(parts: list[str]) -> None:
    """The events of pure output, put together, are what was written, and only the last may lack its newline."""
    log = EnvironmentLog("x", Now())
    for part in parts:
        log.write(part)
    assert "".join(messages(log)) == "".join(parts) == log.text()
    assert all(message.endswith("\n") and message.count("\n") == 1 for message in messages(log)[:-1])


def test_stream_name() -> None:
    """A stream's name has its start's UTC date, the version and 32 digits, the same for the same seed."""
    started = instant_of(datetime.datetime(2026, 3, 9, 23, 59, tzinfo=datetime.timezone.utc))
    name = log_stream_name(started, "$LATEST", Entropy(7))
    assert re.fullmatch(r"2026/03/09/\[\$LATEST\][0-9a-f]{32}", name)
    assert name == log_stream_name(started, "$LATEST", Entropy(7)) != log_stream_name(started, "$LATEST", Entropy(8))
