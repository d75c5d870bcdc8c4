"""Amazon Resource Names: taken apart, put together, and made from the names people use.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html. The partition follows the region
(``cn-`` is ``aws-cn``, ``us-gov-`` is ``aws-us-gov``, everything else ``aws``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_lambda_env.errors import UsageError

_PARTITION = re.compile(r"aws(-[a-z]+)*")
_SERVICE = re.compile(r"[a-z0-9-]+")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")

# Name rules, each from the service's own API reference (CreateFunction, CreateQueue, CreateTopic, ...).
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_QUALIFIER = re.compile(r"\$LATEST|[A-Za-z0-9_-]{1,128}")
_QUEUE_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+(\.fifo)?")
_TOPIC_NAME = re.compile(r"(?=.{1,256}\Z)[A-Za-z0-9_-]+(\.fifo)?")
_BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_STREAM_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_TARGET_GROUP_NAME = re.compile(r"(?=.{1,32}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_TARGET_GROUP_ID = re.compile(r"[0-9a-f]{16}")
_RULE_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_EVENT_BUS_NAME = re.compile(r"[A-Za-z0-9/._-]{1,256}")
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_ROLE_PATH = re.compile(r"/([!-~]+/)?")

_EVENT_BUS_RULE = "1 to 256 letters, digits, slashes, dots, hyphens or underscores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """One ARN. ``region`` and ``account_id`` are empty where the service has none (S3, IAM).

    Raises :class:`UsageError` for a part that no ARN can have.

    >>> Arn.parse("arn:aws:sqs:eu-west-1:123456789012:orders").region
    'eu-west-1'
    >>> str(Arn(partition="aws", service="s3", region="", account_id="", resource="photos"))
    'arn:aws:s3:::photos'
    """

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    def __post_init__(self) -> None:
        if not _PARTITION.fullmatch(self.partition):
            self._reject("partition", self.partition, "aws, aws-cn or aws-us-gov")
        if not _SERVICE.fullmatch(self.service):
            self._reject("service", self.service, "a name such as lambda or sqs")
        if self.region and not _REGION.fullmatch(self.region):
            self._reject("region", self.region, "a name such as us-east-1, or nothing")
        # "aws" stands for the account of what AWS itself manages, such as arn:aws:iam::aws:policy/ReadOnlyAccess.
        if self.account_id and self.account_id != "aws" and not _ACCOUNT_ID.fullmatch(self.account_id):
            self._reject("account id", self.account_id, "12 digits, or nothing")
        if not self.resource:
            self._reject("resource", self.resource, "something after the fifth colon")

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"

    @classmethod
    def parse(cls, text: str) -> Arn:
        """The parts of an ARN; colons and slashes after the fifth colon belong to the resource."""
        parts = text.split(":", 5)
        if parts[0] != "arn":
            raise UsageError(f"Not an ARN: {text!r} does not start with 'arn:'.")
        if len(parts) < 6:
            form = "arn:partition:service:region:account-id:resource"
            raise UsageError(f"Not an ARN: {text!r} has {len(parts)} of the 6 parts of {form}.")
        return cls(partition=parts[1], service=parts[2], region=parts[3], account_id=parts[4], resource=parts[5])

    def _reject(self, part: str, value: str, right: str) -> NoReturn:
        raise UsageError(f"Not an ARN: the {part} of '{self}' is {value!r}; it must be {right}.")


def arn_of(target: Any) -> Any:
    """The ARN of what has one, such as a probe or a function; anything else as it is."""
    return getattr(target, "arn", target)


def partition_of(region: str) -> str:
    """The partition a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def dns_suffix_of(region: str) -> str:
    """The domain under which a region's endpoints live."""
    return "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"


def check_region(region: str) -> str:
    """The region itself, if it has a region's form."""
    _check(_REGION, region, "region", "a name such as 'us-east-1'")
    return region


def check_account_id(account_id: str) -> str:
    """The account id itself, if it is 12 digits."""
    _check(_ACCOUNT_ID, account_id, "account id", "a string of 12 digits")
    return account_id


def function_arn(region: str, account_id: str, name: str, qualifier: str | None = None) -> Arn:
    """A Lambda function's ARN, unqualified unless a version, an alias or ``$LATEST`` is given.

    >>> str(function_arn("us-east-1", "123456789012", "worker", "$LATEST"))
    'arn:aws:lambda:us-east-1:123456789012:function:worker:$LATEST'
    """
    _check(_FUNCTION_NAME, name, "function name", "1 to 64 letters, digits, hyphens or underscores")
    if qualifier is None:
        return _regional("lambda", region, account_id, f"function:{name}")
    _check(_QUALIFIER, qualifier, "qualifier", "$LATEST, a version number or an alias name")
    return _regional("lambda", region, account_id, f"function:{name}:{qualifier}")


