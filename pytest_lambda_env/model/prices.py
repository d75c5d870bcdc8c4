"""What Lambda costs: a table of prices, in dollars."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from pytest_lambda_env.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price per GB-second, up to ``up_to`` GB-seconds counted from a month's first; None: for the rest."""

    price: Decimal
    up_to: Decimal | None = None

    def __post_init__(self) -> None:
        _check_decimals(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePrices:
    """Per GB-second of one architecture.

    ``on_demand`` are the tiers of ordinary duration, from the first GB-second of a month on. ``provisioned`` is the
    price of having provisioned concurrency, and ``provisioned_duration`` that of running on it; those have no tiers.
    """

    on_demand: tuple[Tier, ...]
    provisioned: Decimal
    provisioned_duration: Decimal

    def __post_init__(self) -> None:
        _check_decimals(self)
        limits = [tier.up_to for tier in self.on_demand]
        if not limits or limits[-1] is not None or None in limits[:-1]:
            raise UsageError("ComputePrices(on_demand=...): the last tier, and only the last, has up_to=None.")
        bounds = [limit for limit in limits if limit is not None]
        if bounds != sorted(set(bounds)):
            raise UsageError("ComputePrices(on_demand=...): tiers ascend by up_to.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A price table: dollars as exact decimals. Give your own for another region, a later date or a discount.

    ``request`` is for one request; ``ephemeral_storage`` for a GB-second above the 512 MB that are free; ``edge_...``
    are Lambda@Edge's, which bills by the millisecond too, has no tiers and no free tier. ``free_requests`` and
    ``free_gb_seconds`` are a month's free tier, for both architectures together. ``region``, ``as_of`` and ``source``
    say what the figures are.

    Raises ``UsageError`` for a price that is not a ``Decimal``, or negative, and for tiers that don't ascend.
    """

    region: str
    as_of: date
    source: str
    x86_64: ComputePrices
    arm64: ComputePrices
    request: Decimal
    ephemeral_storage: Decimal
    edge_request: Decimal
    edge_duration: Decimal
    free_requests: Decimal
    free_gb_seconds: Decimal

    def __post_init__(self) -> None:
        _check_decimals(self)

    def of(self, architecture: str) -> ComputePrices:
        """The prices of ``x86_64`` or ``arm64``."""
        if architecture not in ("x86_64", "arm64"):
            raise UsageError(f"There are no prices for the architecture {architecture!r}; it is 'x86_64' or 'arm64'.")
        return self.arm64 if architecture == "arm64" else self.x86_64


def _check_decimals(table: Tier | ComputePrices | Prices) -> None:
    """Refuse what is no ``Decimal``: a float's error would grow with every invocation."""
    kind = type(table).__name__
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, (int, float)):
            raise UsageError(f"{kind}({field.name}={value!r}): prices are exact; write Decimal({str(value)!r}).")
        if isinstance(value, Decimal) and (not value.is_finite() or value < 0):
            raise UsageError(f"{kind}({field.name}={value!r}): a price is a number, and not negative.")


US_EAST_1 = Prices(
    region="us-east-1",
    as_of=date(2026, 9, 11),
    source="https://aws.amazon.com/lambda/pricing/",
    x86_64=ComputePrices(
        on_demand=(
            Tier(price=Decimal("0.0000166667"), up_to=Decimal("6e9")),
            Tier(price=Decimal("0.0000150000"), up_to=Decimal("15e9")),
            Tier(price=Decimal("0.0000133334")),
        ),
        provisioned=Decimal("0.0000041667"),
        provisioned_duration=Decimal("0.0000097222"),
    ),
    arm64=ComputePrices(
        on_demand=(
            Tier(price=Decimal("0.0000133334"), up_to=Decimal("7.5e9")),
            Tier(price=Decimal("0.0000120001"), up_to=Decimal("18.75e9")),
            Tier(price=Decimal("0.0000106667")),
        ),
        provisioned=Decimal("0.0000033334"),
        provisioned_duration=Decimal("0.0000077778"),
    ),
    request=Decimal("0.20") / 1_000_000,
    ephemeral_storage=Decimal("0.0000000309"),
    edge_request=Decimal("0.60") / 1_000_000,
    edge_duration=Decimal("0.00005001"),
    free_requests=Decimal(1_000_000),
    free_gb_seconds=Decimal(400_000),
)
"""Northern Virginia. Believed right as of ``as_of``, from copies of AWS's Price List (AWSLambda, us-east-1) and of the
pricing page; no run of the plugin looks at either. https://aws.amazon.com/lambda/pricing/,
https://aws.amazon.com/blogs/compute/introducing-tiered-pricing-for-aws-lambda/ for the tiers, and
https://aws.amazon.com/about-aws/whats-new/2021/03/cloudfront-lambda-at-edge-billing-granularity/ for Lambda@Edge."""
