"""Knows how cobra's mirror is read and written: only what changed, in one transaction a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import Select, Table, and_, delete, func, select
from sqlalchemy.engine import Connection

from relay.cobra.decisions import erased_addresses
from relay.cobra.tables import source_tables
from relay.database import Words, abbreviated, among, chunks, counted, dialect_of, rows_among
from relay.extras.answers.following import OwnDocument, Place, differs
from relay.extras.answers.item import Answer, Last, OpenItem, standing
from relay.extras.answers.tables import ALL_YEARS, AnswerTables, answer_tables
from relay.extras.documents.tables import document_tables

Row = Mapping[str, Any]
_DETAILS = (
    "debtor", "number", "name", "place", "account", "terms", "credit_limit", "reminder_lock",
)  # fmt: skip
"""What is a year's own; in the row of all years the newest one's."""


class Mirror:
    """What Sage answers, as cobra's database keeps it."""

    def __init__(self, connection: Connection, order: Sequence[str]) -> None:
        """Take an open transaction, and the years, each mandant's oldest first."""
        self._connection = connection
        self._dialect = dialect_of(connection)
        self._order = {year: place for place, year in enumerate(order)}
        self.tables: AnswerTables = answer_tables(self._dialect.name)
        self.document: Table = document_tables(self._dialect.name).document
        self.widest: int = self.tables.sage_item.c.number.type.length  # type: ignore[attr-defined] # a text
        """How long a number of an item can be, in UTF-16 units."""

    def documents(self, numbers: Iterable[str]) -> dict[str, list[OwnDocument]]:
        """Return the documents that stand under these numbers of open items."""
        d = self.document
        found: dict[str, list[OwnDocument]] = defaultdict(list)
        # What stands is told apart here: a condition on it would lead by an index of nearly all.
        query = select(d.c.open_item, d.c.entity_key, d.c.year, d.c.debtor, d.c.stands)
        for row in rows_among(self._connection, query, d.c.open_item, sorted(set(numbers))):
            if row.stands:
                found[row.open_item].append(OwnDocument(row.entity_key, row.year, row.debtor))
        return found

    def owners(self, mandant: str, debtors: Iterable[int | None]) -> dict[int, str]:
        """Return debtors to the records that are linked to them, in whatever year of a mandant."""
        c = self.tables.customer
        query = select(c.c.debtor, c.c.entity_key, c.c.year).where(c.c.mandant == mandant)
        known = sorted({debtor for debtor in debtors if debtor is not None})
        rows = rows_among(self._connection, query, c.c.debtor, known)
        found = [(self._order.get(year, -1), debtor, key) for debtor, key, year in rows]
        return {debtor: key for _, debtor, key in sorted(found)}  # the newest year's word counts

    def erased(self, keys: Iterable[str]) -> set[str]:
        """Return which of these addresses' persons were erased: Sage may name them, we may not."""
        tables = source_tables(self._dialect.name)
        return set(erased_addresses(self._connection, tables, sorted(set(keys))))

    def rows(self, query: Select[Any]) -> list[Row]:
        """Return the rows of a query by name."""
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def answer(self, changes: Sequence[Answer]) -> None:
        """Write what became of documents."""
        self._update(self.document, changes, "entity_key")

    def keep_items(self, places: Collection[Place], wanted: Mapping[Place, Answer]) -> set[str]:
        """Let only what is wanted stand of Sage's own items; returns whose changed, or were."""
        i, stands = self.tables.sage_item, self._items(places)
        changed = self._keep(i, ("year", "number"), wanted, stands)
        return {row["customer_key"] for row in changed}

    def has_items(self, places: Collection[Place], wanted: Mapping[Place, Answer]) -> bool:
        """Tell whether just what is wanted stands already, so that nothing has to be written."""
        i, stands = self.tables.sage_item, self._items(places)
        return stands.keys() == wanted.keys() and not any(
            differs(_fitting(i, row), stands[place]) for place, row in wanted.items()
        )

    def _items(self, places: Collection[Place]) -> dict[Place, Row]:
        i, found = self.tables.sage_item, {}
        years = among(i.c.year, sorted({year for year, _ in places}))
        for some in chunks(sorted({number for _, number in places})):
            for row in self.rows(select(i).where(years, among(i.c.number, some))):
                if (place := (row["year"], row["number"])) in places:
                    found[place] = row
        return found

    def keep_customers(
        self, year: str, between: tuple[str, str | None], wanted: Mapping[str, Answer]
    ) -> list[str]:
        """Let only what is wanted stand of a year's customers, of keys after one up to another.

        Returns the keys of those that are gone.
        """
        c = self.tables.customer
        stands = {row["entity_key"]: row for row in self.rows(_between(c, year, between))}
        self._keep(c, ("entity_key", "mandant", "year"), wanted, stands)
        return [key for key in stands if key not in wanted]

    def keep_differences(
        self, year: str, between: tuple[str, str | None], wanted: Mapping[Place, Answer]
    ) -> None:
        """Let only what is wanted stand of a year's differences, as `keep_customers` does."""
        f = self.tables.difference
        stands = {
            (row["entity_key"], row["field"]): row for row in self.rows(_between(f, year, between))
        }
        self._keep(f, ("entity_key", "year", "field"), wanted, stands)

    def count(self, keys: Iterable[str], today: date) -> None:
        """Count anew how these customers stand, in each year and in all together."""
        c = self.tables.customer
        for some in chunks(sorted(set(keys))):
            stands = {
                (row["entity_key"], row["mandant"], row["year"]): row
                for row in self.rows(select(c).where(among(c.c.entity_key, some)))
            }
            wanted = self._counted(some, stands, today)
            self._keep(c, ("entity_key", "mandant", "year"), wanted, stands)

    def _counted(
        self, keys: Sequence[str], stands: Mapping[tuple[str, str, str], Row], today: date
    ) -> dict[tuple[str, str, str], Answer]:
        owed, lasts = self._owed(keys), self._lasts(keys)
        years: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, mandant, year in stands:
            if year != ALL_YEARS:
                years[key, mandant].append(year)
        wanted: dict[tuple[str, str, str], Answer] = {}
        for (key, mandant), names in years.items():
            newest = max(names, key=lambda name: self._order.get(name, -1))
            items, days = owed[key, mandant], lasts[key, mandant]
            for year in (*names, ALL_YEARS):
                row = stands[key, mandant, newest if year == ALL_YEARS else year]
                wanted[key, mandant, year] = {
                    "entity_key": key,
                    "mandant": mandant,
                    "year": year,
                    **{name: row[name] for name in _DETAILS},
                    **standing(_of(year, items), _of(year, days), today),
                }
        return wanted

    def _owed(self, keys: Sequence[str]) -> dict[tuple[str, str], list[tuple[str, OpenItem]]]:
        """Return what is open of customers: the years that answer, with the items."""
        d, i = self.document, self.tables.sage_item
        due = func.coalesce(d.c.due_in_sage, d.c.due_date)
        documents = select(
            d.c.customer_key, d.c.mandant, d.c.answered_in, d.c.open_amount, due
        ).where(
            among(d.c.customer_key, keys),
            and_(d.c.stands == 1, d.c.settled_on.is_(None), d.c.debtor.is_not(None)),
        )
        items = select(
            i.c.customer_key, i.c.mandant, i.c.year, i.c.open_amount, i.c.due_in_sage
        ).where(among(i.c.customer_key, keys))
        found: dict[tuple[str, str], list[tuple[str, OpenItem]]] = defaultdict(list)
        for query in (documents, items):
            for key, mandant, year, amount, day in self._connection.execute(query):
                found[key, mandant].append((year, OpenItem(amount, day)))
        return found

    def _lasts(self, keys: Sequence[str]) -> dict[tuple[str, str], list[tuple[str, Last]]]:
        d, i = self.document, self.tables.sage_item
        found: dict[tuple[str, str], list[tuple[str, Last]]] = defaultdict(list)
        for t, year, only in ((d, d.c.answered_in, d.c.stands == 1), (i, i.c.year, i.c.year != "")):
            query = (
                select(
                    t.c.customer_key,
                    t.c.mandant,
                    year,
                    func.max(t.c.last_payment),
                    func.max(t.c.last_reminder),
                )
                .where(among(t.c.customer_key, keys), only, year.is_not(None))
                .group_by(t.c.customer_key, t.c.mandant, year)
            )
            for key, mandant, name, payment, reminder in self._connection.execute(query):
                found[key, mandant].append((name, Last(payment, reminder)))
        return found

    def _keep(
        self,
        table: Table,
        by: tuple[str, ...],
        wanted: Mapping[Any, Answer],
        stands: Mapping[Any, Row],
    ) -> list[Row]:
        """Insert, update and delete what differs; returns the rows that did, and as they were."""
        gone = [row for place, row in stands.items() if place not in wanted]
        wanted = {place: _fitting(table, row) for place, row in wanted.items()}
        new = [row for place, row in wanted.items() if place not in stands]
        known = ((row, stands[place]) for place, row in wanted.items() if place in stands)
        changed = [(row, stood) for row, stood in known if differs(row, stood)]
        for row in gone:
            own = (table.c[name] == row[name] for name in by)
            counted(self._connection, delete(table).where(*own))
        self._update(table, [row for row, _ in changed], *by)
        self._dialect.insert_rows(self._connection, table, new, now=("answered_at",))
        return [*new, *chain.from_iterable(changed), *gone]

    def _update(self, table: Table, rows: Sequence[Answer], *by: str) -> None:
        now = ("answered_at",)
        self._dialect.update_rows(self._connection, table, rows, by=by, now=now)


def _fitting(table: Table, row: Answer) -> Answer:
    """Cut texts to their columns, so that they are what will stand there."""
    kinds = {name: table.c[name].type for name in row}
    return {
        name: abbreviated(value, kind.length)
        if isinstance(value, str) and isinstance(kind := kinds[name], Words)
        else value
        for name, value in row.items()
    }


def _of(year: str, named: Sequence[tuple[str, Any]]) -> list[Any]:
    return [each for name, each in named if year in (ALL_YEARS, name)]


def _between(table: Table, year: str, between: tuple[str, str | None]) -> Select[Any]:
    """Select a year's rows of keys after one up to another; None: to the end.

    Keys compare by their letters' codes on both sides, so a page of one is a page of the other.
    """
    after, last = between
    query = select(table).where(table.c.year == year, table.c.entity_key > after)
    return query if last is None else query.where(table.c.entity_key <= last)
