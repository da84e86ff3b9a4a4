"""The run role's list is exact: SQLite notes what the relay does, and the list says just that."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from relay.admin import rights
from relay.cobra.lock import hold
from relay.database.sqlite import dialect as sqlite_dialect
from relay.database.surface import views_of_parts
from relay.engine.chores import purge, purge_ledger
from relay.engine.service import taken_over
from relay.extras.mail.memory import News, mailed_before, remember
from relay.extras.mail.trouble import troubles
from relay.settings import Settings
from tests.cli.test_adopt import IN_SAGE, Clerk
from tests.world.bookkeeper import Bookkeeper
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.night import compare
from tests.world.office import Office, position
from tests.world.servers import SqliteServer

VERBS = {
    sqlite3.SQLITE_READ: "SELECT",
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_UPDATE: "UPDATE",
    sqlite3.SQLITE_DELETE: "DELETE",
}
NOT_ON_SQL_SERVER = re.compile(r"sqlite_|pragma_|relay_own_write")
Used = dict[str, set[tuple[str, str]]]
"""The database (`cobra`, `sage`) to verbs and tables."""


@pytest.fixture
def databases(tmp_path: Path, _templates: Path) -> Databases:
    """Files alone: only SQLite tells what a statement does, before it does it."""
    server = SqliteServer(tmp_path, _templates)
    years = [server.create(name, "sage") for name in YEARS]
    return Databases(server, server.create("cobra", "cobra"), years)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Used:
    """Note what the relay's own connections do; what triggers and views do is not theirs."""
    found: Used = defaultdict(set)
    on_connect = sqlite_dialect._on_connect  # noqa: SLF001 - where the relay's connections begin

    def noting(connection: sqlite3.Connection, record: object) -> None:
        on_connect(connection, record)
        file = Path(connection.execute("PRAGMA database_list").fetchone()[2]).name
        side = "cobra" if file.startswith("cobra") else "sage"

        def note(
            action: int, table: str | None, _column: object, _database: object, source: object
        ) -> int:
            if action in VERBS and table and source is None and not NOT_ON_SQL_SERVER.match(table):
                found[side].add((VERBS[action], table))
            return sqlite3.SQLITE_OK

        connection.set_authorizer(note)

    monkeypatch.setattr(sqlite_dialect, "_on_connect", noting)
    return found


def granted(settings: Settings, role: str = "run") -> Used:
    """Return what a role may do, in SQLite's names; views are for a command of people's."""
    year = settings.sage.year[0]
    sides = {
        "cobra": rights.in_cobra(settings, role),
        "sage": rights.in_year(settings, year, role),
    }
    return {
        side: {
            (grant.right, _plain(grant.what))
            for grant in rights.grants(statements)
            if grant.right in VERBS.values() and not grant.what.endswith("_id")
            if grant.what not in views_of_parts("mssql")
        }
        for side, statements in sides.items()
    }


def _plain(name: str) -> str:
    schema, _, table = re.sub(r'[\[\]"]', "", name).rpartition(".")
    return f"relay_{table}" if schema == "relay" else table


def test_addresses(databases: Databases, tmp_path: Path, used: Used) -> None:
    """With addresses alone the role has nothing on invoices, in cobra and in Sage."""
    desk = Desk(databases, tmp_path)
    lists = granted(databases.settings())
    assert {table for _, table in lists["sage"] if not table.startswith("relay_")} == {"Adr"}
    tables = {table for _, table in lists["cobra"] if not table.startswith("relay_")}
    assert tables == {"ADDRESSES"}
    desk.relay("triggers", "install")
    used.clear()
    desk.relay("drain")
    assert used["sage"] - lists["sage"] == set()
    assert used["cobra"] - lists["cobra"] == set()


def test_debtors_that_are_only_locked(databases: Databases) -> None:
    """To set the reminder lock the relay changes debtors, and creates none."""
    locking = databases.settings(cobra={"address": {"on_delete": "lock"}})
    assert granted(locking)["sage"] - granted(databases.settings())["sage"] == {
        ("SELECT", "PKd"),
        ("UPDATE", "PKd"),
    }


@pytest.mark.parametrize("kind", [Office, Bureau])
def test_everything(databases: Databases, tmp_path: Path, used: Used, kind: type[Office]) -> None:
    """A life of the relay with all its commands uses each right of the list, and none beside."""
    overrides = {
        "cobra": {
            "address": {"on_delete": "lock"},
            "invoice": {"on_change": "reverse-and-rebook", "on_cancel": "reverse"},
        },
        "retention": {"ledger": 400},
    }
    office = kind(databases, **overrides)
    desk = Desk(databases, tmp_path)
    desk.write(office.settings)
    used.clear()
    _live(office, desk)
    lists = granted(office.settings)
    assert used["cobra"] == lists["cobra"]
    assert used["sage"] == lists["sage"]