def queue_arn(region: str, account_id: str, name: str) -> Arn:
    """An SQS queue's ARN."""
    right = "1 to 80 letters, digits, hyphens or underscores, and may end in .fifo"
    _check(_QUEUE_NAME, name, "queue name", right)
    return _regional("sqs", region, account_id, name)


def topic_arn(region: str, account_id: str, name: str) -> Arn:
    """An SNS topic's ARN."""
    right = "1 to 256 letters, digits, hyphens or underscores, and may end in .fifo"
    _check(_TOPIC_NAME, name, "topic name", right)
    return _regional("sns", region, account_id, name)


def bucket_arn(region: str, name: str) -> Arn:
    """An S3 bucket's ARN. It holds no region; the region only decides the partition."""
    right = "3 to 63 lower-case letters, digits, dots or hyphens, with a letter or digit at both ends"
    _check(_BUCKET_NAME, name, "bucket name", right)
    return Arn(partition=partition_of(region), service="s3", region="", account_id="", resource=name)


def stream_arn(region: str, account_id: str, name: str) -> Arn:
    """A Kinesis data stream's ARN."""
    _check(_STREAM_NAME, name, "stream name", "1 to 128 letters, digits, dots, hyphens or underscores")
    return _regional("kinesis", region, account_id, f"stream/{name}")


def target_group_arn(region: str, account_id: str, name: str, target_group_id: str) -> Arn:
    """The ARN of a load balancer's target group; its id is 16 hexadecimal digits."""
    right = "1 to 32 letters, digits or hyphens, with a letter or digit at both ends"
    _check(_TARGET_GROUP_NAME, name, "target group name", right)
    _check(_TARGET_GROUP_ID, target_group_id, "target group id", "16 hexadecimal digits")
    return _regional("elasticloadbalancing", region, account_id, f"targetgroup/{name}/{target_group_id}")


def rule_arn(region: str, account_id: str, name: str, event_bus: str = "default") -> Arn:
    """The ARN of a rule of EventBridge; only that of another bus than the default one names the bus.

    >>> str(rule_arn("us-east-1", "123456789012", "nightly"))
    'arn:aws:events:us-east-1:123456789012:rule/nightly'
    """
    _check(_RULE_NAME, name, "rule name", "1 to 64 letters, digits, dots, hyphens or underscores")
    _check(_EVENT_BUS_NAME, event_bus, "event bus name", _EVENT_BUS_RULE)
    path = "" if event_bus == "default" else f"{event_bus}/"
    return _regional("events", region, account_id, f"rule/{path}{name}")


def event_bus_arn(region: str, account_id: str, name: str = "default") -> Arn:
    """The ARN of an event bus of EventBridge."""
    _check(_EVENT_BUS_NAME, name, "event bus name", _EVENT_BUS_RULE)
    return _regional("events", region, account_id, f"event-bus/{name}")


def schedule_arn(region: str, account_id: str, name: str, group: str = "default") -> Arn:
    """The ARN of a schedule of EventBridge Scheduler."""
    right = "1 to 64 letters, digits, dots, hyphens or underscores"
    _check(_RULE_NAME, name, "schedule name", right)
    _check(_RULE_NAME, group, "schedule group name", right)
    return _regional("scheduler", region, account_id, f"schedule/{group}/{name}")


def role_arn(region: str, account_id: str, name: str, path: str = "/") -> Arn:
    """An IAM role's ARN. It holds no region; the region only decides the partition."""
    _check(_ROLE_NAME, name, "role name", "1 to 64 letters, digits or +=,.@_-")
    _check(_ROLE_PATH, path, "role path", "/ or a path that starts and ends with /")
    account = check_account_id(account_id)
    return Arn(
        partition=partition_of(region), service="iam", region="", account_id=account, resource=f"role{path}{name}"
    )


def _regional(service: str, region: str, account_id: str, resource: str) -> Arn:
    return Arn(
        partition=partition_of(region),
        service=service,
        region=check_region(region),
        account_id=check_account_id(account_id),
        resource=resource,
    )


def _check(rule: re.Pattern[str], value: str, what: str, right: str) -> None:
    if not isinstance(value, str) or not rule.fullmatch(value):
        article = "an" if what[0] in "aeiou" else "a"
        raise UsageError(f"Not {article} {what}: {value!r}; it must be {right}.")
