import json
from datetime import timedelta
from decimal import Decimal

import pytest

pytestmark = pytest.mark.lambda_function(
    "app.handler",
    timeout=10,
    environment={
        "ORDERS_TABLE": "orders",
        "IDEMPOTENCY_TABLE": "idempotency",
        "PAYMENTS_URL": "https://payments.example/charges",
    },
)

BREAD = {"order_id": "bread", "amount": 4.5}
MILK = {"order_id": "milk", "amount": 1.2}
FREE = {"order_id": "free", "amount": 0}


def log_records(response):
    """What the Powertools logger has written, one JSON object a line."""
    return [json.loads(line) for line in response.logs.splitlines() if line.startswith("{")]


def test_a_batch_of_orders_is_charged_and_stored(lambda_function, lambda_events, orders, provider):
    response = lambda_function.invoke(lambda_events.sqs.messages(BREAD, MILK, queue="orders"))

    assert response.payload == {"batchItemFailures": []}
    assert provider.charged == ["bread", "milk"]
    assert orders.get_item(Key={"order_id": "bread"})["Item"] == {
        "order_id": "bread",
        "amount": Decimal("4.5"),
        "receipt": "R-1",
        "status": "PAID",
    }


def test_tables_and_clients_are_made_once_and_kept_while_warm(lambda_function, lambda_events, orders, provider):
    first = lambda_function.invoke(lambda_events.sqs.messages(BREAD))
    second = lambda_function.invoke(lambda_events.sqs.messages(MILK))

    assert (first.cold_start, second.cold_start) == (True, False)
    assert first.environment is second.environment
    lambda_function.recycle_environments()
    assert lambda_function.invoke(lambda_events.sqs.messages(BREAD)).cold_start


def test_only_the_refused_order_goes_back_to_the_queue(lambda_function, lambda_events, orders, provider):
    event = lambda_events.sqs.messages(BREAD, FREE, MILK)
    response = lambda_function.invoke(event)

    assert response.payload == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    assert provider.charged == ["bread", "milk"]


def test_an_order_takes_three_calls_to_dynamodb(lambda_function, lambda_events, orders, provider):
    response = lambda_function.invoke(lambda_events.sqs.messages(BREAD))

    assert [f"{call} {call.parameters['TableName']}" for call in response.aws_calls] == [
        "dynamodb:PutItem idempotency",
        "dynamodb:PutItem orders",
        "dynamodb:UpdateItem idempotency",
    ]


def test_a_message_delivered_twice_is_charged_once(lambda_function, lambda_events, orders, provider):
    event = lambda_events.sqs.messages(BREAD)
    first, second = lambda_function.invoke(event), lambda_function.invoke(event)

    assert first.payload == second.payload == {"batchItemFailures": []}
    assert [str(call) for call in second.aws_calls] == ["dynamodb:PutItem -> ConditionalCheckFailedException"]
    assert provider.charged == ["bread"]


def test_after_an_hour_the_order_counts_as_a_new_one(aws_lambda, lambda_function, lambda_events, orders, provider):
    event = lambda_events.sqs.messages(BREAD)
    lambda_function.invoke(event)
    aws_lambda.advance(minutes=59)
    lambda_function.invoke(event)
    assert provider.charged == ["bread"]

    aws_lambda.advance(minutes=2)
    lambda_function.invoke(event)
    assert provider.charged == ["bread", "bread"]


def test_a_slow_provider_times_out_and_a_later_delivery_succeeds(
    aws_lambda, lambda_function, lambda_events, orders, provider
):
    event = lambda_events.sqs.message(BREAD)
    provider.seconds = 60
    killed = lambda_function.invoke(event)
    assert killed.payload["errorType"] == "Sandbox.Timedout"
    assert killed.duration == timedelta(seconds=10)
    assert provider.charged == []

    # At once, the table still says that somebody is working on this order. Half a minute later it doesn't.
    provider.seconds = 0.2
    assert lambda_function.invoke(event).payload["errorType"] == "BatchProcessingError"
    aws_lambda.advance(seconds=30)
    assert lambda_function.invoke(event).payload == {"batchItemFailures": []}
    assert provider.charged == ["bread"]


def test_three_batches_at_once_take_three_environments(aws_lambda, lambda_function, lambda_events, orders, provider):
    batches = [lambda_events.sqs.messages({"order_id": f"order-{n}", "amount": n}) for n in range(1, 4)]
    responses = aws_lambda.invoke_concurrently(lambda_function, batches)

    assert all(response.cold_start for response in responses)
    assert len(lambda_function.environments) == 3
    assert orders.scan(Select="COUNT")["Count"] == 3
    assert aws_lambda.clock.elapsed == timedelta(seconds=0.2)


def test_the_log_says_which_order_was_paid_and_which_refused(lambda_function, lambda_events, orders, provider):
    response = lambda_function.invoke(lambda_events.sqs.messages(BREAD, FREE))

    paid, refused = log_records(response)
    assert (paid["message"], paid["order_id"], paid["receipt"]) == ("order paid", "bread", "R-1")
    assert (refused["message"], refused["order_id"], refused["level"]) == ("payment refused", "free", "WARNING")
    assert paid["function_request_id"] == refused["function_request_id"] == response.request_id


@pytest.mark.lambda_service(start="2026-12-31T23:59:55Z")
def test_on_new_years_eve_the_log_shows_virtual_time_in_utc(lambda_function, lambda_events, orders, provider):
    provider.seconds = 8
    [paid] = log_records(lambda_function.invoke(lambda_events.sqs.messages(BREAD)))

    assert paid["timestamp"] == "2027-01-01 00:00:03,000+0000"


@pytest.mark.lambda_function(environment={"ORDERS_TABLE": "orders", "PAYMENTS_URL": "https://payments.example/"})
def test_a_missing_variable_fails_when_the_function_starts(lambda_function, lambda_events, orders):
    response = lambda_function.invoke(lambda_events.sqs.messages(BREAD))

    assert response.function_error == "Unhandled"
    assert response.payload["errorType"] == "KeyError"
    assert response.payload["errorMessage"] == "'IDEMPOTENCY_TABLE'"
