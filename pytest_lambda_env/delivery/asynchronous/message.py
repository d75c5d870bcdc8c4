"""What Lambda sends to somebody else, before it is known who carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class DeliveryFailed(Exception):
    """A message did not arrive; the text is the reason, by AWS's name where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """``attributes`` are a dead letter's (name -> type, text); the rest is what only some targets need.

    ``detail_type`` and ``resources`` are an event bus's (fidelity A25), ``key`` a bucket's.
    """

    body: str
    attributes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    detail_type: str = ""
    resources: tuple[str, ...] = ()
    key: str = ""


class Carrier(Protocol):
    """Reaches resources outside of Lambda: real ones on moto."""

    def knows(self, arn: str) -> bool:
        """Whether the resource exists."""

    def deliver(self, arn: str, message: Message) -> None:
        """Send, as the service the ARN names; raises :class:`DeliveryFailed`."""
