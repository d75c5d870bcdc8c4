"""The same case under both runtimes: the whole of this package, and the whole of AWS's client."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from parity.case import NOW, START, Answer, Case, Request, Run
from parity.masks import masked, masked_payload
from parity.official import Official
from pytest_lambda_env import InvokeResponse, LambdaFunction, LambdaService
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.variables import function_variables
from pytest_lambda_env.simulation.instant import Instant

_PLATFORM = re.compile(
    r'(?:(?:INIT_START|START|END|REPORT|INIT_REPORT) [^\n]*|START|END|\{"time":"[^"\n]*","type":"platform\.[^\n]*)\n'
)


def assert_equal(case: Case, task_root: Path, function: Callable[[Any, Any], Any] | None = None) -> None:
    """Both runtimes answer the case's events with the same bytes and write the same log."""
    our_run, their_run = both_runs(case, task_root, function)
    assert our_run.answers == their_run.answers
    assert our_run.log == their_run.log
    assert our_run.events == their_run.events


def both_runs(case: Case, task_root: Path, function: Callable[[Any, Any], Any] | None = None) -> tuple[Run, Run]:
    """What our runtime makes of the case, and what AWS's makes of it; ``function`` instead of a handler string."""
    case.write(task_root)
    # Ours tells the test of warnings too: here nobody wants to hear.
    with warnings.catch_warnings(record=True), LambdaService(start=START) as aws_lambda:
        deployed = aws_lambda.create_function(
            function or case.handler, code=None if function else task_root, function_name="fn", **case.configuration
        )
        responses = invoke(deployed, case)
    return ours(responses), theirs(case, deployed, responses, task_root, function)


def invoke(deployed: LambdaFunction, case: Case) -> list[InvokeResponse]:
    """Send the case's events to our function."""
    header = case.client_context_header()
    return [deployed.invoke(payload, client_context=header) for payload in case.payloads()]


def ours(responses: Sequence[InvokeResponse]) -> Run:
    """What the responses come to."""
    answers = [Answer(each.raw_payload, failed=each.function_error is not None) for each in responses]
    log = responses[-1].environment.log
    return _run(answers, "".join(each.logs for each in responses), log)


def theirs(
    case: Case,
    deployed: LambdaFunction,
    responses: Sequence[InvokeResponse],
    task_root: Path,
    function: Callable[[Any, Any], Any] | None = None,
) -> Run:
    """What AWS's runtime makes of the requests that the responses answer."""
    environment = responses[-1].environment
    variables = function_variables(
        deployed.configuration,
        region="us-east-1",
        credentials={},
        version="$LATEST",
        log_stream_name=environment.log_stream_name,
        initialization_type="on-demand",
        task_root=environment.task_root,
    )
    requests = [
        Request(
            request_id=response.request_id,
            event=payload,
            client_context=case.client_context,
            arn=deployed.arn,
            deadline_ms=NOW // 1_000_000 + deployed.configuration.timeout * 1000,
        )
        for response, payload in zip(responses, case.payloads(), strict=True)
    ]
    log = EnvironmentLog(environment.log_stream_name, lambda: Instant(NOW // 1000))
    answers = Official(log, task_root, variables, function).serve(requests)
    return _run(answers, log.text(), log)


def _run(answers: list[Answer], text: str, log: EnvironmentLog) -> Run:
    events = [event.message for event in log.events]
    return Run(
        answers=[answer._replace(payload=masked_payload(answer.payload)) for answer in answers],
        log=masked(_PLATFORM.sub("", text)),
        events=masked("".join(f"\x1e{event}" for event in events if not _PLATFORM.fullmatch(event))).split("\x1e"),
    )
