"""The ARNs that the parameters of a call name, for the services that handlers call most.

A rule gives ARNs or patterns of ARNs; elsewhere the one parameter that is an ARN of the service is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pytest_lambda_env.model.iam.place import Place
from pytest_lambda_env.model.iam.wildcards import escaped

Parameters = Mapping[str, Any]
Named = tuple[str, bool]
"""An ARN, and whether it is all told; else it is a pattern."""

ANY: Named = ("*", False)
NONE: Named = ("*", True)
"""For actions that have no resource."""

_QUEUE_HOST = re.compile(r"(?:sqs\.|queue\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9])\.(?:queue\.)?amazonaws\.com.*")
_FUNCTION = re.compile(
    r"(?:arn:[^:]+:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)

WITHOUT_RESOURCE: Mapping[str, frozenset[str]] = {
    "sqs": frozenset({"ListQueues"}),
    "sns": frozenset(
        {
            *("ListTopics", "ListSubscriptions", "Unsubscribe", "GetSubscriptionAttributes", "SetSMSAttributes"),
            *("SetSubscriptionAttributes", "GetSMSAttributes", "CheckIfPhoneNumberIsOptedOut"),
        }
    ),
    "kinesis": frozenset({"ListStreams", "DescribeLimits"}),
    "dynamodbstreams": frozenset({"ListStreams"}),
    "lambda": frozenset({"ListFunctions", "CreateEventSourceMapping", "ListEventSourceMappings", "ListLayers"}),
    "events": frozenset({"ListEventBuses", "ListRules"}),
    "stepfunctions": frozenset({"ListStateMachines", "ListActivities"}),
    "secretsmanager": frozenset({"ListSecrets", "GetRandomPassword", "BatchGetSecretValue"}),
    "ssm": frozenset({"DescribeParameters"}),
    "kms": frozenset({"CreateKey", "GenerateRandom", "ListAliases", "ListKeys"}),
    "firehose": frozenset({"ListDeliveryStreams"}),
    "cloudwatch": frozenset({"GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"}),
    "xray": frozenset({"PutTelemetryRecords", "PutTraceSegments"}),
    "sts": frozenset({"DecodeAuthorizationMessage"}),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A call as the rules see it."""

    operation: str
    parameters: Parameters
    place: Place

    def texts(self, *names: str) -> Iterator[str]:
        """The values of these parameters that are texts, or texts in a list."""
        for name in names:
            value = self.parameters.get(name)
            for each in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(each, str):
                    yield each


Rule = Callable[[Request], Iterable[Named]]


def named(service: str, operation: str, parameters: Parameters, place: Place) -> tuple[Named, ...]:
    """What the call is about; at least one."""
    if operation in WITHOUT_RESOURCE.get(service, ()):
        return (NONE,)
    rule = RULES.get(service)
    found = tuple(rule(Request(operation, parameters, place))) if rule else ()
    return found or (_only_arn(parameters),)


def _only_arn(parameters: Parameters) -> Named:
    arns = [
        value
        for name, value in parameters.items()
        if name.lower().endswith("arn") and isinstance(value, str) and value.startswith("arn:")
    ]
    return (arns[0], True) if len(arns) == 1 else ANY


def _sqs(request: Request) -> Iterator[Named]:
    for url in request.texts("QueueUrl"):
        split = urlsplit(url)
        host = _QUEUE_HOST.fullmatch(split.hostname or "")
        *_, account_id, name = ["", *split.path.strip("/").split("/")]
        region = host["region"] if host else None
        yield request.place.arn("sqs", name, region=region, account_id=account_id or None), True
    for name in request.texts("QueueName"):
        yield request.place.arn("sqs", name, account_id=request.parameters.get("QueueOwnerAWSAccountId")), True


def _sns(request: Request) -> Iterator[Named]:
    if "PhoneNumber" in request.parameters:
        yield NONE
    for name in request.texts("Name") if request.operation == "CreateTopic" else ():
        yield request.place.arn("sns", name), True
    for arn in request.texts("TopicArn", "TargetArn"):
        yield arn, True


def _kinesis(request: Request) -> Iterator[Named]:
    for arn in request.texts("ConsumerARN", "StreamARN"):
        yield arn, True
    if "StreamARN" not in request.parameters:
        for name in request.texts("StreamName"):
            yield request.place.arn("kinesis", f"stream/{name}"), True


