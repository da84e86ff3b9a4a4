"""Fills the databases of a measurement by a few statements, however many rows there are."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from relay.cobra.capture import install
from relay.database import dialect_of
from relay.settings import Settings
from tests.soak.running import open_books
from tests.world.databases import INVOICES, YEARS, Databases, make_databases, merged
from tests.world.servers import Server

ADDRESS = {
    "COMPANY1": "Käserei # AG",
    "COMPANY2": "Filiale Oberland",
    "SALUTATION0": "Frau",
    "LASTNAME0": "Müller",
    "FIRSTNAME0": "Zoë",
    "STREET0": "Dorfstrasse",
    "HOUSENO0": "#a",
    "ZIP0": "3550",
    "CITY0": "Langnau i. E.",
    "COUNTRY0": "CH",
    "LANGUAGE0": "deutsch",
    "PHONE0": "034 402 # 11",
    "TERMS0": "30",
    "ADDRTYPE0": "Kunde",
    "SAGENR0": "#",
}
"""A customer; each # stands for the record's key."""
INVOICE = {
    "ADDRESSID": "1",
    "NUMBER": "#",
    "KIND": "R",
    "INVOICEDATE": "2026-01-31",
    "DUEDATE": "2026-03-02",
    "PRINTEDON": "2026-01-31 10:30:00.000",
    "MANDANT": "1",
    "TERMS": "30",
    "SUBJECT": "Rechnung #",
    "GROSS": "515.39",
}
POSITIONS = (
    ("100.00", "3000", "normal", None),
    ("50.00", "3200", "normal", "KST1"),
    ("200.00", "3000", "reduced", None),
    ("80.00", "3200", "normal", "KST2"),
    ("60.00", "3000", "reduced", None),
)
"""Net, account, VAT and cost centre of an invoice's positions; together 490.00 and 25.39 of tax."""


