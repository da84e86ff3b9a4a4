"""Knows how is read what Sage alone says: of open items, of debtors and addresses. Set-based.

Sage's own index may begin with the number of an item, a debtor, an address; no other one is counted
on, since no vendor's table is altered. Nothing is kept from others here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, select

from relay.base.values import Entity
from relay.database import chunks, listed
from relay.database.columns import collation_of
from relay.database.hints import seeking
from relay.rules.invoice.books import Raw, Stored
from relay.sage.books.rows import read_stored
from relay.sage.codecs import kind_of
from relay.sage.layout import SageTable
from relay.sage.port import Linked
from relay.sage.year import SageYear

ITEM = (
    "OpId", "PkKey", "CurId", "Text", "DateO", "DateD", "DateP", "DateW", "Warn", "MVal", "FVal",
    "MDbt", "MCdt", "FDbt", "FCdt",
)  # fmt: skip
"""What tells how an open item stands; the others of its tags are not asked for."""


class SqlAnswers:
    """Answers in an open transaction."""

    def __init__(self, year: SageYear) -> None:
        """Take the year."""
        self._year = year
        self._queries: dict[tuple[str, str], Select[Any]] = {}

    def owed(self, numbers: Sequence[str]) -> list[Raw]:
        """Return the open items with these numbers."""
        table = self._year.whole_table("OPd")
        return self._with_keys(table, "OpId", sorted({*numbers}), _item(table))

    def owed_after(self, number: str | None, limit: int) -> list[Raw]:
        """Return a page of the items that may be open, by number; all that are, are among them."""
        table = self._year.whole_table("OPd")
        key = table.columns["OpId"]
        query = table.query(*_item(table)).where(*_may_be_open(table)).order_by(key).limit(limit)
        if number is not None:
            query = query.where(key > table.put("OpId", number))
        return list(table.understood_rows(self._year.connection, query))

    def linked_after(self, key: str, limit: int) -> list[Linked]:
        """Return a page of the linked addresses, by key, with what stands in Sage of them."""
        year, ln, d = self._year, self._year.tables.link, self._year.tables.debtor
        query = (
            select(ln.c.entity_key, ln.c.number, ln.c.content, d.c.number.label("debtor"))
            .select_from(ln.outerjoin(d, d.c.entity_key == ln.c.entity_key))
            .where(ln.c.entity_key > key)
            .order_by(ln.c.entity_key)
            .limit(limit)
        )
        links = year.connection.execute(query).all()
        adr, pkd = year.whole_table("Adr"), year.whole_table("PKd")
        numbers = sorted({link.number for link in links})
        debtors = sorted({link.debtor for link in links if link.debtor is not None})
        addresses = {str(r["AdrId"]): r for r in self._with_keys(adr, "AdrId", numbers)}
        accounts = {r["PkKey"]: r for r in self._with_keys(pkd, "PkKey", debtors)}
        return [
            Linked(
                key=link.entity_key,
                number=link.number,
                sent=orjson.loads(link.content),
                address=addresses.get(link.number),
                debtor=link.debtor,
                account=accounts.get(link.debtor),
            )
            for link in links
        ]

    def known_after(self, entity: str, key: str, limit: int) -> list[str]:
        """Return a page of the keys of linked addresses, or of invoices whose booking stands."""
        tables = self._year.tables
        if entity == Entity.ADDRESS:
            known = tables.link.c.entity_key
            query = select(known)
        else:
            known = tables.booking.c.entity_key
            query = select(known).where(tables.booking.c.reversal.is_(None)).distinct()
        query = query.where(known > key).order_by(known).limit(limit)
        return list(self._year.connection.execute(query).scalars())

    def documents(self, numbers: Sequence[int]) -> Mapping[int, Stored]:
        """Return documents by number."""
        return read_stored(self._year, numbers)

    def _with_keys(
        self,
        table: SageTable,
        key: str,
        values: Sequence[str] | Sequence[int],
        tags: Sequence[str] = (),
    ) -> list[Raw]:
        column = table.columns[key]
        which = (table.table.name, key)
        if which not in self._queries:  # built once: a look asks it for each of its pages
            query = seeking(table.query(*tags), table.table, column)
            self._queries[which] = query.where(column.in_(listed("keys", column)))
        found: list[Raw] = []
        for some in chunks(table.sought(key, values)):
            listed_keys = {"keys": some}
            found += table.understood_rows(self._year.connection, self._queries[which], listed_keys)
        return found


def _item(table: SageTable) -> list[str]:
    return [tag for tag in ITEM if tag in table.columns]


def _may_be_open(table: SageTable) -> Iterator[ColumnElement[bool]]:
    """Leave aside what totals or value say is settled, where columns can be compared at all.

    So the settled ones, which are nearly all, stay where they are.
    """
    c = table.columns
    sides = {of: (c.get(f"{of}Dbt"), c.get(f"{of}Cdt")) for of in "MF"}
    pairs = {of: (d, k) for of, (d, k) in sides.items() if d is not None and k is not None}
    value, own = c.get("MVal"), pairs.get("M")
    if value is None and own is None:
        return
    if any(collation_of(debit) != collation_of(credit) for debit, credit in pairs.values()):
        return
    reasons = [debit != credit for debit, credit in pairs.values()]
    known = [column for pair in pairs.values() for column in pair]
    if value is not None:
        known.append(value)
        is_worth: ColumnElement[bool] = value != table.put("MVal", Decimal(0))
        if own is not None and kind_of(own[0]) is not str:
            # A Sage that keeps there what was opened still counts in its totals what was paid.
            is_worth = and_(is_worth, own[0] == table.put("MDbt", Decimal(0)))
        reasons.append(is_worth)
    yield or_(*reasons, *(column.is_(None) for column in known if column.nullable))
