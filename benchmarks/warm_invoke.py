"""A warm invocation: what one more call costs, by whatever keeps the test and the handler apart.

Peers that pass objects on instead of JSON are marked; awslambdaric is timed as it is (bytes to bytes) and as a test
would have to use it (with the test's own ``json.dumps`` and ``json.loads``), which is what ours does too.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import workload
from benchmarks.results import Goal, Result
from benchmarks.rounds import Candidate, interleaved
from pytest_lambda_env import LambdaService

NAME = "warm invoke"
_ROUNDS = 42
_OURS = "pytest-lambda-env, full isolation"
_RIC = "awslambdaric handle_event_request, bytes to bytes"
_RIC_OBJECTS = "awslambdaric handle_event_request, dict to dict"


def measure() -> list[Result]:
    """Microseconds per call."""
    with workload.task_root({"app.py": workload.HANDLER}) as root:
        event = workload.event()
        handler = _imported(root)
        candidates = [
            Candidate(name="direct call (objects)", prepared=lambda: _direct(handler, event), calls=10_000),
            Candidate(name="direct call, JSON both ways", prepared=lambda: _through_json(handler, event), calls=100),
            Candidate(name=_RIC, prepared=lambda: _awslambdaric(handler, event, of_objects=False), calls=100),
            Candidate(name=_RIC_OBJECTS, prepared=lambda: _awslambdaric(handler, event, of_objects=True), calls=100),
            Candidate(name="chalice lambda_.invoke (objects)", prepared=lambda: _chalice(handler, event), calls=100),
            Candidate(name="python-lambda-local call()", prepared=lambda: _lambda_local(handler, event), calls=3),
            Candidate(name=_OURS, prepared=lambda: _ours(root, event), calls=100),
        ]
        times = interleaved(candidates, rounds=_ROUNDS)
    goals = {}
    if _RIC in times.seconds:
        met = times.seconds[_OURS] <= times.seconds[_RIC]
        goals[_OURS] = Goal(text="at or below awslambdaric", met=met)
    return times.results(NAME, "µs", goals)


def _imported(root: Path) -> Callable[[Any, Any], Any]:
    sys.path.insert(0, str(root))
    try:
        handler: Callable[[Any, Any], Any] = importlib.import_module("app").handler
        return handler
    finally:
        sys.path.remove(str(root))
        sys.modules.pop("app", None)


@contextmanager
def _direct(handler: Callable[[Any, Any], Any], event: Any) -> Iterator[Callable[[], object]]:
    context = SimpleNamespace(aws_request_id="1")
    yield lambda: handler(event, context)


@contextmanager
def _through_json(handler: Callable[[Any, Any], Any], event: Any) -> Iterator[Callable[[], object]]:
    context = SimpleNamespace(aws_request_id="1")
    yield lambda: json.loads(json.dumps(handler(json.loads(json.dumps(event)), context)))


@contextmanager
def _awslambdaric(
    handler: Callable[[Any, Any], Any], event: Any, *, of_objects: bool
) -> Iterator[Callable[[], object]]:
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    class Client:
        """What the runtime client does over the network, left out."""

        marshaller = LambdaMarshaller()
        result = ""

        def post_invocation_result(self, invoke_id: str, result: str, *_: object) -> None:
            self.result = result

        def post_invocation_error(self, invoke_id: str, error: str, *_: object) -> None:
            raise AssertionError(error)

    client, sink, body = Client(), bootstrap.StandardLogSink(), json.dumps(event).encode()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:app"

    def call(payload: bytes = body) -> None:
        bootstrap.handle_event_request(
            client, handler, "1", payload, "application/json", None, None, arn, 10**13, None, sink
        )

    def call_with_objects() -> object:
        call(json.dumps(event).encode())
        return json.loads(client.result)

    yield call_with_objects if of_objects else call


@contextmanager
def _chalice(handler: Callable[[Any, Any], Any], event: Any) -> Iterator[Callable[[], object]]:
    import chalice
    import chalice.test

    app = chalice.Chalice("benchmark")
    app.lambda_function(name="handler")(handler)
    client = chalice.test.Client(app)
    yield lambda: client.lambda_.invoke("handler", event)


@contextmanager
def _lambda_local(handler: Callable[[Any, Any], Any], event: Any) -> Iterator[Callable[[], object]]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        from lambda_local.context import Context
        from lambda_local.main import call

        # It prints the event for each call; a test would turn that off as well.
        logging.disable(logging.INFO)
        context = Context(3)
        yield lambda: call(handler, event, context)
    finally:
        logging.disable(logging.NOTSET)
        root.handlers[:] = before[0]
        root.setLevel(before[1])


@contextmanager
def _ours(root: Path, event: Any) -> Iterator[Callable[[], object]]:
    with LambdaService(task_root=root) as aws_lambda:
        function = aws_lambda.create_function("app.handler")
        yield lambda: function.invoke(event).payload
