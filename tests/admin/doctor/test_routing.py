"""Whether invoices of today and of next January would find a year to go to."""

from __future__ import annotations

from datetime import date
from typing import Any

from relay.admin.doctor import Severity
from relay.admin.doctor.routing import CHECKS
from relay.settings import Settings
from tests.world.databases import EXAMPLE, INVOICES, merged
from tests.world.examinations import cleared, said

JUNE = date(2026, 6, 15)


def year(name: str, mandant: str = "MUSTER", **days: str) -> dict[str, Any]:
    """Return a year's section; without days it is the calendar year that its name ends with."""
    told = {"first_day": f"{name[-4:]}-01-01", "last_day": f"{name[-4:]}-12-31"}
    return {"name": name, "mandant": mandant, "url": "sqlite:///not.there"} | told | days


def settings(*years: dict[str, Any], **overrides: Any) -> Settings:
    """Return settings for invoices with these years."""
    one_mandant: dict[str, Any] = {"map": {"mandant": None}}
    told = merged(merged(merged(EXAMPLE, INVOICES), one_mandant), overrides)
    return Settings(
        **merged(told, {"cobra": {"url": "sqlite:///x"}, "sage": {"year": list(years)}})
    )


def found(told: Settings, today: date = JUNE) -> dict[str, Severity]:
    """Return code to severity."""
    return said(finding for check in CHECKS for finding in check(told, today))


@cleared("no_year_today")
def test_year_of_today() -> None:
    """Without one invoices of today go nowhere; mere addresses only lack a year."""
    last, this, following = year("M2025"), year("M2026"), year("M2027")
    assert found(settings(last)) == {
        "no_year_today": Severity.ERROR,
        "no_year_next_january": Severity.INFO,
    }
    assert found(settings(last, this, following)) == {}


@cleared("no_year_next_january")
def test_next_january() -> None:
    """A missing new year is a hint at first, from November on a warning, until it is there."""
    this, following = year("M2026"), year("M2027")
    assert found(settings(this)) == {"no_year_next_january": Severity.INFO}
    late = date(2026, 11, 20)
    assert found(settings(this), late) == {"no_year_next_january": Severity.WARNING}
    assert found(settings(this, following), late) == {}


@cleared("years_with_gap")
def test_gap_between_years() -> None:
    """Days that belong to no year are told until a year takes them."""
    late = year("M2026", first_day="2026-02-01")
    following = year("M2027")
    assert found(settings(year("M2025"), late, following)) == {"years_with_gap": Severity.WARNING}
    whole = year("M2026")
    assert found(settings(year("M2025"), whole, following)) == {}


@cleared("mandant_without_year")
def test_mandant_that_has_no_year() -> None:
    """A name that the map leads to and no year has is told until one has it."""
    years = year("M2026"), year("M2027")
    more = {"map": {"mandant": {"1": "MUSTER", "2": "IMMO"}}}
    assert found(settings(*years, **more)) == {"mandant_without_year": Severity.WARNING}
    immo = year("I2026", "IMMO"), year("I2027", "IMMO")
    assert found(settings(*years, *immo, **more)) == {}


@cleared("tax_rule_missing")
def test_tax_key_of_today() -> None:
    """A category whose first rule begins in the future is told until an earlier one is there."""
    years = year("M2026"), year("M2027")
    rule = {"category": "normal", "from": "2027-01-01", "key": "USt81"}
    assert found(settings(*years, map={"vat": [rule]})) == {"tax_rule_missing": Severity.WARNING}
    both = [rule, {"category": "normal", "key": "USt77"}]
    assert found(settings(*years, map={"vat": both})) == {}
