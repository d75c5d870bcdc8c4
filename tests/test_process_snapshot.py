from __future__ import annotations

import builtins
import logging
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest
from process_snapshot import differences, snapshot

from pytest_lambda_env import LambdaService


def test_nothing_differs_where_nothing_happened() -> None:
    """Two snapshots with nothing in between are equal."""
    assert differences(snapshot(), snapshot()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda patch: patch.setattr(builtins, "print", lambda *_: None), "builtins.print"),
        (lambda patch: patch.setattr(sys, "excepthook", lambda *_: None), "sys.excepthook"),
        (lambda patch: patch.setitem(sys.modules, "json", None), "sys.modules['json']"),
        (lambda patch: patch.setenv("NEW", "1"), "os.environ"),
        (lambda patch: patch.setattr(logging.root, "level", 5), "logger root"),
        (lambda patch: patch.setattr(sys, "path", []), "sys.path"),
        (lambda patch: patch.delattr(signal, "signal"), "signal.signal"),
    ],
)
def test_a_change_is_named(change: Callable[[Any], None], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patched name, a lost module, a variable, a level, a rebound list: each is told by its name."""
    before = snapshot()
    with monkeypatch.context() as patch:
        change(patch)
        changed = differences(before, snapshot())
    assert named in [line.partition(":")[0] for line in changed]
    assert differences(before, snapshot()) == []


def test_a_service_gives_everything_back() -> None:
    """After a service with an invocation the process is as it was."""

    def handler(event: Any, context: Any) -> str:
        return "done"

    with LambdaService() as warm_up:
        warm_up.create_function(handler).invoke({})
    before = snapshot()
    with LambdaService() as aws_lambda:
        assert aws_lambda.create_function(handler).invoke({}).payload == "done"
    assert differences(before, snapshot()) == []
