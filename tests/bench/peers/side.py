"""One way of carrying changes of addresses from cobra's table into Sage's."""

from __future__ import annotations

import random
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from tests.bench.baseline import SENT
from tests.bench.peers.counting import Change, Kept, kept

BATCH = 500
"""How many changes each side takes at a time, as the relay does by default."""
FIRST = "034 0000000"
"""The phone number of all before anything is changed; in its place comes the change's number."""
ARRIVALS = """
CREATE TABLE arrivals (id INTEGER PRIMARY KEY, address TEXT, phone TEXT);
CREATE TRIGGER arrived AFTER UPDATE OF TelB ON Adr BEGIN
    INSERT INTO arrivals (address, phone) VALUES (new.AdrId, new.TelB);
END;
"""
"""The target's own log."""
WRITE = f"UPDATE Adr SET {', '.join(f'{tag} = ?' for tag in SENT)} WHERE AdrId = ?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a side works: cobra's file, Sage's, and a folder of its own."""

    source: Path
    target: Path
    folder: Path


class Side(ABC):
    """Saves, carries over and counts; each process opens its own."""

    name: ClassVar[str]
    lacks: ClassVar[str]
    """What it does not do, for the report."""

    def __init__(self, place: Place) -> None:
        """Connect to both files; what a side needs in them it makes if it is not there."""
        self.place = place
        self.open = ExitStack()
        self.source = _connected(place.source)
        self.target = _connected(place.target)
        self.open.callback(self.source.close)
        self.open.callback(self.target.close)

    def save(self, change: Change) -> None:
        """Commit a change of one address, as a program that uses this side does."""
        with transaction(self.source):
            self.update(change)

    def update(self, change: Change) -> None:
        """Write a change into cobra's table."""
        self.source.execute(
            "UPDATE ADDRESSES SET PHONE0 = ? WHERE ID = ?",
            (phone(change.number), int(change.address)),
        )

    @abstractmethod
    def carry(self) -> None:
        """Carry over all that is due."""

    @abstractmethod
    def run(self) -> None:
        """Carry over all that comes, as a process does until it is killed."""

    @abstractmethod
    def left(self) -> int:
        """Return how much is not carried over yet."""

    def ledger(self) -> Mapping[str, int] | None:
        """Return how many changes of each address the target knows, if it keeps a list of them."""
        return None

    def kept(self, changes: list[Change]) -> Kept:
        """Compare the target with what was saved of these changes."""
        arrivals = self.target.execute("SELECT phone, address FROM arrivals ORDER BY id")
        arrived = [Change(number(told), address) for told, address in arrivals]
        shown = self.target.execute("SELECT AdrId, TelB FROM Adr")
        stands = {address: number(told) for address, told in shown}
        return kept(changes[: self.saved()], arrived, stands, self.ledger())

    def saved(self) -> int:
        """Return the number of the last change that a clerk committed."""
        ((told,),) = self.source.execute("SELECT MAX(PHONE0) FROM ADDRESSES")
        return number(told)

    def content(self, change: Change) -> list[str]:
        """Return an address after a change, as its values in `WRITE`."""
        values = self._contents[change.address] | {"TelB": phone(change.number)}
        return [*(values[tag] for tag in SENT), change.address]

    @cached_property
    def _contents(self) -> dict[str, dict[str, str]]:
        """What Sage held of each address at the beginning; a clerk's program knows it by heart."""
        rows = self.target.execute(f"SELECT AdrId, {', '.join(SENT)} FROM Adr")
        return {row[0]: dict(zip(SENT, row[1:], strict=True)) for row in rows}


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def changes_of(count: int, addresses: int) -> list[Change]:
    """Return so many changes, each of some address: the same at every call."""
    rng = random.Random(1)  # noqa: S311 - repeatable chance
    return [Change(at, str(rng.randint(1, addresses))) for at in range(1, count + 1)]


def phone(change: int) -> str:
    """Return the phone number that a change writes; that of a later one is greater."""
    return f"034 {change:07}"


def number(told: str) -> int:
    """Return the change that wrote a phone number."""
    return int(told.removeprefix("034 "))


def _connected(path: Path) -> sqlite3.Connection:
    """Return a connection that waits for other writers, and for the disk as the relay does."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
