"""Swiss VAT rates by the day of supply (MWST-Info 19)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from relay.rules.invoice.vat import is_of_another_period, rates_on, spans_rates
from relay.settings.maps import Maps


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        ("2010-12-31", []),
        ("2017-12-31", ["8.0", "2.5", "3.8"]),
        ("2018-01-01", ["7.7", "2.5", "3.7"]),
        ("2023-12-31", ["7.7", "2.5", "3.7"]),
        ("2024-01-01", ["8.1", "2.6", "3.8"]),
    ],
)
def test_rates_of_a_day(day: str, rates: list[str]) -> None:
    """Normal, reduced and lodging rate on both sides of each change."""
    assert list(rates_on(date.fromisoformat(day))) == [Decimal(rate) for rate in rates]


def test_rate_alone_never_decides() -> None:
    """3.8 % and 2.5 % were valid in two periods, and wrong in the one between or after."""
    days = [date(2017, 12, 31), date(2018, 1, 1), date(2023, 12, 31), date(2024, 1, 1)]
    lodging = [is_of_another_period(Decimal("3.8"), day) for day in days]
    reduced = [is_of_another_period(Decimal("2.5"), day) for day in days]
    assert lodging == [False, True, True, False]
    assert reduced == [False, False, False, True]
    assert not is_of_another_period(Decimal(0), days[0])
    assert not is_of_another_period(Decimal(19), days[0])


def test_supply_across_a_change() -> None:
    """A supply needs a row for each rate it falls under."""
    assert spans_rates(date(2023, 12, 31), date(2024, 1, 1))
    assert not spans_rates(date(2024, 1, 1), date(2026, 12, 31))


def test_key_by_category_and_day() -> None:
    """The rule that began last counts, until its own last day."""
    told = [
        {"category": "n", "key": "A"},
        {"category": "n", "from": "2018-01-01", "to": "2023-12-31", "key": "B"},
        {"category": "m", "from": "2024-01-01", "key": "C"},
    ]
    maps = Maps.model_validate({"vat": told})
    days = (date(2017, 12, 31), date(2018, 1, 1), date(2023, 12, 31), date(2024, 1, 1))
    assert [maps.tax_key("n", day) for day in days] == ["A", "B", "B", None]
    assert [maps.tax_key("m", day) for day in days] == [None, None, None, "C"]
