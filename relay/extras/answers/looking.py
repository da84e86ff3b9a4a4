"""Knows the looks at what is open: a page of documents or of Sage's own items at a time.

They run as chores between two batches, on the lock's connection, so none holds up a drain for
longer than a page takes; a year that somebody works in at the same row is left for the next look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, Table, select

from relay.cobra.lock import Lock
from relay.database import utcnow
from relay.engine.asking import ReadyYears
from relay.extras.answers.asking import Asking
from relay.extras.answers.following import (
    ItemsOfYear,
    LaterYears,
    Page,
    Place,
    answer_of,
    debtor_of,
    differs,
)
from relay.extras.answers.item import Answer, read_item
from relay.extras.answers.mirror import Mirror, Row
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.tables import ANSWERS, document_tables
from relay.rules.invoice.books import Raw
from relay.settings import Settings

PAGE = 250
"""Rows that one chore looks at."""
NIGHT = range(1, 5)
"""Hours of the local clock in which settled items are looked at again."""
A_DAY, TOO_LONG = timedelta(hours=20), timedelta(hours=44)
"""Since the last such look: the least, and what is made up for at any hour.

A night has several such hours, so it has one also where the clock skips or repeats one.
"""
_KNOWN = (
    "entity_key", "customer_key", "year", "open_item", "gross",
    *(name for name in ANSWERS if name != "answered_at"),
)  # fmt: skip


def years_of(settings: Settings) -> LaterYears:
    """Return each configured year with the later ones of its mandant."""
    of_mandant: dict[str, list[str]] = defaultdict(list)
    for year in settings.sage.year:  # in the order of their first days
        of_mandant[year.mandant].append(year.name)
    return LaterYears(
        {n: names[at:] for names in of_mandant.values() for at, n in enumerate(names)}
    )


class AnswerLooks:
    """The looks of one relay while it has the lock."""

    def __init__(self, settings: Settings, lock: Lock, years: ReadyYears) -> None:
        """Take cobra's lock, and which years can be asked."""
        self._settings = settings
        self.lock = lock
        self.ready = years
        self.years = years_of(settings)
        self.mandants = {year.name: year.mandant for year in settings.sage.year}
        tables = answer_tables(lock.dialect.name)
        self._item: Table = tables.sage_item
        self._year: Table = tables.year
        self._document: Table = document_tables(lock.dialect.name).document

    def mirror(self, connection: Connection) -> Mirror:
        """Return cobra's mirror in an open transaction."""
        return Mirror(connection, list(self.mandants))

    def asking(self) -> Asking:
        """Return what asks the years for one look."""
        return Asking(self.ready, self.lock.epoch)

    def open_items(self) -> Iterator[None]:
        """Look at all that is not settled: documents, then items that were written in Sage."""
        self.note_years()
        asking = self.asking()
        yield from self._documents(asking, self._document.c.settled_on.is_(None))
        for year in self.mandants:
            yield from self._items_of(year, asking)
        self.note_end("open_at", asking)

    def settled(self) -> Iterator[None]:
        """Look once a night at what is settled: a payment can be cancelled."""
        if not self._is_night():
            return
        asking = self.asking()
        yield from self._documents(asking, self._document.c.settled_on.is_not(None))
        self.note_end("settled_at", asking)

    def _documents(self, asking: Asking, only: ColumnElement[bool]) -> Iterator[None]:
        d, last = self._document, ""
        query = select(*(d.c[name] for name in _KNOWN)).where(
            d.c.stands == 1, only, d.c.open_item.is_not(None)
        )
        while True:
            with self.lock.reading() as connection:
                mirror = self.mirror(connection)
                page = query.where(d.c.entity_key > last).order_by(d.c.entity_key).limit(PAGE)
                rows = mirror.rows(page)
                documents = mirror.documents(row["open_item"] for row in rows)
                today = mirror.today()
            if rows:
                said = asking.items(self._wanted([(r["year"], r["open_item"]) for r in rows]))
                known = Page(self.years, said, documents)
                answers = [(row, answer_of(row, known, today)) for row in rows]
                self._write([(row, a) for row, a in answers if a and differs(a, row)], today)
                last = rows[-1]["entity_key"]
            if len(rows) < PAGE:
                return
            yield

    def _write(self, changes: Sequence[tuple[Row, Answer]], today: date) -> None:
        if not changes:
            return
        with self.lock.writing() as connection:
            mirror = self.mirror(connection)
            mirror.answer([{"entity_key": row["entity_key"], **answer} for row, answer in changes])
            mirror.count([row["customer_key"] for row, _ in changes if row["customer_key"]], today)

    def _wanted(self, places: Sequence[Place]) -> Mapping[str, list[str]]:
        wanted: dict[str, list[str]] = defaultdict(list)
        for year, number in places:
            for each in self.years.of(year):
                wanted[each].append(number)
        return wanted

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
            page, today = Page(self.years, said, mirror.documents(debtors)), mirror.today()
            owners = mirror.owners(self.mandants[year], (debtor_of(row) for row in rows))
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
                wanted[place] = row
        with self.lock.writing() as connection:
            mirror = self.mirror(connection)
            mirror.count(mirror.keep_items(places, wanted), today)

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

    def note_years(self) -> None:
        """Note which years are away, and since when; those that came back are so no more."""
        y = self._year
        with self.lock.reading() as connection:
            known = {row["year"]: row for row in self.mirror(connection).rows(select(y))}
        ready = {name for name in self.mandants if self.ready.ready(name) is not None}
        stale = [n for n, row in known.items() if n not in ready and row["stale_since"] is None]
        back = [n for n in ready if n in known and known[n]["stale_since"] is not None]
        new = [year for year in self._settings.sage.year if year.name not in known]
        if not (stale or back or new):
            return
        with self.lock.writing() as connection:
            self._note(connection, "stale_since", stale)
            gone = [{"year": name, "stale_since": None} for name in back]
            self.lock.dialect.update_rows(connection, y, gone, by=("year",))
            for year in new:
                row = {"year": year.name, "mandant": year.mandant, "first_day": year.first_day}
                now = () if year.name in ready else ("stale_since",)
                self.lock.dialect.insert_rows(connection, y, [row], now=now)

    def note_end(self, column: str, asking: Asking) -> None:
        """Note that the years were looked at as a whole, but for those that did not answer all."""
        names = [name for name in self.mandants if name not in asking.missed]
        ready = [name for name in names if self.ready.ready(name) is not None]
        with self.lock.writing() as connection:
            self._note(connection, column, ready)

    def _note(self, connection: Connection, column: str, names: Sequence[str]) -> None:
        """Note for these years that something is so by now."""
        rows = [{"year": name} for name in names]
        by, now = ("year",), (column,)
        self.lock.dialect.update_rows(connection, self._year, rows, by=by, now=now)

    def _is_night(self) -> bool:
        """Tell whether settled items are due."""
        y = self._year
        with self.lock.reading() as connection:
            query = select(y.c.settled_at, utcnow()).where(y.c.stale_since.is_(None))
            rows = connection.execute(query).all()
            hour = self.lock.dialect.local_time(connection).hour
        ages = [None if at is None else now - at for at, now in rows]
        return any(is_due(age, hour) for age in ages)


def is_due(age: timedelta | None, hour: int) -> bool:
    """Tell whether settled items are to be looked at, so long after the last time; None: never."""
    return age is None or age >= TOO_LONG or (age >= A_DAY and hour in NIGHT)
