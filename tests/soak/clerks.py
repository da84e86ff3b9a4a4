"""Clerks who save addresses in cobra at the same time: one and many, hot ones, some undone."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.database import Failure, dialect_of

HOT = 12
"""Records that all clerks edit again and again."""
TOWNS = ("Bern", "Zürich", "Genève", "Lugano", "Langnau i. E.", "Neuchâtel", "St. Gallen")
FIRMS = ("Käserei Müller AG", "Garage O'Neill", "Łukasz & Söhne", "Pâtisserie Zoë", "Bar [x] %")
COLUMNS = ("SAGENR0", "COMPANY1", "LASTNAME0", "STREET0", "ZIP0", "CITY0", "PHONE0", "ADDRTYPE0")
UNDONE = 0.08
"""The part of saves that a clerk cancels."""


class Office:
    """What the clerks share: the records they know, the numbers they give, and the count."""

    def __init__(self, cobra: Engine, target: int) -> None:
        """Take cobra's database and the number of changes that are asked for."""
        self.cobra = cobra
        self.mssql = cobra.dialect.name == "mssql"
        self.table = "dbo.ADDRESSES" if self.mssql else "ADDRESSES"
        self.target = target
        self.counts: Counter[str] = Counter()
        self.hot: dict[int, str] = {}
        self.progress: Callable[[], float] = lambda: 1.0
        """How much of the killing is done: clerks slow down who are far ahead of it."""
        self._numbers = itertools.count(1001)
        self._guard = Lock()

    def numbers(self, count: int) -> list[str]:
        """Give address numbers that nobody has."""
        with self._guard:
            return [str(next(self._numbers)) for _ in range(count)]

    def count(self, counts: Counter[str]) -> None:
        """Count changes that were committed."""
        with self._guard:
            self.counts += counts

    @property
    def changes(self) -> int:
        """The rows that committed statements have changed."""
        return sum(self.counts[kind] for kind in ("insert", "update", "delete"))

    def open_hot_records(self, rng: random.Random) -> None:
        """Save the records that everybody will edit."""
        clerk = Clerk(self, rng)
        with self.cobra.connect() as connection:
            with connection.begin():
                numbers = clerk.insert(connection, HOT)
            self.hot = {key: n for n in numbers for key in clerk.find(connection, [n])}
        self.count(clerk.done)

    def close_gaps(self) -> None:
        """Give every address the town that it lacks, so that nothing has to wait any more."""
        with self.cobra.begin() as connection:
            connection.execute(
                text(f"UPDATE {self.table} SET CITY0 = :town WHERE CITY0 IS NULL"), {"town": "Thun"}
            )


