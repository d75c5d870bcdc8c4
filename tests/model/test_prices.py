"""Price tables."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.model.prices import US_EAST_1, ComputePrices, Tier


def test_a_price_is_a_decimal() -> None:
    """A float would not be exact; the message says what to write."""
    price: Any = 0.2
    with pytest.raises(UsageError, match=r"Prices\(request=0\.2\): prices are exact; write Decimal\('0\.2'\)"):
        replace(US_EAST_1, request=price)
    with pytest.raises(UsageError, match="Tier"):
        Tier(price=price)


def test_a_price_is_not_negative() -> None:
    """Nor is it no number."""
    for wrong in ("-1", "NaN", "Infinity"):
        with pytest.raises(UsageError, match="a price is a number, and not negative"):
            replace(US_EAST_1, request=Decimal(wrong))


@pytest.mark.parametrize("bounds", [(), (6,), (None, None), (6, 6, None), (7, 6, None), (None, 6)])
def test_tiers_ascend_to_one_without_end(bounds: tuple[int | None, ...]) -> None:
    """Every GB-second has one price."""
    tiers = tuple(Tier(price=Decimal(1), up_to=None if bound is None else Decimal(bound)) for bound in bounds)
    with pytest.raises(UsageError, match="ComputePrices"):
        ComputePrices(on_demand=tiers, provisioned=Decimal(1), provisioned_duration=Decimal(1))


def test_architectures_by_their_names() -> None:
    """As the API spells them."""
    assert US_EAST_1.of("arm64") is US_EAST_1.arm64
    assert US_EAST_1.of("x86_64") is US_EAST_1.x86_64
    with pytest.raises(UsageError, match="'arm'; it is 'x86_64' or 'arm64'"):
        US_EAST_1.of("arm")
