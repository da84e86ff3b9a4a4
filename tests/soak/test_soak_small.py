"""Clerks, kills and the comparison of the books, as in `make soak`, only shorter."""

from __future__ import annotations

import pytest

from tests.soak.invoice_books import InvoiceBooks
from tests.soak.running import Plan, soak
from tests.world.databases import YEARS, Databases


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_lost_double_or_stale(databases: Databases) -> None:
    """Killed while clerks go on writing, the relay still makes Sage equal to cobra, once."""
    summary = soak(databases, Plan(changes=400, kills=3, clerks=5, seed=1), print)
    assert summary.violations == []
    assert summary.deaths.total() == 3
    assert summary.between >= 1


SPOILS = (
    "UPDATE Bk SET ValNt = '0.01' WHERE BkIdx = 2",
    "UPDATE Bk SET TaxId = 'USt00' WHERE TaxId = 'USt81'",
    "UPDATE Acc SET MDbt = '1.00' WHERE AccId = '1100'",
    "DELETE FROM Bk",
    "DELETE FROM relay_booking",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_final_invoice_is_booked_once(databases: Databases) -> None:
    """Killed while clerks write, correct and cancel, the relay books what cobra says, once."""
    summary = soak(databases, Plan(changes=120, kills=3, clerks=4, seed=2, invoices=True), print)
    assert summary.violations == []
    assert summary.deaths.total() == 3
    engine = databases.server.engine
    years = {name: engine(url) for name, url in zip(YEARS, databases.years, strict=True)}
    books = InvoiceBooks(engine(databases.cobra), years)
    for spoil in SPOILS:  # the comparison itself must be able to fail
        before = books.violations()
        with years[YEARS[1]].begin() as connection:
            connection.exec_driver_sql(spoil.replace("relay_", _ours(databases)))
        after = books.violations()
        assert set(after) - set(before), spoil


def _ours(databases: Databases) -> str:
    return "relay." if databases.server.dialect == "mssql" else "relay_"
