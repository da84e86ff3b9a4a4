"""Lets tests of invoices act as clerks in cobra and bookkeepers in Sage, and read the books."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.engine import Connection

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import Person
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.database import dialect_of
from relay.database.reflection import column_named, read_table
from relay.engine.chores import recheck
from tests.world.company import World
from tests.world.databases import INVOICES, YEARS, Databases, merged

LAST, THIS = YEARS
MASTERS: dict[str, list[dict[str, Any]]] = {
    "Acc": [
        {"AccId": account, "Text": text}
        for account, text in (
            ("1100", "Debitoren"), ("2200", "Umsatzsteuer"), ("3000", "Ertrag Waren"),
            ("3200", "Ertrag Dienstleistungen"), ("6940", "Rundung"), ("KST1", "Laden"),
            ("KST2", "Werkstatt"),
        )
    ],
    "Tax": [
        {"TaxId": "USt81", "Rate": "8.1", "AccId": "2200"},
        {"TaxId": "USt77", "Rate": "7.7", "AccId": "2200"},
        {"TaxId": "USt26", "Rate": "2.6", "AccId": "2200"},
        {"TaxId": "USt00", "Rate": "0"},
    ],
    "Zab": [{"ZabId": "30T", "Days": 30}],
}  # fmt: skip
"""Master data of each Sage year."""

Position = dict[str, Any]


def position(net: str, account: str = "3000", vat: str = "normal", **more: Any) -> Position:
    """Return a position's columns."""
    return {"NET": net, "ACCOUNT": account, "VATCODE": vat} | more


