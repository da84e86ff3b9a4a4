"""How fresh the answers are is said: a year that is away changes nothing, and is marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text
from structlog.testing import capture_logs

from relay.base.errors import SettingsError, Unavailable
from relay.extras.answers.asking import is_due
from relay.extras.answers.chores import Paged, housework
from relay.extras.documents import views
from relay.settings import read_settings
from tests.world.backups import Backup
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.office import LAST, THIS

GROSS = Decimal("108.10")


def ask(bookkeeper: Bookkeeper, view: str, language: str = "en") -> list[dict[str, Any]]:
    """Ask a view."""
    name = views.place(bookkeeper.dialect.name, view, language)
    with bookkeeper.cobra.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]


@pytest.fixture
def billed(bookkeeper: Bookkeeper) -> Bookkeeper:
    """One invoice is booked and looked at, and the views are there."""
    with bookkeeper.relay_engine().begin() as connection:
        views.create(connection, bookkeeper.settings)
    customer = bookkeeper.add(SAGENR0="1001")
    bookkeeper.invoice(customer)
    bookkeeper.drain()
    bookkeeper.look()
    return bookkeeper


def stale(bookkeeper: Bookkeeper) -> dict[str, bool]:
    """Return which years are marked."""
    rows = bookkeeper.answered(bookkeeper.answers.year)
    return {row["year"]: row["stale_since"] is not None for row in rows}


def test_a_paused_year_is_marked_until_it_is_back(billed: Bookkeeper) -> None:
    """Its figures stay as they are; the views say since when, and only for what it answers."""
    pause = billed.outbox.pause
    billed.pay("20260001", "108.10")
    with billed.cobra.begin() as connection:
        connection.execute(insert(pause).values(scope=THIS, reason="Jahresabschluss"))
    billed.look()
    assert stale(billed) == {LAST: False, THIS: True}
    (row,) = ask(billed, "v_unpaid")
    assert row["stale_since_local"] is not None
    assert billed.customer("1")["balance"] == GROSS
    since = billed.answered(billed.answers.year)
    billed.look()
    assert billed.answered(billed.answers.year)[1]["stale_since"] == since[1]["stale_since"]
    with billed.cobra.begin() as connection:
        connection.execute(delete(pause))
    billed.look()
    assert stale(billed) == {LAST: False, THIS: False}
    assert ask(billed, "v_unpaid") == []
    assert billed.customer("1")["balance"] == 0


def test_a_year_that_fails_is_lost_and_the_look_goes_on(billed: Bookkeeper) -> None:
    """No error of Sage's ends the relay, nor touches another year's answers."""
    billed.pay("20260001", "108.10")
    with billed.looking() as (looks, years), capture_logs():
        year = years.ready(LAST)
        assert year is not None
        year.connection.close()  # type: ignore[attr-defined] # as a server that was stopped
        years.lose(LAST, Unavailable("file_missing", database=LAST, year=LAST, url="", what=""))
        for _ in looks.open_items():
            pass
    assert billed.customer("1")["balance"] == 0
    assert stale(billed)[LAST]
    assert not stale(billed)[THIS]


def test_a_year_that_is_configured_no_more_is_marked(billed: Bookkeeper) -> None:
    """Nobody asks it, and its rows say so."""
    years = [y for y in billed.settings.sage.year if y.name == LAST]
    sage = billed.settings.sage.model_copy(update={"year": years})
    billed.settings = billed.settings.model_copy(update={"sage": sage})
    billed.look()
    assert stale(billed) == {LAST: False, THIS: True}


def test_a_year_that_is_configured_no_more_is_forgotten(billed: Bookkeeper) -> None:
    """Unless something is open there it makes nobody's figures old: each year one goes."""
    other = billed.add(SAGENR0="1002")
    december = date(2025, 12, 30)
    billed.invoice(other, number="20250001", day=december)
    billed.invoice("1", number="20250002", day=december)
    both = billed.add(SAGENR0="1003")
    billed.invoice(both, number="20250003", day=december)
    billed.invoice(both, number="20260003")
    billed.drain()
    billed.pay("20250002", "108.10", LAST)
    billed.look()
    years = [y for y in billed.settings.sage.year if y.name == THIS]
    sage = billed.settings.sage.model_copy(update={"year": years})
    billed.settings = billed.settings.model_copy(update={"sage": sage})
    billed.look()
    stands = {row["customer_key"]: row for row in ask(billed, "v_customer")}
    assert stands["1"]["stale_since_local"] is None
    assert stands["1"]["as_of_local"] is not None
    assert stands[other]["stale_since_local"] is not None
    kept = {(r["entity_key"], r["year"]) for r in billed.answered(billed.answers.customer)}
    assert {key for key, year in kept if year == LAST} == {other, both}
    before = kept, billed.customer(other)["balance"]
    billed.look()
    kept = {(r["entity_key"], r["year"]) for r in billed.answered(billed.answers.customer)}
    assert (kept, billed.customer(other)["balance"]) == before
    assert before[1] == GROSS


