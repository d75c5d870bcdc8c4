"""What goes on after the handler has returned: nothing, until the next invocation."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]

COUNTING = """
    import threading, time

    counted = []

    def count():
        for i in range(10):
            time.sleep(1)
            counted.append(i)
            print("counted", i)

    def handler(event, context):
        if not event:
            threading.Thread(target=count).start()
        else:
            time.sleep(event)
        return list(counted)
"""


@pytest.mark.fidelity("V41")
def test_a_thread_counts_only_in_the_time_of_invocations(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """It stands still however long the environment idles, then wakes at once and goes on in the invocation's time."""
    function = deploy(COUNTING, timeout=60)
    assert function.invoke().payload == []
    aws_lambda.advance(minutes=5)
    assert function.invoke(0.5).payload == [0]
    aws_lambda.advance(minutes=5)
    assert function.invoke(3.5).payload == [0, 1, 2, 3, 4]


@pytest.mark.fidelity("V41")
def test_what_a_thread_prints_is_in_the_log_of_the_invocation_in_which_it_runs(
    deploy: Deploy, aws_lambda: LambdaService
) -> None:
    """Not in the log of the invocation that started it, and not between two of them."""
    function = deploy(COUNTING, timeout=60)
    first = function.invoke()
    aws_lambda.advance(minutes=1)
    second = function.invoke(1.5)
    assert "counted" not in first.logs
    assert [line for line in second.logs.splitlines() if "counted" in line] == ["counted 0", "counted 1"]
    assert first.environment.log.text() == first.logs + second.logs


@pytest.mark.fidelity("V41")
def test_a_thread_s_aws_calls_are_those_of_the_invocation_in_which_it_runs(
    deploy: Deploy, aws_lambda: LambdaService
) -> None:
    """``response.aws_calls`` follows the thread, as the log does."""
    moto = pytest.importorskip("moto")
    function = deploy(
        """
        import boto3, threading, time

        def work():
            time.sleep(1)
            boto3.client("sqs").create_queue(QueueName="late")

        def handler(event, context):
            if not event:
                threading.Thread(target=work).start()
            else:
                time.sleep(event)
        """,
        timeout=60,
    )
    with moto.mock_aws():
        first, second = function.invoke(), function.invoke(5)
    assert [call.operation for call in first.aws_calls] == []
    assert [call.operation for call in second.aws_calls] == ["CreateQueue"]


@pytest.mark.fidelity("V41")
def test_what_the_test_notifies_wakes_no_frozen_thread(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """A frozen thread hears of it when it is thawed."""
    function = deploy(
        """
        import builtins, threading, time

        happened = []

        def work(event):
            event.wait()
            happened.append("woken")

        def handler(event, context):
            if not event:
                builtins.the_event = threading.Event()
                threading.Thread(target=work, args=(builtins.the_event,)).start()
            before = list(happened)
            time.sleep(1)
            return before, happened
        """,
        timeout=60,
    )
    import builtins

    try:
        assert function.invoke().payload == [[], []]
        builtins.the_event.set()  # type: ignore[attr-defined]
        assert function.invoke("look").payload[1] == ["woken"]
    finally:
        del builtins.the_event  # type: ignore[attr-defined]


@pytest.mark.fidelity("V41")
def test_a_thread_that_has_not_come_to_its_first_wait_is_frozen_too(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """However fast the machine, what a thread does before it waits belongs to the invocation that started it."""
    function = deploy(
        """
        import threading, time

        done = []

        def work():
            done.append(sum(range(200_000)) > 0)
            time.sleep(1)
            done.append("late")

        def handler(event, context):
            if not event:
                threading.Thread(target=work).start()
                return done
            return list(done)
        """,
        timeout=60,
    )
    for _ in range(20):
        function.recycle_environments()
        function.invoke()
        assert function.invoke("look").payload in ([True], [True, "late"])


@pytest.mark.fidelity("V41")
def test_a_thread_that_computes_is_frozen_at_its_next_wait(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """Nothing can freeze it before; but its sleep then takes the time of invocations, not that between them."""
    function = deploy(
        """
        import sys, threading, time

        done = []

        def work():
            while not hasattr(sys, "_worker_may_sleep"):
                pass
            time.sleep(1)
            done.append("late")

        def handler(event, context):
            if not event:
                threading.Thread(target=work, name="worker").start()
            else:
                time.sleep(event)
            return list(done)
        """,
        timeout=60,
    )
    try:
        assert function.invoke().payload == []
    finally:
        sys._worker_may_sleep = True  # type: ignore[attr-defined]
    [worker] = [thread for thread in threading.enumerate() if thread.name == "worker"]
    clock = function.environments[0].process.clock  # type: ignore[union-attr]
    while not clock.waits(worker.ident):  # type: ignore[arg-type]
        pass
    del sys._worker_may_sleep  # type: ignore[attr-defined]
    assert function.invoke(0.5).payload == []
    assert function.invoke(1).payload == ["late"]


@pytest.mark.fidelity("V41")
def test_a_pending_task_goes_on_when_its_loop_runs_again(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """A loop in a module's global keeps its tasks from one invocation to the next."""
    function = deploy(
        """
        import asyncio

        loop = asyncio.new_event_loop()
        counted, tasks = [], []

        async def count():
            for i in range(10):
                await asyncio.sleep(1)
                counted.append(i)

        async def work(seconds):
            if not tasks:
                tasks.append(asyncio.create_task(count()))
            await asyncio.sleep(seconds)
            return list(counted)

        def handler(event, context):
            return loop.run_until_complete(work(event))
        """,
        timeout=60,
    )
    assert function.invoke(2.5).payload == [0, 1]
    aws_lambda.advance(minutes=5)
    assert function.invoke(1.5).payload == [0, 1, 2, 3]


@pytest.mark.fidelity("V41")
def test_a_bare_thread_belongs_to_its_environment(deploy: Deploy, aws_lambda: LambdaService) -> None:
    """``_thread.start_new_thread`` makes a thread like any other: in virtual time, with the environment's log."""
    function = deploy(
        """
        import _thread, time

        def work(seconds, *, text):
            time.sleep(seconds)
            print(text)

        def handler(event, context):
            if not event:
                _thread.start_new_thread(work, (100,), {"text": "late"})
            else:
                time.sleep(event)
        """,
        timeout=60,
    )
    function.invoke()
    aws_lambda.advance(seconds=50)
    assert "late" not in function.invoke(1).logs
    aws_lambda.advance(seconds=50)
    assert "late" in function.invoke(1).logs
