"""Rows that go over as one parameter arrive value by value, or the acknowledgement is undone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from relay.database import UtcDateTime, shortened
from relay.extras.documents.tables import document_tables
from tests.world.bureau import Bureau

ROWS = 300
MONEY = (Decimal("0.00"), Decimal("-0.05"), Decimal("9999999999999999.99"), Decimal("10.00"))
MEASURES = (Decimal("0.000001"), Decimal("-3.000000"), Decimal("999999999999.999999"))
TEXTS = ("a", "Käse «fein»", "🧀" * 25, "'); -- '' \\' $1", " vorn\t\r\nhinten ", "1E5")


def document(chance: random.Random, key: str) -> dict[str, Any]:
    """Return a row with values at their columns' limits, and gaps everywhere."""

    def some(*values: Any) -> Any:
        return None if chance.random() < 0.3 else chance.choice(values)

    row: dict[str, Any] = {"entity_key": key}
    for column in document_tables("sqlite").document.columns:
        kind = column.type.python_type
        if kind is Decimal:
            row[column.name] = some(*MONEY)
        elif kind is int:
            row[column.name] = some(0, -1, 2**31 - 1)
        elif kind is date:
            row[column.name] = some(date(1900, 1, 1) + timedelta(days=chance.randrange(60000)))
        elif column.name != "entity_key" and not isinstance(column.type, UtcDateTime):
            length = getattr(column.type, "length", None) or 9999
            row[column.name] = some(*(shortened(text, length) for text in TEXTS))
    row["reason"] = some("ä" * 9000, "kurz")
    return row | {"state": "booked", "stands": 1, "entry": 2**62, "currency": "CHF"}


def test_each_value_arrives(bureau: Bureau) -> None:
    """NULLs, the longest texts, the largest and smallest numbers: none is lost or changed."""
    chance = random.Random(7)  # noqa: S311 - the same rows each time
    documents = [document(chance, f"{n:04}") for n in range(ROWS)]
    positions = [
        {
            "entity_key": f"{n:04}", "line": n, "article": None if n % 3 else TEXTS[n % 6],
            "text": None, "quantity": chance.choice(MEASURES), "unit_price": None,
            "account": "3000", "cost_centre": None, "tax_key": None if n < ROWS // 2 else "USt81",
            "net": chance.choice(MONEY), "tax": None,
        }
        for n in range(ROWS)
    ]  # fmt: skip
    for table, rows in ((bureau.enquiry.document, documents), (bureau.enquiry.position, positions)):
        with bureau.relay_engine().begin() as connection:
            now = [name for name in ("updated_at",) if name in table.c]
            bureau.dialect.insert_rows(connection, table, rows, now=now)
        columns = [table.c[name] for name in rows[0]]
        with bureau.cobra.connect() as connection:
            found = connection.execute(select(*columns).order_by(table.c.entity_key)).all()
        assert [row._asdict() for row in found] == rows
