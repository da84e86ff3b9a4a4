"""What is open of an item, by what Sage keeps: totals, a value, or both."""

from __future__ import annotations

from decimal import Decimal

import pytest

from relay.extras.answers.item import read_item


def amounts(**told: str) -> dict[str, object]:
    """Return an item as a year gives it, with these amounts."""
    return {"OpId": "1", "PkKey": 1, **{tag: Decimal(value) for tag, value in told.items()}}


PAID = amounts(MVal="95", MDbt="95", MCdt="95")


@pytest.mark.parametrize(
    ("told", "is_open", "in_currency", "settled"),
    [
        (PAID | amounts(FVal="100", FDbt="100", FCdt="90"), "0", "10", False),
        (PAID | amounts(FVal="100", FDbt="100", FCdt="100"), "0", "0", True),
        (PAID | amounts(MVal="0", FDbt="100", FCdt="90"), "0", "10", False),
        (amounts(MVal="95", MDbt="95", MCdt="45"), "50", "50", False),
        (amounts(MVal="50", MDbt="0", MCdt="0"), "50", "50", False),
        (amounts(MVal="50"), "50", "50", False),
    ],
)  # fmt: skip
def test_an_item_of_sages_own(
    told: dict[str, object], is_open: str, in_currency: str, *, settled: bool
) -> None:
    """Totals count where somebody keeps them, in each currency, and else the value."""
    item = read_item(told, "CHF", at_home=False)
    assert (item.open_amount, item.open_currency) == (Decimal(is_open), Decimal(in_currency))
    assert item.is_settled is settled


def test_unknown_is_not_settled() -> None:
    """Neither totals nor a value: nothing is known."""
    item = read_item(amounts(), "CHF", at_home=False)
    assert (item.open_amount, item.open_currency, item.is_settled) == (None, None, None)