class Clerk:
    """One clerk with records of their own; the hot ones belong to all."""

    def __init__(self, office: Office, rng: random.Random) -> None:
        """Take the shared office, and a source of chance of one's own."""
        self.office = office
        self.done: Counter[str] = Counter()
        self._rng = rng
        self._mine: list[int] = []

    def work(self, stop: Event) -> None:
        """Save until the target is reached and the killing is over."""
        with self.office.cobra.connect() as connection:
            self._work(connection, stop)

    def _work(self, connection: Connection, stop: Event) -> None:
        office = self.office
        while not stop.is_set():
            ahead = office.changes / office.target - office.progress()
            if ahead >= 0 and office.progress() >= 1:
                return
            self._save(connection)
            # Far ahead of the killing: slower, but never idle.
            stop.wait(self._rng.uniform(0, 0.01 if ahead <= 0.05 else min(3, 20 * ahead)))

    def _save(self, connection: Connection) -> None:
        """Run one transaction: one to three statements, now and then undone."""
        self.done = Counter()
        undone = self._rng.random() < UNDONE
        mine, added = list(self._mine), []
        try:
            with connection.begin() as transaction:
                for _ in range(self._rng.choice((1, 1, 1, 2, 3))):
                    added += self._statement(connection)
                if undone:
                    transaction.rollback()
        except DBAPIError as error:
            # Two clerks with the same records in another order; never the relay's doing.
            if dialect_of(self.office.cobra).failure(error) is not Failure.LOCKED:
                raise
            self.done, undone = Counter(retried=1), True
        if undone:
            self._mine = mine
            self.done = Counter(undone=1) if "retried" not in self.done else self.done
        elif added:
            self._mine += self.find(connection, added)
        self.office.count(self.done)

    def _statement(self, connection: Connection) -> list[str]:
        kind = self._rng.choices(
            ("one", "many", "hot", "insert", "inserts", "delete", "deletes", "reborn"),
            (30, 10, 25, 15, 4, 3, 1, 3),
        )[0]
        if kind == "hot":
            self.update(connection, [self._hot_one()])
        elif kind == "reborn":
            self._reborn(connection, self._hot_one())
        elif kind in ("insert", "inserts") or len(self._mine) < 60:
            return self.insert(connection, 1 if kind == "insert" else self._rng.randint(2, 20))
        elif kind in ("one", "many"):
            count = 1 if kind == "one" else self._rng.randint(2, 40)
            self.update(connection, self._rng.sample(self._mine, count))
        else:
            self._delete(connection, 1 if kind == "delete" else self._rng.randint(2, 10))
        return []

    def insert(self, connection: Connection, count: int) -> list[str]:
        """Save new addresses with one statement; returns their numbers."""
        numbers = self.office.numbers(count)
        rows: list[str] = []
        values: dict[str, Any] = {}
        for i, number in enumerate(numbers):
            row = self._address(number)
            rows.append("(" + ", ".join(f":{c}_{i}" for c in COLUMNS) + ")")
            values |= {f"{c}_{i}": row[c] for c in COLUMNS}
        into = f"INSERT INTO {self.office.table} ({', '.join(COLUMNS)}) VALUES "
        connection.execute(text(into + ", ".join(rows)), values)
        self.done["insert"] += count
        return numbers

    def find(self, connection: Connection, numbers: list[str]) -> list[int]:
        """Return the keys of the addresses with these numbers."""
        marks, values = _marks(numbers)
        query = text(f"SELECT ID FROM {self.office.table} WHERE SAGENR0 IN ({marks})")
        with connection.begin():
            return list(connection.execute(query, values).scalars())

    def update(self, connection: Connection, keys: list[int]) -> None:
        """Change something of these addresses with one statement."""
        column, value = self._rng.choice(
            (
                ("CITY0", self._rng.choice((*TOWNS, None))),
                ("COMPANY1", self._rng.choice(FIRMS)),
                ("STREET0", self._rng.choice(("Gasse", "Rue du Lac", "", None))),
                ("PHONE0", f"031 {self._rng.randrange(10**6):06}"),
                ("PHONE0", f"031 {self._rng.randrange(10**6):06}"),
                ("ADDRTYPE0", self._rng.choice(("Kunde", "Kunde", "Lieferant"))),
                ("DELETED0", self._rng.choice((0, 0, 1))),
            )
        )
        marks, values = _marks(keys)
        change = f"UPDATE {self.office.table} SET {column} = :value WHERE ID IN ({marks})"
        done = connection.execute(text(change), values | {"value": value})
        self.done["update"] += max(done.rowcount, 0)

    def _delete(self, connection: Connection, count: int) -> None:
        marks, values = _marks([self._mine.pop() for _ in range(count)])
        done = connection.execute(
            text(f"DELETE FROM {self.office.table} WHERE ID IN ({marks})"), values
        )
        self.done["delete"] += max(done.rowcount, 0)

    def _reborn(self, connection: Connection, key: int) -> None:
        """Delete an address and save it again under the same key, as an import may do."""
        table, mssql = self.office.table, self.office.mssql
        gone = connection.execute(text(f"DELETE FROM {table} WHERE ID = :key"), {"key": key})
        if gone.rowcount != 1:
            return
        row = self._address(self.office.hot[key]) | {"ID": key}
        names = ", ".join(row)
        again = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{n}' for n in row)})"
        if mssql:
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {table} ON")
        connection.execute(text(again), row)
        if mssql:
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {table} OFF")
        self.done += Counter(insert=1, delete=1)

    def _hot_one(self) -> int:
        return self._rng.choice(list(self.office.hot))

    def _address(self, number: str) -> dict[str, Any]:
        return {
            "SAGENR0": number,
            "COMPANY1": self._rng.choice(FIRMS),
            "LASTNAME0": self._rng.choice(("Müller", "de Coulon", "Bernasconi", None)),
            "STREET0": f"Gasse {self._rng.randrange(99)}",
            "ZIP0": f"{self._rng.randrange(1000, 9999)}",
            "CITY0": self._rng.choice(TOWNS),
            "PHONE0": None,
            "ADDRTYPE0": self._rng.choice(("Kunde", "Kunde", "Kunde", "Lieferant")),
        }


def start(office: Office, clerks: int, seed: int, stop: Event) -> Iterator[Thread]:
    """Start the clerks, each with chance of their own."""
    for number in range(clerks):
        clerk = Clerk(office, random.Random(f"{seed}/{number}"))  # noqa: S311 - repeatable chance
        thread = Thread(target=clerk.work, args=[stop], name=f"clerk-{number}", daemon=True)
        thread.start()
        yield thread


def _marks(values: list[Any]) -> tuple[str, dict[str, Any]]:
    return ", ".join(f":v{i}" for i in range(len(values))), {
        f"v{i}": value for i, value in enumerate(values)
    }
