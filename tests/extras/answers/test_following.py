"""Which item is meant where a number stands in several years: each counts once."""

from __future__ import annotations

import pytest

from relay.extras.answers.following import ItemsOfYear, LaterYears, OwnDocument, Page

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
