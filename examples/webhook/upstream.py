"""The system that the webhooks are for."""

import json
import os
from urllib.request import Request, urlopen

URL = os.environ["UPSTREAM_URL"]


def forward(body, timeout):
    """Hand over a webhook and return the ticket's number. ``TimeoutError`` after ``timeout`` seconds of silence."""
    with urlopen(Request(URL, data=body), timeout=timeout) as response:
        return json.load(response)["ticket"]
