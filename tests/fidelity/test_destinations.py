"""What becomes of an event that has ended: destinations and dead letters (fidelity sections 3.2 to 3.4)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import InvalidParameterValueException, ResourceNotFoundException, UsageError
from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_env.model.facts import RecordSent

Deploy = Callable[..., LambdaFunction]

FAILS = "def handler(event, context): raise ValueError('poison')"
ARNS = "def handler(event, context): return context.invoked_function_arn"

pytestmark = pytest.mark.lambda_service(start="2026-03-29T00:59:00Z", seed=7)


@pytest.fixture
def aws() -> Iterator[None]:
    """A mocked account."""
    from moto import mock_aws

    with mock_aws():
        yield


def client(name: str) -> Any:
    """A client of the mocked account."""
    import boto3

    make: Any = boto3.client
    return make(name, region_name="us-east-1")


@pytest.mark.fidelity("A20", "A24", "P-33")
def test_the_record_of_a_success(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Every key, in AWS's order; the record's ARN is qualified, the one that the handler saw was not."""
    function, probe = deploy(ARNS, function_name="orders"), aws_lambda.create_probe("successes")
    function.put_event_invoke_config(on_success=probe)
    accepted = function.invoke_async({"order": 7})
    aws_lambda.drain()
    [message] = probe.messages
    assert message.body == (
        '{"version":"1.0","timestamp":"2026-03-29T00:59:00.000Z","requestContext":{"requestId":"'
        + accepted.request_id
        + '","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST","condition":"Success",'
        '"approximateInvokeCount":1},"requestPayload":{"order":7},"responseContext":{"statusCode":200,'
        '"executedVersion":"$LATEST"},"responsePayload":"arn:aws:lambda:us-east-1:123456789012:function:orders"}'
    )


