"""Knows how rows of a Sage year's books are read, and what they say in the words of invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, select

from relay.base.days import NO_DAYS
from relay.base.numbers import is_whole
from relay.database import chunks
from relay.rules.invoice.books import Booking, Raw, Stored
from relay.rules.invoice.ledger import Client, Currency, Masters, Posting, Tax
from relay.sage.layout import SageTable
from relay.sage.year import SageYear


def read_rows(
    year: SageYear,
    name: str,
    tag: str = "",
    values: Sequence[Any] | None = None,
    *,
    lock: bool = False,
) -> list[Raw]:
    """Return rows of one of Sage's tables by tag; all of them, or those with these values."""
    table = year.sage_table(name)
    query = table.query()
    if lock:
        query = year.for_update(query, table.table)
    found: list[Raw] = []
    for some in [None] if values is None else chunks(values):
        here = query
        if some is not None:
            here = query.where(table.columns[tag].in_([table.put(tag, v) for v in some]))
        if "BkIdx" in table.columns:
            here = here.order_by(table.columns["BlgNr"], table.columns["BkIdx"])
        found += table.rows(year.connection, here)
    return found


def read_stored(year: SageYear, numbers: Sequence[int]) -> dict[int, Stored]:
    """Return the documents that a year has under these numbers."""
    rows: dict[int, list[Raw]] = defaultdict(list)
    for row in read_rows(year, "Bk", "BlgNr", numbers):
        rows[int(str(row["BlgNr"]))].append(row)
    found = {}
    for blg in read_rows(year, "Blg", "BlgNr", numbers):
        number, case = int(str(blg["BlgNr"])), _index(blg.get("GFNr"))
        items = frozenset(str(row["OpId"]) for row in rows[number] if row["OpId"])
        found[number] = Stored(number, _day(blg["Date"]), _postings(rows[number]), case, items)
    return found


def client_of(year: SageYear) -> Client | None:
    """Return a year's settings in Sage; the later day counts up to which VAT is settled.

    None where Sage does not say which year and currency it is: no row, several that differ, one
    that lacks either, or a text that is no day. Nobody may guess.
    """
    rows = read_rows(year, "Client")
    row = rows[0] if rows and all(row == rows[0] for row in rows) else {}
    if not all(row.get(tag) for tag in ("YearFrom", "YearTo", "CurId")):
        return None
    try:
        return _client(year, row)
    except ValueError:
        return None


def _client(year: SageYear, row: Raw) -> Client:
    return Client(
        first_day=_day(row["YearFrom"]),
        last_day=_day(row["YearTo"]),
        period_first=_day_or_none(row.get("PeriodFrom")),
        period_last=_day_or_none(row.get("PeriodTo")),
        currency=str(row["CurId"]),
        vat_settled=max(
            filter(None, (_day_or_none(row.get("VatTo")), year.settings.vat_settled)), default=None
        ),
    )


def read_masters(year: SageYear) -> Masters:
    """Return a year's tax keys, terms and currencies, without accounts and settings.

    All of them are read for every batch, so what is no number in a column of texts counts as
    missing: it holds only the invoices that need it.
    """
    taxes = _master_rows(year, "Tax")
    return Masters(
        taxes={
            str(row["TaxId"]): Tax(_decimal(row["Rate"]), str(row["AccId"] or ""))
            for row in taxes
            if row["Rate"] is not None
        },
        unrated=frozenset(str(row["TaxId"]) for row in taxes if row["Rate"] is None),
        terms={
            str(row["ZabId"]): None if row.get("Days") is None else int(str(row["Days"]))
            for row in _master_rows(year, "Zab")
        },
        currencies={str(row["CurId"]): _currency(row) for row in _master_rows(year, "FCur")},
    )


def _master_rows(year: SageYear, name: str) -> list[Raw]:
    table = year.sage_table(name)
    rows = year.connection.execute(table.query()).mappings()
    return [{tag: table.understood(tag, value) for tag, value in row.items()} for row in rows]


def read_bookings(year: SageYear, column: Column[Any], values: Sequence[Any]) -> Iterator[Booking]:
    """Return the bookings of a year that have one of these values in a column."""
    b = year.tables.booking
    for some in chunks(values):
        query = select(
            b.c.entity_key, b.c.version, b.c.document, b.c.open_item, b.c.address_key,
            b.c.content, b.c.reversal,
        ).where(column.in_(some))  # fmt: skip
        for row in year.connection.execute(query):
            yield Booking(*row)


def standing(year: SageYear, keys: Sequence[str]) -> Mapping[str, Booking]:
    """Return which of these invoices stand in a year's books, and how."""
    b = year.tables.booking
    found = read_bookings(year, b.c.entity_key, keys)
    return {booking.key: booking for booking in found if booking.stands}


def fits(table: SageTable, tag: str, value: str) -> bool:
    """Tell whether a column can hold a text; else nothing there can be equal to it."""
    return bool(value) and (not table.is_number(tag) or is_whole(value))


def _postings(rows: Collection[Raw]) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            account=str(row["AccId"]),
            contra=str(row.get("CAcc") or ""),
            net=_decimal(row["ValNt"]),
            is_debit=not row["Type"],
            foreign=_decimal(row.get("ValFW")),
            kind=int(str(row["BType"])),
            tax=_decimal(row["ValTx"]),
            tax_key=str(row["TaxId"] or ""),
            tax_index=_index(row.get("TIdx")),
            cost_index=_index(row.get("CIdx")),
            text=str(row.get("Text") or ""),
            into_item=bool(row["OpId"]),
        )
        for row in rows
    )


def _day_or_none(value: object) -> date | None:
    day = None if value is None else _day(value)
    return None if day in NO_DAYS else day


def _currency(row: Raw) -> Currency:
    unit = row.get("Unit", 1)  # 1 where this Sage has no such column; an empty one is no unit
    return Currency(_decimal(row.get("Rate")), int(str(unit or 0)))


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def _index(value: object) -> int | None:
    return None if value is None else int(str(value))
