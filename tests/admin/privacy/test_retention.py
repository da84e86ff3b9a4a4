"""Retention keeps its word: after two years what the guide names is left, and all still works."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from relay.admin.uninstall import own_tables
from relay.cobra.lock import hold
from relay.engine.chores import purge, purge_ledger
from relay.engine.service import taken_over
from tests.world.bureau import Bureau
from tests.world.databases import Databases
from tests.world.office import THIS, position

DAYS = 730
AGED = {
    "outbox": ("created_at", "finished_at"), "delivery": ("updated_at",), "audit": ("at",),
    "applied": ("applied_at",),
}  # fmt: skip


@pytest.fixture
def office(databases: Databases) -> Bureau:
    """A company with a ledger that is purged, too."""
    return Bureau(databases, retention={"outbox": 90, "not_for_sage": 3, "ledger": 400})


def let_pass(office: Bureau, days: int) -> None:
    """Let all that stands in the relay's tables be so many days older."""
    for engine in (office.cobra, *office.sage.values()):
        sqlite = office.dialect.name == "sqlite"
        with engine.begin() as connection:
            for name, table in own_tables(connection).items():
                for column in AGED.get(name, ()):
                    earlier = (
                        f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{days} days')"
                        if sqlite
                        else f"DATEADD(day, -{days}, {column})"
                    )
                    where = table.name if sqlite else f"relay.{table.name}"
                    connection.exec_driver_sql(f"UPDATE {where} SET {column} = {earlier}")


def tidied(office: Bureau) -> None:
    """Let the relay's own chores run to their ends."""
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings) as (drain, years):
            while purge(drain.outbox, office.settings):
                pass
            while purge_ledger(years, office.settings):
                pass


def counts(engine: Any) -> dict[str, int]:
    """Return how many rows each of the relay's tables has."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in own_tables(connection).items()
        }


def test_two_years_later(office: Bureau) -> None:
    """Notices, deliveries and the ledger go; links, bookings, decisions and documents stay."""
    customer = office.add()
    for number in range(1, 6):
        office.invoice(customer, position("100.00"), number=str(number))
    held = office.invoice(customer, position("1.00", account="9999"), number="9")
    office.drain()
    office.skip(held, "von Hand")
    tidied(office)
    young, old = counts(office.cobra), counts(office.sage[THIS])
    let_pass(office, DAYS)
    tidied(office)
    left, kept = counts(office.cobra), counts(office.sage[THIS])
    assert young["outbox"] > 5
    assert left["outbox"] <= 2  # the handshake asks for the two newest
    assert left["delivery"] <= 2 * len(office.settings.sage.year)
    for name in ("audit", "decision", "document", "document_position", "handed_over", "route"):
        assert left[name] == young[name], name
    assert old["applied"] > 5
    assert kept["applied"] <= 2
    for name in ("link", "debtor", "booking"):
        assert kept[name] == old[name], name


def test_everything_goes_on_two_years_later(office: Bureau) -> None:
    """What was booked is known without its notices: nothing is booked twice."""
    customer = office.add()
    invoice = office.invoice(customer, position("100.00"), number="1")
    office.drain()
    let_pass(office, DAYS)
    tidied(office)
    before = office.bookings(THIS)
    office.resend(invoice)
    office.change(customer, PHONE0="044 111 22 33")
    office.drain()
    assert office.bookings(THIS) == before
    assert office.state(invoice) == ("applied", None)
    assert "044 111 22 33" in str(office.book(THIS, "Adr"))
