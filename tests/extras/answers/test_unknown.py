"""What Sage does not say is unknown: NULL, never 0."""

from __future__ import annotations

from sqlalchemy import text

from relay.extras.documents import views
from tests.extras.answers.test_care import PAID_ON, one
from tests.world.bookkeeper import CUSTOMERS, OPEN, Bookkeeper
from tests.world.databases import Databases


def test_columns_that_are_not_there_are_unknown(databases: Databases) -> None:
    """Unknown is NULL, never 0: neither a level, nor a payment's day, nor a limit."""
    gone = {"Warn": "", "DateP": "", "DateW": ""}
    columns = {"OPd": gone, "PKd": {"Limit": ""}}
    bookkeeper = Bookkeeper(databases, sage={"profile": {"columns": columns}})
    customer, key = one(bookkeeper)
    bookkeeper.set_item("20260001", Warn=2, DateP=PAID_ON, DateW=PAID_ON)
    bookkeeper.look()
    row, stands = bookkeeper.document(key), bookkeeper.customer(customer)
    told = (row.reminder_level, row.blocked, row.last_payment, row.last_reminder)
    assert told == (None, None, None, None)
    assert (stands["last_payment"], stands["credit_limit"]) == (None, None)
    bookkeeper.pay("20260001", "108.10")
    bookkeeper.look(OPEN)
    assert bookkeeper.document(key).settled_on is not None  # the day on which it was seen


def test_without_value_and_totals_nothing_is_known(databases: Databases) -> None:
    """A balance to which an unknown amount belongs is unknown too."""
    unknown = dict.fromkeys(("MVal", "FVal", "MDbt", "MCdt", "FDbt", "FCdt"), "")
    profile = {"columns": {"OPd": unknown}}
    bookkeeper = Bookkeeper(databases, sage={"profile": profile})
    customer, key = one(bookkeeper)
    row, stands = bookkeeper.document(key), bookkeeper.customer(customer)
    assert (row.open_amount, row.paid, row.settled_on, row.debtor) == (None, None, None, 1001)
    assert (stands["balance"], stands["overdue"], stands["open_items"]) == (None, None, 1)
    with bookkeeper.relay_engine().begin() as connection:
        views.create(connection, bookkeeper.settings)
    name = views.place(bookkeeper.dialect.name, "v_unpaid", "en")
    with bookkeeper.cobra.connect() as connection:
        ((due, late),) = connection.execute(text(f"SELECT due_date, days_overdue FROM {name}"))
    assert due is not None
    assert late is None


def test_an_item_without_a_due_day(bookkeeper: Bookkeeper) -> None:
    """Nobody knows whether it is overdue; what Sage owes is overdue to nobody."""
    customer, _ = one(bookkeeper)
    bookkeeper.own_item("900001", 1001, "-50.00")
    bookkeeper.look(CUSTOMERS)
    before = bookkeeper.customer(customer)
    assert before["overdue"] is not None
    bookkeeper.own_item("900002", 1001, "20.00")
    bookkeeper.look(CUSTOMERS)
    stands = bookkeeper.customer(customer)
    assert stands["overdue"] is None
    assert stands["overdue_since"] == before["overdue_since"]
    assert stands["balance"] == before["balance"] + 20
