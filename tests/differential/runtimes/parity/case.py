"""One handler and the requests that both runtimes are given, and what came of it."""

from __future__ import annotations

import base64
import dataclasses
import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

START = "2026-01-02T03:04:05.678Z"
"""The instant of every run: the official runtime's clock stands still there, and ours begins there."""
NOW = 1_767_323_045_678_000_000


class Answer(NamedTuple):
    """What ``Invoke`` answers to one request."""

    payload: bytes
    failed: bool


class Run(NamedTuple):
    """What a sequence of requests came to. ``log`` is without the platform's own lines; ``events`` are its events."""

    answers: list[Answer]
    log: str
    events: list[str]


class Request(NamedTuple):
    """One request as it reaches the runtime."""

    request_id: str
    event: bytes
    client_context: str | None
    arn: str
    deadline_ms: int


@dataclasses.dataclass(frozen=True)
class Case:
    """``source`` becomes ``app.py``; ``files`` are further files beside it, by path.

    ``events`` are sent one after the other; text is JSON already. ``configuration`` is that of ``create_function``.
    """

    name: str
    source: str = ""
    events: Sequence[Any] = ({},)
    handler: str = "app.handler"
    files: Mapping[str, str | bytes] = dataclasses.field(default_factory=dict)
    configuration: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    client_context: str | None = None
    since: tuple[int, int] = (3, 10)

    def write(self, directory: Path) -> None:
        """Write the function's code."""
        for path, content in {"app.py": textwrap.dedent(self.source), **self.files}.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def payloads(self) -> list[bytes]:
        """The events as bytes."""
        return [event.encode() if isinstance(event, str) else json.dumps(event).encode() for event in self.events]

    def client_context_header(self) -> str | None:
        """The client context as the API takes it."""
        return None if self.client_context is None else base64.b64encode(self.client_context.encode()).decode()
