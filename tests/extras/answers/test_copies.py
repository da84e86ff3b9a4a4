"""What Sage answers is copied into cobra's own columns: on change only, and nothing is noticed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from structlog.testing import capture_logs

from relay.base.errors import Refused
from relay.cobra.lock import hold
from relay.database.connecting import connect
from relay.engine.service import taken_over
from relay.extras.answers.copies import Copies
from relay.extras.documents.copying import begun
from relay.settings.parts import Answers
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import Databases
from tests.world.office import THIS, position

COPIES: dict[str, Any] = {
    "invoice": {
        "paid": "ISPAID", "settled_on": "PAIDON", "open_amount": "OPENAMOUNT",
        "reminder_level": "REMINDED",
    },
    "address": {"balance": "BALANCE", "overdue": "OVERDUE", "reminder_lock": "NOREMINDER"},
}  # fmt: skip


@pytest.fixture
def bookkeeper(databases: Databases) -> Bookkeeper:
    """A company whose cobra has columns for what Sage answers."""
    is_server = databases.server.dialect == "mssql"
    money, dbo = ("decimal(19,2)", "dbo.") if is_server else ("decimal(19,2)", "")
    columns = {
        "INVOICES": {"ISPAID": "bit", "PAIDON": "date", "OPENAMOUNT": money, "REMINDED": "int",
                     "ROUGH": "float", "WHOLE": "int", "SHORT": "nvarchar(5)"},
        "ADDRESSES": {"BALANCE": money, "OVERDUE": money, "NOREMINDER": "bit"},
    }  # fmt: skip
    with databases.server.engine(databases.cobra).begin() as connection:
        for table, named in columns.items():
            for column, kind in named.items():
                connection.exec_driver_sql(f"ALTER TABLE {dbo}{table} ADD {column} {kind} NULL")
    cancelling = {"invoice": {"on_cancel": "reverse"}}
    return Bookkeeper(databases, answers={"copy": COPIES}, cobra=cancelling)


def copied(bookkeeper: Bookkeeper, copies: Copies | None = None) -> int:
    """Copy as the command does, or go on with copies; returns the rows that were written."""
    if copies is not None:
        return sum(done.written for done in copies.pages())
    with connect(bookkeeper.relay_engine(), "cobra") as connection:
        pages = Copies(bookkeeper.settings, lambda: begun(connection)).pages()
        return sum(done.written for done in pages)


def on_invoice(bookkeeper: Bookkeeper, key: str) -> tuple[Any, ...]:
    query = f"SELECT ISPAID, PAIDON, OPENAMOUNT, REMINDED FROM INVOICES WHERE ID = {key}"
    with bookkeeper.cobra.connect() as connection:
        paid, day, amount, level = connection.execute(text(query)).one()
    amount = None if amount is None else Decimal(str(amount)).quantize(Decimal("0.01"))
    return None if paid is None else int(paid), day and str(day)[:10], amount, level


def on_address(bookkeeper: Bookkeeper, key: str) -> tuple[Any, ...]:
    query = f"SELECT BALANCE, OVERDUE, NOREMINDER FROM ADDRESSES WHERE ID = {key}"
    with bookkeeper.cobra.connect() as connection:
        *amounts, lock = connection.execute(text(query)).one()
    balance, overdue = (None if a is None else Decimal(str(a)) for a in amounts)
    return balance, overdue, None if lock is None else int(lock)


def test_invoice_and_address_follow_sage(bookkeeper: Bookkeeper) -> None:
    """Open, partly paid, settled, and back again; a second copy writes nothing."""
    anna = bookkeeper.add()
    key = bookkeeper.invoice(anna, position("100.00"), number="20260001")
    bookkeeper.drain()
    bookkeeper.look()
    assert copied(bookkeeper) == 2
    assert on_invoice(bookkeeper, key) == (0, None, Decimal("108.10"), 0)
    assert on_address(bookkeeper, anna)[0] == Decimal("108.10")
    assert copied(bookkeeper) == 0

    bookkeeper.pay("20260001", "8.10", DateP=date(2026, 11, 3))
    bookkeeper.look()
    copied(bookkeeper)
    assert on_invoice(bookkeeper, key) == (0, None, Decimal("100.00"), 0)

    bookkeeper.pay("20260001", "100.00", DateP=date(2026, 11, 5))
    bookkeeper.look()
    copied(bookkeeper)
    assert on_invoice(bookkeeper, key) == (1, "2026-11-05", Decimal("0.00"), 0)
    assert on_address(bookkeeper, anna)[0] == 0


def test_nothing_is_noticed_of_it(bookkeeper: Bookkeeper) -> None:
    """The triggers pass over what the relay itself writes."""
    bookkeeper.invoice(bookkeeper.add(), position("100.00"))
    bookkeeper.drain()
    bookkeeper.look()
    entries = len(bookkeeper.entries())
    assert copied(bookkeeper) == 2
    assert len(bookkeeper.entries()) == entries


def test_relay_copies_by_itself_what_changed(bookkeeper: Bookkeeper) -> None:
    """As a chore, on the lock's connection; the second time only what is new is looked at."""
    anna = bookkeeper.add()
    first = bookkeeper.invoice(anna, position("100.00"), number="20260001")
    bookkeeper.drain()
    bookkeeper.look()
    with hold(bookkeeper.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, bookkeeper.settings):
            copies = Copies(bookkeeper.settings, lock.writing)
            assert copied(bookkeeper, copies) == 2
            assert copied(bookkeeper, copies) == 0
    bookkeeper.pay("20260001", "108.10", DateP=date(2026, 11, 5))
    bookkeeper.look()
    with hold(bookkeeper.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, bookkeeper.settings):
            copies._begin = lock.writing  # noqa: SLF001 - the same relay, a later time
            assert copied(bookkeeper, copies) == 2
    assert on_invoice(bookkeeper, first)[0] == 1


