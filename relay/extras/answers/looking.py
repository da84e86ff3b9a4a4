"""Knows the looks at what is open: a page of documents or of Sage's own items at a time.

They run as chores between two batches, on the lock's connection, so none holds up a drain for
longer than a page takes; a year that somebody works in at the same row is left for the next look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from relay.cobra.lock import Lock
from relay.database import utcnow
from relay.engine.asking import ReadyYears
from relay.extras.answers.asking import Asking, Freshness, KnownYear
from relay.extras.answers.following import (
    ItemsOfYear,
    LaterYears,
    OwnDocument,
    Page,
    Place,
    answer_of,
    debtor_of,
    differs,
)
from relay.extras.answers.item import Answer, read_item
from relay.extras.answers.keeping import ItemKeeping
from relay.extras.answers.mirror import Mirror, Row
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.tables import ANSWERS, document_tables
from relay.rules.invoice.books import Raw
from relay.settings import Settings

PAGE = 500
"""Rows that one chore looks at."""
_KNOWN = (
    "entity_key", "customer_key", "year", "open_item", "gross",
    *(name for name in ANSWERS if name != "answered_at"),
)  # fmt: skip


def years_of(settings: Settings, removed: Iterable[KnownYear] = ()) -> LaterYears:
    """Return each known year with the later ones of its mandant."""
    configured = [KnownYear(y.name, y.mandant, y.first_day) for y in settings.sage.year]
    of_mandant: dict[str, list[str]] = defaultdict(list)
    for year in sorted([*removed, *configured], key=lambda year: year.first_day):
        of_mandant[year.mandant].append(year.name)
    return LaterYears(
        {n: names[at:] for names in of_mandant.values() for at, n in enumerate(names)},
        {year.name for year in configured},
    )


class AnswerLooks:
    """The looks of one relay while it has the lock."""

    def __init__(self, settings: Settings, lock: Lock, years: ReadyYears) -> None:
        """Take cobra's lock, and which years can be asked."""
        self.lock = lock
        self.ready = years
        self._settings = settings
        self.freshness = Freshness(settings, lock, years)
        self.years = years_of(settings)
        self.mandants = {year.name: year.mandant for year in settings.sage.year}
        self.removed: dict[str, str] = {}
        self._item: Table = answer_tables(lock.dialect.name).sage_item
        self._document: Table = document_tables(lock.dialect.name).document

    def mirror(self, connection: Connection) -> Mirror:
        """Return cobra's mirror in an open transaction."""
        return Mirror(connection, list(self.mandants))

    def asking(self) -> Asking:
        """Return what asks the years for one look; it begins with what is known of them."""
        removed = self.freshness.removed()
        self.removed = {year.name: year.mandant for year in removed}
        self.years = years_of(self._settings, removed)
        with self.lock.reading() as connection:
            today = self.lock.dialect.local_time(connection).date()
            began = connection.execute(select(utcnow())).scalar_one()
        return Asking(self.ready, lambda: self.lock.epoch, began, today)

    def open_items(self) -> Iterator[None]:
        """Look at all that is not settled: documents, then items that were written in Sage."""
        self.freshness.note_years()
        asking = self.asking()
        settled_on = self._document.c.settled_on
        # None of them has such a day; but a planner may see the order of its index only by it.
        yield from self._documents(asking, settled_on.is_(None), settled_on)
        for year in (*self.removed, *self.mandants):
            yield from self._items_of(year, asking)
        self.freshness.note_end("open_at", asking)

    def settled(self) -> Iterator[None]:
        """Look once a night at what is settled: a payment can be cancelled."""
        if not self.freshness.is_night():
            return
        asking = self.asking()
        yield from self._documents(asking, self._document.c.settled_on.is_not(None))
        self.freshness.note_end("settled_at", asking)

    def _documents(
        self, asking: Asking, only: ColumnElement[bool], *order: ColumnElement[Any]
    ) -> Iterator[None]:
        d, last = self._document, ""
        query = select(*(d.c[name] for name in _KNOWN)).where(
            d.c.stands == 1, only, d.c.open_item.is_not(None)
        )
        while True:
            with self.lock.reading() as connection:
                page = query.where(d.c.entity_key > last).order_by(*order, d.c.entity_key)
                rows = self.mirror(connection).rows(page.limit(PAGE))
            if rows:
                last = rows[-1]["entity_key"]
                self._follow(rows, asking)
            if len(rows) < PAGE:
                return
            yield

    def _follow(self, rows: Sequence[Row], asking: Asking) -> None:
        """Let documents say what the years say of their items; nothing is written of no news."""
        places = [(row["year"], row["open_item"]) for row in rows]
        said = asking.items(self._wanted(places))
        documents = self._documents_of(self.years.carried_over(places, said))
        known = Page(self.years, said, documents)
        answers = [(row, answer_of(row, known, asking.today)) for row in rows]
        self._write([(row, a) for row, a in answers if a and differs(a, row)], asking.today)

    def _documents_of(self, numbers: Collection[str]) -> Mapping[str, Sequence[OwnDocument]]:
        if not numbers:
            return {}
        with self.lock.reading() as connection:
            return self.mirror(connection).documents(numbers)

    def _write(self, changes: Sequence[tuple[Row, Answer]], today: date) -> None:
        if not changes:
            return
        with self.lock.writing() as connection:
            mirror = self.mirror(connection)
            mirror.answer([{"entity_key": row["entity_key"], **answer} for row, answer in changes])
            mirror.count([row["customer_key"] for row, _ in changes if row["customer_key"]], today)

    def _wanted(self, places: Sequence[Place]) -> Mapping[str, list[str]]:
        return _by_year(
            (each, number) for year, number in places for each in self.years.asked(year)
        )

    def _items_of(self, year: str, asking: Asking) -> Iterator[None]:
        """Look at the items of a year that were written in Sage."""
        i, last = self._item, ""
        query = select(i.c.number, i.c.debtor).where(i.c.year == year).order_by(i.c.number)
        while True:
            with self.lock.reading() as connection:
                rows = self.mirror(connection).rows(query.where(i.c.number > last).limit(PAGE))
            if rows:
                last = rows[-1]["number"]
                self.keep_items(year, {row["number"]: row["debtor"] for row in rows}, asking)
            if len(rows) < PAGE:
                return
            yield

    def keep_items(self, year: str, debtors: Mapping[str, int | None], asking: Asking) -> None:
        """Let the mirror say what a year, or a later one, says of these items of Sage's own.

        `debtors`: number to whose it was when it was last seen.
        """
        said = asking.items(self._wanted([(year, number) for number in debtors]))
        rows = [row for each in said.values() for row in each.rows.values()]
        with self.lock.reading() as connection:
            mirror = self.mirror(connection)
            page = Page(self.years, said, mirror.documents(str(row["OpId"]) for row in rows))
            mandant = (self.removed | self.mandants)[year]
            owners = mirror.owners(mandant, (debtor_of(row) for row in rows))
            nameless = mirror.erased(owners.values())
        moved = [place for place in page.moved() if place[0] in self.mandants]
        said |= asking.items(_by_year(moved))
        places: set[Place] = set()
        wanted: dict[Place, Answer] = {}
        for number, debtor in debtors.items():
            found = page.newest((year, number), debtor=debtor)
            if found is None:
                continue
            place = found[0], number
            places |= {(year, number), place}
            row = self._own_item(place, found[1], page, owners)
            if row is not None:
                wanted[place] = row | ({"text": None} if row["customer_key"] in nameless else {})
        ItemKeeping(self.lock, self.mirror, asking).keep(places, wanted)

    def _own_item(
        self, place: Place, raw: Raw | None, page: Page, owners: Mapping[int, str]
    ) -> Answer | None:
        """Return the row of an item; None: it is settled, gone, ours, or nobody's in cobra."""
        year, number = place
        said: ItemsOfYear = page.said[year]
        if raw is None:
            return None
        item = read_item(raw, said.lead, at_home=False)
        owner = None if item.debtor is None else owners.get(item.debtor)
        if item.is_settled or owner is None or page.is_ours(place, item.debtor):
            return None
        day, text, currency = (raw.get(tag) for tag in ("DateO", "Text", "CurId"))
        return {
            "year": year,
            "number": number,
            "mandant": self.mandants[year],
            "customer_key": owner,
            "text": text or None,
            "item_date": day,
            "currency": currency or None,
            **item.answer(),
        }


def _by_year(places: Iterable[Place]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for year, number in places:
        found[year].append(number)
    return found
