"""Fills the enquiry's tables with many documents at once, as if they had been recorded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Unicode,
    cast,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.engine import Connection

from relay.database import Exact, utcnow
from relay.database.reflection import column_named
from tests.world.bureau import Bureau

PER_DOCUMENT, PER_CUSTOMER, PER_ARTICLE = 4, 40, 100
"""Positions of a document, of a customer and of an article: a larger stock has more of each."""
DAYS = 700


def fill(bureau: Bureau, positions: int, first_day: date) -> dict[str, str]:
    """Add documents with so many positions in all; returns values for the questions."""
    metadata = MetaData()
    numbers = Table("bench_number", metadata, Column("n", Integer, primary_key=True))
    days = Table("bench_day", metadata, Column("k", Integer, primary_key=True),
                 Column("day", bureau.enquiry.document.c.invoice_date.type))  # fmt: skip
    with bureau.cobra.begin() as connection:
        metadata.create_all(connection)
        connection.execute(
            insert(days),
            [{"k": k, "day": first_day + timedelta(days=k)} for k in range(DAYS)],
        )
        connection.execute(insert(numbers), [{"n": n} for n in range(1000)])
        for done in _doublings(1000, positions):
            more = select(numbers.c.n + done).where(numbers.c.n + done < positions)
            connection.execute(insert(numbers).from_select(["n"], more))
    with bureau.cobra.begin() as connection:
        _documents(connection, bureau, numbers, days, positions)
        _positions(connection, bureau, numbers, positions)
        _addresses(connection, bureau, numbers, positions)
    with bureau.cobra.begin() as connection:
        metadata.drop_all(connection)
        if bureau.dialect.name == "mssql":  # as the server would do by itself after a while
            connection.exec_driver_sql("EXEC sp_updatestats")
    return {"article": "A7", "customer": "7", "number": "N7", "city": "Ort 7",
            "since": str(first_day + timedelta(days=DAYS // 2))}  # fmt: skip


def _doublings(first: int, last: int) -> list[int]:
    found = []
    while first < last:
        found.append(first)
        first *= 2
    return found


def _documents(
    connection: Connection, bureau: Bureau, numbers: Table, days: Table, positions: int
) -> None:
    n, d = numbers.c.n, bureau.enquiry.document
    money = literal(Decimal("50.00"), Exact(2))
    held = n % 1000 == 999
    values: dict[str, Any] = {
        "entity_key": _word("D", n), "number": _word("N", n), "kind": literal("invoice"),
        "customer_key": cast(n // (PER_CUSTOMER // PER_DOCUMENT) + 1, Unicode(20)),
        "customer_name": literal("Kunde"), "mandant": literal("MUSTER"),
        "year": literal("MUSTER2026"), "invoice_date": days.c.day, "currency": literal("CHF"),
        "currency_gross": money, "net": money, "tax": literal(Decimal(0), Exact(2)),
        "gross": money, "version": literal(1), "updated_at": utcnow(),
    }  # fmt: skip
    for condition, state, stands in ((~held, "booked", 1), (held, "held", 0)):
        told = values | {"state": literal(state), "stands": literal(stands), "entry": null()}
        query = (
            select(*told.values())
            .select_from(numbers.join(days, days.c.k == n % DAYS))
            .where(n < positions // PER_DOCUMENT, condition)
        )
        connection.execute(insert(d).from_select(list(told), query))


def _positions(connection: Connection, bureau: Bureau, numbers: Table, positions: int) -> None:
    n, p = numbers.c.n, bureau.enquiry.position
    values: dict[str, Any] = {
        "entity_key": _word("D", n // PER_DOCUMENT), "line": n % PER_DOCUMENT + 1,
        "article": _word("A", n % (positions // PER_ARTICLE)), "text": literal("Ware"),
        "quantity": literal(Decimal(2), Exact(6)), "unit_price": literal(Decimal("6.25"), Exact(6)),
        "account": literal("3000"), "cost_centre": _word("K", n % 20),
        "tax_key": literal("USt00"), "net": literal(Decimal("12.50"), Exact(2)),
        "tax": literal(Decimal(0), Exact(2)),
    }  # fmt: skip
    connection.execute(insert(p).from_select(list(values), select(*values.values())))


def _addresses(connection: Connection, bureau: Bureau, numbers: Table, positions: int) -> None:
    n = numbers.c.n
    count = positions // PER_CUSTOMER
    values: dict[str, Any] = {
        "COMPANY1": _word("Firma ", n), "CITY0": _word("Ort ", n // 10), "ZIP0": literal("3000"),
        "SAGENR0": cast(n + 1, Unicode(20)),
    }  # fmt: skip
    query = select(*values.values()).where(n < count).order_by(n)
    columns = [column_named(bureau.addresses, name) for name in values]
    connection.execute(insert(bureau.addresses).from_select(columns, query))
    h = bureau.enquiry.handed_over
    values = {"entity_key": cast(n + 1, Unicode(20)), "at": utcnow()}
    query = select(*values.values()).where(n < count)
    connection.execute(insert(h).from_select(list(values), query))


def _word(prefix: str, number: Any) -> Any:
    return literal(prefix, Unicode(20)) + cast(number, Unicode(20))
