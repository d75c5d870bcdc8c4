"""A log that would outgrow its environment's share of the test process keeps its end, and says so."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.runtime.logs.log import KEPT_BYTES, EnvironmentLog
from pytest_lambda_env.simulation.instant import Instant

SOURCE = """
def handler(event, context):
    for number in range(event.get("lines", 0)):
        print(f"line {number:093}")
    print("end of", event.get("name"))
    if event.get("block"):
        print("x" * event["block"] + "last words")
"""
LINES = KEPT_BYTES // 200


@pytest.fixture
def function(aws_lambda: LambdaService, tmp_path: Path) -> LambdaFunction:
    """A handler that prints as much as it is told to."""
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    return aws_lambda.create_function("app.handler", code=tmp_path)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the handler prints is not shown to the test, whose own capture would keep it."""
    monkeypatch.setattr("pytest_lambda_env.runtime.logs.streams.LogStream.echo", lambda self, text: None)


def held(log: EnvironmentLog) -> int:
    """The characters that the log has."""
    return sum(len(event.message) for event in log.events)


@pytest.mark.usefixtures("quiet")
def test_many_lines(function: LambdaFunction) -> None:
    """The response has the end of its log, and a first line that says how much of it is missing."""
    before = function.invoke({"name": "before"})
    response = function.invoke({"lines": LINES, "name": "many"}, log_type="Tail")
    after = function.invoke({"name": "after"})
    notice, *lines = response.logs.splitlines()
    assert notice.startswith("… ")
    assert notice.endswith(" characters of this log are dropped: an environment keeps the last 32 MB")
    assert lines[0].startswith("line 0")
    assert lines[-4] == f"line {LINES - 1:093}"
    assert lines[-3] == "end of many"
    assert response.report.startswith(f"REPORT RequestId: {response.request_id}")
    assert held(response.environment.log) < KEPT_BYTES
    assert base64.b64decode(response.log_result or "") == response.logs.encode()[-4096:]
    assert before.logs == notice + "\n"
    assert after.logs.splitlines()[1:2] == ["end of after"]
    assert after.logs.startswith(f"START RequestId: {after.request_id}")


@pytest.mark.usefixtures("quiet")
def test_one_large_text(function: LambdaFunction) -> None:
    """A single text that is larger than all there may be keeps its end."""
    function.invoke({"name": "before"})
    response = function.invoke({"name": "large", "block": 2 * KEPT_BYTES})
    start, end_of, notice, words, *_ = response.logs.splitlines()
    assert (start.split()[0], end_of) == ("START", "end of large")
    assert notice.endswith(" characters of this are dropped")
    kept = len(words)
    assert int(notice.split()[1].replace(",", "")) == 2 * KEPT_BYTES + len("last words") - kept
    assert words.endswith("xlast words")
    assert held(response.environment.log) < KEPT_BYTES


@pytest.mark.parametrize("text", ["x", "é", "☃", "🐍"], ids=ascii)
def test_the_limit_is_of_memory(text: str) -> None:
    """Characters that take more memory fill the log sooner."""
    log = EnvironmentLog("stream", lambda: Instant(0))
    for _ in range(200):
        log.write(text * 250_000 + "\n")
    taken = sum(event.message.__sizeof__() for event in log.events)
    assert KEPT_BYTES // 2 < taken <= KEPT_BYTES


def test_everything_is_kept_that_fits() -> None:
    """Just below the limit nothing is dropped, and marks are what they were."""
    log = EnvironmentLog("stream", lambda: Instant(0))
    for number in range(1_000):
        assert log.mark() == number
        log.write(f"{number}\n")
    assert log.text() == "".join(f"{number}\n" for number in range(1_000))


SMALL = 200


@pytest.mark.parametrize("since", [0, 5, 500, 990, 1_000])
def test_marks_outlive_what_is_dropped(since: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark stays the place that it was, also when what lay before it is gone."""
    monkeypatch.setattr("pytest_lambda_env.runtime.logs.log.KEPT_BYTES", SMALL * 160)
    log = EnvironmentLog("stream", lambda: Instant(0))
    for number in range(1_000):
        assert log.mark() == number
        log.write(f"{number}\n")
    lines = log.text(since).splitlines()
    kept = [int(line) for line in lines if line.isdigit()]
    assert kept == list(range(max(since, 1_000 - len(log.events)), 1_000))
    assert (len(kept) < 1_000 - since) == any(line.startswith("…") for line in lines)
    assert log.text(since, 1_000) == log.text(since)
    assert len(log.events) <= SMALL + 50