@pytest.mark.fidelity("A21", "A43", "P-32")
def test_the_record_of_a_failure(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """After three attempts, with the error object of the last one."""
    function, probe = deploy(FAILS, function_name="orders"), aws_lambda.create_probe("failures")
    function.put_event_invoke_config(on_failure=probe)
    accepted = function.invoke_async({"order": 7})
    aws_lambda.drain()
    [record] = probe.received()
    payload = record.pop("responsePayload")
    assert record == {
        "version": "1.0",
        "timestamp": "2026-03-29T01:02:00.000Z",
        "requestContext": {
            "requestId": accepted.request_id,
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"order": 7},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }
    assert (payload["errorMessage"], payload["errorType"]) == ("poison", "ValueError")
    assert payload["requestId"] == accepted.request_id
    assert "raise ValueError('poison')" in payload["stackTrace"][-1]


@pytest.mark.fidelity("A22")
def test_the_record_of_an_event_that_got_too_old(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The attempts so far count, and the last response is there."""
    function, probe = deploy(FAILS), aws_lambda.create_probe("failures")
    function.put_event_invoke_config(maximum_event_age_in_seconds=90, on_failure=probe)
    function.invoke_async({})
    aws_lambda.drain()
    [record] = probe.received()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "poison"


@pytest.mark.fidelity("A23")
def test_the_record_with_a_reservation_of_zero(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Sent at once, without any response, though the request was accepted."""
    function, probe = deploy(FAILS, reserved_concurrent_executions=0), aws_lambda.create_probe("failures")
    function.put_event_invoke_config(maximum_retry_attempts=2, on_failure=probe)
    assert function.invoke_async({"order": 7}).status_code == 202
    aws_lambda.advance(seconds=0)
    [record] = probe.received()
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert list(record) == ["version", "timestamp", "requestContext", "requestPayload"]


@pytest.mark.fidelity("A24")
def test_the_record_names_the_alias(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The ARN is the alias's, the executed version a number."""
    function, probe = deploy(ARNS, function_name="orders"), aws_lambda.create_probe("successes")
    function.create_alias("live", function.publish_version())
    function.put_event_invoke_config(on_success=probe, qualifier="live")
    function.invoke_async({}, qualifier="live")
    aws_lambda.drain()
    [record] = probe.received()
    assert record["requestContext"]["functionArn"].endswith(":function:orders:live")
    assert record["responseContext"]["executedVersion"] == "1"


@pytest.mark.fidelity("A26")
def test_a_function_as_destination(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """It is invoked asynchronously with the record; its own failure is retried like any other event's."""
    records: list[Any] = []

    def audit(event: Any, context: Any) -> None:
        records.append(event)
        if len(records) < 2:
            raise ValueError("not yet")

    auditor = aws_lambda.create_function(audit, function_name="audit")
    function = deploy(FAILS)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=auditor)
    function.invoke_async({"order": 7})
    aws_lambda.drain()
    assert [record["requestPayload"] for record in records] == [{"order": 7}] * 2
    assert [run.invocation_type for run in auditor.invocations] == ["Event", "Event"]


@pytest.mark.fidelity("I40")
def test_destinations_in_a_circle_are_stopped(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Two functions that are each other's destinations run sixteen times each."""
    (first, second) = (aws_lambda.create_function(lambda event, _: None, function_name=name) for name in ("a", "b"))
    first.put_event_invoke_config(on_success=second)
    second.put_event_invoke_config(on_success=first)
    first.invoke_async({})
    aws_lambda.drain()
    assert (len(first.invocations), len(second.invocations)) == (16, 16)


@pytest.mark.fidelity("A30", "A44")
def test_a_synchronous_invocation_sends_nothing(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Neither its success nor its failure."""
    probe, dead = aws_lambda.create_probe("records"), aws_lambda.create_probe("dead")
    for source in (ARNS, FAILS):
        function = deploy(source, dead_letter_target=dead)
        function.put_event_invoke_config(on_success=probe, on_failure=probe)
        function.invoke({})
        aws_lambda.drain()
        function.delete()
    assert (probe.messages, dead.messages) == ([], [])


@pytest.mark.fidelity("A31")
def test_successes_and_failures_are_kept_apart(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Each destination gets only its own."""
    successes, failures = aws_lambda.create_probe("successes"), aws_lambda.create_probe("failures")
    function = deploy("def handler(event, context):\n    if event: raise ValueError")
    function.put_event_invoke_config(maximum_retry_attempts=0, on_success=successes, on_failure=failures)
    function.invoke_async(False)
    function.invoke_async(True)
    aws_lambda.drain()
    assert [record["requestPayload"] for record in successes.received()] == [False]
    assert [record["requestPayload"] for record in failures.received()] == [True]


@pytest.mark.fidelity("A40", "A42", "A45", "P-34")
def test_a_dead_letter_and_a_failure_destination(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Both are served; the dead letter is the event itself, byte for byte, with three attributes."""
    failures, dead = aws_lambda.create_probe("failures"), aws_lambda.create_probe("dead")
    function = deploy("def handler(event, context): raise ValueError('é' * 600)", dead_letter_target=dead)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=failures)
    accepted = function.invoke_async(b'{"order":  7}')
    aws_lambda.drain()
    [letter] = dead.messages
    assert letter.body == '{"order":  7}'
    assert letter.attributes == {"RequestID": accepted.request_id, "ErrorCode": "200", "ErrorMessage": "é" * 512}
    assert len(failures.messages) == 1


@pytest.mark.fidelity("A46")
def test_a_dead_letter_target_is_taken_away(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An empty target is none."""
    dead = aws_lambda.create_probe("dead")
    function = deploy(FAILS, dead_letter_target=dead.arn)
    assert function.configuration.dead_letter_target == dead.arn
    assert function.update_configuration(dead_letter_target="").dead_letter_target is None
    function.invoke_async({})
    aws_lambda.drain()
    assert dead.messages == []


@pytest.mark.parametrize("target", ["arn:aws:lambda:us-east-1:123456789012:function:x", "arn:aws:s3:::bucket"])
def test_a_dead_letter_target_is_a_queue_or_a_topic(deploy: Deploy, target: str) -> None:
    """Nothing else is."""
    with pytest.raises(InvalidParameterValueException, match="must be an SQS queue or an SNS topic"):
        deploy(FAILS, dead_letter_target=target)


def test_a_delivery_that_fails_is_told_of(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The journal names the target and AWS's reason; the event has ended all the same, and is not sent again."""
    probe = aws_lambda.create_probe("failures")
    probe.refuse("AccessDenied")
    function = deploy(FAILS, dead_letter_target=probe)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=probe)
    function.invoke_async({})
    aws_lambda.drain()
    assert [(sent.purpose, sent.target, sent.error) for sent in aws_lambda.journal.of(RecordSent)] == [
        ("OnFailure", probe.arn, "AccessDenied"),
        ("DeadLetter", probe.arn, "AccessDenied"),
    ]
    assert probe.messages == []
    probe.refuse(None)
    function.invoke_async({})
    aws_lambda.drain()
    assert len(probe.messages) == 2


def test_a_record_too_large_for_its_target(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A topic takes 256 KB; what is larger is told of."""
    topic = aws_lambda.create_probe("done", service="sns")
    function = deploy("def handler(event, context): return 'x' * 300_000")
    function.put_event_invoke_config(on_success=topic)
    function.invoke_async({})
    aws_lambda.drain()
    [sent] = aws_lambda.journal.of(RecordSent)
    assert sent.error is not None
    assert re.fullmatch(r"the record has 300\d\d\d bytes, and sns takes 262144", sent.error)


def test_a_destination_function_that_is_gone(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Deleted after it was configured: AWS's error is the reason."""
    target = aws_lambda.create_function(lambda event, _: None, function_name="audit")
    function = deploy(ARNS)
    function.put_event_invoke_config(on_success=target)
    target.delete()
    function.invoke_async({})
    aws_lambda.drain()
    [sent] = aws_lambda.journal.of(RecordSent)
    assert sent.error is not None
    assert sent.error.startswith("ResourceNotFoundException: Function not found: ")


def test_a_version_that_is_gone_when_its_event_is_given_up(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Its dead-letter target is not known any more; that of ``$LATEST`` counts."""
    dead = aws_lambda.create_probe("dead")
    function = deploy(FAILS, dead_letter_target=dead)
    function.create_alias("live", function.publish_version())
    function.put_event_invoke_config(maximum_event_age_in_seconds=90, qualifier="live")
    function.invoke_async({"order": 7}, qualifier="live")
    aws_lambda.advance(seconds=1)
    function.update_configuration(memory_size=256)
    function.update_alias("live", function.publish_version())
    function.delete("1")
    aws_lambda.drain()
    assert dead.received() == [{"order": 7}]


def test_a_record_is_sent_when_the_branch_ends(aws_lambda: LambdaService) -> None:
    """Not before the invocation has ended in virtual time."""
    probe = aws_lambda.create_probe("done")
    function = aws_lambda.create_function(lambda event, _: time.sleep(5), timeout=10)
    function.put_event_invoke_config(on_success=probe)
    function.invoke_async({})
    aws_lambda.advance(seconds=4)
    assert probe.messages == []
    aws_lambda.advance(seconds=1)
    [message] = probe.messages
    assert message.at == aws_lambda.clock.now


# ------------------------------------------------------------------------------------------- real resources, on moto


@pytest.mark.fidelity("A29")
@pytest.mark.usefixtures("aws")
def test_a_real_queue_as_destination(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The body is the record, and there are no message attributes."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = deploy(FAILS)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=arn)
    function.invoke_async({"order": 7})
    aws_lambda.drain()
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"])["requestPayload"] == {"order": 7}
    assert "MessageAttributes" not in message


@pytest.mark.fidelity("A40")
@pytest.mark.usefixtures("aws")
def test_a_real_queue_for_dead_letters(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The attributes have AWS's types."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    function = deploy(FAILS, dead_letter_target="arn:aws:sqs:us-east-1:123456789012:dead")
    accepted = function.invoke_async({"order": 7})
    aws_lambda.drain()
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == '{"order":7}'
    assert message["MessageAttributes"] == {
        "RequestID": {"StringValue": accepted.request_id, "DataType": "String"},
        "ErrorCode": {"StringValue": "200", "DataType": "Number"},
        "ErrorMessage": {"StringValue": "poison", "DataType": "String"},
    }


@pytest.mark.fidelity("A27", "A41")
@pytest.mark.usefixtures("aws")
def test_a_real_topic(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """As destination and for dead letters, seen by a queue that is subscribed."""
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="subscribed")["QueueUrl"]
    arn = sns.create_topic(Name="failures")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:subscribed")
    function = deploy(FAILS, dead_letter_target=arn)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure=arn)
    accepted = function.invoke_async({"order": 7})
    aws_lambda.drain()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    record, letter = (json.loads(message["Body"]) for message in messages)
    assert json.loads(record["Message"])["requestContext"]["condition"] == "RetriesExhausted"
    assert "Subject" not in letter
    assert letter["Message"] == '{"order":7}'
    assert letter["MessageAttributes"] == {
        "RequestID": {"Type": "String", "Value": accepted.request_id},
        "ErrorCode": {"Type": "Number", "Value": "200"},
        "ErrorMessage": {"Type": "String", "Value": "poison"},
    }


@pytest.mark.fidelity("A25")
@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("source", "outcome"), [(ARNS, "Success"), (FAILS, "Failure")])
def test_a_real_event_bus(aws_lambda: LambdaService, deploy: Deploy, source: str, outcome: str) -> None:
    """A rule on the bus finds an event of Lambda's, with the record as its detail."""
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName="seen")["QueueUrl"]
    bus = events.create_event_bus(Name="results")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="results", EventPattern='{"source":["lambda"]}')
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:seen"}
    events.put_targets(Rule="all", EventBusName="results", Targets=[target])
    function = deploy(source, function_name="orders")
    function.put_event_invoke_config(maximum_retry_attempts=0, on_success=bus, on_failure=bus)
    function.invoke_async({})
    aws_lambda.drain()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("lambda", f"Lambda Function Invocation Result - {outcome}")
    assert event["resources"] == [bus, "arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST"]
    assert event["detail"]["version"] == "1.0"


@pytest.mark.fidelity("A28")
@pytest.mark.usefixtures("aws")
def test_a_real_bucket(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """For failures, under a key that tells function and time; for successes it is refused."""
    s3 = client("s3")
    s3.create_bucket(Bucket="failed-events")
    function = deploy(FAILS, function_name="orders")
    with pytest.raises(InvalidParameterValueException, match="is invalid"):
        function.put_event_invoke_config(on_success="arn:aws:s3:::failed-events")
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure="arn:aws:s3:::failed-events")
    function.invoke_async({"order": 7})
    aws_lambda.drain()
    [entry] = s3.list_objects_v2(Bucket="failed-events")["Contents"]
    assert re.fullmatch(r"aws/lambda/async/orders/2026/03/29/2026-03-29T00\.59\.00-[0-9a-f-]{36}", entry["Key"])
    record = json.loads(s3.get_object(Bucket="failed-events", Key=entry["Key"])["Body"].read())
    assert record["requestPayload"] == {"order": 7}


@pytest.mark.usefixtures("aws")
def test_a_queue_that_is_gone(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Deleted after it was configured: the reason is SQS's own error."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    function = deploy(FAILS)
    function.put_event_invoke_config(maximum_retry_attempts=0, on_failure="arn:aws:sqs:us-east-1:123456789012:failures")
    sqs.delete_queue(QueueUrl=url)
    function.invoke_async({})
    aws_lambda.drain()
    [sent] = aws_lambda.journal.of(RecordSent)
    assert sent.error is not None
    assert "NonExistentQueue" in sent.error


def test_without_a_mocked_account_a_queue_is_out_of_reach(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """The message says what to do; a dead letter, whose target AWS does not look up, is told of when it is lost."""
    arn = "arn:aws:sqs:us-east-1:123456789012:failures"
    function = deploy(FAILS, dead_letter_target=arn)
    with pytest.raises(UsageError, match=r"no mock_aws is active.*create_probe"):
        function.put_event_invoke_config(on_failure=arn)
    function.invoke_async({})
    aws_lambda.drain()
    [sent] = aws_lambda.journal.of(RecordSent)
    assert sent.error == "no mock_aws is active"


# ------------------------------------------------------------------------------------------------- the configuration


@pytest.mark.fidelity("A50", "A51", "A56")
def test_put_replaces_and_update_merges(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Put forgets what it is not given; update keeps it."""
    function, probe = deploy(ARNS), aws_lambda.create_probe()
    assert function.put_event_invoke_config(maximum_retry_attempts=1, on_failure=probe) == EventInvokeConfig(
        maximum_retry_attempts=1, on_failure=probe.arn
    )
    merged = function.update_event_invoke_config(maximum_event_age_in_seconds=60)
    assert merged == EventInvokeConfig(maximum_retry_attempts=1, maximum_event_age_in_seconds=60, on_failure=probe.arn)
    assert function.event_invoke_config() == merged
    assert function.update_event_invoke_config(on_failure=None).on_failure is None
    assert function.put_event_invoke_config(on_success=None) == EventInvokeConfig()


@pytest.mark.fidelity("A52", "A53", "A54", "A57")
def test_what_is_refused(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Nothing at all, the function itself, what does not exist, and what can't be a destination."""
    function = deploy(ARNS, function_name="orders")
    with pytest.raises(InvalidParameterValueException) as nothing:
        function.put_event_invoke_config()
    assert nothing.value.message == "You must specify at least one of error handling or destination setting."
    with pytest.raises(InvalidParameterValueException) as itself:
        function.put_event_invoke_config(on_success=function)
    assert itself.value.message == "You can't specify the function as a destination for itself."
    unknown = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
    with pytest.raises(InvalidParameterValueException) as missing:
        function.put_event_invoke_config(on_failure=unknown)
    assert missing.value.message == f"The destination ARN {unknown} is invalid."
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/x"
    with pytest.raises(InvalidParameterValueException) as unsupported:
        function.put_event_invoke_config(on_success=table)
    assert unsupported.value.message == (
        "The provided destination config "
        f"DestinationConfig(onSuccess=OnSuccess(destination={table}), onFailure=null) is invalid."
    )
    with pytest.raises(ResourceNotFoundException):
        function.event_invoke_config()


@pytest.mark.fidelity("A54")
@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sqs:us-east-1:123456789012:none",
        "arn:aws:sns:us-east-1:123456789012:none",
        "arn:aws:events:us-east-1:123456789012:event-bus/none",
        "arn:aws:s3:::no-such-bucket",
    ],
)
def test_a_real_destination_must_exist(deploy: Deploy, arn: str) -> None:
    """Whatever the service."""
    with pytest.raises(InvalidParameterValueException) as missing:
        deploy(ARNS).put_event_invoke_config(on_failure=arn)
    assert missing.value.message == f"The destination ARN {arn} is invalid."


@pytest.mark.fidelity("A55")
def test_without_a_configuration(deploy: Deploy) -> None:
    """Get, update and delete have nothing to work on; an unknown qualifier is no function."""
    function = deploy(ARNS, function_name="orders")
    message = (
        "The function arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST doesn't have an EventInvokeConfig"
    )
    for call in (
        function.event_invoke_config,
        function.delete_event_invoke_config,
        lambda: function.update_event_invoke_config(maximum_retry_attempts=0),
    ):
        with pytest.raises(ResourceNotFoundException) as raised:
            call()
        assert raised.value.message == message
    with pytest.raises(ResourceNotFoundException, match="Function not found"):
        function.put_event_invoke_config(maximum_retry_attempts=0, qualifier="nowhere")
    function.put_event_invoke_config(maximum_retry_attempts=0)
    function.delete_event_invoke_config()
    with pytest.raises(ResourceNotFoundException):
        function.event_invoke_config()


def test_probes_are_found_again(aws_lambda: LambdaService) -> None:
    """By name and service; an unknown service is refused."""
    assert aws_lambda.create_probe("x") is aws_lambda.create_probe("x")
    arns = [aws_lambda.create_probe("some-name", service=service).arn for service in ("sqs", "sns", "events", "s3")]
    assert arns == [
        "arn:aws:sqs:us-east-1:123456789012:some-name",
        "arn:aws:sns:us-east-1:123456789012:some-name",
        "arn:aws:events:us-east-1:123456789012:event-bus/some-name",
        "arn:aws:s3:::some-name",
    ]
    with pytest.raises(UsageError, match="it must be 'sqs', 'sns', 'events' or 's3'"):
        aws_lambda.create_probe("x", service="kinesis")  # type: ignore[arg-type]


def test_the_copy_of_published_code_is_not_for_records(
    aws_lambda: LambdaService, deploy: Deploy, tmp_path: Path
) -> None:
    """An asynchronous event of a version runs that version's code, whatever lies on disk when it is due."""
    probe, function = aws_lambda.create_probe("done"), deploy("def handler(event, context): return 'old'")
    function.publish_version()
    function.put_event_invoke_config(on_success=probe, qualifier="1")
    function.invoke_async({}, qualifier="1")
    (tmp_path / "app.py").write_text("def handler(event, context): return 'newer'", encoding="utf-8")
    aws_lambda.drain()
    assert [record["responsePayload"] for record in probe.received()] == ["old"]
