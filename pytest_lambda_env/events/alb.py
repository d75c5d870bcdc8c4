"""Events of an Application Load Balancer: an HTTP request, and the target group's own health check.

Shapes follow fidelity 6.2, ALB rows, and
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, TypedDict
from urllib.parse import quote

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.events.choice import one_of, resource
from pytest_lambda_env.events.payload import Payload, text_of
from pytest_lambda_env.events.stamp import Stamp, current_stamp, milliseconds
from pytest_lambda_env.model.arn import Arn, dns_suffix_of, target_group_arn

__all__ = ["AlbEvent", "AlbRequestContext", "health_check", "request"]

SingleValue: TypeAlias = "str | int | float"
Values: TypeAlias = "SingleValue | Sequence[SingleValue]"

SOURCE_IP_ADDRESS = "203.0.113.10"
USER_AGENT = "curl/8.5.0"
HEALTH_CHECK_USER_AGENT = "ELB-HealthChecker/2.0"

_METHOD = re.compile(r"[A-Z]+(-[A-Z]+)*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PORTS = {"http": "80", "https": "443"}
# The load balancer hands these over as text, and everything else in base64.
_TEXT_TYPES = re.compile(r"text/.*|application/(json|javascript|xml)")
# RFC 3986 path characters, and % so that an encoded path stays as it is.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=-._~"


class AlbTarget(TypedDict):
    targetGroupArn: str


class AlbRequestContext(TypedDict):
    """Which target group the request came through."""

    elb: AlbTarget


class _AlbRequest(TypedDict):
    requestContext: AlbRequestContext
    httpMethod: str
    path: str
    body: str
    isBase64Encoded: bool


class AlbEvent(_AlbRequest, total=False):
    """The single-value keys, or the multi-value keys in their place: never both."""

    queryStringParameters: dict[str, str]
    headers: dict[str, str]
    multiValueQueryStringParameters: dict[str, list[str]]
    multiValueHeaders: dict[str, list[str]]


def request(
    method: str = "GET",
    path: str = "/",
    *,
    query: Mapping[str, Values] | str | None = None,
    headers: Mapping[str, Values | None] | None = None,
    body: Payload | bytes | None = None,
    multi_value: bool = False,
    target_group: str = "my-target-group",
    host: str | None = None,
    protocol: Literal["http", "https"] = "https",
    source_ip_address: str = SOURCE_IP_ADDRESS,
) -> AlbEvent:
    """One request, as the load balancer hands it to a function.

    ``query`` holds plain values: the event holds them percent-encoded, because a load balancer decodes nothing. A
    string is a query string that is encoded already. ``headers`` are added to those of a client and of the load
    balancer, and replace those of the same name; None removes one. A list is a parameter or a header sent several
    times: with ``multi_value``, the target group's setting, all arrive, and without it the last.

    ``body`` is text, a JSON value (dumped compactly, with its content type), or bytes (base64). Text whose content
    type is not ``text/*``, JSON, JavaScript or XML, or that has a content encoding, arrives in base64 as well: so does
    a form.

    >>> from pytest_lambda_env import events
    >>> event = events.alb.request("POST", "/orders", query={"note": "cats & dogs"}, body={"order": 7})
    >>> event["queryStringParameters"], event["body"], event["isBase64Encoded"]
    ({'note': 'cats%20%26%20dogs'}, '{"order":7}', False)
    >>> event["headers"]["content-type"], event["headers"]["x-forwarded-proto"]
    ('application/json', 'https')
    >>> event = events.alb.request(query={"id": ["1", "2"]}, multi_value=True)
    >>> event["multiValueQueryStringParameters"], "headers" in event
    ({'id': ['1', '2']}, False)
    """
    stamp = current_stamp()
    arn = _target_group(target_group, stamp)
    if not _METHOD.fullmatch(method):
        raise UsageError(f"method={method!r}; it must be in capitals, such as 'GET'.")
    one_of("protocol", protocol, tuple(_PORTS))
    content, content_type = _content(body)
    sent: dict[str, list[str]] = {"accept": ["*/*"]}
    if content is not None:
        sent["content-length"] = [str(len(content))]
        if content_type:
            sent["content-type"] = [content_type]
    sent["host"] = [host if host is not None else _host(arn, stamp)]
    sent["user-agent"] = [USER_AGENT]
    sent["x-amzn-trace-id"] = [_trace_id(stamp)]
    sent["x-forwarded-for"] = [source_ip_address]
    sent["x-forwarded-port"] = [_PORTS[protocol]]
    sent["x-forwarded-proto"] = [protocol]
    all_headers = _with_headers(sent, headers)
    encoded = isinstance(body, bytes) or (content is not None and not _is_text(all_headers))
    text = base64.b64encode(content or b"").decode("ascii") if encoded else (content or b"").decode()
    return _event(arn, method, path, _query(query), all_headers, text, encoded=encoded, multi_value=multi_value)


