"""What a year has carried over is followed, also once the year is configured no more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.extras.answers.test_care import DECEMBER, GROSS, NOTHING, PAID_ON, one, owed
from tests.world.bookkeeper import CUSTOMERS, OPEN, SETTLED, Bookkeeper
from tests.world.office import LAST, THIS


def remove_last(bookkeeper: Bookkeeper) -> None:
    """Take the older year out of the configuration, as is done each year."""
    years = [year for year in bookkeeper.settings.sage.year if year.name == THIS]
    sage = bookkeeper.settings.sage.model_copy(update={"year": years})
    bookkeeper.settings = bookkeeper.settings.model_copy(update={"sage": sage})


def test_a_carried_over_document_is_followed(bookkeeper: Bookkeeper) -> None:
    """It counts once, and is settled when it is paid in the year that has it now.

    Also of a customer who has bought nothing since, and so is linked in no later year.
    """
    customer, key = one(bookkeeper, day=DECEMBER, number="7")
    bookkeeper.carry_over("7", LAST)
    bookkeeper.look()
    remove_last(bookkeeper)
    bookkeeper.look()
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []
    assert bookkeeper.customer(customer)["balance"] == GROSS
    bookkeeper.pay("7", "108.10", DateP=PAID_ON)
    bookkeeper.look(OPEN)
    assert owed(bookkeeper, key) == (NOTHING, GROSS, True)
    assert bookkeeper.customer(customer)["balance"] == NOTHING
    bookkeeper.pay("7", "-8.10")
    bookkeeper.forget_night()
    bookkeeper.look(SETTLED, CUSTOMERS)
    assert owed(bookkeeper, key)[0] == bookkeeper.customer(customer)["balance"] == Decimal("8.10")
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []


@pytest.mark.parametrize("was_seen", [True, False])
def test_carried_over_before_or_after_the_year_goes(
    bookkeeper: Bookkeeper, *, was_seen: bool
) -> None:
    """Sage may close a year that the relay knows no more; what is open counts once all the same."""
    customer, key = one(bookkeeper, day=DECEMBER, number="7")
    bookkeeper.own_item("900001", 1001, "50.00", LAST, DateD=date(2026, 1, 1))
    bookkeeper.look(CUSTOMERS)
    if not was_seen:
        remove_last(bookkeeper)
    for number in ("7", "900001"):
        bookkeeper.carry_over(number, LAST)
    bookkeeper.look()
    remove_last(bookkeeper)
    bookkeeper.look()
    assert bookkeeper.document(key).answered_in == THIS
    (item,) = bookkeeper.answered(bookkeeper.answers.sage_item)
    assert (item["year"], item["number"]) == (THIS, "900001")
    assert bookkeeper.customer(customer)["balance"] == GROSS + 50
    bookkeeper.pay("900001", "50.00")
    bookkeeper.look(OPEN)
    assert bookkeeper.answered(bookkeeper.answers.sage_item) == []


def test_what_stayed_there_stays_as_it_was(bookkeeper: Bookkeeper) -> None:
    """Nobody can be asked; and another customer's item of the number in the next year is not it."""
    customer, key = one(bookkeeper, day=DECEMBER, number="7")
    bookkeeper.own_item("900001", 1001, "50.00", LAST)
    bookkeeper.look(CUSTOMERS)
    before = owed(bookkeeper, key), bookkeeper.customer(customer)["balance"]
    remove_last(bookkeeper)
    bookkeeper.own_item("7", 5, "12.00")
    bookkeeper.look()
    assert (owed(bookkeeper, key), bookkeeper.customer(customer)["balance"]) == before
    assert bookkeeper.document(key).answered_in == LAST


def test_what_is_gone_where_it_was_carried_to_is_gone(bookkeeper: Bookkeeper) -> None:
    """The answers follow Sage: somebody deleted the item there, or put back an older backup."""
    customer, key = one(bookkeeper, day=DECEMBER, number="7")
    bookkeeper.invoice(customer, number="8")
    bookkeeper.drain()
    bookkeeper.carry_over("7", LAST)
    bookkeeper.look()
    remove_last(bookkeeper)
    bookkeeper.remove_row(THIS, "OPd", "OpId", "7")
    bookkeeper.look()
    row = bookkeeper.document(key)
    assert (row.open_amount, row.debtor, row.answered_in) == (None, None, THIS)
    assert bookkeeper.customer(customer)["balance"] == GROSS
