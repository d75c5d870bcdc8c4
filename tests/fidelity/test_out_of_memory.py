"""Running out of memory where the limit is enforced: the answer, the log, and what the next request finds."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest

from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets memory be limited"),
    pytest.mark.lambda_service(memory_limit="enforce"),
]

HANDLER = """
    import os

    count = 0

    def handler(megabytes, context):
        global count
        count += 1
        open("/tmp/request%d" % len(os.listdir("/tmp")), "w").close()
        print("before")
        taken = b"x" * (megabytes * 1_048_576)
        print("after")
        return [count, len(os.listdir("/tmp"))]
"""


def assert_killed(response: InvokeResponse) -> None:
    """The answer is that of a process that took too much, to the byte."""
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert response.raw_payload.decode() == (
        f'{{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: {response.request_id} '
        'Error: Runtime exited with error: signal: killed"}'
    )


@pytest.mark.fidelity("I82", "I83", "I84", "P06")
def test_the_answer_and_the_log(deploy: Deploy) -> None:
    """The process is killed at once; REPORT has Max Memory Used equal to Memory Size, status and error type."""
    function = deploy(HANDLER, memory_size=128)
    response = function.invoke(300)
    assert_killed(response)
    _, start, printed, end, report = response.logs.splitlines()
    assert (start.split()[0], printed, end.split()[0]) == ("START", "before", "END")
    assert re.fullmatch(
        rf"REPORT RequestId: {response.request_id}\tDuration: 0\.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: 128 MB\tInit Duration: 0\.00 ms\tStatus: error\tError Type: Runtime\.OutOfMemory",
        report,
    )
    assert (response.max_memory_used, response.peak_memory) == (128, 128)
    assert "taken = b" in response.stopped_at[-1]
    [invocation] = function.invocations
    assert (invocation.status, invocation.error_type) == ("crash", "Runtime.OutOfMemory")


@pytest.mark.fidelity("I82", "I83")
def test_the_next_request(deploy: Deploy) -> None:
    """It finds a new process in the same sandbox: modules are new, ``/tmp`` is kept."""
    function = deploy(HANDLER)
    first, killed, after = function.invoke(1), function.invoke(300), function.invoke(1)
    assert first.payload == [1, 1]
    assert_killed(killed)
    assert after.environment is killed.environment
    assert after.payload == [1, 3]
    assert after.max_memory_used < 128


@pytest.mark.fidelity("I82", "P07")
def test_an_init_that_takes_too_much(deploy: Deploy) -> None:
    """INIT is killed, and killed again within the request; both reports name the error type."""
    response = deploy(
        """
        print("importing")
        taken = b"x" * (300 * 1_048_576)

        def handler(event, context):
            return "never"
        """
    ).invoke()
    assert_killed(response)
    reports = [line for line in response.logs.splitlines() if line.startswith("INIT_REPORT")]
    assert [line.partition("Phase: ")[2] for line in reports] == [
        "init\tStatus: error\tError Type: Runtime.OutOfMemory",
        "invoke\tStatus: error\tError Type: Runtime.OutOfMemory",
    ]
    assert response.logs.count("importing") == 2
    assert "Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory" in response.report


@pytest.mark.fidelity("I82")
def test_what_is_seen_only_afterwards_counts_too(deploy: Deploy) -> None:
    """Code that survives its ``MemoryError`` at the limit would not survive on Lambda, and does not here."""
    response = deploy(
        """
        def handler(event, context):
            taken = []
            try:
                while True:
                    taken.append(b"x" * 1_048_576)
            except MemoryError:
                taken.clear()
            return "survived"
        """
    ).invoke()
    assert_killed(response)


@pytest.mark.fidelity("I82")
def test_what_warm_invocations_keep_adds_up(deploy: Deploy) -> None:
    """A leak ends the environment when it has filled its memory, and the next process begins anew."""
    function = deploy(
        """
        kept = []

        def handler(event, context):
            # So large a block comes from the system itself, never from what the allocator has left.
            kept.append(b"x" * (40 * 1_048_576))
            return len(kept)
        """,
        memory_size=128,
    )
    responses = [function.invoke() for _ in range(6)]
    assert [response.payload for response in responses if response.function_error is None] == [1, 2, 3, 1, 2]
    assert_killed(responses[3])
    used = [response.max_memory_used for response in responses]
    assert used[3] == 128
    for count, megabytes in zip((1, 2, 3, 1, 2), (*used[:3], *used[4:]), strict=True):
        assert count * 40 - 5 <= megabytes < count * 40 + 10


@pytest.mark.lambda_service(memory_limit="measure")
def test_by_default_memory_is_only_measured(deploy: Deploy) -> None:
    """Without ``"enforce"`` a handler may take what it wants, and REPORT shows how much that was."""
    response = deploy(HANDLER, memory_size=128).invoke(300)
    assert response.payload == [1, 1]
    assert 295 <= response.max_memory_used < 350


def test_an_error_is_an_error(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """Under the limit a handler's own exception is reported as ever."""
    response = deploy("def handler(event, context): raise ValueError('mine')").invoke()
    assert (response.payload["errorType"], response.payload["errorMessage"]) == ("ValueError", "mine")
    assert aws_lambda.rules.memory_limit == "enforce"
