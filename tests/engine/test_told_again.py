"""What is told of an invoice in the end: of years that it concerns no more, and after a crash."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from relay.admin.repair import Repair
from relay.base.values import (
    NO_YEAR,
    Entry,
    Outcome,
    Person,
    Record,
    RecordId,
    Status,
    later,
    waiting,
)
from relay.engine.results import invoice_results
from relay.engine.routing import Routed
from relay.rules.invoice.which_year import Direction
from tests.world.office import LAST, THIS, Office

WHO = Person("Rosa Muster", "Umbau")


def test_a_year_that_it_concerns_no_more_is_not_waited_for(office: Office) -> None:
    """It waited for a paused year; dated into another one it is booked there, and waits no more."""
    with office.cobra.begin() as connection:
        Repair(connection, WHO).pause(LAST)
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    assert delivered(office, key, LAST) == {"waiting"}
    office.edit(key, INVOICEDATE=date(2026, 1, 31))
    office.drain()
    assert {entry.status for entry in office.of_invoice(key)} == {"applied"}
    assert delivered(office, key, LAST) == set()
    assert delivered(office, key, THIS) == {"applied"}


def delivered(office: Office, key: str, year: str) -> set[str]:
    """Return the statuses of an invoice's deliveries to a year."""
    mine = {entry.id for entry in office.of_invoice(key)}
    return {d.status for d in office.deliveries(key, year) if d.outbox_id in mine}


def causes(office: Office, customer: str) -> list[str]:
    """Return why an address was noticed, the first save aside."""
    return [entry.cause for entry in office.of_address(customer)][1:]


@pytest.mark.parametrize("changed", [False, True], ids=["same", "changed since"])
def test_a_crash_keeps_no_linked_address_from_being_looked_at(
    office: Office, *, changed: bool
) -> None:
    """The ledger answers for what was booked; the notice of the address that it linked follows."""
    customer = office.add()
    office.drain()
    key = office.invoice(customer)
    assert office.crash_at("before_ack")
    assert causes(office, customer) == []
    if changed:
        office.edit(key, SUBJECT="anders", GROSS="999.00")
    office.drain()
    assert office.of_invoice(key)[0].status == "applied"
    assert office.of_invoice(key)[-1].status == ("held" if changed else "applied")
    assert causes(office, customer) == ["link"]


@pytest.mark.parametrize("whole", [waiting("no_year", NO_YEAR), later("record_locked")])
def test_ledger_ends_nothing_that_is_yet_to_be_done(whole: Outcome) -> None:
    """Taken back in one year before a crash, an invoice still waits for the other one."""
    entry = Entry(1, UUID(int=1), "update", "trigger", Status.PENDING, 0)
    record = Record(RecordId("invoice", "7"), (entry,))
    routed = Routed(record, Direction(whole), {LAST: frozenset([entry.uid])})
    (result,) = invoice_results(routed, {})
    assert result.of(entry) == (whole.status, whole)
