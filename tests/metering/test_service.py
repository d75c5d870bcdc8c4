"""Metrics and cost of a service that has really run, not of a journal written by hand."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.model.prices import US_EAST_1, Prices


def handler(event: dict[str, Any], context: Any) -> None:
    """Takes its time, and fails if told to."""
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError


@pytest.mark.lambda_service(start="2026-03-01T00:00:00Z")
def test_the_metrics_of_what_has_run(aws_lambda: LambdaService) -> None:
    """Counts by name and dimension, per minute, and the age of asynchronous events."""
    orders = aws_lambda.create_function(handler, function_name="orders", timeout=100)
    orders.create_alias("live", orders.publish_version())
    audit = aws_lambda.create_function(handler, function_name="audit", reserved_concurrent_executions=1)
    orders.invoke({"seconds": 2})
    orders.invoke({}, qualifier="live")
    aws_lambda.invoke_concurrently(audit, [{}, {}, {}], return_exceptions=True)
    orders.invoke_async({"fails": True})
    aws_lambda.drain()
    metrics = aws_lambda.metrics
    value = metrics.value
    assert (value("Invocations"), value("Errors"), value("Throttles")) == (6, 3, 2)
    assert (value("Invocations", function_name="orders"), value("Throttles", function_name="orders")) == (5, 0)
    assert value("Invocations", function_name="orders", resource="orders:live") == 1
    assert value("Duration", function_name="orders", statistic="Maximum") == 2_000
    assert value("AsyncEventsReceived") == value("AsyncEventsDropped") == 1
    assert value("AsyncEventAge", statistic="Maximum") == 180_000
    per_minute = metrics.get("Errors", function_name="orders", period=60)
    assert [(point.timestamp - aws_lambda.clock.start, point.value) for point in per_minute] == [
        (timedelta(minutes=minute), 1) for minute in (0, 1, 3)
    ]


@pytest.mark.lambda_service(start="2026-03-01T00:00:00Z")
def test_the_cost_of_what_has_run(aws_lambda: LambdaService) -> None:
    """Each response has its own; the service's is their sum, and that of provisioned concurrency."""
    function = aws_lambda.create_function(handler, memory_size=1024, timeout=100)
    responses = [function.invoke({"seconds": seconds}) for seconds in (1, 2, 3)]
    assert [response.cost.gb_seconds for response in responses] == [1, 2, 3]
    total = sum(response.cost.total for response in responses)
    assert aws_lambda.cost().total == total == 3 * US_EAST_1.request + 6 * Decimal("0.0000166667")
    assert function.invoke({}, invocation_type="DryRun").cost.total == 0
    function.put_provisioned_concurrency(2, qualifier=function.publish_version())
    aws_lambda.advance(hours=1)
    provisioned = aws_lambda.cost().provisioned_concurrency
    assert provisioned == 2 * 3_540 * US_EAST_1.of("x86_64").provisioned  # they came after a minute


def test_prices_of_ones_own() -> None:
    """For another region or date; they are the responses' too."""
    dear = Prices(**{**{name: getattr(US_EAST_1, name) for name in US_EAST_1.__slots__}, "request": Decimal(1)})
    with LambdaService(prices=dear) as service:
        response = service.create_function(handler).invoke({})
        assert response.cost.requests == service.cost().requests == 1


def test_a_bounded_journal_forgets_no_cost() -> None:
    """What it drops was counted."""
    totals = []
    for limit in (0, 5):
        with LambdaService(journal_limit=limit) as service:
            function = service.create_function(handler)
            for _ in range(20):
                function.invoke({"seconds": 0.5})
            totals.append(service.cost().total)
    assert totals[0] == totals[1] > 0