def test_row_that_a_clerk_has_open_comes_the_next_time(bookkeeper: Bookkeeper) -> None:
    """Also if that time ends before it is reached: it is not forgotten."""
    anna = bookkeeper.add()
    key = bookkeeper.invoice(anna, position("100.00"))
    bookkeeper.drain()
    bookkeeper.look()
    with connect(bookkeeper.relay_engine(), "cobra") as connection:
        copies = Copies(bookkeeper.settings, lambda: begun(connection))
        assert copied(bookkeeper, copies) == 2
        copies._locked[0] = {key}  # noqa: SLF001 - somebody had it open
        with bookkeeper.cobra.begin() as cobra:
            cobra.execute(text(f"UPDATE INVOICES SET OPENAMOUNT = 1 WHERE ID = {key}"))
        copies._since = copies._since and copies._since + timedelta(days=1)  # noqa: SLF001 - nothing new
        next(copies.pages())
        assert copies._locked[0] == {key}, "it has not come to its end"  # noqa: SLF001 - the same
        assert on_invoice(bookkeeper, key)[2] == Decimal("108.10")


def test_reversed_invoice_says_nothing_any_more(bookkeeper: Bookkeeper) -> None:
    """What Sage does not hold is neither paid nor open."""
    key = bookkeeper.invoice(bookkeeper.add(), position("100.00"))
    bookkeeper.drain()
    bookkeeper.look()
    copied(bookkeeper)
    bookkeeper.edit(key, CANCELLED=1)
    bookkeeper.drain()
    bookkeeper.look()
    copied(bookkeeper)
    assert on_invoice(bookkeeper, key) == (None, None, None, None)


def test_all_mandants_together(bookkeeper: Bookkeeper) -> None:
    """What one of them does not know is not known; a lock of one of them is a lock."""
    anna = bookkeeper.add()
    bookkeeper.invoice(anna, position("100.00"))
    bookkeeper.drain()
    bookkeeper.look()
    c = bookkeeper.answers.customer
    other = bookkeeper.customer(anna) | {"mandant": "ANDERE", "balance": None, "reminder_lock": 1}
    with bookkeeper.cobra.begin() as connection:
        connection.execute(insert(c).values(other))
    copied(bookkeeper)
    balance, overdue, lock = on_address(bookkeeper, anna)
    assert (balance, lock) == (None, 1)
    assert overdue == 2 * other["overdue"]
    with bookkeeper.cobra.begin() as connection:
        mine = c.c.mandant == other["mandant"]
        connection.execute(update(c).where(mine).values(balance=Decimal("-8.10")))
    copied(bookkeeper)
    assert on_address(bookkeeper, anna)[0] == 100


def test_unknown_is_left_empty(bookkeeper: Bookkeeper) -> None:
    """An invoice that Sage was not asked for, and a customer that it does not know, say nothing."""
    anna = bookkeeper.add()
    key = bookkeeper.invoice(anna, position("100.00", account="9999"))
    bookkeeper.drain()
    bookkeeper.look()
    assert copied(bookkeeper) == 0
    assert on_invoice(bookkeeper, key) == (None, None, None, None)
    assert on_address(bookkeeper, anna) == (None, None, None)


@pytest.mark.parametrize(
    ("columns", "code", "named"),
    [
        ({"open_amount": "ROUGH"}, "copy_not_exact", "ROUGH"),
        ({"open_amount": "WHOLE"}, "copy_not_exact", "WHOLE"),
        ({"settled_on": "WHOLE"}, "copy_not_exact", "WHOLE"),
        ({"settled_on": "SHORT"}, "copy_not_exact", "SHORT"),
        ({"settled_on": "DUEDATE"}, "copy_captured", "DUEDATE"),
        ({"paid": "duedate"}, "copy_captured", "duedate"),
        ({"paid": "NOTTHERE"}, "column_missing", "NOTTHERE"),
    ],
)
def test_column_that_cannot_take_it_is_refused(
    bookkeeper: Bookkeeper, columns: dict[str, str], code: str, named: str
) -> None:
    """Before anything is written, with the column's name; the relay itself goes on."""
    answers = Answers.model_validate({"copy": {"invoice": columns}})
    settings = bookkeeper.settings.model_copy(update={"answers": answers})
    with connect(bookkeeper.relay_engine(), "cobra") as connection:
        copies = Copies(settings, lambda: begun(connection))
        with pytest.raises(Refused, match=named) as refusal:
            list(copies.pages())
        assert refusal.value.code == code
        with capture_logs() as logs:
            assert list(copies.chore()) == []
    assert [log["event"] for log in logs] == ["answers_not_copied"]
    assert THIS in bookkeeper.sage
