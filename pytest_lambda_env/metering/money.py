"""Sums of money: exact, and readable."""

from __future__ import annotations

from decimal import Context, Decimal

EXACT = Context(prec=100)
"""More digits than any sum of prices times durations has: nothing is ever rounded.

The default's 28 are too few for a GB-second (thirteen decimals) times a price (ten) times a month's load.
"""


def dollars(amount: Decimal, digits: int = 3) -> str:
    """``$1,234.50``, and below a dollar so many significant digits: ``$0.00000213``."""
    if abs(amount) >= 1 or not amount:
        return f"${amount:,.2f}"
    whole, _, decimals = f"{amount:.{max(2, digits - 1 - amount.adjusted())}f}".partition(".")
    return f"${whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"