class Office(World):
    """Cobra with addresses and invoices, two Sage years with master data, and a clerk."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        """Install the triggers for the settings and open the books."""
        super().__init__(databases, **merged(INVOICES, overrides))
        self.invoices = self.cobra_table("INVOICES")
        self.positions = self.cobra_table("POSITIONS")
        for year in YEARS:
            client = {"Name": year, "YearFrom": date(int(year[-4:]), 1, 1), "CurId": "CHF"}
            client["YearTo"] = date(int(year[-4:]), 12, 31)
            self.open_books(year, MASTERS | {"Client": [client]})

    def open_books(self, year: str, masters: dict[str, list[dict[str, Any]]]) -> None:
        """Write all master data of a year at once: nearly every test of invoices begins so."""
        if self.databases.odd is not None:
            for name, rows in masters.items():
                for row in rows:
                    self.write_sage(year, name, **row)
            return
        with self.sage[year].begin() as connection:
            for name, rows in masters.items():
                table = read_table(connection, dialect_of(connection).locate(name, None))
                for row in rows:
                    connection.execute(insert(table).values(_typed(table, row)))

    def cobra_table(self, name: str) -> Table:
        """Return one of cobra's tables."""
        with self.cobra.connect() as connection:
            return read_table(connection, dialect_of(self.cobra).locate(name, None))

    def invoice(
        self,
        address: str,
        *positions: Position,
        number: str = "20260001",
        day: date = date(2026, 1, 31),
        printed: bool = True,
        **columns: Any,
    ) -> str:
        """Write and print an invoice in one transaction; its total is what cobra would print."""
        rows = positions or (position("100.00"),)
        told = {
            "ADDRESSID": int(address),
            "NUMBER": number,
            "KIND": "R",
            "INVOICEDATE": day,
            "MANDANT": 1,
            "TERMS": "30",
            "SUBJECT": "Rechnung",
            "PRINTEDON": self.printed(day) if printed else None,
            "GROSS": str(gross_of(rows)),
        } | columns
        with self.cobra.begin() as connection:
            connection.execute(insert(self.invoices).values(_typed(self.invoices, told)))
            column = column_named(self.invoices, "ID")
            query = select(column).order_by(column.desc()).limit(1)
            key = int(connection.execute(query).scalar_one())
            for line, row in enumerate(rows, start=1):
                self.add_position(connection, key, {"LINE": line} | row)
        return str(key)

    def add_position(self, connection: Connection, invoice: int, row: Position) -> None:
        """Add a position."""
        told = {"INVOICEID": invoice} | row
        connection.execute(insert(self.positions).values(_typed(self.positions, told)))

    def edit(self, key: str, **columns: Any) -> None:
        """Edit an invoice's header."""
        self._edit(self.invoices, "ID", int(key), columns)

    def edit_positions(self, key: str, **columns: Any) -> None:
        """Edit all positions of an invoice."""
        self._edit(self.positions, "INVOICEID", int(key), columns)

    def delete_invoice(self, key: str) -> None:
        """Delete an invoice with its positions."""
        with self.cobra.begin() as connection:
            of_invoice = column_named(self.positions, "INVOICEID") == int(key)
            connection.execute(delete(self.positions).where(of_invoice))
            own = column_named(self.invoices, "ID") == int(key)
            connection.execute(delete(self.invoices).where(own))

    def printed(self, day: date) -> Any:
        """Return a time of printing, as the column takes it."""
        kind = column_named(self.invoices, "PRINTEDON").type.python_type
        return kind(day.year, day.month, day.day, 10, 30)

    def unprint(self, key: str) -> None:
        """Make a draft of an invoice again."""
        self.edit(key, PRINTEDON=None)

    def _edit(self, table: Table, by: str, value: int, columns: dict[str, Any]) -> None:
        where = column_named(table, by) == value
        with self.cobra.begin() as connection:
            connection.execute(update(table).where(where).values(_typed(table, columns)))

    def of_invoice(self, key: str) -> list[Any]:
        """Return an invoice's entries, oldest first."""
        return [e for e in self.entries(key) if e.entity == "invoice"]

    def of_address(self, key: str) -> list[Any]:
        """Return an address's entries, oldest first."""
        return [e for e in self.entries(key) if e.entity == "address"]

    def state(self, key: str) -> tuple[str, str | None]:
        """Return status and code of an invoice's newest entry; older open ones must agree."""
        entries = self.of_invoice(key)
        last = entries[-1]
        assert all(e.status in ("applied", "not_for_sage", "skipped", last.status) for e in entries)
        return last.status, last.error_code

    def told(self, key: str) -> str:
        """Return what an invoice's newest entry says to people."""
        entry = self.of_invoice(key)[-1]
        return str(entry.error or entry.reason or "")

    def warnings(self, key: str, year: str) -> list[str]:
        """Return the codes of the warnings of an invoice's newest delivery."""
        ids = [e.id for e in self.of_invoice(key)]
        found = [d for d in self.deliveries(key, year) if d.outbox_id in ids]
        return [code for code, _ in orjson.loads(found[-1].warnings or "[]")]

    def document_of(self, own: int, nth: int = 1) -> int:
        """Return an invoice's document: its own number, or the nth that Sage's counter gives."""
        return own if self.settings.sage.profile.numbers_documents is None else 7000 + nth

    def journal(self, year: str) -> dict[int, list[tuple[str, str, str, str | None]]]:
        """Return the postings of a year by document: account, side, amount, tax key."""
        rows = sorted(self.book(year, "Bk"), key=lambda r: (r["BlgNr"], r["BkIdx"]))
        found: dict[int, list[tuple[str, str, str, str | None]]] = defaultdict(list)
        for r in rows:
            side = "H" if r["Type"] else "S"
            found[r["BlgNr"]].append((r["AccId"], side, r["ValNt"], r["TaxId"]))
        return dict(found)

    def items(self, year: str) -> dict[str, tuple[int, str]]:
        """Return the open items of a year: number to debtor and amount."""
        return {r["OpId"]: (r["PkKey"], r["MVal"]) for r in self.book(year, "OPd")}

    def bookings(self, year: str) -> list[tuple[str, int, int, int | None]]:
        """Return a year's bookings: invoice, version, document, reversal."""
        rows = self.rows(year, self.ledger.booking)
        return sorted((r.entity_key, r.version, r.document, r.reversal) for r in rows)

    def sage_execute(self, year: str, statement: str) -> None:
        """Run a statement in Sage, as a bookkeeper's program does."""
        with self.sage[year].begin() as connection:
            connection.exec_driver_sql(statement)

    def forget_booking(self, year: str) -> None:
        """Delete the relay's proof of all bookings in a year by hand; Sage's own rows stay."""
        with self.sage[year].begin() as connection:
            connection.execute(delete(self.ledger.booking))

    def forget_ledger(self, year: str, key: str) -> None:
        """Delete an invoice's ledger rows in a year by hand."""
        a = self.ledger.applied
        with self.sage[year].begin() as connection:
            mine = (a.c.entity == "invoice", a.c.entity_key == key)
            connection.execute(delete(a).where(*mine))

    def copy_booking(self, year: str, other: str) -> None:
        """Let a second year know the bookings of a first one, as after a restore."""
        rows = [dict(row._mapping) for row in self.rows(year, self.ledger.booking)]  # noqa: SLF001 - SQLAlchemy's public name
        with self.sage[other].begin() as connection:
            connection.execute(insert(self.ledger.booking), rows)

    def open_december(self, year: str) -> None:
        """Let Sage take postings of the December before in a year."""
        self.sage_execute(year, "UPDATE Client SET YearFrom = '2025-12-01'")

    def age(self, key: str, seconds: int, *, but_last: bool = False) -> None:
        """Let an invoice's notices be older."""
        o = self.outbox.outbox
        entries = self.of_invoice(key)
        with self.cobra.begin() as connection:
            for entry in entries[:-1] if but_last else entries:
                earlier = entry.created_at - timedelta(seconds=seconds)
                connection.execute(o.update().where(o.c.id == entry.id).values(created_at=earlier))

    def drain_all(self) -> None:
        """Drain until nothing waits for its next try any more."""
        for _ in range(100):
            self.drain()
            if "retrying" not in self.statuses():
                return
            time.sleep(0.05)
        raise AssertionError(self.statuses())

    def recheck(self) -> None:
        """Let the periodic look at what is held for a reason in Sage be due."""
        with hold(self.relay_engine()) as lock:
            assert lock is not None
            lock.take_epoch(0)
            recheck(Outbox(lock))

    def skip(self, key: str, reason: str, entity: str = "invoice") -> None:
        """Skip a record, as a person does."""
        chosen = EntrySelection(keys=(f"{entity}:{key}",))
        self._repair(reason, lambda repair: repair.skip(chosen))

    def resend(self, key: str) -> None:
        """Resend a record, as a person does."""
        chosen = EntrySelection(keys=(f"invoice:{key}",))
        self._repair("nochmals", lambda repair: repair.resend(chosen))

    def _repair(self, reason: str, act: Callable[[Repair], object]) -> None:
        with self.relay_engine().begin() as connection:
            act(Repair(connection, Person("Rosa Muster", reason)))

    def assert_books_right(self) -> None:
        """Documents balance, totals are sums of postings, the ledger has what was delivered."""
        for year in YEARS:
            assert_year_right(self, year)
        uids = {entry.id: entry.uid for entry in self.entries()}
        for year in YEARS:
            d = self.outbox.delivery
            with self.cobra.connect() as connection:
                query = select(d.c.outbox_id).where(d.c.year == year, d.c.status == "applied")
                delivered = {uids[entry] for entry in connection.execute(query).scalars()}
            assert {row.uid for row in self.rows(year, self.ledger.applied)} == delivered