def health_check(
    path: str = "/",
    *,
    multi_value: bool = False,
    target_group: str = "my-target-group",
) -> AlbEvent:
    """The request by which a target group checks that a function is healthy. It has one header, ``user-agent``.

    ``path`` is the one set in the target group's health check.

    >>> from pytest_lambda_env import events
    >>> events.alb.health_check("/health")["headers"]
    {'user-agent': 'ELB-HealthChecker/2.0'}
    """
    arn = _target_group(target_group, current_stamp())
    headers = {"user-agent": [HEALTH_CHECK_USER_AGENT]}
    return _event(arn, "GET", path, {}, headers, "", encoded=False, multi_value=multi_value)


def _event(
    target_group: Arn,
    method: str,
    path: str,
    query: Mapping[str, list[str]],
    headers: Mapping[str, list[str]],
    body: str,
    *,
    encoded: bool,
    multi_value: bool,
) -> AlbEvent:
    if not path.startswith("/") or "?" in path or "#" in path:
        raise UsageError(f"path={path!r}; it must start with '/', and parameters belong in query.")
    context: AlbRequestContext = {"elb": {"targetGroupArn": str(target_group)}}
    path = quote(path, safe=_PATH_CHARACTERS)
    if multi_value:
        return {
            "requestContext": context,
            "httpMethod": method,
            "path": path,
            "multiValueQueryStringParameters": dict(query),
            "multiValueHeaders": dict(headers),
            "body": body,
            "isBase64Encoded": encoded,
        }
    return {
        "requestContext": context,
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "headers": {name: values[-1] for name, values in headers.items()},
        "body": body,
        "isBase64Encoded": encoded,
    }


def _query(query: Mapping[str, Values] | str | None) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    if isinstance(query, str):
        for pair in query.removeprefix("?").split("&"):
            name, _, value = pair.partition("=")
            if pair:
                parameters.setdefault(name, []).append(value)
        return parameters
    for name, given in (query or {}).items():
        # %20 rather than + for a space: readers that decode form data and readers that don't agree on it.
        values = [quote(value, safe="") for value in _values("query", name, given)]
        parameters[quote(name, safe="")] = values
    return parameters


def _with_headers(sent: dict[str, list[str]], headers: Mapping[str, Values | None] | None) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise UsageError(f"Not a header's name: {name!r}.")
        values = [] if value is None else _values("headers", name, value)
        if any(character in text for text in values for character in "\r\n\0"):
            raise UsageError(f"headers[{name!r}] is {value!r}; a header holds no line breaks.")
        given.setdefault(name.lower(), []).extend(values)
    return {name: values for name, values in {**sent, **given}.items() if values}


def _values(option: str, name: str, given: Values) -> list[str]:
    items = given if isinstance(given, (list, tuple)) else [given]
    if not items or any(isinstance(item, bool) or not isinstance(item, (str, int, float)) for item in items):
        raise UsageError(f"{option}[{name!r}] is {given!r}; it must be text, a number, or a list of these.")
    return [str(item) for item in items]


def _content(body: Payload | bytes | None) -> tuple[bytes | None, str | None]:
    if body is None:
        return None, None
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    return text_of(body, "body").encode(), None if isinstance(body, str) else "application/json"


def _is_text(headers: Mapping[str, list[str]]) -> bool:
    if "content-encoding" in headers:
        return False
    media_type = headers.get("content-type", ["text/plain"])[-1].split(";")[0].strip().lower()
    return _TEXT_TYPES.fullmatch(media_type) is not None


def _target_group(target_group: str, stamp: Stamp) -> Arn:
    def build(region: str, account_id: str, name: str) -> Arn:
        group_id = stamp.resource_hex("alb-target-group", name, 16)
        return target_group_arn(region, account_id, name, group_id)

    return resource("target_group", target_group, "elasticloadbalancing", stamp, build)


def _host(target_group: Arn, stamp: Stamp) -> str:
    number = int(stamp.resource_hex("alb-load-balancer", str(target_group), 8), 16)
    return f"my-load-balancer-{number}.{target_group.region}.elb.{dns_suffix_of(target_group.region)}"


def _trace_id(stamp: Stamp) -> str:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    seconds = milliseconds(stamp.instant()) // 1000
    return f"Root=1-{seconds:08x}-{stamp.hex('alb-trace-id', 24)}"
