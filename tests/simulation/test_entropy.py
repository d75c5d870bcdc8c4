"""Seeded chance."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.simulation.entropy import Entropy


@given(st.integers())
def test_the_same_seed_gives_the_same_draws(seed: int) -> None:
    """Two simulations of one seed draw alike."""
    first, second = Entropy(seed), Entropy(seed)
    assert [first.uuid4("ids") for _ in range(3)] == [second.uuid4("ids") for _ in range(3)]


@given(st.integers())
def test_purposes_don_t_disturb_each_other(seed: int) -> None:
    """A draw for one purpose leaves the draws for another unchanged."""
    quiet, busy = Entropy(seed), Entropy(seed)
    for _ in range(5):
        busy.hex("other", 8)
    assert quiet.uuid4("ids") == busy.uuid4("ids")


@given(st.integers())
def test_uuids_have_version_4_s_form(seed: int) -> None:
    """Every one is a random UUID as RFC 9562 has them, in canonical form."""
    text = Entropy(seed).uuid4("ids")
    assert uuid.UUID(text).version == 4
    assert uuid.UUID(text).variant == uuid.RFC_4122
    assert str(uuid.UUID(text)) == text


@given(st.integers(1, 100))
def test_hex_has_the_digits_asked_for(digits: int) -> None:
    """Leading zeros are kept."""
    text = Entropy(0).hex("any", digits)
    assert len(text) == digits
    assert int(text, 16) >= 0
