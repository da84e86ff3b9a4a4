"""What happens to an item in Sage is what cobra then says: each case that bookkeeping knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.world.bookkeeper import CUSTOMERS, OPEN, SETTLED, Bookkeeper
from tests.world.databases import Databases
from tests.world.office import LAST, THIS, position

GROSS = Decimal("108.10")
NOTHING = Decimal("0.00")
PAID_ON = date(2026, 2, 10)
DECEMBER = date(2025, 12, 30)


def one(bookkeeper: Bookkeeper, **columns: Any) -> tuple[str, str]:
    """Book an invoice of a new customer, and look; returns both keys."""
    customer = bookkeeper.add(SAGENR0="1001")
    invoice = bookkeeper.invoice(customer, **columns)
    bookkeeper.drain()
    bookkeeper.look()
    return customer, invoice


def owed(bookkeeper: Bookkeeper, key: str) -> tuple[Decimal, Decimal, bool]:
    """Return what is open of a document, what is paid, and whether it is settled."""
    row = bookkeeper.document(key)
    return row.open_amount, row.paid, row.settled_on is not None


def test_what_was_booked_is_open(bookkeeper: Bookkeeper) -> None:
    """Open, due, not reminded of, owed by its customer, in the year and in all of them."""
    customer, key = one(bookkeeper)
    row = bookkeeper.document(key)
    assert owed(bookkeeper, key) == (GROSS, NOTHING, False)
    assert (row.open_currency, row.due_in_sage) == (GROSS, date(2026, 3, 2))
    assert (row.reminder_level, row.blocked, row.debtor, row.answered_in) == (0, 0, 1001, THIS)
    assert row.answered_at is not None
    for year in (THIS, ""):
        stands = bookkeeper.customer(customer, year)
        assert (stands["balance"], stands["open_items"]) == (GROSS, 1)
        assert stands["balance"] == bookkeeper.owes(1001)
        assert (stands["debtor"], stands["number"], stands["account"]) == (1001, "1001", "1100")
        assert (stands["name"], stands["place"]) == ("Käserei Müller AG", "Langnau i. E.")
        assert (stands["overdue"], stands["overdue_since"]) == (GROSS, date(2026, 3, 2))


def test_paid_and_cancelled_again(bookkeeper: Bookkeeper) -> None:
    """A payment settles; the night's look finds out that it was cancelled."""
    customer, key = one(bookkeeper)
    bookkeeper.pay("20260001", "108.10", DateP=PAID_ON)
    bookkeeper.look(OPEN)
    row = bookkeeper.document(key)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)
    assert row.settled_on == row.last_payment == PAID_ON
    stands = bookkeeper.customer(customer)
    assert (stands["balance"], stands["last_payment"], stands["open_items"]) == (
        NOTHING,
        PAID_ON,
        0,
    )
    bookkeeper.pay("20260001", "-108.10", DateP=None)
    bookkeeper.look(SETTLED)
    assert owed(bookkeeper, key) == (GROSS, NOTHING, False)
    assert bookkeeper.customer(customer)["balance"] == GROSS
    assert bookkeeper.customer(customer)["last_payment"] is None


def test_partial_and_too_much(bookkeeper: Bookkeeper) -> None:
    """A part leaves the rest open; what is paid too much is owed by Sage, and not settled."""
    customer, key = one(bookkeeper)
    bookkeeper.pay("20260001", "50.00", DateP=PAID_ON)
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (Decimal("58.10"), Decimal("50.00"), False)
    assert bookkeeper.customer(customer)["balance"] == Decimal("58.10") == bookkeeper.owes(1001)
    bookkeeper.pay("20260001", "60.00", DateP=PAID_ON)
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (Decimal("-1.90"), Decimal("110.00"), False)
    stands = bookkeeper.customer(customer)
    assert (stands["balance"], stands["overdue"]) == (Decimal("-1.90"), NOTHING)
    assert stands["overdue_since"] is stands["oldest_due"] is None


@pytest.mark.parametrize(
    "columns",
    [
        {"MVal": NOTHING},  # what is still open, and no totals
        {"MCdt": GROSS, "MVal": GROSS},  # what was opened
        {"MCdt": GROSS, "MVal": NOTHING},
    ],
)
def test_paid_whatever_its_value_means(bookkeeper: Bookkeeper, columns: dict[str, Any]) -> None:
    """Each Sage counts what is open in its own way."""
    _, key = one(bookkeeper)
    bookkeeper.set_item("20260001", **columns)
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)


def test_discount_is_no_debt(bookkeeper: Bookkeeper) -> None:
    """What was granted as a discount is posted into the item beside the payment."""
    _, key = one(bookkeeper)
    bookkeeper.pay("20260001", "105.94", DateP=PAID_ON)
    bookkeeper.pay("20260001", "2.16")
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)
    assert bookkeeper.document(key).settled_on == PAID_ON


