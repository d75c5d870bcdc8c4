"""A project of its own for each test: a handler module, and tests that use the plugin."""

from __future__ import annotations

import pytest

APP = """
import os
import time

def handler(event, context):
    print("handling", event)
    return {"thumbnail": event["Records"][0]["s3"]["object"]["key"]} if event else context.function_name

def sleeps(seconds, context):
    time.sleep(seconds)
    return "awake"

def fails(event, context):
    print("about to fail")
    raise ValueError("poison")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A rootdir with ``app.py``; its tests see every warning as an error."""
    pytester.makepyfile(app=APP)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider --strict-markers\nfilterwarnings = error\n")
    return pytester
