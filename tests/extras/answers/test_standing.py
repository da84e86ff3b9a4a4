"""How a customer stands: whose a debtor is, and which year's word counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import insert

from relay.extras.answers.mirror import Mirror
from tests.extras.answers.test_care import DECEMBER, GROSS, NOTHING, one
from tests.world.bookkeeper import OPEN, Bookkeeper
from tests.world.databases import Databases
from tests.world.office import LAST, THIS


def test_debtor_is_whose_it_is_in_the_newest_year_of_its_mandant(bookkeeper: Bookkeeper) -> None:
    """Another mandant has a debtor of the same number; a number may have changed its owner."""
    customer, _ = one(bookkeeper)
    row = bookkeeper.customer(customer, THIS)
    others = (
        {"entity_key": "98", "year": LAST},
        {"entity_key": "99", "year": "ANDERE2026", "mandant": "ANDERE"},
    )
    with bookkeeper.cobra.begin() as connection:
        for other in others:
            connection.execute(insert(bookkeeper.answers.customer).values(row | other))
        mirror = Mirror(connection, [LAST, THIS, "ANDERE2026"])
        assert mirror.owners(row["mandant"], [1001, None, 7]) == {1001: customer}
        assert mirror.owners("ANDERE", [1001]) == {1001: "99"}


def test_newest_year_says_term_and_limit(bookkeeper: Bookkeeper) -> None:
    """Each year says its own; for all of them together the newest one counts, and Sage's day."""
    customer, key = one(bookkeeper)
    bookkeeper.invoice(customer, number="20250001", day=DECEMBER)
    bookkeeper.drain()
    bookkeeper.set_debtor(1001, THIS, Limit=Decimal("100.00"))
    bookkeeper.set_debtor(1001, LAST, Limit=Decimal("70.00"))
    postponed = date(2031, 1, 31)
    bookkeeper.set_item("20260001", DateD=postponed)
    bookkeeper.look()
    limits = [bookkeeper.customer(customer, year)["credit_limit"] for year in (LAST, THIS, "")]
    assert limits == [70, 100, 100]
    assert bookkeeper.document(key).due_in_sage == postponed
    assert bookkeeper.customer(customer, THIS)["oldest_due"] == postponed
    assert bookkeeper.customer(customer, THIS)["overdue"] == NOTHING
    assert bookkeeper.customer(customer)["overdue"] == GROSS


def test_reminder_of_what_stands_no_more_is_forgotten(databases: Databases) -> None:
    """Days of a document that the relay reversed are no days of the customer's."""
    bookkeeper = Bookkeeper(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    customer, key = one(bookkeeper)
    bookkeeper.invoice(customer, number="20260002")
    bookkeeper.drain()
    bookkeeper.set_item("20260001", Warn=1, DateW=date(2026, 4, 1))
    bookkeeper.look(OPEN)
    assert bookkeeper.customer(customer)["last_reminder"] == date(2026, 4, 1)
    bookkeeper.edit(key, CANCELLED=True)
    bookkeeper.drain()
    bookkeeper.look()
    assert not bookkeeper.document(key).stands
    assert bookkeeper.customer(customer)["last_reminder"] is None
