"""Clerks whose customers have names of their own, so that one can be looked for everywhere."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from tests.crash.clerks import FIRMS, Clerks

OPEN = "('pending', 'retrying', 'waiting', 'held')"


def texts_of(number: str) -> tuple[str, ...]:
    """Return what names the person who has an address number, and nobody else."""
    return f"Quirinalis {number}", f"Schnurrgasse {number}"


class PersonalClerks(Clerks):
    """They also delete customers that are done with, and save one that was erased once more."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Take what all clerks take."""
        super().__init__(*args, **more)
        self.numbers: dict[int, str] = {}
        """Key to the number of every address that there ever was."""
        self._ours = "relay." if self.mssql else "relay_"

    def depart(self, rng: random.Random) -> int | None:
        """Delete a customer with whom nothing is going on; returns the key, if there is one.

        The invoices stay as they are from then on.
        """
        key = self._one(rng, "address", self.addresses)
        if key is None or len(self.addresses) < 3:
            return None
        bills = self.bills_of(key)
        busy = self.open_keys & {(kind, n) for n in bills for kind in ("invoice", "positions")}
        if busy or (bills and self.is_open(key)):
            return None
        gone = f"DELETE FROM {self.table('ADDRESSES')} WHERE ID = {key}"
        self._now("delete", lambda c: self._run(c, gone))
        self.addresses.remove(key)
        self.bills = [bill for bill in self.bills if bill not in bills]
        return key

    def come_back(self, rng: random.Random, key: int) -> None:
        """Save an address again under the key and number that it had."""
        number = self.numbers[key]
        row = {"ID": key, "SAGENR0": number, "COMPANY1": rng.choice((*FIRMS, None))}
        row |= {"ZIP0": "3000", "CITY0": rng.choice(("Thun", None)), "PHONE0": self._version()}
        row["ADDRTYPE0"] = rng.choice(("Kunde", "Kunde", "Lieferant"))
        self._now("return", lambda c: self._replace(c, key, row))
        if not self.invoices and key not in self.addresses:
            self.addresses.append(key)

    def bills_of(self, key: int) -> list[int]:
        """Return the invoices that cobra has to an address."""
        return self.ask(f"SELECT ID FROM {self.table('INVOICES')} WHERE ADDRESSID = {key}")

    def stands(self, key: int) -> bool:
        """Tell whether cobra has the address, and not only its remains."""
        query = f"SELECT DELETED0 FROM {self.table('ADDRESSES')} WHERE ID = {key}"
        return any(not deleted for deleted in self.ask(query))

    def is_open(self, key: int, more: frozenset[str] = frozenset()) -> bool:
        """Tell whether an entry of the address, its invoices or `more` invoices is open."""
        bills = {*map(str, self.bills_of(key)), *more}
        wanted = [("address", str(key)), *(("invoice", bill) for bill in bills)]
        query = f"SELECT entity, entity_key FROM {self._ours}outbox WHERE status IN {OPEN}"
        with self.connection.begin():
            rows = {(row.entity, row.entity_key) for row in self.connection.execute(text(query))}
        return any(record in rows for record in wanted)

    def ask(self, query: str) -> list[Any]:
        """Return the first column of what a query finds in cobra."""
        with self.connection.begin():
            return list(self.connection.execute(text(query)).scalars())

    def _repoint(self, rng: random.Random) -> None:
        """Never leave it open: the other customer may be deleted in between."""
        late, self.late = self.late, 0.0
        super()._repoint(rng)
        self.late = late

    def _insert(self, connection: Connection, table: str, row: dict[str, Any]) -> None:
        super()._insert(connection, table, _named(row) if table == "ADDRESSES" else row)

    def _replace(self, connection: Connection, key: int, row: dict[str, Any]) -> None:
        self.numbers[row["ID"]] = row["SAGENR0"]
        super()._replace(connection, key, _named(row))

    def _keys(self, table: str, column: str, value: str) -> list[int]:
        keys = super()._keys(table, column, value)
        if table == "ADDRESSES":
            self.numbers |= dict.fromkeys(keys, value)
        return keys


def _named(row: dict[str, Any]) -> dict[str, Any]:
    name, street = texts_of(row["SAGENR0"])
    return row | {"LASTNAME0": name, "STREET0": street}
