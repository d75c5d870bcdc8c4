"""Load balancer events, against AWS's page and read by Powertools."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

import pytest
from aws_lambda_powertools.utilities.data_classes import ALBEvent as AlbReader
from aws_lambda_powertools.utilities.parser.models import AlbModel
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import events
from pytest_lambda_env.errors import UsageError

pytestmark = pytest.mark.usefixtures("stamp")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)


def test_a_request_has_aws_shape() -> None:
    """Every key of AWS's page is there in order; an absent body is empty text, never null."""
    event = events.alb.request("GET", "/orders", query={"id": 7})
    arn, headers = event["requestContext"]["elb"]["targetGroupArn"], event["headers"]
    pattern = r"arn:aws:elasticloadbalancing:eu-west-1:210987654321:targetgroup/my-target-group/[0-9a-f]{16}"
    assert re.fullmatch(pattern, arn)
    assert re.fullmatch(r"Root=1-69c8798e-[0-9a-f]{24}", headers["x-amzn-trace-id"])
    assert re.fullmatch(r"my-load-balancer-\d+\.eu-west-1\.elb\.amazonaws\.com", headers["host"])
    assert event == {
        "requestContext": {"elb": {"targetGroupArn": arn}},
        "httpMethod": "GET",
        "path": "/orders",
        "queryStringParameters": {"id": "7"},
        "headers": {
            "accept": "*/*",
            "host": headers["host"],
            "user-agent": events.alb.USER_AGENT,
            "x-amzn-trace-id": headers["x-amzn-trace-id"],
            "x-forwarded-for": "203.0.113.10",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "body": "",
        "isBase64Encoded": False,
    }
    assert list(event) == [
        "requestContext", "httpMethod", "path", "queryStringParameters", "headers", "body", "isBase64Encoded",
    ]  # fmt: skip


def test_multi_value_replaces_the_single_value_keys() -> None:
    """With the target group's multi-value setting, lists stand in place of the single values."""
    options = {"query": {"id": ["1", "2"]}, "headers": {"Accept": ["text/html", "*/*"]}}
    event = events.alb.request(multi_value=True, **options)  # type: ignore[arg-type]
    assert list(event) == [
        "requestContext", "httpMethod", "path", "multiValueQueryStringParameters", "multiValueHeaders", "body",
        "isBase64Encoded",
    ]  # fmt: skip
    assert event["multiValueQueryStringParameters"] == {"id": ["1", "2"]}
    assert event["multiValueHeaders"]["accept"] == ["text/html", "*/*"]
    assert event["multiValueHeaders"]["x-forwarded-proto"] == ["https"]
    single = events.alb.request(**options)  # type: ignore[arg-type]
    assert (single["queryStringParameters"], single["headers"]["accept"]) == ({"id": "2"}, "*/*")


@given(st.dictionaries(NAMES, st.lists(TEXT, min_size=1, max_size=3), max_size=4), st.booleans())
def test_powertools_reads_query_strings(query: dict[str, list[str]], multi_value: bool) -> None:
    """Powertools, asked to decode, finds the plain values; undecoded they are pure query-string text."""
    event = events.alb.request(query=query, multi_value=multi_value)
    reader = AlbReader(dict(event))
    found = event["multiValueQueryStringParameters"] if multi_value else event["queryStringParameters"]
    assert all(re.fullmatch(r"[A-Za-z0-9%_.~-]*", str(part)) for part in [*found, *"".join(map(str, found)).split()])
    reader.decode_query_parameters = True
    assert reader.resolved_query_string_parameters == {
        name: values if multi_value else values[-1:] for name, values in query.items()
    }


@given(TEXT)
def test_both_ways_to_decode_agree(value: str) -> None:
    """A handler may decode with or without the plus sign's rule: both give the plain value."""
    encoded = events.alb.request(query={"q": value})["queryStringParameters"]["q"]
    assert unquote(encoded) == unquote_plus(encoded) == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), TEXT.filter(bool), min_size=1, max_size=4))
def test_a_query_string_is_taken_as_it_is(query: dict[str, str]) -> None:
    """A string was encoded by the caller: it is taken apart and never decoded."""
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    found = events.alb.request(query="?" + text)["queryStringParameters"]
    assert "&".join(f"{name}={value}" for name, value in found.items()) == text
    assert dict(parse_qsl(text)) == query


def test_a_query_string_may_repeat_and_leave_out() -> None:
    """Repeated parameters collect, and a parameter without a value is empty."""
    event = events.alb.request(query="a=1&b&a=%20+&c=x=y", multi_value=True)
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "%20+"], "b": [""], "c": ["x=y"]}
    assert events.alb.request(query="")["queryStringParameters"] == {}


def test_header_names_are_small_and_replace_the_defaults() -> None:
    """A given header replaces the one of its name in any case, None removes it, numbers are text."""
    headers = events.alb.request(
        headers={"Host": "example.com", "X-Count": 3, "USER-AGENT": None, "x-a": ["1", "2"], "X-A": "3"}
    )["headers"]
    assert (headers["host"], headers["x-count"], headers["x-a"]) == ("example.com", "3", "3")
    assert "user-agent" not in headers
    assert all(name == name.lower() for name in headers)