class Stock:
    """Cobra and two Sage years with triggers, filled."""

    def __init__(self, server: Server, *, invoices: bool = False, **overrides: Any) -> None:
        """Create the databases and install the triggers; nothing is in them yet."""
        self.databases: Databases = make_databases(server)
        told = merged(INVOICES, overrides) if invoices else overrides
        self.settings: Settings = self.databases.settings(**told)
        self.mssql = server.dialect == "mssql"
        self.cobra: Engine = server.engine(self.databases.cobra)
        self.years: dict[str, Engine] = {
            name: server.engine(url) for name, url in zip(YEARS, self.databases.years, strict=True)
        }
        if invoices:
            for name, year in self.years.items():
                open_books(year, int(name[-4:]))

    def install(self) -> None:
        """Install the triggers: what is saved from now on is noticed."""
        url = self.databases.cobra
        install(dialect_of(url).engine(url, lock_timeout_ms=2000), self.settings)

    def table(self, name: str) -> str:
        """Return the name of one of cobra's tables in SQL text."""
        return f"dbo.{name}" if self.mssql else name

    def ours(self, name: str) -> str:
        """Return the name of one of the relay's tables in SQL text."""
        return f"relay.{name}" if self.mssql else f"relay_{name}"

    def addresses(self, count: int) -> None:
        """Save so many customers, numbered from 1."""
        with self.cobra.begin() as connection:
            self._fill(connection, "ADDRESSES", ADDRESS, count)

    def invoices(self, count: int, customers: int) -> None:
        """Save so many printed invoices of five positions, each customer in turn."""
        invoices, positions = self.table("INVOICES"), self.table("POSITIONS")
        with self.cobra.begin() as connection:
            self._fill(connection, "INVOICES", INVOICE, count)
            turn = f"UPDATE {invoices} SET ADDRESSID = 1 + ID % {customers}, NUMBER = 20260000 + ID"
            connection.execute(text(turn))
            for line, (net, account, vat, centre) in enumerate(POSITIONS, start=1):
                cost = "NULL" if centre is None else f"'{centre}'"
                connection.execute(
                    text(
                        f"INSERT INTO {positions} (INVOICEID, LINE, NET, ACCOUNT, VATCODE,"
                        f" COSTCENTRE) SELECT ID, {line}, {net}, '{account}', '{vat}', {cost}"
                        f" FROM {invoices}"
                    )
                )

    def notice(self, entity: str, first: int, last: int, operation: str = "insert") -> None:
        """Write a notice of each record from `first` to `last`, as the triggers do."""
        table = self.table("ADDRESSES" if entity == "address" else "INVOICES")
        with self.cobra.begin() as connection:
            connection.execute(
                text(
                    f"INSERT INTO {self.ours('outbox')} (entity, entity_key, operation)"
                    f" SELECT '{entity}', CAST(ID AS varchar(20)), '{operation}' FROM {table}"
                    f" WHERE ID BETWEEN {first} AND {last} ORDER BY ID"
                )
            )

    def finish(self, count: int) -> None:
        """Write so many finished entries of other records, delivered to both years."""
        if not count:
            return
        outbox, delivery = self.ours("outbox"), self.ours("delivery")
        self._notices("F", count, "applied")
        with self.cobra.begin() as connection:
            for year in self.years:
                connection.execute(
                    text(
                        f"INSERT INTO {delivery} (outbox_id, year, status, attempts, sage_key)"
                        f" SELECT id, '{year}', 'applied', 1, entity_key FROM {outbox}"
                    )
                )

    def hold(self, count: int) -> None:
        """Write so many held entries of other records."""
        if count:
            self._notices("H", count, "held")

    def _notices(self, letter: str, count: int, status: str) -> None:
        """Double the entries in an empty outbox until there are enough, each with its own key."""
        outbox = self.ours("outbox")
        columns = "entity, entity_key, operation, status, attempts, error_code, finished_at"
        now = "SYSUTCDATETIME()" if self.mssql else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        told = f"'{status}', 1, NULL, {now}"
        if status == "held":
            told = f"'{status}', 1, 'number_taken', NULL"
        with self.cobra.begin() as connection:
            one = f"VALUES ('address', '{letter}1', 'update', {told})"
            connection.execute(text(f"INSERT INTO {outbox} ({columns}) {one}"))
            there = 1
            while there < count:
                more = min(there, count - there)
                first, last = (f"TOP ({more})", "") if self.mssql else ("", f" LIMIT {more}")
                number = f"CAST({there} + ROW_NUMBER() OVER (ORDER BY id) AS varchar(20))"
                query = (
                    f"SELECT {first} 'address', REPLACE('{letter}#', '#', {number}), 'update',"
                    f" {told} FROM {outbox} ORDER BY id{last}"
                )
                connection.execute(text(f"INSERT INTO {outbox} ({columns}) {query}"))
                there += more

    @cached_property
    def clerk(self) -> Connection:
        """A clerk's own connection, which stays open."""
        return self.cobra.connect()

    def count(self, condition: str = "1 = 1") -> int:
        """Return how many entries fulfil a condition."""
        with self.cobra.connect() as connection:
            query = f"SELECT COUNT(*) FROM {self.ours('outbox')} WHERE {condition}"
            return int(connection.execute(text(query)).scalar_one())

    def _fill(self, connection: Connection, name: str, row: dict[str, str], count: int) -> None:
        """Double the rows until there are enough, then put each row's key where # stands."""
        table, names = self.table(name), ", ".join(row)
        marks = ", ".join(f":{column}" for column in row)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
        there = 1
        while there < count:
            more = f"SELECT {names} FROM {table} WHERE ID <= {min(there, count - there)}"
            connection.execute(text(f"INSERT INTO {table} ({names}) {more}"))
            there *= 2
        told = ", ".join(
            f"{column} = REPLACE({column}, '#', CAST(ID AS varchar(20)))"
            for column, value in row.items()
            if "#" in value
        )
        connection.execute(text(f"UPDATE {table} SET {told}"))
