"""The sections about invoices: what is missing or wrong is named, all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relay.settings.maps import Maps
from relay.settings.sage import in_range
from tests.settings.test_settings import problems, read, told
from tests.world.databases import INVOICES, merged

Change = Callable[[dict[str, Any]], object]


def with_invoices(change: Change) -> Change:
    """Return a change that makes a configuration one for invoices, then applies another one."""

    def both(content: dict[str, Any]) -> None:
        content.update(merged(content, INVOICES))
        change(content)

    return both


def test_what_is_right_is_read(tmp_path: Path) -> None:
    """A right configuration gives every mapped column of header and position."""
    content = merged(told(), INVOICES)
    settings = read(tmp_path, content)
    assert settings.invoices is not None
    invoice, position = (section.captured() for section in settings.invoices)
    assert (invoice["final"], invoice["cancelled"], invoice["address"]) == (
        "PRINTEDON",
        "CANCELLED",
        "ADDRESSID",
    )
    assert (position["invoice"], position["amount"]) == ("INVOICEID", "NET")
    content["sage"]["mode"] = "addresses"
    content["cobra"]["address"]["selection"] = {"field": "city", "in": ["Bern"]}
    assert read(tmp_path, content).invoices is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s["cobra"].pop("invoice"), ("cobra.invoice", "config_needed_for_invoices")),
        (lambda s: s["cobra"].pop("position"), ("cobra.position", "config_needed_for_invoices")),
        (
            lambda s: s["sage"].pop("collective_account"),
            ("sage.collective_account", "config_needed_for_invoices"),
        ),
        (lambda s: s["map"].pop("vat"), ("map.vat", "config_needed_for_invoices")),
        (
            lambda s: s["sage"].pop("rounding_account"),
            ("sage.rounding_account", "config_rounding_account"),
        ),
        (
            lambda s: s["cobra"]["invoice"].pop("book_from"),
            ("cobra.invoice.book_from", "config_missing"),
        ),
        (
            lambda s: s["cobra"]["invoice"]["fields"].pop("invoice_number"),
            ("cobra.invoice.fields", "config_field_needed"),
        ),
        (
            lambda s: s["cobra"]["position"]["fields"].update(price="X"),
            ("cobra.position.fields", "config_unknown_field_near"),
        ),
        (
            lambda s: s["cobra"]["invoice"].update(tolerance="much"),
            ("cobra.invoice.tolerance", "config_decimal_parsing"),
        ),
        (
            lambda s: s["sage"].update(own_numbers=["9-1"]),
            ("sage.own_numbers.1", "config_number_range"),
        ),
        (lambda s: s["map"]["kind"].update(X="gift"), ("map", "config_kind_unknown")),
        (lambda s: s["map"]["vat"].append(s["map"]["vat"][0]), ("map", "config_vat_twice")),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: Change, expected: tuple[str, str]) -> None:
    """Each mistake is reported with its key and a text of the catalogue."""
    assert problems(tmp_path, with_invoices(change)) == [expected]


def test_all_that_is_missing_at_once(tmp_path: Path) -> None:
    """Whoever only sets the mode is told everything that it needs."""

    def only_mode(content: dict[str, Any]) -> None:
        content["sage"]["mode"] = "invoices"

    assert {key for key, _ in problems(tmp_path, only_mode)} == {
        "cobra.invoice",
        "cobra.position",
        "sage.collective_account",
        "map.vat",
    }


def test_several_mandants_need_a_field(tmp_path: Path) -> None:
    """Without the field one mandant is meant; with two nobody could tell which."""

    def two(content: dict[str, Any]) -> None:
        year = content["sage"]["year"][0]
        content["sage"]["year"].append(year | {"name": "B2026", "mandant": "B"})
        content["cobra"]["invoice"]["fields"].pop("mandant")

    found = problems(tmp_path, with_invoices(two))
    assert found == [("cobra.invoice.fields", "config_mandant_not_mapped")]


@pytest.mark.parametrize(
    ("category", "day", "key"),
    [
        ("normal", date(2017, 12, 31), None),
        ("normal", date(2018, 1, 1), "USt77"),
        ("normal", date(2023, 12, 31), "USt77"),
        ("normal", date(2024, 1, 1), "USt81"),
        ("none", date(1999, 1, 1), "USt00"),
        ("other", date(2026, 1, 1), None),
    ],
)
def test_tax_key_by_category_and_day(category: str, day: date, key: str | None) -> None:
    """The day of supply decides, never the rate alone; an unknown category has no key."""
    assert Maps(**INVOICES["map"]).tax_key(category, day) == key


def test_map_of_something_else_is_refused() -> None:
    """A field's map holds texts for texts."""
    with pytest.raises(ValidationError):
        Maps.model_validate({"terms": {"30": 5}})


def test_ranges_include_their_ends() -> None:
    """`"900000-999999"` holds both of its numbers."""
    ranges = ["900000-999999", "5-5"]
    assert [n for n in (4, 5, 6, 899999, 900000, 999999, 1000000) if in_range(n, ranges)] == [
        5,
        900000,
        999999,
    ]