def _streams(request: Request) -> Iterator[Named]:
    for arn in request.texts("StreamArn"):
        yield arn, True
    for iterator in request.texts("ShardIterator"):
        stream = iterator.partition("|")[0]
        yield (stream, True) if stream.startswith("arn:") else ANY


def _lambda(request: Request) -> Iterator[Named]:
    for given in request.texts("FunctionName"):
        found = _FUNCTION.fullmatch(given)
        if found is None:
            continue
        qualifier = request.parameters.get("Qualifier") or found["qualifier"]
        resource = f"function:{found['name']}" + (f":{qualifier}" if qualifier else "")
        yield request.place.arn("lambda", resource, region=found["region"], account_id=found["account"]), True


def _events(request: Request) -> Iterator[Named]:
    if request.operation == "PutEvents":
        for entry in request.parameters.get("Entries", ()):
            yield _bus(entry.get("EventBusName") or "default", request.place), True
    elif "Rule" in request.operation or "Target" in request.operation:
        bus = _bus(request.parameters.get("EventBusName") or "default", request.place).rpartition("event-bus/")[2]
        for name in request.texts("Rule", "Name"):
            yield request.place.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"), True
    elif request.operation.endswith("EventBus"):
        for name in request.texts("Name"):
            yield _bus(name, request.place), True


def _bus(given: str, place: Place) -> str:
    return given if given.startswith("arn:") else place.arn("events", f"event-bus/{given}")


def _secrets(request: Request) -> Iterator[Named]:
    for given in request.texts("SecretId", "Name"):
        if given.startswith("arn:"):
            yield given, True
        else:  # Six characters that nobody knows beforehand follow the name.
            yield f"{request.place.arn('secretsmanager', 'secret:' + escaped(given))}-??????", False


def _ssm(request: Request) -> Iterator[Named]:
    if "Parameter" not in request.operation:
        return
    for given in request.texts("Name", "Names", "Path"):
        if given.startswith("arn:"):
            yield given, True
        else:
            yield request.place.arn("ssm", f"parameter/{given.partition(':')[0].lstrip('/')}"), True


def _kms(request: Request) -> Iterator[Named]:
    given = tuple(request.texts("KeyId", "TargetKeyId"))
    for key in given:
        if ":key/" in key:
            yield key, True
        elif "alias/" in key:
            yield request.place.arn("kms", "key/*"), False
        else:
            yield request.place.arn("kms", f"key/{key}"), True
    if not given:  # The ciphertext knows its key.
        yield request.place.arn("kms", "key/*"), False


def _logs(request: Request) -> Iterator[Named]:
    for group in request.texts("logGroupName", "logGroupNames"):
        stream = request.parameters.get("logStreamName")
        if stream:
            yield request.place.arn("logs", f"log-group:{group}:log-stream:{stream}"), True
        else:
            yield request.place.arn("logs", f"log-group:{escaped(group)}:*"), False


def _states(request: Request) -> Iterator[Named]:
    if request.operation.startswith("SendTask"):
        yield ANY


def _sts(request: Request) -> Iterator[Named]:
    for arn in request.texts("RoleArn"):
        yield arn, True


def _ses(request: Request) -> Iterator[Named]:
    if request.operation.startswith("Send"):
        yield request.place.arn("ses", "identity/*"), False


def _from(parameter: str, service: str, prefix: str) -> Rule:
    def rule(request: Request) -> Iterator[Named]:
        for name in request.texts(parameter):
            yield request.place.arn(service, prefix + name), True

    return rule


RULES: Mapping[str, Rule] = {
    "sqs": _sqs,
    "sns": _sns,
    "kinesis": _kinesis,
    "dynamodbstreams": _streams,
    "lambda": _lambda,
    "events": _events,
    "stepfunctions": _states,
    "secretsmanager": _secrets,
    "ssm": _ssm,
    "kms": _kms,
    "logs": _logs,
    "sts": _sts,
    "ses": _ses,
    "sesv2": _ses,
    "firehose": _from("DeliveryStreamName", "firehose", "deliverystream/"),
    "cognito-idp": _from("UserPoolId", "cognito-idp", "userpool/"),
}
"""By botocore's names of the services."""