def test_reversed_by_the_relay(databases: Databases) -> None:
    """A document that stands no more counts no more, nor does its item."""
    invoice = {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}
    bookkeeper = Bookkeeper(databases, cobra={"invoice": invoice})
    customer, key = one(bookkeeper)
    other = bookkeeper.invoice(customer, number="20260002")
    bookkeeper.drain()
    bookkeeper.look()
    assert bookkeeper.customer(customer)["balance"] == 2 * GROSS
    bookkeeper.edit(key, CANCELLED=True)
    bookkeeper.edit_positions(other, NET="200.00")
    bookkeeper.edit(other, GROSS="216.20")
    bookkeeper.drain()
    bookkeeper.look()
    assert owed(bookkeeper, other) == (Decimal("216.20"), NOTHING, False)
    assert bookkeeper.customer(customer)["balance"] == Decimal("216.20") == bookkeeper.owes(1001)
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []


def test_credit_note_set_off(bookkeeper: Bookkeeper) -> None:
    """A credit note is owed to the customer until it is set off against an invoice."""
    customer, invoice = one(bookkeeper)
    note = bookkeeper.invoice(customer, number="20260002", KIND="G")
    bookkeeper.drain()
    bookkeeper.look()
    assert owed(bookkeeper, note) == (-GROSS, NOTHING, False)
    assert bookkeeper.customer(customer)["balance"] == NOTHING
    bookkeeper.set_item("20260001", MCdt=GROSS)
    bookkeeper.set_item("20260002", MDbt=NOTHING)  # MVal stays what was opened
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, invoice) == (NOTHING, GROSS, True)
    assert owed(bookkeeper, note) == (NOTHING, -GROSS, True)


@pytest.mark.parametrize("totals", [{}, {"MDbt": NOTHING}])
def test_carried_over_counts_once(bookkeeper: Bookkeeper, totals: dict[str, Any]) -> None:
    """The new year has it and answers for it, whether it keeps totals or only the value."""
    customer, key = one(bookkeeper, day=DECEMBER, number="7")
    bookkeeper.carry_over("7", LAST, **totals)
    bookkeeper.look()
    assert owed(bookkeeper, key) == (GROSS, NOTHING, False)
    assert bookkeeper.document(key).answered_in == THIS
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []
    assert bookkeeper.customer(customer)["balance"] == GROSS
    assert bookkeeper.customer(customer, LAST)["balance"] == NOTHING
    bookkeeper.pay("7", "100.00", DateP=PAID_ON)
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key)[0] == Decimal("8.10")
    bookkeeper.pay("7", "8.10")
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)
    assert bookkeeper.customer(customer)["balance"] == NOTHING


def test_another_item_of_the_number_is_not_meant(bookkeeper: Bookkeeper) -> None:
    """Another customer's item, or an invoice of its own, may have the number in the next year."""
    customer, old = one(bookkeeper, day=DECEMBER, number="7")
    other = bookkeeper.add(SAGENR0="1002")
    bookkeeper.invoice(other, number="9", day=DECEMBER)
    new = bookkeeper.invoice(customer, position("200.00"), number="7")
    bookkeeper.drain()
    bookkeeper.own_item("9", 1001, "12.00")
    bookkeeper.look()
    assert owed(bookkeeper, old)[0] == GROSS
    assert owed(bookkeeper, new)[0] == Decimal("216.20")
    assert bookkeeper.customer(customer)["balance"] == GROSS + Decimal("216.20") + Decimal("12.00")
    (item,) = bookkeeper.answered(bookkeeper.answers.sage_item)
    assert (item["year"], item["number"], item["customer_key"]) == (THIS, "9", customer)


def test_what_was_written_in_sage_counts(bookkeeper: Bookkeeper) -> None:
    """It is listed and owed, in the year that has it newest, until it is settled."""
    customer, _ = one(bookkeeper)
    due = date(2026, 3, 1)
    bookkeeper.own_item("900001", 1001, "50.00", LAST, DateD=due, Text="Von Hand")
    bookkeeper.own_item("900002", 5, "70.00")  # nobody's in cobra
    bookkeeper.look(CUSTOMERS)
    (item,) = bookkeeper.answered(bookkeeper.answers.sage_item)
    assert (item["number"], item["open_amount"], item["due_in_sage"]) == ("900001", 50, due)
    assert (item["customer_key"], item["text"], item["year"]) == (customer, "Von Hand", LAST)
    assert bookkeeper.customer(customer)["balance"] == GROSS + 50
    bookkeeper.carry_over("900001", LAST)
    bookkeeper.look(OPEN)
    (item,) = bookkeeper.answered(bookkeeper.answers.sage_item)
    assert item["year"] == THIS
    assert bookkeeper.customer(customer)["balance"] == GROSS + 50
    bookkeeper.pay("900001", "50.00")
    bookkeeper.look(OPEN)
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []
    assert bookkeeper.customer(customer)["balance"] == GROSS
    bookkeeper.pay("900001", "-20.00")
    bookkeeper.look(CUSTOMERS)
    assert bookkeeper.customer(customer)["balance"] == GROSS + 20


