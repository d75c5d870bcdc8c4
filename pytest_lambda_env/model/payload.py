"""From what a test passes as an event to the bytes that travel to the function.

An event goes through JSON as it does on AWS, so a handler can't change the test's own objects, and an event that
AWS could not carry fails in the test, with the path to the culprit, instead of in the handler or not at all.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import simplejson

from pytest_lambda_env.errors import InvalidRequestContentException, UsageError

# A container within itself ends in a RecursionError, which is refused like the rest.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode

# A key that is an int, a float, a bool or None is written in one of these forms, and a compact key follows a brace
# or a comma. So text without a match has no such key: one search costs less than a walk through every key. A match
# may be an honest string; then the walk decides.
_PERHAPS_CONVERTED_KEY = re.compile(r'"(?<=[{,]")(?:[-0-9]|true":|false":|null":)')

_ADVICE = (
    (("datetime", "date", "time"), "pass its isoformat()"),
    (("Decimal",), "pass its str() or its float()"),
    (("UUID",), "pass its str()"),
    (("bytes", "bytearray", "memoryview"), "pass text, for example its base64 form"),
    (("set", "frozenset"), "pass a sorted list"),
    (("Enum",), "pass its value"),
    (("PurePath",), "pass its str()"),
)


def encode_event(event: Any) -> bytes:
    """The bytes of an event: any JSON value, or ``bytes`` for a payload that is JSON already.

    A tuple is an array and None is ``null``; empty bytes are ``{}``, as an empty payload is on AWS (fidelity D11).
    Raises :class:`UsageError` with the path to what JSON can't carry or would silently change, and
    :class:`InvalidRequestContentException` for bytes that are not JSON (fidelity I36, I37).
    """
    if isinstance(event, bytes):
        return _checked(event) if event else b"{}"
    try:
        text = _encode(event)
        payload = text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        _refuse(event, error)
    if _PERHAPS_CONVERTED_KEY.search(text):
        problem = _problem(event, [])
        if problem is not None:
            raise UsageError(f"event{problem}")
    return payload


def _refuse(event: Any, error: Exception) -> NoReturn:
    try:
        problem = _problem(event, [])
    except RecursionError:
        problem = None
    raise UsageError(f"event{problem}" if problem else f"JSON can't carry this event: {error}") from error


def _problem(value: Any, around: list[object]) -> str | None:
    """What JSON can't carry in ``value``, with the path to it from there; None if nothing."""
    if not isinstance(value, (dict, list, tuple)):
        return _scalar_problem(value)
    if any(container is value for container in around):
        return " contains itself, which JSON can't carry"
    around.append(value)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                return f" has the key {key!r}, {_a(key)}; a JSON key is a string"
            if not _is_unicode(key):
                return f" has the key {json.dumps(key)} with a lone surrogate, which UTF-8 can't carry"
    for step, item in value.items() if isinstance(value, dict) else enumerate(value):
        problem = _problem(item, around)
        if problem is not None:
            return f"[{json.dumps(step)}]{problem}"
    around.pop()
    return None


def _scalar_problem(value: object) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else " has a lone surrogate, which UTF-8 can't carry"
    if isinstance(value, float):
        return None if math.isfinite(value) else f" is {float(value)!r}, which JSON can't carry"
    if isinstance(value, int):
        try:
            int.__repr__(value)
        except ValueError as error:
            return f" is an int that Python won't write: {error}"
        return None
    # By name: freezegun's FakeDatetime is one too, and no module is imported to ask.
    names = {parent.__name__ for parent in type(value).__mro__}
    advice = next((advice for types, advice in _ADVICE if not names.isdisjoint(types)), "pass plain JSON values")
    return f" is {_a(value)}, which JSON can't carry; {advice}"


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in set('aeiou') else 'a'} {name}"


_NOT_JSON = "Could not parse request body into json: Could not parse payload into json: "
_SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"
_EXPECTED = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def _checked(payload: bytes) -> bytes:
    try:
        simplejson.loads(payload)
    except UnicodeDecodeError as error:
        _reject_bytes(payload, error)
    except simplejson.JSONDecodeError as error:
        text = payload.decode("utf-8")
        found = f"Unexpected character ({_character(text[error.pos])}): {_EXPECTED}" if error.pos < len(text) else ""
        _reject(found or "Unexpected end-of-input", text[: error.pos].encode(), 1, error)
    except (ValueError, RecursionError):
        # Limits of Python itself (digits of an int, depth): the service has passed it, the runtime will report it.
        pass
    return payload


def _reject_bytes(payload: bytes, error: UnicodeDecodeError) -> NoReturn:
    before, byte = payload[: error.start], payload[error.start]
    if _expects_value(before.decode()):
        _reject(f"Unexpected character ({_character(chr(byte))}): {_EXPECTED}", before, 1, error)
    # Inside a token the service's parser has moved past the byte when it reports it (fidelity I37).
    _reject(f"Invalid UTF-8 start byte 0x{byte:02x}", before, 2, error)


def _expects_value(text: str) -> bool:
    try:
        simplejson.loads(text)
    except simplejson.JSONDecodeError as error:
        return error.pos == len(text) and error.msg.startswith("Expecting value")
    return False


def _character(character: str) -> str:
    code = ord(character)
    return f"(CTRL-CHAR, code {code})" if code < 0x20 or 0x7F <= code < 0xA0 else f"'{character}' (code {code})"


def _reject(found: str, before: bytes, column: int, error: Exception) -> NoReturn:
    lines = before.split(b"\n")
    place = _SOURCE.format(len(lines), len(lines[-1]) + column)
    raise InvalidRequestContentException(f"{_NOT_JSON}{found}{place}") from error