@given(st.binary(max_size=60))
def test_bytes_arrive_in_base64(body: bytes) -> None:
    """A body of bytes is encoded and marked, and Powertools gives it back."""
    event = events.alb.request("POST", body=body)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body
    assert event["headers"]["content-length"] == str(len(body))
    assert AlbModel.model_validate(event).isBase64Encoded


@given(TEXT)
def test_text_arrives_as_text(body: str) -> None:
    """A body of text is there as it is, its length counted in bytes."""
    event = events.alb.request("POST", body=body)
    reader = AlbReader(dict(event))
    assert (reader.body, reader.is_base64_encoded) == (body, False)
    assert reader.headers["content-length"] == str(len(body.encode()))


def test_a_json_body_brings_its_content_type() -> None:
    """A JSON value is dumped compactly, and the client says that it is JSON."""
    event = events.alb.request("PUT", body={"order": 7})
    assert (event["body"], event["headers"]["content-type"]) == ('{"order":7}', "application/json")
    assert AlbReader(dict(event)).json_body == {"order": 7}


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({"content-type": "text/csv; charset=utf-8"}, False),
        ({"content-type": "application/json"}, False),
        ({"content-type": "application/javascript"}, False),
        ({"content-type": "Application/XML"}, False),
        ({"content-type": "application/x-www-form-urlencoded"}, True),
        ({"content-type": "application/vnd.api+json"}, True),
        ({"content-type": "text/plain", "content-encoding": "gzip"}, True),
    ],
)
def test_the_content_type_decides_how_text_arrives(headers: dict[str, str], encoded: bool) -> None:
    """The load balancer hands over text for a few content types, and base64 for all others."""
    event = events.alb.request("POST", body="a=b", headers=headers)
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == ("YT1i" if encoded else "a=b")
    assert AlbReader(dict(event)).decoded_body == "a=b"


@pytest.mark.parametrize("multi_value", [False, True])
def test_a_health_check_has_one_header(multi_value: bool) -> None:
    """A health check has AWS's user agent and nothing else, on the target group's path."""
    event = events.alb.health_check("/health", multi_value=multi_value)
    headers = event["multiValueHeaders"] if multi_value else event["headers"]
    agent = "ELB-HealthChecker/2.0"
    assert headers == {"user-agent": [agent] if multi_value else agent}
    assert (event["httpMethod"], event["path"], event["body"]) == ("GET", "/health", "")
    assert event["isBase64Encoded"] is False
    if not multi_value:
        assert AlbModel.model_validate(event).queryStringParameters == {}


def test_powertools_reads_requests() -> None:
    """Both readers of Powertools find method, path, headers and target group."""
    event = events.alb.request("DELETE", "/a b/%7Ec", target_group="web", host="example.com", protocol="http")
    reader = AlbReader(dict(event))
    assert (reader.http_method, reader.path) == ("DELETE", "/a%20b/%7Ec")
    assert reader.headers["Host"] == "example.com"
    assert (reader.headers["x-forwarded-port"], reader.headers["x-forwarded-proto"]) == ("80", "http")
    parsed = AlbModel.model_validate(event)
    assert parsed.requestContext.elb.targetGroupArn == reader.request_context.elb_target_group_arn
    assert ":targetgroup/web/" in parsed.requestContext.elb.targetGroupArn


def test_one_target_group_keeps_its_arn() -> None:
    """Requests through one target group name one ARN, and a whole ARN is taken as it is."""

    def arn(target_group: str) -> str:
        return events.alb.request(target_group=target_group)["requestContext"]["elb"]["targetGroupArn"]

    assert arn("web") == arn("web") != arn("api")
    given_arn = "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/web/6d0ecf831eec9f09"
    event = events.alb.health_check(target_group=given_arn)
    assert event["requestContext"]["elb"]["targetGroupArn"] == given_arn
    host = events.alb.request(target_group=given_arn)["headers"]["host"]
    assert host.endswith(".us-east-2.elb.amazonaws.com")


def test_the_event_is_json() -> None:
    """An event survives the way to a function unchanged."""
    event = events.alb.request("POST", query={"a": 1.5}, body=b"\xff")
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"method": "get"}, "in capitals"),
        ({"path": "orders"}, "start with '/'"),
        ({"path": "/orders?id=7"}, "parameters belong in query"),
        ({"protocol": "ftp"}, "'http', 'https'"),
        ({"query": {"a": None}}, r"query\['a'\] is None"),
        ({"query": {"a": True}}, r"query\['a'\] is True"),
        ({"query": {"a": []}}, "a list of these"),
        ({"headers": {"a b": "x"}}, "header's name: 'a b'"),
        ({"headers": {"a": "x\r\ny"}}, "no line breaks"),
        ({"headers": {"a": {}}}, r"headers\['a'\] is {}"),
        ({"body": {"a": {1}}}, "not JSON serializable"),
        ({"target_group": "-web"}, "target group name"),
    ],
)
def test_a_wrong_value_is_refused(options: dict[str, object], complaint: str) -> None:
    """The error names the option and what would be right."""
    with pytest.raises(UsageError, match=complaint):
        events.alb.request(**options)  # type: ignore[arg-type]
