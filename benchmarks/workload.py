"""The code that is measured: one small handler, one event of 2 KB, and functions of many modules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_lambda_env import events

HANDLER = """\
import time


def handler(event, context):
    record = event["Records"][0]
    return {"statusCode": 200, "messageId": record["messageId"], "requestId": context.aws_request_id}


def sleeps(event, context):
    time.sleep(900)


def fails(event, context):
    raise ValueError("no such order")
"""


def event() -> Any:
    """Three SQS messages: a little over 2 KB of JSON."""
    return events.sqs.messages(
        *(f'{{"order": {number}, "customer": "Ada", "items": [1, 2, 3]}}' for number in range(3))
    )


@contextmanager
def task_root(files: dict[str, str]) -> Iterator[Path]:
    """A directory with these files, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        root = Path(directory)
        for name, source in files.items():
            (root / name).write_text(source, encoding="utf-8")
        yield root


def modules(count: int) -> dict[str, str]:
    """The files of a function of ``count`` modules: ``app`` imports the others, each of 8 classes and 8 functions."""
    others = [f"part_{number}" for number in range(1, count)]
    body = "\n\n".join(_CLASS.format(number=number) for number in range(8))
    imports = "".join(f"import {name}\n" for name in others)
    handler = "\n\ndef handler(event, context):\n    return None\n"
    return {**{f"{name}.py": body for name in others}, "app.py": imports + body + handler}


_CLASS = '''\
class Order{number}:
    """An order of kind {number}."""

    kind = {number}

    def __init__(self, identity, items=()):
        self.identity = identity
        self.items = list(items)

    def total(self):
        return sum(item.price for item in self.items)

    def __repr__(self):
        return f"<Order{number} {{self.identity}}>"


def cheapest_{number}(orders, limit=10):
    return sorted(orders, key=lambda order: order.total())[:limit]
'''