def assert_year_right(office: Office, year: str) -> None:
    """Check one year's books with nothing but sums."""
    accounts: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    items: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    balance: dict[int, Decimal] = defaultdict(Decimal)
    for r in office.book(year, "Bk"):
        amount, side = Decimal(r["ValNt"]), r["Type"]
        accounts[r["AccId"]][side] += amount
        if r["OpId"]:
            items[r["OpId"]][side] += amount
        if r["BType"] != 1:
            balance[r["BlgNr"]] += -amount if side else amount
    assert not any(balance.values()), balance
    for row in office.book(year, "Acc"):
        totals = [Decimal(row["MDbt"]), Decimal(row["MCdt"])]
        assert totals == accounts[row["AccId"]], (year, row)
    debtors: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    for row in office.book(year, "OPd"):
        totals = [Decimal(row["MDbt"]), Decimal(row["MCdt"])]
        assert totals == items[row["OpId"]], (year, row)
        assert totals[0] - totals[1] == Decimal(row["MVal"]), (year, row)
        # Some yen may be no centime: the item is open in its own currency.
        is_open = bool(Decimal(row["MVal"]) or Decimal(row["FVal"] or 0))
        for place, amount in enumerate((*totals, Decimal(is_open))):
            debtors[row["PkKey"]][place] += amount
    for row in office.book(year, "PKd"):
        totals = [Decimal(row["MDbt"]), Decimal(row["MCdt"]), Decimal(row["NOp"])]
        assert totals == debtors[row["PkKey"]], (year, row)


RATES = {"normal": Decimal("8.1"), "reduced": Decimal("2.6"), "none": Decimal(0)}


def gross_of(rows: Sequence[Position]) -> Decimal:
    """Return the total that cobra prints: each VAT code's tax rounded once."""
    nets: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        nets[row["VATCODE"]] += Decimal(row["NET"])
    return sum(
        (net + (net * RATES.get(code, Decimal(0)) / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
         for code, net in nets.items()),
        Decimal(0),
    )  # fmt: skip


def _typed(table: Table, columns: dict[str, Any]) -> dict[Any, Any]:
    found = {column_named(table, name): value for name, value in columns.items()}
    return {
        column: Decimal(value)
        if isinstance(value, str) and column.type.python_type is Decimal
        else value
        for column, value in found.items()
    }
