"""What Sage answers is read through the profile: renamed, coded, in centimes, by views."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from relay.sage.layout import SageTable, sage_table
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import make_databases
from tests.world.odd_sages import KINDS, OddSage
from tests.world.office import THIS
from tests.world.servers import Server

GROSS = Decimal("108.10")


def change(bookkeeper: Bookkeeper, number: str, **columns: Decimal) -> None:
    """Change an item as this Sage keeps it."""
    profile = bookkeeper.settings.sage.profile
    year = next(each for each in bookkeeper.settings.sage.year if each.name == THIS)
    with bookkeeper.sage[THIS].begin() as connection:
        table = sage_table(connection, profile, "OPd", year)
        written = {table.columns[t]: table.put(t, v) for t, v in columns.items()}
        own = table.columns["OpId"] == table.put("OpId", number)
        statement = update(table.table).where(own, *_ours(table)).values(written)
        connection.execute(statement)


def _ours(table: SageTable) -> list[Any]:
    return [table.table.c[name] == value for name, value in table.additional.only.items()]


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_sage_answers(server: Server, kind: str) -> None:
    """Open, partly paid, settled, and beside an item that was written in Sage."""
    bookkeeper = Bookkeeper(make_databases(server, OddSage(kind)))
    customer = bookkeeper.add(SAGENR0="1001")
    key = bookkeeper.invoice(customer)
    bookkeeper.drain()
    own = {"MVal": Decimal("50.00"), "MDbt": Decimal("50.00"), "MCdt": Decimal(0)}
    bookkeeper.write_sage(THIS, "OPd", OpId="900001", PkKey=1001, CurId="CHF", **own)
    bookkeeper.look()
    row, stands = bookkeeper.document(key), bookkeeper.customer(customer)
    assert (row.open_amount, row.settled_on, row.debtor) == (GROSS, None, 1001)
    assert (stands["balance"], stands["open_items"]) == (GROSS + 50, 2)
    assert stands["name"] == "Käserei Müller AG"
    assert bookkeeper.differing(customer) == {}
    for paid in (Decimal("50.00"), GROSS):
        change(bookkeeper, "20260001", MCdt=paid, MVal=GROSS - paid)
        bookkeeper.look()
        row = bookkeeper.document(key)
        assert (row.open_amount, row.paid) == (GROSS - paid, paid)
    assert row.settled_on is not None
    assert bookkeeper.customer(customer)["balance"] == 50
