"""Message attributes of SQS and SNS, from plain Python values.

The two services share names and types and differ in how they spell them in an event. Rules:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from pytest_lambda_env.errors import UsageError

AttributeValue: TypeAlias = "str | int | float | Decimal | bytes | Sequence[object] | Mapping[str, object]"
"""``str`` is a String, a number a Number, ``bytes`` a Binary, a list a String.Array (SNS only).

For any other type, the mapping that boto3 takes: ``{"DataType": "Number.celsius", "StringValue": "21"}``.
"""

_NAME = re.compile(r"(?=.{1,256}\Z)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_RESERVED = re.compile(r"(aws|amazon)\.", re.IGNORECASE)
_TYPES = ("String", "Number", "Binary")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAttribute:
    """One attribute: a type with an optional label (``Number.celsius``), and text, or bytes for ``Binary``."""

    data_type: str
    value: str | bytes


def attributes_of(given: Mapping[str, AttributeValue] | None, *, arrays: bool) -> dict[str, MessageAttribute]:
    """The attributes of a message. Only where ``arrays`` says so may a list be one (SNS's String.Array)."""
    attributes = {}
    for name, value in (given or {}).items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or _RESERVED.match(name):
            raise UsageError(
                f"Not a message attribute's name: {name!r}; it must be 1 to 256 letters, digits, hyphens, underscores "
                "or single inner dots, and must not start with 'AWS.' or 'Amazon.'."
            )
        attributes[name] = _attribute(name, value, arrays=arrays)
    return attributes


def _attribute(name: str, value: AttributeValue, *, arrays: bool) -> MessageAttribute:
    if isinstance(value, Mapping):
        attribute = _typed(name, value)
    elif isinstance(value, str):
        attribute = MessageAttribute(data_type="String", value=value)
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        attribute = MessageAttribute(data_type="Number", value=str(value))
    elif isinstance(value, (bytes, bytearray)):
        attribute = MessageAttribute(data_type="Binary", value=bytes(value))
    elif isinstance(value, (list, tuple)) and arrays:
        attribute = MessageAttribute(data_type="String.Array", value=_array(name, value))
    else:
        types = "text, a number, bytes" + (", a list" if arrays else "")
        raise UsageError(
            f"Message attribute {name!r} is {value!r}; it must be {types} or "
            'a mapping such as {"DataType": "String.flag", "StringValue": "true"}.'
        )
    if not attribute.value:
        raise UsageError(f"Message attribute {name!r} is empty; AWS takes no empty value.")
    if attribute.data_type.split(".")[0] == "Number":
        _check_number(name, attribute.value)
    return attribute


def _typed(name: str, value: Mapping[str, object]) -> MessageAttribute:
    data_type = value.get("DataType")
    if not isinstance(data_type, str) or data_type.split(".")[0] not in _TYPES:
        raise UsageError(
            f"Message attribute {name!r} has DataType {data_type!r}; it must be String, Number or Binary, "
            "with or without a label such as Number.celsius."
        )
    key, kind = ("BinaryValue", bytes) if data_type.startswith("Binary") else ("StringValue", str)
    content = value.get(key)
    if not isinstance(content, (str, bytes)) or not isinstance(content, kind):
        raise UsageError(f"Message attribute {name!r} of type {data_type} needs {key}, as {kind.__name__}.")
    return MessageAttribute(data_type=data_type, value=content)


def _array(name: str, value: Sequence[object]) -> str:
    if any(item is not None and not isinstance(item, (str, int, float)) for item in value):
        raise UsageError(f"Message attribute {name!r} is {value!r}; it must hold text, numbers, booleans or None.")
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise UsageError(f"Message attribute {name!r} is {value!r}; it must hold finite numbers.") from None


def _check_number(name: str, value: str | bytes) -> None:
    try:
        finite = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise UsageError(f"Message attribute {name!r} is {value!r}; a Number must be a finite number.")
