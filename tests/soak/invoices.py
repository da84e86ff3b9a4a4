"""Clerks who write invoices in cobra at the same time: drafts, prints, corrections, cancellations.

Each clerk knows own invoices only, so that the printed total is always what the positions say;
customers belong to all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.database import Failure, dialect_of

CUSTOMERS = 80
WITHOUT_TOWN = 7
"""One customer in so many lacks a town until the end."""
ACCOUNTS = ("3000", "3200", "3400")
CENTRES = (None, None, "KST1", "KST2")
RATES = {"normal": Decimal("8.1"), "reduced": Decimal("2.6"), "none": Decimal(0)}
FIRST_DAY, DAYS = date(2025, 8, 1), 420
"""Two fiscal years, all of it after `book_from`."""
CLASHES = 0.02
CENT = Decimal("0.01")


@dataclass
class Draft:
    """An invoice as its clerk knows it."""

    key: int
    number: str
    positions: dict[int, tuple[str, Decimal]] = field(default_factory=dict)
    """Position's key to VAT code and net."""
    printed: bool = False

    def gross(self) -> Decimal:
        """Return the total to print: the tax of each code rounded once."""
        nets: dict[str, Decimal] = {}
        for code, net in self.positions.values():
            nets[code] = nets.get(code, Decimal(0)) + net
        taxes = ((n * RATES[c] / 100).quantize(CENT, ROUND_HALF_UP) for c, n in nets.items())
        return sum(nets.values(), Decimal(0)) + sum(taxes, Decimal(0))


class InvoiceOffice:
    """What the clerks share: customers, numbers, and the count of invoices written."""

    def __init__(self, cobra: Engine, target: int) -> None:
        """Take cobra's database and the number of invoices that are asked for."""
        self.cobra = cobra
        self.mssql = cobra.dialect.name == "mssql"
        self.target = target
        self.counts: Counter[str] = Counter()
        self.customers: list[int] = []
        self.progress: Callable[[], float] = lambda: 1.0
        """How much of the killing is done: clerks slow down who are far ahead of it."""
        self._next = 1
        self._guard = Lock()

    @property
    def changes(self) -> int:
        """The invoices that were written."""
        return self.counts["invoice"]

    def table(self, name: str) -> str:
        """Return a table's name for SQL text."""
        return f"dbo.{name}" if self.mssql else name

    def number(self) -> str:
        """Give an invoice number that nobody has: of digits, or with letters."""
        with self._guard:
            self._next += 1
            return f"R-{self._next}" if self._next % 10 == 0 else str(20_000_000 + self._next)

    def count(self, counts: Counter[str]) -> None:
        """Count what was committed."""
        with self._guard:
            self.counts += counts

    def open_hot_records(self, rng: random.Random) -> None:
        """Save the customers, some without a town."""
        with self.cobra.begin() as connection:
            for n in range(CUSTOMERS):
                row = {
                    "SAGENR0": str(1001 + n),
                    "COMPANY1": f"Firma {n}",
                    "ZIP0": "3000",
                    "CITY0": None if n % WITHOUT_TOWN == 0 else "Bern",
                    "LANGUAGE0": rng.choice(("deutsch", "français")),
                    "TERMS0": "30",
                }
                self.insert(connection, "ADDRESSES", row)
            keys = connection.execute(text(f"SELECT ID FROM {self.table('ADDRESSES')}")).scalars()
            self.customers = list(keys)

    def insert(self, connection: Connection, table: str, row: dict[str, Any]) -> None:
        """Save a row."""
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        into = f"INSERT INTO {self.table(table)} ({names}) VALUES ({marks})"
        connection.execute(text(into), {name: _bound(value) for name, value in row.items()})

    def update(self, connection: Connection, table: str, key: int, row: dict[str, Any]) -> None:
        """Change a row."""
        told = ", ".join(f"{name} = :{name}" for name in row)
        change = f"UPDATE {self.table(table)} SET {told} WHERE ID = :key"
        values = {name: _bound(value) for name, value in row.items()}
        connection.execute(text(change), values | {"key": key})

    def close_gaps(self) -> None:
        """Give every customer the town that it lacks: the invoices that wait then follow."""
        with self.cobra.begin() as connection:
            connection.execute(
                text(f"UPDATE {self.table('ADDRESSES')} SET CITY0 = 'Thun' WHERE CITY0 IS NULL")
            )