def _live(office: Office, desk: Desk) -> None:
    """Play what happens in an installation, with all commands."""
    customer, other = office.add(), office.add(SAGENR0="77")
    office.invoice(customer, position("100.00"), number="20260001")
    for number, account in (("20260002", "9999"), ("20260004", "9998")):
        office.invoice(customer, position("50.00", account=account), number=number)
    invoice = office.invoice(other, number="20260003", GROSS="108.10")
    office.drain_all()
    _mail(office)
    compare(office)
    office.change(customer, PHONE0="1")
    office.edit_positions(invoice, NET="200.00")
    office.edit(invoice, GROSS="216.20")
    office.drain_all()
    office.edit(invoice, CANCELLED=1)
    office.remove(other)
    last_year = office.invoice(customer, number="20250001", day=date(2025, 8, 1))
    office.drain_all()
    office.edit(last_year, INVOICEDATE=date(2026, 2, 1))
    office.drain_all()
    why = ("--reason", "test")
    for command in (
        ("status",), ("list",), ("show", "20260002"), ("doctor",), ("triggers", "verify"),
        ("skip", "--key", "invoice:2", *why), ("release", "--all", *why),
        ("resend", "--key", invoice, *why), ("pause", YEARS[0], *why), ("resume", YEARS[0], *why),
        ("backfill", *why), ("purge", "--days", "1", *why),
    ):  # fmt: skip
        result = desk.relay(*command)
        assert result.exit_code in (0, 6), result.output
    for year in YEARS:
        office.write_sage(year, "Adr", **(IN_SAGE | {"AdrId": "88"}))
    office.invoice(office.add(SAGENR0="88"), number="20260005")
    office.drain_all()
    decided = Clerk(desk, desk.file.with_name("pairs.csv")).decide("JA")
    assert decided.exit_code == 0, decided.output
    office.drain_all()
    former = office.add(SAGENR0="99")
    office.invoice(former, number="20260006")
    office.drain_all()
    office.remove(former)
    office.drain_all()
    again = office.add(SAGENR0="99")  # deleted and entered again
    office.invoice(again, number="20260007")
    office.drain_all()
    moved = desk.relay("adopt", "move", former, again, *why)
    assert moved.exit_code == 0, moved.output
    office.drain_all()
    _purge(office)
    office.sage_execute(YEARS[1], "DELETE FROM relay_applied")
    assert desk.relay("reconcile", "--yes", *why).exit_code == 0
    for table, way in (("identity", ("--cobra", "moved")), ("year", YEARS[:1])):
        with office.cobra.begin() as connection:
            connection.exec_driver_sql(f"UPDATE relay_{table} SET database_name = 'elsewhere'")
        result = desk.relay("pair", *way, "--yes", *why)
        assert result.exit_code == 0, result.output
    office.drain_all()
    office.sage_execute(YEARS[1], f"UPDATE relay_peer SET year = '{YEARS[0]}'")
    result = desk.relay("pair", YEARS[1], "--yes", *why)  # as a copy of the other year
    assert result.exit_code == 0, result.output


def _mail(office: Office) -> None:
    """Let people be told what is not in order, and again."""
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with lock.reading() as connection:
            here = troubles(connection, office.settings, timedelta(0))
            assert here
            mailed_before(connection)
            remember(connection, lock.tables, News(new=here))
            remember(connection, lock.tables, News(still=here))


def _purge(office: Office) -> None:
    """Let a year pass, and the relay tidy up."""
    office.sage_execute(YEARS[0], "UPDATE relay_applied SET applied_at = '2020-01-01 00:00:00.000'")
    with office.cobra.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE relay_outbox SET finished_at = '2020-01-01 00:00:00.000'"
            " WHERE finished_at IS NOT NULL AND entity_key = '2'"
        )
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings) as (drain, years):
            assert purge(drain.outbox, office.settings)
            assert purge_ledger(years, office.settings)


def test_answers(databases: Databases, used: Used) -> None:
    """What keeps Sage's answers may do with its tables what it does, and reads no more of Sage."""
    bookkeeper = Bookkeeper(databases)
    customer = bookkeeper.add(SAGENR0="1001")
    bookkeeper.invoice(customer)
    bookkeeper.drain()
    bookkeeper.own_item("900001", 1001, "5.00")
    bookkeeper.sage_execute(YEARS[1], "UPDATE Adr SET City = 'Bern'")
    used.clear()
    bookkeeper.look()
    bookkeeper.pay("20260001", "5.00")
    bookkeeper.own_item("900002", 1001, "5.00")
    bookkeeper.look()
    bookkeeper.pay("900001", "5.00")
    bookkeeper.sage_execute(YEARS[1], "UPDATE Adr SET City = 'Chur'")
    bookkeeper.look()
    bookkeeper.set_item("900002", MVal="4.00", MDbt="4.00")
    bookkeeper.sage_execute(YEARS[1], "UPDATE Adr SET City = 'Langnau i. E.'")
    bookkeeper.look()
    bookkeeper.sage_execute(YEARS[1], "DELETE FROM relay_link")
    bookkeeper.look()
    lists = granted(bookkeeper.settings)
    assert used["cobra"] <= lists["cobra"]
    assert used["sage"] <= lists["sage"]
    ours = {f"relay_{name}" for name in ("sage_item", "customer", "difference", "answer_year")}
    assert {u for u in used["cobra"] if u[1] in ours} == {g for g in lists["cobra"] if g[1] in ours}
    office = granted(databases.settings(**merged(INVOICES, {"documents": {}})))
    assert lists["sage"] == office["sage"]
