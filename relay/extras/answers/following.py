"""Knows in which year an item is to be looked at: a carried over one stands in several. Pure.

The newest year that has it counts, and it counts once. A later year has it if it has the number
for the same debtor, and the relay booked no other invoice of that number there or in between.
A year that is configured no more is asked nothing; what it carried over is followed all the same.
Nothing is remembered: whatever is put back from a backup, the answers follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from relay.extras.answers.item import NOWHERE, Answer, Item, read_item
from relay.rules.invoice.books import Raw

Place = tuple[str, str]
"""A year, and the number of an open item there."""


@dataclass(frozen=True, slots=True)
class ItemsOfYear:
    """What one year says of the items that it was asked for."""

    rows: Mapping[str, Raw]
    """Number to item."""
    lead: str | None
    """The year's currency."""


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document that stands, as far as it tells which items are ours."""

    key: str
    year: str
    debtor: int | None


@dataclass(frozen=True, slots=True)
class LaterYears:
    """The years that are known: each with those of its mandant that follow it."""

    chains: Mapping[str, Sequence[str]]
    """Year to itself and all later ones, in their order; also of one that is configured no more."""
    configured: Collection[str]

    def of(self, year: str) -> Sequence[str]:
        """Return a year and those after it; nothing of one that nobody knows."""
        return self.chains.get(year, ())

    def asked(self, year: str) -> list[str]:
        """Return those that can say something of an item of a year."""
        return [each for each in self.of(year) if each in self.configured]

    def carried_over(self, places: Iterable[Place], said: Mapping[str, ItemsOfYear]) -> set[str]:
        """Return the numbers of these items that a later year says something of as well."""
        return {
            number
            for home, number in places
            for year in self.of(home)
            if year != home and year in said and number in said[year].rows
        }


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of the items of a page: each year's words, and which documents are ours."""

    years: LaterYears
    said: Mapping[str, ItemsOfYear]
    """Year to what it says; one that could not be asked is missing."""
    documents: Mapping[str, Sequence[OwnDocument]]
    """Number of an open item to the documents that stand under it, in whatever year."""

    def newest(
        self,
        place: Place,
        *,
        debtor: int | None = None,
        key: str | None = None,
        seen: str | None = None,
    ) -> tuple[str, Raw | None] | None:
        """Return the year that counts for an item, with the item; None: not to be known now.

        `debtor` is whose it was when it was last seen, `seen` the year that had it then, `key` that
        of its document, if it is ours.
        """
        home, number = place
        if (said := self.said.get(home)) and (row := said.rows.get(number)):
            debtor = debtor_of(row)
        years = [each for each in self._reach(place, key) if each in self.years.configured]
        for year in reversed(years):
            if year not in self.said:
                return None
            row = self.said[year].rows.get(number)
            if row is not None and (year == home or _is_same(row, debtor)):
                return year, row
        if home not in self.years.configured:  # it was left behind there, or followed since
            home = seen if seen in years else home
        return (home, None) if home in self.said else None

    def _reach(self, place: Place, key: str | None) -> Iterator[str]:
        """Yield the years into which an item may have been carried over, beginning with its own.

        Where another document took the number its own item ends, for a number stands but once.
        """
        home, number = place
        for year in self.years.of(home):
            others = (d for d in self.documents.get(number, ()) if d.year == year and d.key != key)
            if year != home and any(others):
                return
            yield year

    def moved(self) -> Iterator[Place]:
        """Yield the items of documents that may have another debtor by now, where nobody asked."""
        for number, documents in self.documents.items():
            rows = [said.rows[number] for said in self.said.values() if number in said.rows]
            debtors = {debtor_of(row) for row in rows}
            for document in documents:
                if document.year in self.said or document.debtor in debtors:
                    continue
                if any(year in self.said for year in self.years.of(document.year)):  # its mandant's
                    yield document.year, number

    def is_ours(self, place: Place, debtor: int | None) -> bool:
        """Tell whether an item is that of a document: of this year, or carried over into it."""
        year, number = place
        return any(
            document.year == year
            or (
                self._debtor(document, number) == debtor
                and year in self._reach((document.year, number), document.key)
            )
            for document in self.documents.get(number, ())
        )

    def _debtor(self, document: OwnDocument, number: str) -> int | None:
        """Return whose a document's item is by its own year, or was when it was last seen."""
        said = self.said.get(document.year)
        return debtor_of(said.rows[number]) if said and number in said.rows else document.debtor


def _is_same(row: Raw, debtor: int | None) -> bool:
    return debtor is not None and debtor_of(row) == debtor


def answer_of(row: Mapping[str, Any], page: Page, today: date) -> Answer | None:
    """Return what a document's row shall say; None: not to be known now.

    What it was settled on is the day of the last payment, if Sage tells; else when it was seen.
    """
    place = row["year"], row["open_item"]
    found = page.newest(place, debtor=row["debtor"], key=row["entity_key"], seen=row["answered_in"])
    if found is None:
        return None
    year, raw = found
    item, opened = NOWHERE, row["gross"]
    if raw is not None:
        item = read_item(raw, page.said[year].lead, opened, at_home=year == row["year"])
    return item.answer() | {
        "paid": _paid(item, opened),
        "settled_on": _settled_on(item, row["settled_on"], today),
        "answered_in": year,
    }


def _paid(item: Item, opened: Decimal | None) -> Decimal | None:
    known = opened is not None and item.open_amount is not None
    return opened - item.open_amount if known else None  # type: ignore[operator] # both are known


def _settled_on(item: Item, before: date | None, today: date) -> date | None:
    if not item.is_settled:
        return None
    last = item.words["last_payment"]
    return last if isinstance(last, date) else before or today


def debtor_of(row: Raw) -> int | None:
    """Return whose an item is."""
    found = row.get("PkKey")
    return found if isinstance(found, int) else None


def differs(wanted: Mapping[str, object], stands: Mapping[str, object]) -> bool:
    """Tell whether a row says anything else than it shall."""
    return not wanted.items() <= stands.items()
