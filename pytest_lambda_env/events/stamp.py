"""Where a builder takes what a test did not say: the time, new ids, the region and the account.

One stamp is current at a time. With no service active it is a default one: real time (or whatever has replaced it),
``us-east-1``, account ``123456789012``, seed 0. A service puts its own in place for as long as it is active, so that a
hand-made event and a delivered one agree in every ARN and timestamp.
"""

from __future__ import annotations

import base64
import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.arn import check_account_id, check_region
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import MILLISECOND, Instant, datetime_of, instant_of

DEFAULT_REGION = "us-east-1"
DEFAULT_ACCOUNT_ID = "123456789012"


class Stamp:
    """The clock, the ids, the region and the account of events.

    ``now`` gives the time; by default that is ``datetime.datetime.now`` at the moment of the call, so a frozen or
    virtual clock is followed. Equal seeds give equal ids in equal order.
    """

    def __init__(
        self,
        *,
        region: str = DEFAULT_REGION,
        account_id: str = DEFAULT_ACCOUNT_ID,
        seed: int = 0,
        now: Callable[[], datetime.datetime] | None = None,
    ) -> None:
        self.region = check_region(region)
        self.account_id = check_account_id(account_id)
        self.seed = seed
        self._now = now
        self.restart()

    def restart(self, scope: str = "") -> None:
        """Start the ids over. Ids under one ``scope`` always come out the same and never meet another scope's."""
        self._scope = scope
        self._entropy = Entropy(self.seed)
        self._latest: dict[str, int] = {}

    def instant(self, given: datetime.datetime | None = None) -> Instant:
        """The given time (a naive one is UTC), or this stamp's own now."""
        if given is None:
            # Looked up on the module at each call: whoever freezes time replaces the name there.
            given = self._now() if self._now is not None else datetime.datetime.now(datetime.timezone.utc)
        try:
            return instant_of(given)
        except (AttributeError, TypeError):
            raise UsageError(f"Not a time: {given!r}; give a datetime.datetime.") from None

    def hex(self, purpose: str, digits: int) -> str:
        """A new id of that many lower-case hexadecimal digits."""
        return self._entropy.hex(self._stream(purpose), digits)

    def uuid(self, purpose: str) -> str:
        """A new id in the form of a UUID."""
        return self._entropy.uuid4(self._stream(purpose))

    def base64(self, purpose: str, size: int) -> str:
        """A new opaque value of ``size`` bytes, as base64 text."""
        return base64.b64encode(bytes.fromhex(self.hex(purpose, 2 * size))).decode("ascii")

    def rising(self, purpose: str, *, start: int, step_bits: int) -> int:
        """A new number above ``start`` and above every earlier one, in random steps of at most ``2**step_bits``."""
        step = 1 + self._entropy.stream(self._stream(purpose)).getrandbits(step_bits)
        self._latest[purpose] = latest = self._latest.get(purpose, start) + step
        return latest

    def resource_hex(self, kind: str, name: str, digits: int) -> str:
        """The id AWS gave a resource when it was made: always the same for one name, whatever else was drawn."""
        return Entropy(self.seed).hex(f"events/{kind}/{name}", digits)

    def resource_uuid(self, kind: str, name: str) -> str:
        """As :meth:`resource_hex`, in the form of a UUID."""
        return Entropy(self.seed).uuid4(f"events/{kind}/{name}")

    def _stream(self, purpose: str) -> str:
        return f"events/{self._scope}/{purpose}"


def milliseconds(instant: Instant) -> int:
    """Whole milliseconds since the epoch."""
    return instant // MILLISECOND


def iso_milliseconds(instant: Instant) -> str:
    """``2026-03-29T00:59:00.000Z``, the form of S3, SNS and Lambda itself."""
    return datetime_of(instant).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def iso_seconds(instant: Instant) -> str:
    """``2026-03-29T00:59:00Z``, the form of EventBridge."""
    return datetime_of(instant).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


_current = Stamp()
# If this module is first imported in the middle of a test, the test gets the ids that it gets otherwise.
_current.restart(os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0])


def current_stamp() -> Stamp:
    """The stamp that every builder uses now."""
    return _current


def set_stamp(stamp: Stamp) -> Stamp:
    """Make a stamp current for good, and return the one before, which the caller puts back in time."""
    global _current
    previous, _current = _current, stamp
    return previous


@contextmanager
def use_stamp(stamp: Stamp) -> Iterator[Stamp]:
    """Make a stamp current for the length of a ``with`` block.

    >>> from pytest_lambda_env import events
    >>> from pytest_lambda_env.events.stamp import Stamp, use_stamp
    >>> with use_stamp(Stamp(region="eu-west-1", account_id="210987654321")):
    ...     events.sqs.messages("hello")["Records"][0]["eventSourceARN"]
    'arn:aws:sqs:eu-west-1:210987654321:my-queue'
    """
    previous = set_stamp(stamp)
    try:
        yield stamp
    finally:
        set_stamp(previous)


def reset_stamp(scope: str = "") -> None:
    """Start the current stamp's ids over, so that what follows gets the same ids each time it is run.

    Give a test's node id as ``scope``: the test then has ids of its own, and two tests that share a table or a
    queue don't mistake each other's messages for duplicates.
    """
    _current.restart(scope)
