import json
from datetime import timedelta

import pytest

pytestmark = pytest.mark.lambda_function(
    "app.handler",
    timeout=10,
    log_format="JSON",
    environment={"WEBHOOK_SECRET": "s3cret", "UPSTREAM_URL": "https://crm.example/events"},
)


def log_records(response):
    """The log, which holds one JSON object a line."""
    return [json.loads(line) for line in response.logs.splitlines()]


def test_a_signed_webhook_is_passed_on(lambda_function, webhook, upstream):
    response = lambda_function.invoke(webhook({"customer": 7}))

    assert response.payload["statusCode"] == 202
    assert json.loads(response.payload["body"]) == {"ticket": "T-1"}
    assert response.payload["multiValueHeaders"]["set-cookie"] == ["ticket=T-1", "returning=1"]
    assert upstream.received == [b'{"customer": 7}']


def test_an_unsigned_webhook_is_rejected(lambda_function, lambda_events, upstream):
    response = lambda_function.invoke(lambda_events.alb.request("POST", "/hooks", body={}, multi_value=True))

    assert response.payload["statusCode"] == 401
    assert json.loads(response.payload["body"]) == {"error": "no signature"}
    assert upstream.received == []


def test_a_forged_signature_is_rejected(lambda_function, webhook, upstream):
    response = lambda_function.invoke(webhook({"customer": 7}, secrets=["a guess"]))

    assert json.loads(response.payload["body"]) == {"error": "wrong signature"}
    assert upstream.received == []


def test_while_secrets_change_one_of_two_signature_headers_is_enough(lambda_function, webhook, upstream):
    event = webhook({"customer": 7}, secrets=["the next secret", "s3cret"])

    assert len(event["multiValueHeaders"]["x-signature"]) == 2
    assert lambda_function.invoke(event).payload["statusCode"] == 202


def test_a_replay_ten_minutes_later_is_rejected(aws_lambda, lambda_function, webhook, upstream):
    event = webhook({"customer": 7})
    assert lambda_function.invoke(event).payload["statusCode"] == 202

    aws_lambda.advance(minutes=10)
    replay = lambda_function.invoke(event)
    assert json.loads(replay.payload["body"]) == {"error": "signature is too old"}
    assert upstream.received == [b'{"customer": 7}']


def test_a_slow_upstream_is_given_up_in_time_with_a_504(lambda_function, webhook, upstream):
    upstream.seconds = 600
    response = lambda_function.invoke(webhook({"customer": 7}))

    assert response.function_error is None
    assert response.payload["statusCode"] == 504
    assert response.payload["multiValueHeaders"]["retry-after"] == ["60"]
    assert response.duration == timedelta(seconds=9.5)


def test_an_upstream_that_trickles_runs_into_the_deadline(lambda_function, webhook, upstream):
    upstream.seconds, upstream.trickles = 600, True
    response = lambda_function.invoke(webhook({"customer": 7}))

    assert response.function_error == "Unhandled"
    assert response.payload["errorMessage"].endswith("Task timed out after 10.00 seconds")
    assert response.duration == timedelta(seconds=10)
    assert log_records(response)[-1]["record"]["status"] == "timeout"
    assert upstream.received == []


def test_after_a_timeout_the_next_webhook_starts_cold(lambda_function, webhook, upstream):
    upstream.seconds, upstream.trickles = 600, True
    lambda_function.invoke(webhook({"customer": 7}))

    upstream.seconds = 0.3
    response = lambda_function.invoke(webhook({"customer": 7}))
    assert response.cold_start
    assert response.payload["statusCode"] == 202
    assert not lambda_function.invoke(webhook({"customer": 8})).cold_start


def test_three_webhooks_at_once_take_three_environments(aws_lambda, lambda_function, webhook, upstream):
    upstream.seconds = 4
    responses = aws_lambda.invoke_concurrently(lambda_function, [webhook({"customer": n}) for n in (1, 2, 3)])

    assert [response.payload["statusCode"] for response in responses] == [202, 202, 202]
    assert all(response.cold_start for response in responses)
    assert len(lambda_function.environments) == 3
    assert aws_lambda.clock.elapsed == timedelta(seconds=4)


def test_the_log_is_json_with_the_request_id_and_extra_fields(lambda_function, webhook, upstream):
    response = lambda_function.invoke(webhook({"customer": 7}))

    init_start, start, accepted, report = log_records(response)
    assert [init_start["type"], start["type"], report["type"]] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    assert accepted["message"] == "accepted"
    assert accepted["ticket"] == "T-1"
    assert accepted["requestId"] == response.request_id


def test_the_health_check_needs_no_signature(lambda_function, lambda_events):
    response = lambda_function.invoke(lambda_events.alb.health_check("/health", multi_value=True))

    assert response.payload["statusCode"] == 200


def test_the_handler_as_a_plain_function_with_a_complete_context(app, lambda_context, webhook, upstream):
    upstream.seconds = 0
    assert lambda_context.get_remaining_time_in_millis() > 9000
    assert app.handler(webhook({"customer": 7}), lambda_context)["statusCode"] == 202
