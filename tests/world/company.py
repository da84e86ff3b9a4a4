"""Lets tests of the relay act as clerks in cobra, drain, and look at what Sage then holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from relay.cobra.capture import install
from relay.cobra.tables import source_tables
from relay.database import dialect_of
from relay.database.reflection import column_named, read_table
from relay.engine.apply import Milestone
from relay.engine.service import drain_until_empty, nothing
from relay.sage.reference import REFERENCE
from relay.sage.tables import target_tables
from relay.settings import Settings
from tests.world.databases import YEARS, Databases
from tests.world.odd_sages import read_by_tag, write_by_tag

CUSTOMER = {
    "COMPANY1": "Käserei Müller AG",
    "LASTNAME0": "Müller",
    "FIRSTNAME0": "Zoë",
    "STREET0": "Dorfstrasse",
    "HOUSENO0": "7a",
    "ZIP0": "3550",
    "CITY0": "Langnau i. E.",
    "COUNTRY0": "CH",
    "LANGUAGE0": "deutsch",
    "PHONE0": "034 402 11 11",
    "ADDRTYPE0": "Kunde",
}


class CrashError(BaseException):
    """Stands for the relay's death at a step's boundary: nothing that runs survives it."""


class World:
    """Cobra with triggers, two Sage years, and a clerk."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        """Install the triggers for the settings."""
        self.databases = databases
        self.settings: Settings = databases.settings(**overrides)
        self.cobra: Engine = databases.server.engine(databases.cobra)
        self.sage: dict[str, Engine] = {
            name: databases.server.engine(url)
            for name, url in zip(YEARS, databases.years, strict=True)
        }
        self.dialect = dialect_of(databases.cobra)
        install(self.relay_engine(), self.settings)
        self.addresses = _table(self.cobra, "ADDRESSES")
        self._id = column_named(self.addresses, "ID")
        self.outbox = source_tables(self.dialect.name)
        self.ledger = target_tables(self.dialect.name)
        self._next = 1000

    def relay_engine(self) -> Engine:
        """Return an engine as the relay builds it."""
        return self.dialect.engine(self.databases.cobra, lock_timeout_ms=2000)

    def add(self, **columns: Any) -> str:
        """Save a new customer, as a clerk does; returns the record's key."""
        self._next += 1
        row = CUSTOMER | {"SAGENR0": str(self._next)} | columns
        with self.cobra.begin() as connection:
            connection.execute(insert(self.addresses).values(_typed(self.addresses, row)))
            key = connection.execute(
                select(self._id).order_by(self._id.desc()).limit(1)
            ).scalar_one()
        return str(key)

    def add_as(self, key: str, **columns: Any) -> str:
        """Save a new customer under a key that cobra gives once more; returns the key."""
        row = CUSTOMER | {"ID": int(key)} | columns
        with self.cobra.begin() as connection:
            name = "dbo.ADDRESSES"
            if self.dialect.name == "mssql":
                connection.exec_driver_sql(f"SET IDENTITY_INSERT {name} ON")
            connection.execute(insert(self.addresses).values(_typed(self.addresses, row)))
            if self.dialect.name == "mssql":
                connection.exec_driver_sql(f"SET IDENTITY_INSERT {name} OFF")
        return key

    def change(self, key: str, **columns: Any) -> None:
        """Edit a customer."""
        with self.cobra.begin() as connection:
            self.change_in(connection, key, **columns)

    def change_in(self, connection: Connection, key: str, **columns: Any) -> None:
        """Edit a customer in a transaction that the test ends."""
        values = _typed(self.addresses, columns)
        connection.execute(update(self.addresses).where(self._id == int(key)).values(values))

    def remove(self, key: str) -> None:
        """Delete a customer."""
        with self.cobra.begin() as connection:
            connection.execute(delete(self.addresses).where(self._id == int(key)))

    def drain(self, milestone: Milestone = nothing) -> int:
        """Move all that is due, as `relay drain` does."""
        return drain_until_empty(self.settings, milestone=milestone)

    def crash_at(self, name: str, occurrence: int = 1) -> bool:
        """Drain, dying at the given boundary; returns whether it was reached."""
        seen = 0

        def die(reached: str) -> None:
            nonlocal seen
            seen += reached == name
            if reached == name and seen == occurrence:
                raise CrashError(name)

        try:
            self.drain(die)
        except CrashError:
            return True
        return False

    def entries(self, key: str | None = None) -> list[Any]:
        """Return the outbox, oldest first."""
        o = self.outbox.outbox
        query = select(o).order_by(o.c.id)
        if key is not None:
            query = query.where(o.c.entity_key == key)
        with self.cobra.connect() as connection:
            return list(connection.execute(query).all())

    def statuses(self, key: str | None = None) -> list[str]:
        """Return the statuses of the entries, oldest first."""
        return [entry.status for entry in self.entries(key)]

    def deliveries(self, key: str, year: str) -> list[Any]:
        """Return a record's deliveries to a year, oldest entry first."""
        d = self.outbox.delivery
        ids = [entry.id for entry in self.entries(key)]
        query = select(d).where(d.c.outbox_id.in_(ids), d.c.year == year).order_by(d.c.outbox_id)
        with self.cobra.connect() as connection:
            return list(connection.execute(query).all())

    def in_sage(self, year: str) -> dict[str, dict[str, Any]]:
        """Return Sage's addresses of a year: number to row, without empty columns."""
        if self.databases.odd is None:
            return sage_rows(self.sage[year])
        rows = read_by_tag(self.sage[year], self.settings, year, "Adr")
        return {row["AdrId"]: {k: v for k, v in row.items() if v is not None} for row in rows}

    def book(self, year: str, table: str) -> list[dict[str, Any]]:
        """Return one of Sage's tables in a year: rows by tag, amounts as texts."""
        if self.databases.odd is not None:
            found_rows = read_by_tag(self.sage[year], self.settings, year, table)
            return [
                {t: f"{v:.2f}" if isinstance(v, Decimal) else v for t, v in r.items()}
                for r in found_rows
            ]
        with self.sage[year].connect() as connection:
            found = read_table(connection, dialect_of(self.sage[year]).locate(table, None))
            columns = [column_named(found, tag).label(tag) for tag in REFERENCE[table]]
            rows = connection.execute(select(*columns)).mappings().all()
        return [{t: str(v) if isinstance(v, Decimal) else v for t, v in r.items()} for r in rows]

    def write_sage(self, year: str, table: str, **columns: Any) -> None:
        """Write a row into one of Sage's tables, as a bookkeeper in Sage does."""
        if self.databases.odd is not None:
            write_by_tag(self.sage[year], self.settings, year, table, columns)
            return
        with self.sage[year].begin() as connection:
            found = _table(self.sage[year], table)
            connection.execute(insert(found).values(_typed(found, columns)))

    def rows(self, year: str, table: Table) -> list[Any]:
        """Return all rows of one of the relay's tables in a year."""
        with self.sage[year].connect() as connection:
            return list(connection.execute(select(table)).all())

    def links(self, year: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Return a year's links: key to number and content."""
        rows = self.rows(year, self.ledger.link)
        return {row.entity_key: (row.number, orjson.loads(row.content)) for row in rows}

    def assert_nothing_double(self) -> None:
        """Each applied entry has one ledger row in each year, and no other entry has one."""
        done = {e.uid for e in self.entries() if e.status == "applied"}
        for year in YEARS:
            ledgered = [row.uid for row in self.rows(year, self.ledger.applied)]
            assert len(ledgered) == len(set(ledgered))
            assert set(ledgered) == done

    def assert_one_ledger_row_each(self) -> None:
        """Each applied entry that cobra knows has exactly one ledger row in each year."""
        done = {e.uid for e in self.entries() if e.status == "applied"}
        for year in YEARS:
            ledgered = [row.uid for row in self.rows(year, self.ledger.applied)]
            assert len(ledgered) == len(set(ledgered))
            assert done <= set(ledgered)


def _typed(table: Table, columns: dict[str, Any]) -> dict[Any, Any]:
    return {column_named(table, name): value for name, value in columns.items()}


def sage_rows(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return Sage's addresses: number to row, by tag, without empty columns."""
    table = _table(engine, "Adr")
    columns = {tag: column_named(table, tag) for tag in REFERENCE["Adr"]}
    with engine.connect() as connection:
        rows = connection.execute(select(*(c.label(t) for t, c in columns.items()))).mappings()
        return {row["AdrId"]: {k: v for k, v in row.items() if v is not None} for row in rows}


def _table(engine: Engine, name: str) -> Table:
    with engine.connect() as connection:
        return read_table(connection, dialect_of(engine).locate(name, None))
