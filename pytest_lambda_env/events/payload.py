"""What a test hands over as a body becomes the text or the bytes that AWS would carry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pytest_lambda_env.errors import UsageError

Payload: TypeAlias = "str | bool | int | float | Mapping[str, object] | Sequence[object]"
"""Text as it is, or a JSON value (an event of another builder, for example), which is dumped compactly."""


def text_of(value: Payload, what: str) -> str:
    """The text of a payload; ``what`` names it in an error."""
    if isinstance(value, str):
        text = value
    elif value is None or isinstance(value, (bytes, bytearray, memoryview)):
        raise UsageError(f"{what} must be text or a JSON value, not {value!r}.")
    else:
        try:
            text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{what} must be text or a JSON value: {error}.") from None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} must be text that UTF-8 can carry: {error}.") from None
    return text


def bytes_of(value: Payload | bytes, what: str) -> bytes:
    """The bytes of a payload: bytes as they are, text and JSON in UTF-8."""
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else text_of(value, what).encode()


def source_of(value: object) -> str | None:
    """Which service made this event (``"aws:s3"``, ``"aws:sns"``), if it has records that say so."""
    if not isinstance(value, Mapping):
        return None
    records = value.get("Records")
    if not isinstance(records, list) or not records or not isinstance(records[0], Mapping):
        return None
    source = records[0].get("eventSource", records[0].get("EventSource"))
    return source if isinstance(source, str) else None
