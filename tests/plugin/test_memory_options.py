"""``--lambda-memory-limit`` and ``--lambda-journal-limit``, as a user's project sees them."""

from __future__ import annotations

import json
import sys

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets memory be limited")

GREEDY = """
import pytest

def handler(event, context):
    return len(b"x" * (300 * 1_048_576))

@pytest.fixture
def outcome(aws_lambda):
    response = aws_lambda.create_function(handler).invoke()
    return "kept" if response.function_error is None else response.payload["errorType"]

def test_plain(outcome):
    assert outcome == {plain!r}

@pytest.mark.lambda_service(memory_limit="enforce")
def test_enforced(outcome):
    assert outcome == "Runtime.OutOfMemory"

@pytest.mark.lambda_service(memory_limit="measure")
def test_measured(outcome):
    assert outcome == "kept"
"""


@linux_only
@pytest.mark.parametrize("place", ["option", "ini", ""])
def test_the_memory_limit(project: pytest.Pytester, place: str) -> None:
    """Option and ini key change the default; a marker wins over both."""
    project.makepyfile(GREEDY.format(plain="Runtime.OutOfMemory" if place else "kept"))
    if place == "ini":
        project.makeini("[pytest]\nlambda_memory_limit = enforce\nfilterwarnings = error\n")
    arguments = ["--lambda-memory-limit=enforce"] if place == "option" else []
    project.runpytest_inprocess(*arguments).assert_outcomes(passed=3)


@linux_only
def test_a_failed_test_says_where_memory_ran_out(project: pytest.Pytester) -> None:
    """The timeline names the error, and the line that asked for too much."""
    project.makepyfile(
        app="def handler(event, context):\n    return len(b'x' * (300 * 1_048_576))\n",
        test_it="""
        def test_it(aws_lambda):
            assert aws_lambda.create_function("app.handler").invoke().payload == 1
        """,
    )
    result = project.runpytest_inprocess("--lambda-memory-limit=enforce")
    result.stdout.fnmatch_lines(
        ["*INVOKE  cold * crash  Runtime.OutOfMemory*", "*stopped at*app.py*line 2, in handler*", "REPORT*OutOfMemory"]
    )


LONG = """
def test_long(aws_lambda):
    function = aws_lambda.create_function("app.handler")
    for _ in range(50):
        function.invoke({})
    assert len(aws_lambda.journal) == 10
    assert 0
"""


@pytest.mark.parametrize("place", ["option", "ini"])
def test_the_journal_limit(project: pytest.Pytester, place: str) -> None:
    """The summary counts everything; the timeline and the JSON report say how much of the story is missing."""
    project.makepyfile(LONG)
    if place == "ini":
        project.makeini("[pytest]\nlambda_journal_limit = 10\n")
    arguments = ["--lambda-journal-limit=10"] if place == "option" else []
    result = project.runpytest_inprocess("--lambda-report=report.json", *arguments)
    result.stdout.fnmatch_lines(
        ["*… 42 facts dropped: journal_limit*", "50 invocations in 1 environment: 1 cold, 49 warm; 50 succeeded*"]
    )
    [test] = json.loads((project.path / "report.json").read_text(encoding="utf-8"))["tests"]
    # The retirement of the environment, when the test has ended, pushes out one more.
    assert (test["dropped"], len(test["journal"])) == (43, 10)


@pytest.mark.parametrize("text", ["-1", "many", "1.5"])
def test_a_mistake_in_the_journal_limit(project: pytest.Pytester, text: str) -> None:
    """A wrong value is an error of the tests that need it, which says what would be right."""
    project.makepyfile("def test_it(aws_lambda): ...")
    result = project.runpytest_inprocess(f"--lambda-journal-limit={text}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E *--lambda-journal-limit (lambda_journal_limit): '{text}' is not valid; how many*"])
