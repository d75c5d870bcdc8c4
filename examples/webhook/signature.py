"""Signatures of the form ``t=1789000000,v1=<hex>``: an HMAC of the time and the body.

While its secret is being replaced, a sender signs with the old and the new one and sends the header twice.
"""

import hashlib
import hmac
import os
import time

SECRET = os.environ["WEBHOOK_SECRET"].encode()
TOLERANCE_SECONDS = 300


class Invalid(Exception):
    pass


def verify(headers, body):
    """Raise ``Invalid`` unless one of the headers is a recent signature of the body."""
    if not headers:
        raise Invalid("no signature")
    for header in headers:
        at, _, digest = header.removeprefix("t=").partition(",v1=")
        expected = hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(digest.encode(), expected.encode()):
            if abs(time.time() - int(at)) > TOLERANCE_SECONDS:
                raise Invalid("signature is too old")
            return
    raise Invalid("wrong signature")
