import hashlib
import hmac
import io
import json
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def lambda_task_root():
    """Where "app.handler" is looked up: this service's own folder."""
    return Path(__file__).parents[1]


class Upstream:
    """Stands in for the system behind the webhook, which can be slow."""

    def __init__(self):
        self.received = []
        self.seconds = 0.3
        self.trickles = False

    def urlopen(self, request, timeout):
        # A timeout is for silence. An answer that trickles in byte by byte never meets it.
        if self.seconds > timeout and not self.trickles:
            time.sleep(timeout)
            raise TimeoutError("timed out")
        time.sleep(self.seconds)
        self.received.append(request.data)
        return io.BytesIO(json.dumps({"ticket": f"T-{len(self.received)}"}).encode())


@pytest.fixture
def upstream(monkeypatch):
    upstream = Upstream()
    monkeypatch.setattr("urllib.request.urlopen", upstream.urlopen)
    return upstream


@pytest.fixture
def webhook(lambda_events):
    """Makes the load balancer's event for a webhook that the sender signs now."""

    def make(body, secrets=("s3cret",)):
        at, text = int(time.time()), json.dumps(body)
        digests = [hmac.new(key.encode(), f"{at}.{text}".encode(), hashlib.sha256).hexdigest() for key in secrets]
        return lambda_events.alb.request(
            "POST",
            "/hooks",
            headers={"content-type": "application/json", "x-signature": [f"t={at},v1={each}" for each in digests]},
            body=text,
            multi_value=True,
        )

    return make


@pytest.fixture
def app(upstream, monkeypatch):
    """The module app.py itself, imported as any Python module."""
    monkeypatch.setenv("WEBHOOK_SECRET", "s3cret")
    monkeypatch.setenv("UPSTREAM_URL", "https://crm.example/events")
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import app

    yield app
    for name in ("app", "signature", "upstream"):
        del sys.modules[name]
