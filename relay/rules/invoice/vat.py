"""Knows the rates of Swiss VAT and when each was valid. Pure.

Source: MWST-Info 19 of the Federal Tax Administration. The day of supply decides, not the day of
the invoice. 3.8 % and 2.5 % were valid in two periods: a rate alone never tells the tax key, but
a rate that was valid only on other days tells that the key is wrong.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

PERIODS: tuple[tuple[date, tuple[Decimal, ...]], ...] = (
    (date(2011, 1, 1), (Decimal("8.0"), Decimal("2.5"), Decimal("3.8"))),
    (date(2018, 1, 1), (Decimal("7.7"), Decimal("2.5"), Decimal("3.7"))),
    (date(2024, 1, 1), (Decimal("8.1"), Decimal("2.6"), Decimal("3.8"))),
)
"""First day of a period, and its normal, reduced and lodging rate in percent."""

EVER = frozenset(rate for _, rates in PERIODS for rate in rates)


@lru_cache(maxsize=1024)
def rates_on(day: date) -> tuple[Decimal, ...]:
    """Return the rates in percent that were valid on a day; none before 2011."""
    valid = [rates for first, rates in PERIODS if first <= day]
    return valid[-1] if valid else ()


def is_of_another_period(rate: Decimal, day: date) -> bool:
    """Tell whether a rate is one of Swiss VAT, but not of the day of supply.

    Rates that never were Swiss (0 %, reverse charge, another country's) are none of our business.
    """
    return bool(rates_on(day)) and rate in EVER and rate not in rates_on(day)


def spans_rates(first: date, last: date) -> bool:
    """Tell whether the rates changed during a supply: then its parts need a row each."""
    return rates_on(first) != rates_on(last)