def test_currency_difference(databases: Databases) -> None:
    """A foreign item is settled once nothing is open in either currency."""
    accounts = {"CHF": "1100", "EUR": "1101"}
    bookkeeper = Bookkeeper(databases, sage={"collective_account": accounts})
    for year in (LAST, THIS):
        bookkeeper.write_sage(year, "Acc", AccId="1101")
        bookkeeper.write_sage(year, "FCur", CurId="EUR", Rate="0.95")
    customer, key = one(bookkeeper, CURRENCY="EUR", RATE="0.95")
    row = bookkeeper.document(key)
    assert (row.open_amount, row.open_currency) == (Decimal("102.70"), GROSS)
    bookkeeper.pay("20260001", "101.70", FCdt=GROSS, FVal=NOTHING, DateP=PAID_ON)
    bookkeeper.look(OPEN)
    row = bookkeeper.document(key)
    assert (row.open_amount, row.open_currency) == (Decimal("1.00"), NOTHING)
    assert row.settled_on is None
    bookkeeper.pay("20260001", "1.00")
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, Decimal("102.70"), True)
    assert bookkeeper.customer(customer)["balance"] == NOTHING


def test_too_little_for_a_centime_is_open(bookkeeper: Bookkeeper) -> None:
    """What is open in a foreign currency may be nothing in the year's; it is not settled."""
    customer, key = one(bookkeeper)
    bookkeeper.pay("20260001", "108.10", CurId="JPY", FDbt=Decimal("9.00"), FCdt=Decimal("8.00"))
    bookkeeper.look(OPEN)
    row = bookkeeper.document(key)
    assert (row.open_amount, row.open_currency, row.settled_on) == (NOTHING, 1, None)
    assert bookkeeper.customer(customer)["open_items"] == 1
    bookkeeper.set_item("20260001", FCdt=Decimal("9.00"))
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)


def test_reminded_locked_and_limited(bookkeeper: Bookkeeper) -> None:
    """Levels and locks are Sage's; a negative level blocks, and says no level."""
    customer, key = one(bookkeeper)
    reminded = date(2026, 4, 1)
    bookkeeper.set_item("20260001", Warn=2, DateW=reminded)
    bookkeeper.set_debtor(1001, WrnLk=1, Limit=Decimal("100.00"))
    bookkeeper.look()
    row, stands = bookkeeper.document(key), bookkeeper.customer(customer)
    assert (row.reminder_level, row.blocked, row.last_reminder) == (2, 0, reminded)
    assert (stands["reminder_lock"], stands["credit_limit"]) == (1, 100)
    assert stands["last_reminder"] == reminded
    bookkeeper.set_item("20260001", Warn=-1)
    bookkeeper.look(OPEN)
    row = bookkeeper.document(key)
    assert (row.reminder_level, row.blocked) == (None, 1)


def test_debtor_merged_or_deleted(bookkeeper: Bookkeeper) -> None:
    """Its items stay who bought; what is gone in Sage is told as a difference."""
    customer, key = one(bookkeeper)
    bookkeeper.remove_row(THIS, "PKd", "PkKey", 1001)
    bookkeeper.set_item("20260001", PkKey=1009)
    bookkeeper.look()
    assert bookkeeper.document(key).debtor == 1009
    assert bookkeeper.customer(customer)["balance"] == GROSS
    assert bookkeeper.customer(customer)["account"] is None
    assert bookkeeper.differing(customer) == {(THIS, "PkKey"): ("1001", None)}
    bookkeeper.remove_row(THIS, "OPd", "OpId", "20260001")
    bookkeeper.look()
    row = bookkeeper.document(key)
    assert (row.open_amount, row.paid, row.settled_on, row.debtor) == (None, None, None, None)
    stands = bookkeeper.customer(customer)
    assert (stands["balance"], stands["open_items"]) == (NOTHING, 0)


def test_changed_in_sage(bookkeeper: Bookkeeper) -> None:
    """Field by field, what Sage says otherwise than it was sent; and no more once it is right."""
    customer, _ = one(bookkeeper)
    bookkeeper.sage_execute(THIS, "UPDATE Adr SET City = 'Bern', Line2 = 'Hof', TelB = NULL")
    bookkeeper.look(CUSTOMERS)
    assert bookkeeper.differing(customer) == {
        (THIS, "City"): ("Langnau i. E.", "Bern"),
        (THIS, "TelB"): ("034 402 11 11", None),
    }
    assert bookkeeper.customer(customer, THIS)["place"] == "Bern"
    bookkeeper.sage_execute(THIS, "UPDATE Adr SET City = 'Langnau i. E.', TelB = '034 402 11 11'")
    bookkeeper.look(CUSTOMERS)
    assert bookkeeper.differing(customer) == {}
    bookkeeper.remove_row(THIS, "Adr", "AdrId", "1001")
    bookkeeper.look(CUSTOMERS)
    assert bookkeeper.differing(customer) == {(THIS, "AdrId"): ("1001", None)}
