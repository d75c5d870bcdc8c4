from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import LambdaService, events

PROGRAM = """
import sys, time
from datetime import timedelta
from pytest_lambda_env import LambdaService

before = time.time, time.sleep, open, dict(__import__("os").environ)

def slow(event, context):
    time.sleep(event)
    return "awake"

with LambdaService(start="2040-01-01T00:00:00Z") as aws_lambda:
    function = aws_lambda.create_function(slow, timeout=900)
    assert function.invoke(800).payload == "awake"
    assert function.invoke(1000).payload["errorType"] == "Sandbox.Timedout"
    assert aws_lambda.clock.elapsed == timedelta(seconds=1700)
    here = aws_lambda.create_function("code.handler", code=sys.argv[1])
    assert here.invoke({}).payload == [2040, "/tmp"]

assert before == (time.time, time.sleep, open, dict(__import__("os").environ))
assert time.time() < 2208988800
assert not {"pytest", "_pytest", "moto", "boto3"} & set(sys.modules)
print("done")
"""


def test_the_service_as_a_context_manager(tmp_path: Path) -> None:
    """A program without pytest uses the service in a ``with`` block, and is given back as it was."""
    (tmp_path / "code.py").write_text(
        "import datetime, tempfile\n"
        "def handler(event, context): return datetime.date.today().year, tempfile.gettempdir()\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def keeps_what_it_gets(event: dict[str, list[dict[str, str]]], context: object) -> list[str]:
    """Return the bodies of a batch."""
    return [record["body"] for record in event["Records"]]


BODIES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), min_size=1)


@given(st.lists(BODIES, min_size=1, max_size=10), st.integers(0, 2**32))
def test_under_hypothesis(bodies: list[str], seed: int) -> None:
    """Each example has a service of its own; the same seed gives the same ids."""
    ids = []
    for _ in range(2):
        with LambdaService(seed=seed) as aws_lambda:
            function = aws_lambda.create_function(keeps_what_it_gets)
            event = events.sqs.messages(*bodies)
            response = function.invoke(event)
            assert response.payload == bodies
            ids.append([response.request_id, *(record["messageId"] for record in event["Records"])])
    assert ids[0] == ids[1]


@given(st.lists(st.floats(0, 5), max_size=5))
def test_time_adds_up_under_hypothesis(sleeps: list[float]) -> None:
    """The clock is where the invocations and waits of the example have brought it."""

    def handler(seconds: float, context: object) -> None:
        import time

        time.sleep(seconds)

    with LambdaService() as aws_lambda:
        function = aws_lambda.create_function(handler)
        total = sum((function.invoke(seconds).duration for seconds in sleeps), timedelta(0))
        assert aws_lambda.clock.elapsed == total
        assert total <= timedelta(seconds=3 * len(sleeps))