class InvoiceClerk:
    """One clerk with invoices of their own."""

    def __init__(self, office: InvoiceOffice, rng: random.Random) -> None:
        """Take the shared office, and a source of chance of one's own."""
        self.office = office
        self._rng = rng
        self._mine: list[Draft] = []

    def work(self, stop: Event) -> None:
        """Write until the target is reached and the killing is over."""
        office = self.office
        with office.cobra.connect() as connection:
            while not stop.is_set():
                ahead = office.changes / office.target - office.progress()
                if ahead >= 0 and office.progress() >= 1:
                    return
                self._one_piece_of_work(connection)
                # Far ahead of the killing: slower, but never idle.
                stop.wait(self._rng.uniform(0, 0.01 if ahead <= 0.05 else min(3, 20 * ahead)))

    def _one_piece_of_work(self, connection: Connection) -> None:
        if len(self._mine) < 5 or self._rng.random() < 0.45:
            self._write(connection)
            return
        one = self._rng.choice(self._mine)
        kind = self._rng.choices(
            ("correct", "add", "drop", "reaccount", "cancel", "restore", "unprint", "redate",
             "customer", "delete", "reprint"),
            (20, 10, 8, 10, 4, 6, 4, 6, 2, 1, 10),
        )[0]  # fmt: skip
        self._try(connection, kind, lambda: self._change(connection, one, kind))

    def _write(self, connection: Connection) -> None:
        """Write an invoice in several commits: header, positions, print."""
        number = self.office.number()
        if self._mine and self._rng.random() < CLASHES:
            number = self._rng.choice(self._mine).number
        header = {
            "NUMBER": number,
            "KIND": "G" if self._rng.random() < 0.05 else "R",
            "ADDRESSID": self._rng.choice(self.office.customers),
            "INVOICEDATE": self._day(),
            "MANDANT": 1,
            "TERMS": "30",
            "COSTCENTRE": self._rng.choice(CENTRES),
        }
        if not self._try(
            connection, "header", lambda: self.office.insert(connection, "INVOICES", header)
        ):
            return
        query = f"SELECT MAX(ID) FROM {self.office.table('INVOICES')} WHERE NUMBER = :number"
        with connection.begin():
            key = connection.execute(text(query), {"number": number}).scalar_one()
        draft = Draft(int(key), number)
        count = self._rng.randint(1, 12)
        while count > 0:
            some = min(count, self._rng.randint(1, 5))
            count -= some
            self._try(connection, "positions", lambda n=some: self._add(connection, draft, n))  # type: ignore[misc]
        self._mine.append(draft)
        if self._rng.random() < 0.93 and draft.positions:
            self._try(connection, "invoice", lambda: self._print(connection, draft))
        else:
            self.office.count(Counter(invoice=1))

    def _add(self, connection: Connection, draft: Draft, count: int) -> None:
        for _ in range(count):
            code = self._rng.choice(list(RATES))
            net = Decimal(self._rng.randint(1, 500_000)) * CENT
            row = {
                "INVOICEID": draft.key,
                "NET": net,
                "VATCODE": code,
                "ACCOUNT": self._rng.choice(ACCOUNTS),
                "TEXT": "Leistung",
            }
            self.office.insert(connection, "POSITIONS", row)
        self._read_positions(connection, draft)
        self._total(connection, draft)

    def _change(self, connection: Connection, one: Draft, kind: str) -> None:  # noqa: C901, PLR0912 - a list of what clerks do
        office, rng = self.office, self._rng
        if kind == "add":
            self._add(connection, one, 1)
        elif kind in ("correct", "drop", "reaccount") and one.positions:
            position = rng.choice(list(one.positions))
            if kind == "reaccount":
                office.update(connection, "POSITIONS", position, {"ACCOUNT": rng.choice(ACCOUNTS)})
            elif kind == "drop" and len(one.positions) > 1:
                gone = f"DELETE FROM {office.table('POSITIONS')} WHERE ID = :key"
                connection.execute(text(gone), {"key": position})
            else:
                net = Decimal(rng.randint(1, 500_000)) * CENT
                office.update(connection, "POSITIONS", position, {"NET": net})
            self._read_positions(connection, one)
            self._total(connection, one)
        elif kind == "cancel":
            office.update(connection, "INVOICES", one.key, {"CANCELLED": 1})
        elif kind == "restore":
            office.update(connection, "INVOICES", one.key, {"CANCELLED": 0})
        elif kind == "unprint":
            office.update(connection, "INVOICES", one.key, {"PRINTEDON": None})
        elif kind == "reprint" and one.positions:
            self._print(connection, one)
        elif kind == "redate":
            office.update(connection, "INVOICES", one.key, {"INVOICEDATE": self._day()})
        elif kind == "customer":
            other = {"ADDRESSID": rng.choice(office.customers)}
            office.update(connection, "INVOICES", one.key, other)
        elif kind == "delete":
            for table, column in (("POSITIONS", "INVOICEID"), ("INVOICES", "ID")):
                gone = f"DELETE FROM {office.table(table)} WHERE {column} = :key"
                connection.execute(text(gone), {"key": one.key})
            self._mine.remove(one)

    def _print(self, connection: Connection, draft: Draft) -> None:
        self._read_positions(connection, draft)
        printed = {"PRINTEDON": "2026-01-31 10:30:00", "GROSS": draft.gross()}
        self.office.update(connection, "INVOICES", draft.key, printed)

    def _total(self, connection: Connection, draft: Draft) -> None:
        self.office.update(connection, "INVOICES", draft.key, {"GROSS": draft.gross()})

    def _read_positions(self, connection: Connection, draft: Draft) -> None:
        query = (
            f"SELECT ID, VATCODE, NET FROM {self.office.table('POSITIONS')} WHERE INVOICEID = :k"
        )
        rows = connection.execute(text(query), {"k": draft.key})
        draft.positions = {row.ID: (row.VATCODE, Decimal(str(row.NET))) for row in rows}

    def _try(self, connection: Connection, kind: str, work: Callable[[], object]) -> bool:
        """Run one transaction; a lock that somebody else has undoes it."""
        try:
            with connection.begin():
                work()
        except DBAPIError as error:
            if dialect_of(self.office.cobra).failure(error) is not Failure.LOCKED:
                raise
            self.office.count(Counter(retried=1))
            return False
        self.office.count(Counter({kind: 1}))
        return True

    def _day(self) -> date:
        return FIRST_DAY + timedelta(days=self._rng.randrange(DAYS))


def start(office: InvoiceOffice, clerks: int, seed: int, stop: Event) -> Iterator[Thread]:
    """Start the clerks, each with chance of their own."""
    for number in range(clerks):
        clerk = InvoiceClerk(office, random.Random(f"{seed}/{number}"))  # noqa: S311 - repeatable chance
        thread = Thread(target=clerk.work, args=[stop], name=f"clerk-{number}", daemon=True)
        thread.start()
        yield thread


def _bound(value: Any) -> Any:
    """Return a value as each driver takes it in plain SQL."""
    return str(value) if isinstance(value, Decimal | date) else value
