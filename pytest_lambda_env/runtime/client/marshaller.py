"""Event bytes to objects and responses to bytes, in the dialect of JSON that AWS's runtime speaks.

The runtime uses simplejson, whose dialect differs from the standard library's (fidelity 1.3 and 1.4): NaN is refused
in an event and sent in a response, Decimals and nested bytes are carried, a namedtuple becomes an object.
"""

from __future__ import annotations

import math
import os
from decimal import Decimal
from typing import Any

import simplejson
from simplejson.raw_json import RawJSON

from pytest_lambda_env.runtime.client.faults import Fault

JSON_CONTENT_TYPE = "application/json"

_UNESCAPED_UNICODE = frozenset(f"AWS_Lambda_python3.{minor}" for minor in (12, 13, 14, 15))


class Marshaller:
    """One process's decoder and encoder. Reads ``AWS_EXECUTION_ENV`` when it is made (fidelity M18)."""

    def __init__(self) -> None:
        ensure_ascii = os.environ.get("AWS_EXECUTION_ENV") not in _UNESCAPED_UNICODE
        self._encode = _Encoder(use_decimal=False, allow_nan=True, ensure_ascii=ensure_ascii).encode

    def decode(self, event: bytes, content_type: str) -> Any:
        """The event as the handler sees it: parsed if the content type is exactly JSON's, else the bytes.

        Raises ``Runtime.UnmarshalError`` (fidelity D03 to D06).
        """
        if content_type != JSON_CONTENT_TYPE:
            return event
        try:
            return simplejson.loads(event)
        except Exception as error:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error

    def encode(self, response: Any) -> tuple[bytes | str, str]:
        """The response's payload and content type; top-level bytes go out as they are (fidelity M05).

        Text is left for the caller to turn into UTF-8: where that fails, on a lone surrogate, AWS's runtime
        is past its error handling and dies (fidelity M19). Raises ``Runtime.MarshalError``.
        """
        if isinstance(response, bytes):
            return response, "application/unknown"
        try:
            return self._encode(response), JSON_CONTENT_TYPE
        except Exception as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


class _Encoder(simplejson.JSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, Decimal):
            # simplejson's own Decimal support would write -NaN and sNaN (fidelity M03).
            return math.nan if o.is_nan() else RawJSON(str(o))
        return super().default(o)
