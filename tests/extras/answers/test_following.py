"""Which item is meant where a number stands in several years: each counts once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from relay.extras.answers.following import (
    ItemsOfYear,
    LaterYears,
    OwnDocument,
    Page,
    answer_of,
)
from relay.extras.answers.item import OpenItem, standing

CHAIN = ("Y24", "Y25", "Y26")
ANNA, BEAT = 1001, 1002


def page(
    said: dict[str, int], documents: dict[str, int], configured: tuple[str, ...] = CHAIN
) -> Page:
    """Return a page about one number: years to the debtor of its item, and of its document."""
    rows = {year: {"7": {"OpId": "7", "PkKey": said[year]}} for year in CHAIN if year in said}
    return Page(
        LaterYears({year: CHAIN[at:] for at, year in enumerate(CHAIN)}, configured),
        {year: ItemsOfYear(rows.get(year, {}), "CHF") for year in configured},
        {"7": [OwnDocument(year, year, debtor) for year, debtor in documents.items()]},
    )


def found(page: Page, home: str, debtor: int) -> str | None:
    """Return the year in which the item of a document counts."""
    newest = page.newest((home, "7"), debtor=debtor, key=home, seen=home)
    return None if newest is None else newest[0]


@pytest.mark.parametrize("configured", [CHAIN, CHAIN[1:], CHAIN[2:]])
def test_number_that_begins_anew_each_year(configured: tuple[str, ...]) -> None:
    """What was carried over is the younger document's; the older one has ended by then."""
    said = dict.fromkeys(configured, ANNA)
    here = page(said, {"Y24": ANNA, "Y25": ANNA}, configured)
    assert found(here, "Y25", ANNA) == "Y26"
    assert found(here, "Y24", ANNA) == ("Y24" if "Y24" in configured else None)
    assert here.is_ours(("Y26", "7"), ANNA)


def test_number_that_somebody_else_took_in_between() -> None:
    """An item of the older document's debtor is Sage's own where another one had the number."""
    here = page(dict.fromkeys(CHAIN, ANNA) | {"Y25": BEAT}, {"Y24": ANNA, "Y25": BEAT})
    assert found(here, "Y24", ANNA) == "Y24"
    assert found(here, "Y25", BEAT) == "Y25"
    assert not here.is_ours(("Y26", "7"), ANNA)


def test_carried_over_twice() -> None:
    """The newest year has it, and nothing is known while that one is away."""
    here = page(dict.fromkeys(CHAIN, ANNA), {"Y24": ANNA})
    assert found(here, "Y24", ANNA) == "Y26"
    assert here.is_ours(("Y26", "7"), ANNA)
    away = Page(here.years, {n: s for n, s in here.said.items() if n != "Y26"}, here.documents)
    assert found(away, "Y24", ANNA) is None


def test_who_is_asked_whether_an_item_was_moved() -> None:
    """The document's own year; not another mandant's, which may have the number by chance."""
    here = page({"Y26": BEAT}, {"Y25": ANNA, "Y26": BEAT}, CHAIN[2:])
    others = [*here.documents["7"], OwnDocument("other", "X25", ANNA)]
    chains = {**here.years.chains, "X25": ("X25", "X26")}
    known = Page(LaterYears(chains, here.years.configured), here.said, {"7": others})
    assert list(known.moved()) == [("Y25", "7")]


def test_day_on_which_it_was_seen_to_be_settled_stays() -> None:
    """Where Sage tells no day of a payment, a later look does not move it."""
    today = date(2026, 3, 2)
    item = {"OpId": "7", "PkKey": ANNA, "MVal": Decimal("0.00")}
    years = LaterYears({"Y26": ("Y26",)}, ("Y26",))
    known = Page(years, {"Y26": ItemsOfYear({"7": item}, "CHF")}, {})
    row = {"year": "Y26", "open_item": "7", "debtor": ANNA, "entity_key": "1", "gross": None}
    for before, noted in ((None, today), (date(2026, 2, 1), date(2026, 2, 1))):
        answer = answer_of(row | {"answered_in": "Y26", "settled_on": before}, known, today)
        assert answer is not None
        assert answer["settled_on"] == noted


def test_on_its_last_day_an_item_is_not_overdue() -> None:
    """The day after it is."""
    due = date(2026, 3, 2)
    items = [OpenItem(Decimal(5), due)]
    assert standing(items, [], due)["overdue"] == 0
    assert standing(items, [], due + timedelta(days=1))["overdue"] == 5
