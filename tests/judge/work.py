"""A life of the relay on SQLite with all its commands, so that each statement is sent once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

from relay.base.errors import Exit
from relay.cobra.hand import look_again
from relay.cobra.lock import hold
from relay.cobra.unreadable import hold_unreadable
from relay.engine.chores import purge, purge_ledger
from relay.engine.service import run, sayer, taken_over
from relay.extras.mail.memory import (
    LastMorning,
    News,
    last_mornings,
    mailed_before,
    remember,
    remember_mornings,
)
from relay.extras.mail.morning import morning
from relay.extras.mail.trouble import Role, troubles
from relay.extras.metrics.serving import Figures
from relay.extras.page.measures import keep, measured, thin
from relay.settings.parts import Metrics
from tests.cli.test_adopt import IN_SAGE, Clerk
from tests.extras.page.browsing import Visitors
from tests.world.bookkeeper import CUSTOMERS, SETTLED, Bookkeeper
from tests.world.company import World
from tests.world.databases import YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.night import compare
from tests.world.office import Office, position

WHY = ("--reason", "Prüfung")
CORRECTING = {
    "cobra": {
        "address": {"on_delete": "lock"},
        "invoice": {"on_change": "reverse-and-rebook", "on_cancel": "reverse"},
    },
    "retention": {"ledger": 400},
}
ASKING = (
    ("drain",), ("status",), ("status", "--check"), ("list",), ("list", "--status", "held"),
    ("list", "--key", "invoice:2"), ("list", "--key", "2", "--code", "not_ready"),
    ("show", "20260002"), ("show", "20260004"), ("show", "2"), ("show", "1001"),
    ("doctor",), ("triggers", "verify"), ("triggers", "show"), ("triggers", "install"),
    ("migrate",), ("check", "1"), ("check", "--pending"), ("check", "--selected"),
    ("check", "--since", "2020-01-01"), ("compare",), ("compare", "--since", "2020-01-01"),
    ("compare", "--notice", *WHY), ("rehearse", "--sample", "20"), ("rehearse", "--pending"),
    ("learn", "before", "--year", YEARS[1]), ("learn", "after"),
)  # fmt: skip
BOOKED = (("journal", "--month", "2026-01"), ("journal", "--day", "2026-01-31"))
DECIDING = (
    ("skip", "--key", "invoice:2", *WHY), ("release", "--all", *WHY),
    ("release", "--key", "invoice:3", "--key", "4", *WHY), ("skip", "--key", "7", *WHY),
    ("release", "--code", "account_missing", "--since", "2026-01-01", *WHY),
    ("release", "--until", "2026-01-01", *WHY), ("release", "1", *WHY),
    ("resend", "--key", "1", *WHY), ("resend", "--key", "invoice:1", *WHY),
    ("resend", "--all", *WHY), ("pause", YEARS[0], *WHY), ("resume", YEARS[0], *WHY),
    ("backfill", *WHY), ("backfill", "--linked", *WHY), ("backfill", "--year", YEARS[1], *WHY),
    ("backfill", "--documents", *WHY), ("purge", "--days", "1", *WHY),
)  # fmt: skip
FINDING = (
    (), ("--customer", "Müller"), ("--customer", "1"), ("--article", "KÄSE-1"),
    ("--since", "2026-01-01", "--until", "2026-12-31"), ("--state", "held"), ("--number", "1"),
    ("--year", YEARS[0]), ("--views",), ("--copy",), ("--unpaid",),
    ("--overdue", "30", "--customer", "77"),
)  # fmt: skip
COPIES: dict[str, Any] = {
    "turnover": {"last_year": "TURNOVER1", "this_year": "TURNOVER2"},
    "table": {"table": "dbo.SAGEDOCS", "key": "INVOICE", "fields": {
        "number": "NUMBER", "state": "STATE", "gross": "AMOUNT", "customer_key": "ADDRESSID"}},
}  # fmt: skip
ANSWERS = {"invoice": {"paid": "PAID"}, "address": {"balance": "BALANCE"}}
ROOM = (
    "ALTER TABLE INVOICES ADD PAID int NULL",
    "ALTER TABLE ADDRESSES ADD BALANCE decimal(19, 2) NULL",
    "ALTER TABLE ADDRESSES ADD TURNOVER1 decimal(19, 4) NULL",
    "ALTER TABLE ADDRESSES ADD TURNOVER2 decimal(19, 4) NULL",
    "CREATE TABLE SAGEDOCS (INVOICE nvarchar(50), NUMBER nvarchar(20), STATE nvarchar(20),"  # noqa: ISC004 - one statement
    " AMOUNT decimal(19, 4), ADDRESSID int)",
)
"""What cobra has for them, in words that both dialects know."""


class Work:
    """Plays what happens in an installation."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        """Take empty databases, and a folder for files."""
        self._databases = databases
        self._folder = folder

    def addresses(self) -> None:
        """Let addresses go over, and be locked, adopted and removed."""
        world = World(self._databases)
        desk = self._desk(world)
        first, second = world.add(UIDNO0="CHE-107.787.577"), world.add(CITY0=None)
        for year in YEARS:
            world.write_sage(year, "Adr", **(IN_SAGE | {"AdrId": "7"}))
        third = world.add(SAGENR0="7", PHONE0=None)
        world.drain()
        world.change(first, PHONE0="1")
        world.change(second, CITY0="Chur")
        self._adopted(world, desk)
        world.remove(third)
        former = world.add(SAGENR0="1007")
        world.drain()
        world.remove(former)
        again = world.add(SAGENR0="1007")
        world.drain()
        self._run(desk, "adopt", "move", former, again, *WHY)
        world.drain()
        for command in (*ASKING, *DECIDING):
            self._run(desk, *command)
        self._run(desk, *self._proposing())
        self._copied(world, desk)
        away = ("--export", str(self._folder / "away"), "--discard-open", "--yes")
        self._run(desk, "uninstall", *away)

    def invoices(self) -> None:
        """Let invoices be booked, held, corrected, cancelled, moved and recorded."""
        _make_room(self._databases)
        parts = {"documents": COPIES, "answers": {"copy": ANSWERS}}
        office = Bookkeeper(self._databases, **merged(CORRECTING, parts))
        desk = self._desk(office)
        customer, other = office.add(), office.add(SAGENR0="77")
        article = {"ARTICLE": "KÄSE-1", "QUANTITY": "2", "PRICE": "50"}
        office.invoice(customer, position("100.00", **article), number="20260001")
        for number, account in (("20260002", "9999"), ("20260004", "9998")):
            office.invoice(customer, position("50.00", account=account), number=number)
        invoice = office.invoice(other, number="20260003", GROSS="108.10")
        office.drain_all()
        self._mail(office)
        self._answered(office, desk)
        office.recheck()
        office.change(customer, PHONE0="1")
        office.edit_positions(invoice, NET="200.00")
        office.edit(invoice, GROSS="216.20")
        office.drain_all()
        office.edit(invoice, CANCELLED=1)
        office.remove(other)
        last_year = office.invoice(customer, number="20250001", day=date(2025, 8, 1))
        office.drain_all()
        held = office.invoice(
            customer, position("50.00", account="9999"), number="20250002", day=date(2025, 9, 1)
        )
        office.drain_all()
        for key in (last_year, held):
            office.edit(key, INVOICEDATE=date(2026, 2, 1))
        office.drain_all()
        with office.cobra.begin() as connection:  # as before the part was switched on
            for table in ("document", "document_position"):
                connection.exec_driver_sql(f"DELETE FROM relay_{table} WHERE entity_key = '1'")
        self._run(desk, "migrate")  # what a customer owes is asked of the views
        for filters in FINDING:
            self._run(desk, "documents", *filters)
        self._compared(office, desk)
        self._shown(office)
        paper = ("journal", "--month", "2026-01", "--pdf", str(self._folder / "journal.pdf"))
        for command in (*ASKING, *BOOKED, paper, *DECIDING):
            self._run(desk, *command)
        for year in YEARS:
            office.write_sage(year, "Adr", **(IN_SAGE | {"AdrId": "88"}))
            office.write_sage(year, "Adr", **(IN_SAGE | {"AdrId": "55"}))
            office.write_sage(year, "PKd", PkKey=89, AdrId="55", AccId="1100")
        for number in ("88", "89"):  # one whom Sage knows, and one whose debtor is another's there
            customer = office.add(SAGENR0=number, COMPANY1="Berger")
            office.invoice(customer, number=f"202600{number}")
        office.drain_all()
        self._page(office, desk)
        self._adopted(office, desk)
        self._erased(office, desk)
        self._recovered(office, desk)

    def _shown(self, office: Office) -> None:
        """Let figures be asked for."""
        figures = Figures(office.settings, Metrics(port=9469), office.relay_engine())
        assert list(figures.registry.collect())

    def _adopted(self, world: World, desk: Desk) -> None:
        clerk = Clerk(desk, self._folder / "pairs.csv")
        for decision in ("NEIN", "JA"):
            rows = clerk.proposed("--decided")
            clerk.write([row | {"Entscheid": decision} for row in rows])
            clerk.apply()
        world.drain()

    def _copied(self, world: World, desk: Desk) -> None:
        """Let cobra be copied, while another relay works."""
        for table in ("identity", "year"):
            with world.cobra.begin() as connection:
                connection.exec_driver_sql(f"UPDATE relay_{table} SET database_name = 'elsewhere'")
        self._run(desk, "pair", "--cobra", "copied", "--yes", *WHY)
        with hold(world.relay_engine()):
            run(world.settings, _Once())

    def _proposing(self) -> tuple[str, ...]:
        cobra, *years = map(str, (self._databases.cobra, *self._databases.years))
        sage = [word for year in years for word in ("--sage", year)]
        new = self._folder / "new"
        new.mkdir()
        return ("init", "--folder", str(new), "--from", cobra, *sage)

    def _recovered(self, office: Office, desk: Desk) -> None:
        _aged(office)
        office.sage_execute(YEARS[1], "DELETE FROM relay_applied")
        self._run(desk, "reconcile", "--yes", *WHY)
        for table, way in (("identity", ("--cobra", "moved")), ("year", YEARS[:1])):
            with office.cobra.begin() as connection:
                connection.exec_driver_sql(f"UPDATE relay_{table} SET database_name = 'elsewhere'")
            self._run(desk, "pair", *way, "--yes", *WHY)
        office.drain_all()
        office.sage_execute(YEARS[1], f"UPDATE relay_peer SET year = '{YEARS[0]}'")
        self._run(desk, "pair", YEARS[1], "--yes", *WHY)  # as a copy of the other year

    def _desk(self, world: World) -> Desk:
        desk = Desk(self._databases, self._folder)
        desk.write(world.settings)
        return desk

    def _run(self, desk: Desk, *command: str) -> None:
        result = desk.relay(*command)
        # Some find nothing to do, and say so: what they asked was sent all the same.
        assert result.exit_code in (Exit.OK, Exit.REFUSED, Exit.FINDINGS), result.output

    def _compared(self, office: Office, desk: Desk) -> None:
        """Let a night's comparison be made, in two goes, and miss the triggers."""
        self._run(desk, "triggers", "drop")
        self._run(desk, "triggers", "install")
        compare(office, pages=1, page=1)
        compare(office)

    def _answered(self, office: Bookkeeper, desk: Desk) -> None:
        """Let Sage be asked while it changes, and while a year is paused."""
        office.look()
        office.own_item("900001", 77, "10.00")
        office.own_item("900002", 77, "10.00")
        office.look()
        office.pay("900001", "5.00")
        office.pay("900002", "10.00")
        office.pay("20260001", "5.00")
        office.sage_execute(YEARS[1], "UPDATE Adr SET City = 'Bern'")
        self._run(desk, "pause", YEARS[0], *WHY)
        office.look()
        self._run(desk, "resume", YEARS[0], *WHY)
        office.sage_execute(YEARS[1], "UPDATE Adr SET City = 'Chur'")
        office.look()
        office.look(SETTLED)
        self._forgotten(office)

    def _forgotten(self, office: Bookkeeper) -> None:
        """Let a year go in which nothing is open any more."""
        whole = office.settings
        with office.cobra.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE relay_customer SET year = '{YEARS[0]}', open_items = 0 WHERE year <> ''"
            )
        sage = whole.sage.model_copy(update={"year": whole.sage.year[1:]})
        office.settings = whole.model_copy(update={"sage": sage})
        office.look(CUSTOMERS)
        office.settings = whole
        office.look(CUSTOMERS)

    def _erased(self, office: Bookkeeper, desk: Desk) -> None:
        """Let people be shown what is kept of them, and be erased: with bookings and without."""
        for number in ("901", "902"):
            key = office.add(SAGENR0=number, COMPANY1=f"Person {number}")
            invoice = office.invoice(key, number=f"2026{number}")
            office.drain_all()
            self._run(desk, "privacy", "show", "--address", key)
            office.remove(key)
            if number == "902":
                office.sage_execute(
                    YEARS[1], f"DELETE FROM relay_booking WHERE address_key = {key!r}"
                )
            office.drain_all()
            self._run(desk, "skip", "--key", f"invoice:{invoice}", "--key", f"address:{key}", *WHY)
            erased = desk.relay("privacy", "erase", "--address", key, "--yes", *WHY)
            assert erased.exit_code == Exit.OK, erased.output

    def _page(self, office: Office, desk: Desk) -> None:
        """Let people look at the page and decide there, and the relay note how things are."""
        for name in ("Anna", "Anna"):
            self._run(desk, "page", "user", "add", name, "--role", "viewer")
            self._run(desk, "page", "user", "list")
            self._run(desk, "page", "user", "revoke", name)
        browser = Visitors(office).operator()
        for path in (
            "/", "/problems", "/problems.csv", "/record?entity=invoice&key=1", "/find?q=1",
            "/find?q=a", "/sides?entity=invoice&key=1", "/sides?entity=address&key=1",
            "/documents", "/documents?customer=a&show=unpaid", "/documents?customer=a&article=1",
            "/journal?month=2026-01", "/audit", "/audit?before=5",
            "/act?what=skip&entity=invoice&key=1", f"/act?what=pause&scope={YEARS[0]}",
        ):  # fmt: skip
            assert browser.get(path).status_code in {200, 303}, path
        for what in ("release", "skip", "resend"):
            browser.post("/act", what=what, entity="invoice", key="2", reason="test")
        for what in ("pause", "resume"):
            browser.post("/act", what=what, scope=YEARS[0], reason="test")
        with hold(office.relay_engine()) as lock:
            assert lock is not None
            with taken_over(lock, office.settings), lock.writing() as connection:
                now = measured(connection, 0)
                for hours in (30, 31):
                    keep(connection, replace(now, at=now.at - timedelta(hours=hours)))
                thin(connection, now.at)

    def _mail(self, office: Office) -> None:
        """Let people be told what is not in order, and again."""
        with hold(office.relay_engine()) as lock:
            assert lock is not None
            with lock.reading() as connection:
                here = troubles(connection, office.settings, timedelta(0))
                mailed_before(connection)
                remember(connection, lock.tables, News(new=here))
                remember(connection, lock.tables, News(still=here))
                remember(connection, lock.tables, News(ended=mailed_before(connection)[0]))
                until = mailed_before(connection)[1]
                morning(connection, office.settings, until - timedelta(hours=24), until)
                sent = {Role.ADMIN: LastMorning(until.date(), until)}
                remember_mornings(connection, lock.tables, sent)
                assert last_mornings(connection) == sent


class _Once(Event):
    """Ends a relay that would wait."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait no longer."""
        assert timeout is not None
        self.set()
        return True


def _make_room(databases: Databases) -> None:
    """Give cobra columns and a table for copies."""
    with databases.server.engine(databases.cobra).begin() as connection:
        for statement in ROOM:
            connection.exec_driver_sql(statement)


def _aged(office: Office) -> None:
    """Let a year pass, and the relay tidy up."""
    long_ago = "'2020-01-01 00:00:00.000'"
    office.sage_execute(YEARS[0], f"UPDATE relay_applied SET applied_at = {long_ago}")
    with office.cobra.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE relay_outbox SET finished_at = {long_ago}"
            " WHERE finished_at IS NOT NULL AND entity_key = '2'"
        )
        connection.exec_driver_sql(
            "INSERT INTO relay_outbox (entity, entity_key, operation)"
            " VALUES ('address', CAST(x'f09f' AS TEXT), 'insert')"
        )
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings) as (drain, years):
            purge(drain.outbox, office.settings)
            purge_ledger(years, office.settings)
            look_again(lock, YEARS[0], [uuid4()])
            assert hold_unreadable(lock, sayer(office.settings)) == 1