def test_a_backup_that_is_put_back(billed: Bookkeeper, tmp_path: Path) -> None:
    """The year is refused and marked until it is reconciled; then the answers follow Sage."""
    backup = Backup(billed.sage[THIS])
    billed.pay("20260001", "108.10")
    billed.look()
    assert billed.customer("1")["balance"] == 0
    later = billed.invoice("1", number="20260002")
    billed.drain()
    billed.look()
    backup.restore()
    billed.look()
    assert stale(billed)[THIS]
    assert billed.customer("1")["balance"] == GROSS
    desk = Desk(billed.databases, tmp_path)
    desk.write(billed.settings)
    done = desk.relay("reconcile", "--yes", "--reason", "zurückgespielt")
    assert done.exit_code == 0, done.output
    billed.drain()
    billed.forget_night()
    billed.look()
    with billed.looking() as (looks, _):
        for _ in looks.settled():
            pass
    assert not stale(billed)[THIS]
    assert billed.document(later).open_amount == GROSS
    assert billed.customer("1")["balance"] == 2 * GROSS


def test_the_views_answer_in_both_languages(billed: Bookkeeper) -> None:
    """Unpaid with days overdue, reminders, differences, and the customer with balance and limit."""
    billed.set_item("20260001", Warn=2)
    billed.set_debtor(1001, WrnLk=1, Limit=Decimal("100.00"))
    billed.own_item("900001", 1001, "50.00")
    billed.sage_execute(THIS, "UPDATE Adr SET City = 'Bern'")
    billed.look()
    unpaid = {row["number"]: row for row in ask(billed, "v_unpaid")}
    assert set(unpaid) == {"20260001", "900001"}
    assert unpaid["20260001"]["days_overdue"] > 0
    assert unpaid["900001"]["kind"] == "entered in Sage"
    assert sum(Decimal(str(row["open_amount"])) for row in unpaid.values()) == GROSS + 50
    assert all(row["as_of_local"] is not None for row in unpaid.values())
    (reminder,) = ask(billed, "v_reminder")
    assert (reminder["reminder_level"], reminder["reminder_lock"]) == (2, 1)
    (difference,) = ask(billed, "v_difference")
    assert (difference["field"], difference["sent"]) == ("town", "Langnau i. E.")
    assert difference["sage_value"] == "Bern"
    (customer,) = ask(billed, "v_customer")
    assert (Decimal(str(customer["balance"])), customer["limit_reached"]) == (GROSS + 50, 1)
    for view in ("v_unpaid", "v_reminder", "v_difference", "v_customer"):
        german, english = ask(billed, view, "de"), ask(billed, view)
        assert len(german) == len(english) > 0
    assert ask(billed, "v_difference", "de")[0]["feld"] == "Ort"
    assert {row["art"] for row in ask(billed, "v_unpaid", "de")} == {"Rechnung", "in Sage erfasst"}


