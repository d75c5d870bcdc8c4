"""A stamp that is nobody's default, so that a hard-coded region, account or time shows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from pytest_lambda_env.events.stamp import Stamp, use_stamp

MOMENT = datetime.datetime(2026, 3, 29, 0, 59, 58, 123456, tzinfo=datetime.timezone.utc)


@pytest.fixture
def stamp() -> Iterator[Stamp]:
    """A stamp in Ireland, at a moment with microseconds, made current."""
    stamp = Stamp(region="eu-west-1", account_id="210987654321", seed=7, now=lambda: MOMENT)
    with use_stamp(stamp):
        yield stamp
