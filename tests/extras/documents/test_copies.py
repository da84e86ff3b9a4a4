"""Copies in cobra's own tables are written on change only, and nothing is noticed of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from relay.base.errors import Refused
from relay.database.connecting import connect
from relay.extras.documents.copies import copy
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import position

TODAY = date(2026, 11, 1)
COPIES: dict[str, Any] = {
    "turnover": {"last_year": "TURNOVER1", "this_year": "TURNOVER2", "planned": "TURNOVER3",
                 "factor": "1.1"},
    "table": {"table": "dbo.SAGEDOCS", "key": "INVOICE", "fields": {
        "number": "NUMBER", "state": "STATE", "gross": "AMOUNT", "due_date": "DUE",
        "customer_key": "ADDRESSID"}},
}  # fmt: skip


@pytest.fixture
def bureau(databases: Databases) -> Bureau:
    """An office whose cobra has the columns and the table, and captures one of the columns."""
    engine = databases.server.engine(databases.cobra)
    money = "decimal(19,4)" if databases.server.dialect == "mssql" else "TEXT"
    dbo = "dbo." if databases.server.dialect == "mssql" else ""
    with engine.begin() as connection:
        for column in ("TURNOVER1", "TURNOVER2", "TURNOVER3"):
            connection.exec_driver_sql(f"ALTER TABLE {dbo}ADDRESSES ADD {column} {money} NULL")
        connection.exec_driver_sql(
            f"CREATE TABLE {dbo}SAGEDOCS (INVOICE nvarchar(50), NUMBER nvarchar(20),"
            f" STATE nvarchar(20), AMOUNT {money}, DUE date, ADDRESSID int)"
        )
    captured = {"address": {"fields": {"phone": "TURNOVER2"}}}
    told = {"on_cancel": "reverse"}
    return Bureau(databases, documents=COPIES, cobra=captured | {"invoice": told})


def copied(bureau: Bureau) -> int:
    """Copy as the command does; returns the rows that were written."""
    with connect(bureau.relay_engine(), "cobra") as connection:
        written, locked = copy(connection, bureau.settings, TODAY)
    assert locked == 0
    return written


def turnover(bureau: Bureau, key: str) -> list[Decimal | None]:
    query = f"SELECT TURNOVER1, TURNOVER2, TURNOVER3 FROM ADDRESSES WHERE ID = {key}"
    with bureau.cobra.connect() as connection:
        row = connection.execute(text(query)).one()
    return [None if value is None else Decimal(str(value)) for value in row]


def test_planned_turnover_is_rounded_like_amounts(bureau: Bureau) -> None:
    """Half a centime goes up, as everywhere: 12.15 * 1.1 is 13.365."""
    anna = bureau.add()
    bureau.invoice(anna, position("12.15"), day=date(2026, 2, 1))
    bureau.drain()
    assert copied(bureau) == 2
    assert turnover(bureau, anna)[2] == Decimal("13.37")


def test_copies_follow_without_an_echo(bureau: Bureau) -> None:
    """Turnover and documents are right, a second run writes nothing, and no notice comes of it."""
    anna, other = bureau.add(), bureau.add()
    bureau.invoice(anna, position("100.00"), number="1", day=date(2026, 2, 1))
    gone = bureau.invoice(anna, position("50.00"), number="2", day=date(2026, 3, 1))
    bureau.invoice(anna, position("70.00"), number="3", day=date(2025, 9, 1))
    bureau.invoice(anna, position("9.00", "9999"), number="4", day=date(2026, 3, 1))
    bureau.drain()
    entries = len(bureau.entries())

    assert copied(bureau) == 4
    assert turnover(bureau, anna) == [Decimal(70), Decimal(150), Decimal(165)]
    assert turnover(bureau, other) == [None, None, None]
    with bureau.cobra.connect() as connection:
        rows = connection.execute(text("SELECT NUMBER, STATE, ADDRESSID FROM SAGEDOCS")).all()
    assert sorted(map(tuple, rows)) == [(n, "booked", int(anna)) for n in ("1", "2", "3")]
    assert copied(bureau) == 0
    assert "pending" not in bureau.statuses()
    assert bureau.drain() == 1, "the held one, which each start tries again"
    assert len(bureau.entries()) == entries, "what the relay writes itself is no news"

    bureau.edit(gone, CANCELLED=1)
    bureau.drain()
    entries = len(bureau.entries())
    assert copied(bureau) == 2
    assert turnover(bureau, anna) == [Decimal(70), Decimal(100), Decimal(110)]
    assert copied(bureau) == 0
    assert len(bureau.entries()) == entries
    bureau.change(anna, TURNOVER2="1")
    assert len(bureau.entries()) == entries + 1, "a clerk's own change is news: the test can fail"
    assert copied(bureau) == 1
    assert turnover(bureau, anna)[1] == Decimal(100)


@pytest.mark.parametrize("kind", ["int", "decimal(19,0)"])
def test_a_column_that_would_cut_centimes_off_is_refused(bureau: Bureau, kind: str) -> None:
    """The error names the column, and nothing is written, whatever else is configured."""
    table = bureau.dialect.locate("dbo.ADDRESSES", None).name
    with bureau.cobra.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD ROUNDED {kind} NULL")
    copies = {"turnover": {"this_year": "ROUNDED", "last_year": "TURNOVER1"}}
    settings = bureau.databases.settings(**merged(INVOICES, {"documents": copies}))
    with (
        connect(bureau.relay_engine(), "cobra") as connection,
        pytest.raises(Refused, match="ROUNDED"),
    ):
        copy(connection, settings, TODAY)
