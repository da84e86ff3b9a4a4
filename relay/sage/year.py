"""Knows a Sage year's database: its fence, its ledger and its links."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    CompoundSelect,
    Select,
    Table,
    insert,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, StatementError

from relay.base.errors import FenceLost, Unavailable
from relay.base.values import Entry, Record
from relay.database import (
    Dialect,
    Failure,
    among,
    chunks,
    days_ago,
    dialect_of,
    in_capitals,
    listed,
    rows_among,
)
from relay.database.base import Rows
from relay.database.connecting import close_connection, open_connection
from relay.database.hints import PASSING, Locked, hinted, seeking
from relay.sage.counters import CounterRow
from relay.sage.layout import SageTable, sage_table
from relay.sage.port import Peer
from relay.sage.reference import known_tags
from relay.sage.tables import Queries, TargetTables, queries, target_tables
from relay.settings import Profile, Year

PURGED = 1000
"""Ledger rows that one purge looks at."""


class SageYear:
    """One connection to one Sage year's database; a lost one is never repaired, but replaced."""

    def __init__(self, year: Year, engine: Engine, profile: Profile) -> None:
        """Connect; the layout of Sage's tables is read as it is asked for.

        Raises:
            Unavailable: the database cannot be reached or opened.
        """
        self.settings = year
        self.name = year.name
        self.dialect: Dialect = dialect_of(engine)
        self.tables: TargetTables = target_tables(self.dialect.name)
        self.queries: Queries = queries(self.dialect.name)
        self._profile = profile
        self.connection: Connection = open_connection(engine, f"Sage {year.name}")
        self._layout: dict[str, SageTable] = {}
        self._whole: dict[str, SageTable] = {}
        self._partner: Peer | None = None

    def close(self) -> None:
        """Let the connection go."""
        close_connection(self.connection)

    def sage_table(self, name: str) -> SageTable:
        """Return one of Sage's tables, read from the catalogue once for each connection."""
        if name not in self._layout:
            with self.connection.begin():
                layout = sage_table(self.connection, self._profile, name, self.settings)
                self._layout[name] = layout
        return self._layout[name]

    def whole_table(self, name: str) -> SageTable:
        """Return one of Sage's tables with all that it says, to be read in an open transaction.

        Raises:
            Refused: a column that the profile names is not there.
        """
        if name not in self._whole:
            self._whole[name] = sage_table(
                self.connection, self._profile, name, self.settings, known_tags(name)
            )
        return self._whole[name]

    @property
    def has_whole_numbers(self) -> bool:
        """Tell whether the column of the address number holds whole numbers."""
        return self.sage_table("Adr").is_number("AdrId")

    def first_free(self, counter: CounterRow) -> int:
        """Return the first number that is free, and keep it from others until we are done."""
        return counter.take(self.connection)

    @contextmanager
    def transaction(self, epoch: int, *, first: Peer | None = None) -> Iterator[Connection]:
        """Open a transaction on this database: the only way to write to it, or to ask it.

        It begins by raising the fence to `epoch`. That update also waits for a COMMIT of ours
        whose outcome is still unknown, so what is read afterwards is true. `first` pairs a
        database that has no peer row yet.

        Raises:
            FenceLost: a relay with a newer epoch has been here, or the peer row is gone.
        """
        with self.connection.begin():
            if first is not None:
                self.connection.execute(insert(self.tables.peer).values(id=1, **asdict(first)))
            raised = self.connection.execute(self.queries.raise_fence, {"ours": epoch})
            row = raised.one_or_none()
            if row is None:
                raise FenceLost("fence_lost", year=self.name)
            self._partner = Peer(*row)
            try:
                yield self.connection
            finally:
                self._partner = None

    @cached_property
    def addresses(self) -> Select[Any]:
        """Return the query for the addresses with these `numbers`; it keeps them from others.

        Behind their columns stands a 1.
        """
        adr = self.sage_table("Adr")
        number = adr.columns["AdrId"]
        query = adr.query().add_columns(literal_column("1").label("by_number"))
        query = query.where(number.in_(listed("numbers", number)))
        return self.for_update(query, adr.table, number)

    @cached_property
    def addresses_and_alike(self) -> CompoundSelect[Any]:
        """Return the query for those and, before a 0, for the addresses with these `names`.

        The latter are for a warning only: a row that somebody in Sage has open must keep nobody
        waiting.
        """
        adr = self.sage_table("Adr")
        alike = adr.query().add_columns(literal_column("0"))
        alike = alike.where(in_capitals(adr.columns["Corp"], "names"))
        return union_all(self.addresses, hinted(alike, adr.table, PASSING))

    def for_update(self, query: Select[Any], table: Table, by: Column[Any]) -> Select[Any]:
        """Let a query keep others from changing the rows until our transaction ends.

        They are found by the column `by`.
        """
        return seeking(query, table, by, Locked.KEPT)

    def insert_rows(self, table: Table, rows: Rows, *, now: Collection[str] = ()) -> None:
        """Insert rows into one of Sage's tables or ours: see `Dialect.insert_rows`."""
        self.dialect.insert_rows(self.connection, table, rows, now=now)

    def update_rows(
        self, table: Table, rows: Rows, *, by: Collection[str], now: Collection[str] = ()
    ) -> None:
        """Update rows of one of Sage's tables or ours: see `Dialect.update_rows`."""
        self.dialect.update_rows(self.connection, table, rows, by=by, now=now)

    def peer(self) -> Peer | None:
        """Read the peer row, in a transaction that writes nothing; None before pairing."""
        with self.connection.begin():
            row = self.connection.execute(self.queries.peer).one_or_none()
        return None if row is None else Peer(*row)

    @property
    def partner(self) -> Peer:
        """Return the peer row: as the fence has given it, or read where none was raised."""
        return self._partner or Peer(*self.connection.execute(self.queries.peer).one())

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:
        """Return which of the entries the ledger of this year holds."""
        found: set[UUID] = set()
        for some in chunks(uids):
            listed = {"year": self.name, "uids": some}
            found |= set(self.connection.execute(self.queries.ledgered, listed).scalars())
        return found

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the address numbers to which these records are linked."""
        ln = self.tables.link.c
        query = select(ln.entity_key, ln.number)
        return dict(rows_among(self.connection, query, ln.entity_key, keys))

    def write_ledger(
        self, entries: Sequence[tuple[Record, Entry]], known: Collection[UUID]
    ) -> None:
        """Write a ledger row for each entry that has none, and remember the newest entry.

        The newest by number, not the last one: whatever was noticed after cobra's backup has a
        greater number than all that a restored cobra knows.
        """
        new = [(record, entry) for record, entry in entries if entry.uid not in known]
        if not new:
            return
        rows = [
            {"uid": entry.uid, "year": self.name, "outbox_id": entry.id,
             "entity": record.id.entity, "entity_key": record.id.key}
            for record, entry in new
        ]  # fmt: skip
        self.insert_rows(self.tables.applied, rows, now=("applied_at",))
        newest = max((entry for _, entry in new), key=lambda entry: entry.id)
        known_id = self.partner.newest_id
        if known_id is None or newest.id > known_id:
            row = {"id": 1, "newest_id": newest.id, "newest_uid": newest.uid}
            self.update_rows(self.tables.peer, [row], by=("id",))

    def purge_ledger(self, epoch: int, days: int, keep: Collection[UUID]) -> int:
        """Delete a chunk of ledger rows older than `days` days, but none of `keep`.

        The newest ledgered entry stays as well: the handshake asks for it.
        """
        a, p = self.tables.applied, self.tables.peer
        newest = select(p.c.newest_uid).where(p.c.newest_uid.is_not(None))
        query = (
            select(a.c.uid)
            .where(a.c.year == self.name, a.c.applied_at < days_ago(days), a.c.uid.not_in(newest))
            .order_by(a.c.applied_at)
            .limit(PURGED)
        )
        with self.transaction(epoch) as connection:
            old = [uid for uid in connection.execute(query).scalars() if uid not in keep]
            for some in chunks(old):
                connection.execute(a.delete().where(a.c.year == self.name, among(a.c.uid, some)))
        return len(old)

    def failure(self, error: BaseException) -> Failure | None:
        """Tell what an error of this database means; None: it is none of its."""
        if isinstance(error, DBAPIError):
            return self.dialect.failure(error)
        return Failure.DATA if isinstance(error, StatementError) else None

    def unavailable(self, error: BaseException) -> Unavailable:
        """Say in plain words what keeps this database from being used."""
        url = self.connection.engine.url
        return self.dialect.unavailable(error, url, f"Sage {self.name}", year=self.name)