def test_item_that_is_not_reminded_of(billed: Bookkeeper) -> None:
    """It is listed beside the reminders that run, without a level; others are not."""
    billed.invoice("1", number="20260002")
    billed.drain()
    billed.set_item("20260001", Warn=-1)
    billed.look()
    (reminder,) = ask(billed, "v_reminder")
    assert (reminder["number"], reminder["blocked"]) == ("20260001", 1)
    assert reminder["reminder_level"] is None


def test_what_is_gone_in_sage_is_not_listed(billed: Bookkeeper) -> None:
    """Nobody can be reminded of it; the document itself says that nothing is known."""
    billed.remove_row(THIS, "OPd", "OpId", "20260001")
    billed.look()
    assert ask(billed, "v_unpaid") == []


def test_what_an_older_year_says_is_old_while_a_later_one_is_away(billed: Bookkeeper) -> None:
    """It may have been carried over and paid there; the later year's own may not be old."""
    billed.invoice("1", number="20250001", day=date(2025, 12, 30))
    billed.drain()
    billed.look()
    for away, old in ((THIS, {"20250001", "20260001"}), (LAST, {"20250001"})):
        with billed.cobra.begin() as connection:
            connection.execute(delete(billed.outbox.pause))
            connection.execute(insert(billed.outbox.pause).values(scope=away, reason="Abschluss"))
        billed.look()
        rows = ask(billed, "v_unpaid")
        assert {r["number"] for r in rows if r["stale_since_local"] is not None} == old


def test_a_page_each_time() -> None:
    """A chore does one page and says whether there is more; a look that failed begins anew."""
    done: list[str] = []

    def look() -> Iterator[None]:
        for page in ("a", "b", "c"):
            done.append(page)
            if done.count("b") == 1 and page == "b":
                raise KeyError(page)
            yield

    chore = Paged(look)
    assert chore()
    with pytest.raises(KeyError):
        chore()
    assert [chore() for _ in range(4)] == [True, True, True, False]
    assert done == ["a", "b", "a", "b", "c"]


def test_only_what_changed_is_written(billed: Bookkeeper) -> None:
    """A second look at the same leaves each row as it is, with the time since when it is so."""
    tables = (billed.answers.customer, billed.answers.sage_item, billed.answers.difference)
    billed.own_item("900001", 1001, "50.00")
    billed.sage_execute(THIS, "UPDATE Adr SET City = 'Bern'")
    billed.look()
    before = [billed.answered(table) for table in tables], billed.documents()
    billed.look()
    assert ([billed.answered(table) for table in tables], billed.documents()) == before
    assert all(before[0])


def test_settled_ones_are_due_once_a_night() -> None:
    """In an hour of the night a day after the last time; whatever the hour when it was missed."""
    hours = timedelta(hours=1)
    assert is_due(None, 12)
    assert is_due(23 * hours, 2)
    assert is_due(25 * hours, 3)  # the clock was put on: there was no hour 2
    assert not is_due(hours, 2)  # it was put back: hour 2 comes again
    assert not is_due(23 * hours, 12)
    assert is_due(44 * hours, 12)


def test_it_needs_documents_and_invoices(databases: Databases, tmp_path: Path) -> None:
    """Without them there is nothing that Sage could answer about; off, it has no chore."""
    desk = Desk(databases, tmp_path)
    desk.write(databases.settings())
    assert housework(databases.settings()) == []
    toml = desk.file.read_text(encoding="utf-8")
    desk.file.write_text(f"{toml}\n[answers]\nopen_seconds = 5\n", encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_settings(desk.file)
    assert {code for _, code, _ in error.value.problems} == {"config_needed_for_answers"}


def test_a_chore_for_each_look(bookkeeper: Bookkeeper) -> None:
    """They are due as configured."""
    with bookkeeper.looking() as (looks, years):
        duties = [begin(looks.lock, years) for begin in housework(bookkeeper.settings)]
    assert {duty.name: duty.seconds for duty in duties} == {
        "answers_open": 60,
        "answers_settled": 1800,
        "answers_customers": 900,
    }
