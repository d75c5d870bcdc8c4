"""The renewals as Lambda runs them: by the clock, again after a failure, and version by version."""

import datetime
import json

import pytest

TODAY = {"id": "ada", "ends": "2026-03-28"}

pytestmark = pytest.mark.lambda_service(start="2026-03-28T00:00:00Z")


def test_a_month_of_nights(aws_lambda, nightly, queue, subscribe):
    subscribe("ada", ends="2026-03-28")
    subscribe("bob", ends="2026-04-02")
    schedule = nightly.schedule("cron(30 2 * * ? *)", timezone="Europe/Berlin")
    found = []
    for _ in range(30):
        aws_lambda.advance(days=1)
        for message in queue.receive_messages():
            found.append(json.loads(message.body))
            message.delete()
    assert found == [{"id": "ada", "ends": "2026-03-28"}, {"id": "bob", "ends": "2026-04-02"}]
    # There is no half past two on the 29th of March: clocks go from two to three.
    assert [run.day for run in schedule.runs[:3]] == [28, 30, 31]
    assert len(schedule.runs) == 29


def test_a_subscription_is_renewed(renew, subscribe, table):
    subscribe("ada", ends="2026-03-28")
    assert renew.invoke(TODAY).payload == 12
    assert table.get_item(Key={"id": "ada"})["Item"]["ends"] == "2026-04-27"


def test_a_declined_card_ends_in_the_queue_for_people(aws_lambda, renew, subscribe):
    people = aws_lambda.create_probe("for-people")
    renew.put_event_invoke_config(on_failure=people)
    subscribe("eve", ends="2026-03-28", card="expired")
    renew.invoke_async({"id": "eve", "ends": "2026-03-28"})
    aws_lambda.drain()
    [record] = people.received()
    assert record["requestPayload"]["id"] == "eve"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responsePayload"]["errorType"] == "CardDeclined"
    assert aws_lambda.clock.elapsed > datetime.timedelta(minutes=3)


@pytest.mark.lambda_service(duplicates=1.0)
def test_an_event_that_comes_twice_extends_once(aws_lambda, renew, subscribe, table):
    subscribe("ada", ends="2026-03-28")
    renew.invoke_async(TODAY)
    aws_lambda.drain()
    first, second = renew.invocations
    assert first.request_id == second.request_id
    assert table.get_item(Key={"id": "ada"})["Item"]["ends"] == "2026-04-27"


def test_a_bad_version_is_rolled_back(aws_lambda, renew, subscribe):
    renew.create_alias("live", renew.publish_version())
    renew.update_configuration(environment={"SUBSCRIPTIONS_TABLE": "subscription"})  # a typo
    for number in range(100):
        subscribe(f"s{number}", ends="2026-03-28")
    errors = lambda: aws_lambda.metrics.value("Errors", resource="renew-handler:live", function_name="renew-handler")  # noqa: E731
    deployment = renew.shift_traffic(
        "live", to=renew.publish_version(), preference="Canary10Percent5Minutes", alarm=errors
    )
    for number in range(100):
        renew.invoke({"id": f"s{number}", "ends": "2026-03-28"}, qualifier="live")
        aws_lambda.advance(seconds=3)
    assert deployment.status == "Stopped"
    assert renew.alias("live").function_version == "1"
    assert 0 < errors() < 20


def test_the_policy_that_it_needs(renew, subscribe):
    subscribe("ada", ends="2026-03-28")
    renew.invoke(TODAY).raise_for_error()
    assert renew.used_actions.actions == ("dynamodb:GetItem", "dynamodb:UpdateItem")
    renew.put_role_policy(renew.used_actions.document)
    subscribe("ada", ends="2026-03-28")
    renew.invoke(TODAY).raise_for_error()


def test_a_busy_night(aws_lambda, renew, subscribe):
    for number in range(50):
        subscribe(f"s{number}", ends="2026-03-28")
        renew.invoke_async({"id": f"s{number}", "ends": "2026-03-28"})
    aws_lambda.drain()
    assert aws_lambda.metrics.value("ConcurrentExecutions") == 50
    assert aws_lambda.metrics.value("Duration", statistic="p99") == pytest.approx(400, abs=1)
    assert aws_lambda.cost().total < 0.001
