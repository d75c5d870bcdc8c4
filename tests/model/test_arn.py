"""ARNs: both directions, the name rules, and the partitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.arn import (
    Arn,
    bucket_arn,
    check_account_id,
    check_region,
    dns_suffix_of,
    event_bus_arn,
    function_arn,
    partition_of,
    queue_arn,
    role_arn,
    rule_arn,
    schedule_arn,
    stream_arn,
    target_group_arn,
    topic_arn,
)

ACCOUNT_ID = "123456789012"


@given(
    st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    st.sampled_from(["sqs", "s3", "elasticloadbalancing", "kinesis-analytics"]),
    st.sampled_from(["", "us-east-1", "us-gov-west-1", "ap-southeast-4"]),
    st.sampled_from(["", "aws", ACCOUNT_ID]),
    st.text(min_size=1),
)
def test_parse_undoes_str(partition: str, service: str, region: str, account_id: str, resource: str) -> None:
    """Whatever an ARN is made of comes back from its text, colons in the resource included."""
    arn = Arn(partition=partition, service=service, region=region, account_id=account_id, resource=resource)
    assert Arn.parse(str(arn)) == arn


def test_the_resource_keeps_its_colons() -> None:
    """Everything after the fifth colon is the resource."""
    arn = Arn.parse("arn:aws:lambda:us-east-1:123456789012:function:worker:$LATEST")
    assert arn.resource == "function:worker:$LATEST"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("orders", "does not start with 'arn:'"),
        ("arn:aws:sqs:us-east-1:123456789012", "5 of the 6 parts"),
        ("arn:amazon:sqs:us-east-1:123456789012:q", "partition .* 'amazon'"),
        ("arn:aws::us-east-1:123456789012:q", "service .* ''"),
        ("arn:aws:sqs:ireland:123456789012:q", "region .* 'ireland'"),
        ("arn:aws:sqs:us-east-1:12345:q", "account id .* '12345'"),
        ("arn:aws:sqs:us-east-1:123456789012:", "resource .* ''"),
    ],
)
def test_what_is_wrong_is_named(text: str, complaint: str) -> None:
    """Text that is no ARN is refused, and the error names the part at fault."""
    with pytest.raises(UsageError, match=complaint):
        Arn.parse(text)


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-central-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_the_partition_follows_the_region(region: str, partition: str, suffix: str) -> None:
    """China and GovCloud have partitions of their own, and China a domain of its own."""
    assert partition_of(region) == partition
    assert dns_suffix_of(region) == suffix
    for arn in (
        function_arn(region, ACCOUNT_ID, "worker"),
        bucket_arn(region, "photos"),
        role_arn(region, ACCOUNT_ID, "worker"),
    ):
        assert arn.partition == partition


def test_the_constructors_give_each_service_its_form() -> None:
    """Each constructor writes the ARN that its service documents."""
    region = "eu-west-1"
    made = [
        function_arn(region, ACCOUNT_ID, "worker"),
        function_arn(region, ACCOUNT_ID, "worker", "live"),
        function_arn(region, ACCOUNT_ID, "worker", "$LATEST"),
        queue_arn(region, ACCOUNT_ID, "orders.fifo"),
        topic_arn(region, ACCOUNT_ID, "orders"),
        bucket_arn(region, "my.photos"),
        stream_arn(region, ACCOUNT_ID, "clicks"),
        target_group_arn(region, ACCOUNT_ID, "web", "6d0ecf831eec9f09"),
        role_arn(region, ACCOUNT_ID, "worker"),
        role_arn(region, ACCOUNT_ID, "worker", "/service-role/"),
        rule_arn(region, ACCOUNT_ID, "nightly"),
        rule_arn(region, ACCOUNT_ID, "paid", "orders"),
        event_bus_arn(region, ACCOUNT_ID),
        event_bus_arn(region, ACCOUNT_ID, "aws.partner/example.com/orders"),
        schedule_arn(region, ACCOUNT_ID, "nightly"),
        schedule_arn(region, ACCOUNT_ID, "nightly", "reports"),
    ]
    assert [str(arn) for arn in made] == [
        "arn:aws:lambda:eu-west-1:123456789012:function:worker",
        "arn:aws:lambda:eu-west-1:123456789012:function:worker:live",
        "arn:aws:lambda:eu-west-1:123456789012:function:worker:$LATEST",
        "arn:aws:sqs:eu-west-1:123456789012:orders.fifo",
        "arn:aws:sns:eu-west-1:123456789012:orders",
        "arn:aws:s3:::my.photos",
        "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09",
        "arn:aws:iam::123456789012:role/worker",
        "arn:aws:iam::123456789012:role/service-role/worker",
        "arn:aws:events:eu-west-1:123456789012:rule/nightly",
        "arn:aws:events:eu-west-1:123456789012:rule/orders/paid",
        "arn:aws:events:eu-west-1:123456789012:event-bus/default",
        "arn:aws:events:eu-west-1:123456789012:event-bus/aws.partner/example.com/orders",
        "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/nightly",
        "arn:aws:scheduler:eu-west-1:123456789012:schedule/reports/nightly",
    ]


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "orders.fifo.fifo", "x" * 76 + ".fifo"])
def test_a_queue_name_that_sqs_refuses_is_refused(name: str) -> None:
    """Queue names have at most 80 characters of a small alphabet, the FIFO suffix included."""
    with pytest.raises(UsageError, match="queue name"):
        queue_arn("us-east-1", ACCOUNT_ID, name)


@pytest.mark.parametrize("name", ["ab", "Photos", "-photos", "photos-", "pho..tos", "x" * 64])
def test_a_bucket_name_that_s3_refuses_is_refused(name: str) -> None:
    """Bucket names have 3 to 63 lower-case characters and clean ends."""
    with pytest.raises(UsageError, match="bucket name"):
        bucket_arn("us-east-1", name)


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("function name", partial(function_arn, "us-east-1", ACCOUNT_ID, "my.function")),
        ("qualifier", partial(function_arn, "us-east-1", ACCOUNT_ID, "worker", "")),
        ("topic name", partial(topic_arn, "us-east-1", ACCOUNT_ID, "a.b")),
        ("stream name", partial(stream_arn, "us-east-1", ACCOUNT_ID, "a/b")),
        ("target group name", partial(target_group_arn, "us-east-1", ACCOUNT_ID, "-web", "0" * 16)),
        ("target group id", partial(target_group_arn, "us-east-1", ACCOUNT_ID, "web", "0")),
        ("rule name", partial(rule_arn, "us-east-1", ACCOUNT_ID, "a/b")),
        ("event bus name", partial(rule_arn, "us-east-1", ACCOUNT_ID, "a", "b c")),
        ("event bus name", partial(event_bus_arn, "us-east-1", ACCOUNT_ID, "")),
        ("schedule name", partial(schedule_arn, "us-east-1", ACCOUNT_ID, "x" * 65)),
        ("schedule group name", partial(schedule_arn, "us-east-1", ACCOUNT_ID, "a", "b/c")),
        ("role name", partial(role_arn, "us-east-1", ACCOUNT_ID, "a/b")),
        ("role path", partial(role_arn, "us-east-1", ACCOUNT_ID, "worker", "service-role")),
        ("region", partial(check_region, "Ireland")),
        ("an account id", partial(check_account_id, "1234")),
        ("an account id", partial(check_account_id, 123456789012)),  # type: ignore[arg-type]
    ],
)
def test_other_wrong_names_are_refused(what: str, call: Callable[[], object]) -> None:
    """Every constructor checks the name it was given."""
    with pytest.raises(UsageError, match=what):
        call()
