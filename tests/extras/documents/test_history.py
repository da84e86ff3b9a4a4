"""What was booked before the part was switched on is recorded from bookings and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import null, select, update

from relay.cobra.lock import hold
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.office import position

POLICY = {"cobra": {"invoice": {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}}}


def test_history_is_recorded_afterwards(databases: Databases, tmp_path: Path) -> None:
    """What stands, was corrected and was taken back; what was sent knows more than Sage does."""
    bureau = Bureau(databases, documents=None, **POLICY)
    address = bureau.add(SAGENR0="4711")
    cheese = {"ARTICLE": "KÄSE-1", "QUANTITY": "2", "COSTCENTRE": "KST1"}
    sent, old = (
        bureau.invoice(address, position("100.00", **cheese), number=number) for number in "12"
    )
    corrected = bureau.invoice(address, position("50.00"), number="3")
    cancelled = bureau.invoice(address, position("70.00"), number="4")
    bureau.drain()
    bureau.edit_positions(corrected, ACCOUNT="3200")
    bureau.edit(cancelled, CANCELLED=1)
    bureau.drain()
    d = bureau.outbox.delivery
    entries = [entry.id for entry in bureau.of_invoice(old)]
    with bureau.cobra.begin() as connection:  # as if the outbox had been purged
        connection.execute(update(d).where(d.c.outbox_id.in_(entries)).values(sent=null()))
    assert bureau.documents() == {}
    linked_before = datetime(2026, 1, 31, 10, tzinfo=UTC)
    for year in YEARS:
        with bureau.sage[year].begin() as connection:
            connection.execute(update(bureau.ledger.link).values(linked_at=linked_before))

    desk = Desk(databases, tmp_path, **merged(merged(INVOICES, POLICY), {"documents": {}}))
    told = desk.relay("backfill", "--documents", "--reason", "Auskunft eingeführt")
    assert told.exit_code == 0, (told.output, told.exception)
    assert "4 Belege" in told.stdout
    documents = bureau.documents()
    assert {key: found.state for key, found in documents.items()} == {
        sent: "booked",
        old: "booked",
        corrected: "corrected",
        cancelled: "reversed",
    }
    assert bureau.recorded() == bureau.journalled()
    assert [line.article for line in bureau.lines(sent)] == ["KÄSE-1"]
    assert documents[old].customer_key == address
    assert documents[old].gross == Decimal("108.10")
    assert [line.cost_centre for line in bureau.lines(old)] == ["KST1"]
    assert documents[cancelled].reversal is not None
    h = bureau.enquiry.handed_over
    with bureau.cobra.connect() as connection:
        noted = connection.execute(select(h.c.at)).scalars().all()
    assert noted == [linked_before.replace(tzinfo=noted[0].tzinfo)]
    again = desk.relay("backfill", "--documents", "--reason", "nochmals")
    assert "0 Belege" in again.stdout
    assert bureau.documents() == documents
    a_relay_at_work_is_in_the_way(bureau, desk)


def a_relay_at_work_is_in_the_way(bureau: Bureau, desk: Desk) -> None:
    """Nobody else writes documents while the relay does."""
    with hold(bureau.relay_engine()) as lock:
        assert lock is not None
        assert desk.relay("backfill", "--documents", "--reason", "x").exit_code == 4
