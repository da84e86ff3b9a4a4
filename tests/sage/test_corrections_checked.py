"""A correction checks what a first booking checks: debtor, accounts, keys, whose the item is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import THIS, Office, position

REVERSING: dict[str, Any] = {
    "cobra": {"invoice": {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}}
}
EUROS: dict[str, Any] = {"sage": {"collective_account": {"CHF": "1100", "EUR": "1101"}}}


def booked(databases: Databases, **more: Any) -> tuple[Office, str]:
    """Return an office and an invoice with a cost centre that it has booked."""
    office = Office(databases, **merged(REVERSING, more))
    key = office.invoice(office.add(SAGENR0="1001"), position("100.00", COSTCENTRE="KST1"))
    office.drain()
    assert office.state(key) == ("applied", None)
    return office, key


def held_as_booked(office: Office, key: str, code: str) -> None:
    """Drain: the invoice is held for a reason, and stands as it was booked."""
    before = office.journal(THIS)
    office.drain()
    assert office.state(key) == ("held", code)
    assert office.journal(THIS) == before
    assert office.bookings(THIS) == [(key, 1, 20260001, None)]


def test_other_currency_needs_a_debtor_of_its_account(databases: Databases) -> None:
    """CHF becomes EUR: nothing is posted on 1101 against a debtor who is kept on 1100."""
    office, key = booked(databases, **EUROS)
    office.write_sage(THIS, "FCur", CurId="EUR", Rate="0.95", Unit=1)
    office.write_sage(THIS, "Acc", AccId="1101", Text="Debitoren EUR")
    office.edit(key, CURRENCY="EUR")
    held_as_booked(office, key, "debtor_account_differs")
    assert [part for part in ("1001", "1100", "1101") if part not in office.told(key)] == []
    office.edit(key, CURRENCY=None)
    office.drain()
    assert office.state(key) == ("applied", None)


def test_other_collective_account_in_the_configuration(databases: Databases) -> None:
    """An edited `collective_account` holds corrections until the debtor has it in Sage too."""
    office, key = booked(databases)
    office.write_sage(THIS, "Acc", AccId="1105", Text="Debitoren neu")
    told = merged(REVERSING, {"sage": {"collective_account": {"CHF": "1105"}}})
    office.settings = databases.settings(**merged(INVOICES, told))
    office.edit_positions(key, ACCOUNT="3200")
    held_as_booked(office, key, "debtor_account_differs")
    office.sage_execute(THIS, "UPDATE PKd SET AccId = '1105'")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    postings = office.journal(THIS)
    assert [p[0] for rows in postings.values() for p in rows if p[0].startswith("11")] == [
        "1100",
        "1100",
        "1105",
    ]
    office.assert_books_right()


@pytest.mark.parametrize("edit", [{"CANCELLED": True}, {}])
@pytest.mark.parametrize(
    ("gone", "again", "code"),
    [
        ("DELETE FROM Acc WHERE AccId = '3000'", {"Acc": {"AccId": "3000"}}, "account_missing"),
        ("DELETE FROM Acc WHERE AccId = '2200'", {"Acc": {"AccId": "2200"}}, "account_missing"),
        ("DELETE FROM Acc WHERE AccId = 'KST1'", {"Acc": {"AccId": "KST1"}}, "cost_centre_missing"),
        (
            "DELETE FROM Tax WHERE TaxId = 'USt81'",
            {"Tax": {"TaxId": "USt81", "Rate": "8.1", "AccId": "2200"}},
            "tax_key_missing",
        ),
        (
            "DELETE FROM PKd",
            {"PKd": {"PkKey": 1001, "AdrId": "1001", "AccId": "1100", "WrnLk": 0}},
            "debtor_missing",
        ),
    ],
)
def test_what_a_reversal_posts_to_must_be_there(
    databases: Databases, edit: dict[str, Any], gone: str, again: dict[str, Any], code: str
) -> None:
    """What was booked is taken back only onto what Sage still has; once it is back, it goes."""
    office, key = booked(databases)
    office.sage_execute(THIS, gone)
    if "CANCELLED" in edit:
        office.edit(key, **edit)
    else:
        office.edit_positions(key, ACCOUNT="3200", VATCODE="none", COSTCENTRE=None)
        office.edit(key, GROSS="100.00")
    held_as_booked(office, key, code)
    for table, row in again.items():
        office.write_sage(THIS, table, **row)
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.bookings(THIS)[0][3] is not None


def test_item_that_was_moved_to_another_debtor(databases: Databases) -> None:
    """Nothing is booked anew for a debtor who is not the customer's; put back, it goes."""
    office, key = booked(databases)
    office.write_sage(THIS, "PKd", PkKey=5, AdrId="5", AccId="1100")
    office.sage_execute(THIS, "UPDATE OPd SET PkKey = 5")
    office.edit_positions(key, ACCOUNT="3200")
    held_as_booked(office, key, "item_debtor_differs")
    assert [part for part in ("20260001", "5", "1001") if part not in office.told(key)] == []
    office.sage_execute(THIS, "UPDATE OPd SET PkKey = 1001")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    office.assert_books_right()
