"""The open item's number and the document's are two: each is taken where it is free."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import THIS, Office

REVERSING: dict[str, Any] = {
    "cobra": {"invoice": {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}}
}
FIRST = 1_000_000_000


def bank_document(office: Office, number: int, **item: Any) -> None:
    """Write a document in Sage itself, as a bookkeeper does: bank to some other account."""
    office.write_sage(THIS, "Blg", BlgNr=number, Date=date(2026, 1, 5))
    for place, (account, side) in enumerate((("1020", 0), ("3000", 1)), start=1):
        row = {"AccId": account, "Type": side, "ValNt": "50.00"} | (item if side else {})
        office.write_sage(THIS, "Bk", BlgNr=number, BkIdx=place, **row)


def used_up(office: Office, numbers: str, **more: Any) -> None:
    """Give the relay another range of document numbers, from its next start on."""
    told = merged(merged(INVOICES, {"sage": {"document_numbers": numbers}}), more)
    office.settings = office.databases.settings(**told)


def test_a_bank_document_of_the_number_only_takes_the_number(office: Office) -> None:
    """Invoice 17 beside a bank document 17: its open item is 17, its document the next one."""
    bank_document(office, 17)
    key = office.invoice(office.add(), number="17")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert set(office.items(THIS)) == {"17"}
    assert office.bookings(THIS) == [(key, 1, FIRST, None)]
    assert office.journal(THIS)[17] == [("1020", "S", "50.00", None), ("3000", "H", "50.00", None)]


def test_a_document_into_the_item_says_that_it_was_booked(office: Office) -> None:
    """A document of this number whose postings name the open item is the invoice's: a conflict."""
    bank_document(office, 17, OpId="17", PkKey=5)
    key = office.invoice(office.add(), number="17")
    office.drain()
    assert office.state(key) == ("held", "document_conflict")
    assert office.items(THIS) == {}


def test_range_that_is_used_up_holds(databases: Databases) -> None:
    """Beyond the end of `document_numbers` nothing is taken; another range lets it go."""
    office = Office(databases)
    used_up(office, "500-500")
    customer = office.add()
    first, second = (office.invoice(customer, number=number) for number in ("A1", "A2"))
    office.drain()
    assert office.state(first) == ("applied", None)
    assert office.state(second) == ("held", "document_numbers_used_up")
    assert "500-500" in office.told(second)
    assert set(office.journal(THIS)) == {500}
    used_up(office, "600-699")
    office.drain()
    assert office.state(second) == ("applied", None)
    assert set(office.journal(THIS)) == {500, 600}
    office.assert_books_right()


@pytest.mark.parametrize("edit", [{"CANCELLED": True}, {"GROSS": "216.20"}])
def test_range_that_is_used_up_takes_nothing_back(
    databases: Databases, edit: dict[str, Any]
) -> None:
    """A reversal without a number, or a rebooking without the second one, leaves all as it was."""
    office = Office(databases, **REVERSING)
    used_up(office, "500-500", **REVERSING)
    customer = office.add()
    office.invoice(customer, number="A1")
    key = office.invoice(customer, number="7")
    office.drain()
    before = office.journal(THIS)
    office.edit(key, **edit)
    if "GROSS" in edit:
        office.edit_positions(key, NET="200.00")
    office.drain()
    assert office.state(key) == ("held", "document_numbers_used_up")
    assert office.journal(THIS) == before
    office.assert_books_right()


def test_number_of_a_reversal_is_never_given_again(databases: Databases) -> None:
    """A reversal that somebody deleted in Sage has had its number: the next one is another."""
    office = Office(databases, **REVERSING)
    customer = office.add()
    key = office.invoice(customer, number="7")
    office.drain()
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.bookings(THIS) == [(key, 1, 7, FIRST)]
    office.sage_execute(THIS, f"DELETE FROM Bk WHERE BlgNr = {FIRST}")
    office.sage_execute(THIS, f"DELETE FROM Blg WHERE BlgNr = {FIRST}")
    office.invoice(customer, number="A1")
    office.drain()
    assert set(office.journal(THIS)) == {7, FIRST + 1}
