"""Clerks whose every save has a number, which Sage then shows: so an older state can be told.

A transaction is committed at once, undone, or left open and ended later. On the server that is a
second connection. SQLite has one writer at a time, so there an open transaction is only promised:
its numbers in the outbox are taken when it begins, its work is done when it ends, which is what
everybody else could see of it anyway.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from tests.soak.invoices import ACCOUNTS, CENT, RATES, Draft

TOWNS = ("Bern", "Zürich", "Genève", "Lugano", "Langnau i. E.")
FIRMS = ("Käserei Müller AG", "Garage O'Neill", "Łukasz & Söhne", "Bar [x] %")
RESERVED = 40
"""Numbers of the outbox that an open transaction may need."""
UNDONE = 0.06
FIRST_DAY, DAYS = date(2025, 11, 1), 120
"""Two fiscal years."""
Work = Callable[[Connection], None]


@dataclass
class Open:
    """A transaction that is not ended yet."""

    keys: set[tuple[str, int]]
    work: Work
    last: Work | None = None
    """What it does at its end, so that until then others may do the same."""
    touches_last: set[tuple[str, int]] = field(default_factory=set)
    """The records that `last` changes."""
    first_number: int = 0
    connection: Connection | None = None


class Clerks:
    """All clerks of a company; what they do is decided by one source of chance."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        *,
        invoices: bool,
        late: float = 0.12,
        kinds: Mapping[str, int] | None = None,
    ) -> None:
        """Take cobra, a connection to it that is kept, and how many leave their save open."""
        self.late = late
        self.kinds = kinds or (WITH_INVOICES if invoices else ADDRESSES_ONLY)
        self.engine = engine
        self.connection = connection
        self.mssql = engine.dialect.name == "mssql"
        self.invoices = invoices
        self.counts: Counter[str] = Counter()
        self.saves = 0
        self.open: list[Open] = []
        self.addresses: list[int] = []
        self.bills: list[int] = []
        self._number = 1000

    @property
    def events(self) -> int:
        """How often clerks have ended a transaction."""
        return self.counts.total()

    @property
    def open_keys(self) -> set[tuple[str, int]]:
        """The records that somebody has open."""
        return {key for one in self.open for key in one.keys}

    def begin(self, rng: random.Random) -> None:
        """Save the first customers."""
        for _ in range(4):
            self._insert_address(rng)
        for _ in range(2 if self.invoices else 0):
            self._write(rng)

    def act(self, rng: random.Random) -> None:
        """Do one thing."""
        if self.open and rng.random() < 0.25:
            self.end(rng, rng.choice(self.open))
            return
        self.do(rng.choices(list(self.kinds), list(self.kinds.values()))[0], rng)

    def do(self, kind: str, rng: random.Random) -> None:
        """Do one thing of this kind, if there is a record to do it with."""
        getattr(self, f"_{kind}")(rng)

    def end_all(self, rng: random.Random) -> None:
        """End every open transaction."""
        while self.open:
            self.end(rng, self.open[0])

    def end(self, rng: random.Random, one: Open) -> None:
        """Commit a transaction that was left open, or undo it."""
        self.open.remove(one)
        undone = rng.random() < 0.35
        self.counts["undone late" if undone else "committed late"] += 1
        if one.connection is not None:
            if one.last is not None and not undone:
                for other in [other for other in self.open if other.keys & one.touches_last]:
                    self.end(rng, other)  # one thread plays all clerks: none may wait for another
                one.last(one.connection)
            (one.connection.rollback if undone else one.connection.commit)()
            one.connection.close()
        elif not undone:
            with self.connection.begin():
                self._take_turn()
                before = self._newest()
                one.work(self.connection)
                if one.last is not None:
                    one.last(self.connection)
                renumber = text("UPDATE relay_outbox SET id = :own + id - :old WHERE id > :old")
                told = {"own": one.first_number, "old": before}
                self.connection.execute(renumber, told)

    def look(self) -> None:
        """Look which records there are: cobra was restored from a backup."""
        with self.connection.begin():
            for name, keys in (("ADDRESSES", self.addresses), ("INVOICES", self.bills)):
                query = text(f"SELECT ID FROM {self.table(name)}")
                keys[:] = self.connection.execute(query).scalars()

    def close_gaps(self) -> None:
        """Give every customer the town that is missing."""
        self._now(
            "gaps",
            lambda c: self._run(
                c, f"UPDATE {self.table('ADDRESSES')} SET CITY0 = 'Thun' WHERE CITY0 IS NULL"
            ),
        )

    def table(self, name: str) -> str:
        """Return a table's name for SQL text."""
        return f"dbo.{name}" if self.mssql else name

    # Addresses.

    def _insert_address(self, rng: random.Random) -> None:
        self._number += 1
        number = str(self._number)
        row = {
            "SAGENR0": number,
            "COMPANY1": rng.choice(FIRMS),
            "LASTNAME0": rng.choice(("Müller", "de Coulon", None)),
            "STREET0": f"Gasse {rng.randrange(99)}",
            "ZIP0": "3000",
            "CITY0": None if rng.random() < 0.1 else rng.choice(TOWNS),
            "PHONE0": self._version(),
            "TERMS0": "30",
            "ADDRTYPE0": rng.choice(("Kunde", "Kunde", "Kunde", "Lieferant")),
        }
        undone = len(self.addresses) >= 4 and rng.random() < 0.1
        self._now("insert", lambda c: self._insert(c, "ADDRESSES", row), undone=undone)
        if not undone:
            self.addresses += self._keys("ADDRESSES", "SAGENR0", number)

    def _edit(self, rng: random.Random) -> None:
        self._change_addresses(rng, 1)

    def _edit_many(self, rng: random.Random) -> None:
        self._change_addresses(rng, rng.randint(2, 6))

    def _change_addresses(self, rng: random.Random, count: int) -> None:
        free = self._free("address", self.addresses)
        keys = rng.sample(free, min(count, len(free)))
        if not keys:
            return
        kinds = (
            ("CITY0", rng.choice((*TOWNS, None))),
            ("COMPANY1", rng.choice(FIRMS)),
            ("STREET0", rng.choice(("Gasse", "Rue du Lac", None))),
            ("ADDRTYPE0", rng.choice(("Kunde", "Lieferant"))),
            ("DELETED0", rng.choice((0, 0, 1))),
        )
        column, value = rng.choice(kinds)
        if column == "DELETED0" and self.invoices:
            column, value = "CITY0", "Chur"
        marks = ", ".join(str(key) for key in keys)
        version = self._version()

        def work(connection: Connection) -> None:
            self._run(
                connection,
                f"UPDATE {self.table('ADDRESSES')} SET {column} = :value, PHONE0 = :version"
                f" WHERE ID IN ({marks})",
                value=value,
                version=version,
            )

        self._somehow(rng, "edit", {("address", key) for key in keys}, work)

    def _delete(self, rng: random.Random) -> None:
        key = self._one(rng, "address", self.addresses)
        if key is None or len(self.addresses) < 3:
            return
        gone = f"DELETE FROM {self.table('ADDRESSES')} WHERE ID = {key}"
        self._now("delete", lambda c: self._run(c, gone))
        self.addresses.remove(key)

    def _reborn(self, rng: random.Random) -> None:
        """Delete an address and save it again under the same key, in one transaction."""
        key = self._one(rng, "address", self.addresses)
        if key is not None:
            row = self._row("ADDRESSES", key) | {"PHONE0": self._version()}
            self._now("reborn", lambda c: self._replace(c, key, row))

    def _rekey(self, rng: random.Random) -> None:
        """Give an address another key, which cobra never gives by itself, and another number."""
        key = self._one(rng, "address", self.addresses)
        if key is None:
            return
        self._number += 1
        new = -self._number
        row = self._row("ADDRESSES", key)
        row |= {"ID": new, "SAGENR0": str(self._number), "PHONE0": self._version()}
        self._now("rekey", lambda c: self._replace(c, key, row))
        self.addresses.remove(key)
        self.addresses.append(new)

    def _replace(self, connection: Connection, key: int, row: dict[str, Any]) -> None:
        table = self.table("ADDRESSES")
        if not self.mssql and row["ID"] != key:
            told = ", ".join(f"{name} = :{name}" for name in row)
            self._run(connection, f"UPDATE {table} SET {told} WHERE ID = {key}", **row)
            return
        self._run(connection, f"DELETE FROM {table} WHERE ID = {key}")
        if self.mssql:
            self._run(connection, f"SET IDENTITY_INSERT {table} ON")
        self._insert(connection, "ADDRESSES", row)
        if self.mssql:
            self._run(connection, f"SET IDENTITY_INSERT {table} OFF")

    # Invoices.

    def _write(self, rng: random.Random) -> None:
        """Begin an invoice: a draft, with the header saved before its positions or after."""
        if not self.addresses:
            return
        number = str(20_000_000 + self._number)
        self._number += 1
        header = {
            "NUMBER": number,
            "KIND": "R",
            "ADDRESSID": rng.choice(self.addresses),
            "INVOICEDATE": _day(rng),
            "MANDANT": 1,
            "TERMS": "30",
            "SUBJECT": self._version(),
        }
        self._now("draft", lambda c: self._insert(c, "INVOICES", header))
        (key,) = self._keys("INVOICES", "NUMBER", number)
        self.bills.append(key)
        count = rng.randint(1, 3)
        self._now("positions", lambda c: self._add(c, key, rng, count))
        if rng.random() < 0.8:
            self._now("print", lambda c: self._print_out(c, key))

    def _print(self, rng: random.Random) -> None:
        self._bill(rng, "print", self._print_out)

    def _unprint(self, rng: random.Random) -> None:
        self._bill(rng, "unprint", lambda c, key: self._header(c, key, PRINTEDON=None))

    def _cancel(self, rng: random.Random) -> None:
        self._bill(rng, "cancel", lambda c, key: self._header(c, key, CANCELLED=1))

    def _restore(self, rng: random.Random) -> None:
        self._bill(rng, "restore", lambda c, key: self._header(c, key, CANCELLED=0))

    def _redate(self, rng: random.Random) -> None:
        day = _day(rng)
        self._bill(rng, "redate", lambda c, key: self._header(c, key, INVOICEDATE=day))

    def _repoint(self, rng: random.Random) -> None:
        if self.addresses:
            other = rng.choice(self.addresses)
            self._bill(rng, "repoint", lambda c, key: self._header(c, key, ADDRESSID=other))

    def _extend(self, rng: random.Random) -> None:
        self._bill(rng, "extend", lambda c, key: self._add(c, key, random.Random(key), 1))  # noqa: S311 - repeatable chance

    def _correct(self, rng: random.Random) -> None:
        net, account = Decimal(rng.randint(1, 500_000)) * CENT, rng.choice(ACCOUNTS)

        def change(connection: Connection, key: int) -> None:
            positions = self.table("POSITIONS")
            first = f"(SELECT MIN(ID) FROM {positions} WHERE INVOICEID = {key})"
            change = f"UPDATE {positions} SET NET = :net, ACCOUNT = :account WHERE ID = {first}"
            self._run(connection, change, net=str(net), account=account)

        def both(connection: Connection, key: int) -> None:
            change(connection, key)
            self._header(connection, key)

        key = self._one(rng, "invoice", self.bills)
        positions = {("positions", key or 0)}
        if key is None or positions & self.open_keys:
            return
        if rng.random() < self.late and len(self.open) < 3:
            # Position first, header at the end: in between others can save the header.
            header = ("invoice", key)
            one = Open(
                positions, lambda c: change(c, key), lambda c: self._header(c, key), {header}
            )
            self._leave_open(one)
        else:
            self._bill(rng, "correct", both)

    def _drop(self, rng: random.Random) -> None:
        """Delete an invoice with its positions."""
        key = self._one(rng, "invoice", self.bills)
        if key is None or ("positions", key) in self.open_keys:
            return

        def work(connection: Connection) -> None:
            positions, invoices = self.table("POSITIONS"), self.table("INVOICES")
            self._run(connection, f"DELETE FROM {positions} WHERE INVOICEID = {key}")
            self._run(connection, f"DELETE FROM {invoices} WHERE ID = {key}")

        self._now("drop", work)
        self.bills.remove(key)

    def _bill(
        self, rng: random.Random, kind: str, change: Callable[[Connection, int], None]
    ) -> None:
        key = self._one(rng, "invoice", self.bills)
        has_positions_open = ("positions", key) in self.open_keys
        if key is not None and not (has_positions_open and kind in ("correct", "extend")):
            self._somehow(rng, kind, {("invoice", key)}, lambda c: change(c, key))

    def _print_out(self, connection: Connection, key: int) -> None:
        self._header(connection, key, PRINTEDON="2026-01-31 10:30:00")

    def _add(self, connection: Connection, key: int, rng: random.Random, count: int) -> None:
        for _ in range(count):
            row = {
                "INVOICEID": key,
                "NET": str(Decimal(rng.randint(1, 500_000)) * CENT),
                "VATCODE": rng.choice(list(RATES)),
                "ACCOUNT": rng.choice(ACCOUNTS),
                "TEXT": "Leistung",
            }
            self._insert(connection, "POSITIONS", row)
        self._header(connection, key)

    def _header(self, connection: Connection, key: int, **columns: Any) -> None:
        """Change a header: its total is what the positions say, its subject counts the saves."""
        query = f"SELECT ID, VATCODE, NET FROM {self.table('POSITIONS')} WHERE INVOICEID = {key}"
        rows = connection.execute(text(query)).all()
        positions = {row.ID: (row.VATCODE, Decimal(str(row.NET))) for row in rows}
        gross = Draft(key, "", positions).gross()
        told = columns | {"GROSS": str(gross), "SUBJECT": self._version()}
        changes = ", ".join(f"{name} = :{name}" for name in told)
        change = f"UPDATE {self.table('INVOICES')} SET {changes} WHERE ID = {key}"
        self._run(connection, change, **told)

    # Transactions.

    def _somehow(
        self, rng: random.Random, kind: str, keys: set[tuple[str, int]], work: Work
    ) -> None:
        """Commit at once, undo, or leave open and end later."""
        chance = rng.random()
        if chance < self.late and len(self.open) < 3:
            self._leave_open(Open(keys, work))
        else:
            self._now(kind, work, undone=chance > 1 - UNDONE)

    def _now(self, kind: str, work: Work, *, undone: bool = False) -> None:
        with self.connection.begin() as transaction:
            self._take_turn()
            work(self.connection)
            if undone:
                transaction.rollback()
        self.counts["undone" if undone else kind] += 1

    def _leave_open(self, one: Open) -> None:
        if self.mssql:
            one.connection = self.engine.connect()
            one.work(one.connection)
        else:
            with self.connection.begin():
                self._take_turn()
                one.first_number = self._newest() + 1
                taken = text("UPDATE sqlite_sequence SET seq = :seq WHERE name = 'relay_outbox'")
                self.connection.execute(taken, {"seq": one.first_number + RESERVED})
        self.open.append(one)

    def _take_turn(self) -> None:
        """Be SQLite's one writer before anything is read: a reader cannot become it later."""
        if not self.mssql:
            self._run(self.connection, "UPDATE sqlite_sequence SET seq = seq WHERE 1 = 0")

    def _newest(self) -> int:
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'relay_outbox'"
        return int(self.connection.execute(text(query)).scalar() or 0)

    def _version(self) -> str:
        self.saves += 1
        return f"v{self.saves}"

    def _free(self, entity: str, keys: Collection[int]) -> list[int]:
        return [key for key in keys if (entity, key) not in self.open_keys]

    def _one(self, rng: random.Random, entity: str, keys: Collection[int]) -> int | None:
        free = self._free(entity, keys)
        return rng.choice(free) if free else None

    def _keys(self, table: str, column: str, value: str) -> list[int]:
        query = text(f"SELECT ID FROM {self.table(table)} WHERE {column} = :value")
        with self.connection.begin():
            return list(self.connection.execute(query, {"value": value}).scalars())

    def _row(self, table: str, key: int) -> dict[str, Any]:
        query = text(f"SELECT * FROM {self.table(table)} WHERE ID = {key}")
        with self.connection.begin():
            row = self.connection.execute(query).mappings().one()
        return {name: value for name, value in row.items() if value is not None}

    def _insert(self, connection: Connection, table: str, row: dict[str, Any]) -> None:
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self._run(connection, f"INSERT INTO {self.table(table)} ({names}) VALUES ({marks})", **row)

    def _run(self, connection: Connection, statement: str, **values: Any) -> None:
        connection.execute(text(statement), values)


ADDRESSES_ONLY = {
    "insert_address": 12, "edit": 50, "edit_many": 20, "delete": 5, "reborn": 7, "rekey": 6,
}  # fmt: skip
WITH_INVOICES = {
    "insert_address": 6, "edit": 20, "edit_many": 5, "write": 16, "print": 10, "unprint": 5,
    "cancel": 5, "restore": 6, "redate": 8, "repoint": 3, "extend": 8, "correct": 14, "drop": 2,
}  # fmt: skip


def _day(rng: random.Random) -> str:
    return str(FIRST_DAY + timedelta(days=rng.randrange(DAYS)))
