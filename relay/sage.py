"""Knows a Sage year's database: its fence, ledger and links, and how addresses are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, bindparam, insert, select, update
from sqlalchemy.engine import Connection, Engine

from relay.dialect import Dialect, Failure, chunks, dialect_of, utcnow
from relay.errors import FenceLost, RowCountError
from relay.lock import open_connection
from relay.plan import Facts, Link, Plan, Row
from relay.profile import SageTable, sage_table
from relay.settings import Profile, Year
from relay.tables import TargetTables, target_tables
from relay.values import Entry, Record


@dataclass(frozen=True, slots=True)
class Peer:
    """What a Sage year's database says of its partner in cobra."""

    year: str
    installation: UUID
    incarnation: int
    epoch: int
    newest_id: int | None
    newest_uid: UUID | None
    generation: str | None


class SageYear:
    """One connection to one Sage year's database; a lost one is never repaired, but replaced."""

    def __init__(self, year: Year, engine: Engine, profile: Profile) -> None:
        """Connect and read the layout of Sage's tables.

        Raises:
            Unavailable: the database cannot be reached or opened.
            Refused: a table or column is missing.
        """
        self.settings = year
        self.name = year.name
        self.dialect: Dialect = dialect_of(engine)
        self.tables: TargetTables = target_tables(self.dialect.name)
        self._profile = profile
        self.connection: Connection = open_connection(engine, f"Sage {year.name}")
        self._layout: dict[str, SageTable] = {}

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()

    def sage_table(self, name: str) -> SageTable:
        """Return one of Sage's tables, read from the catalogue once for each connection."""
        if name not in self._layout:
            with self.connection.begin():
                self._layout[name] = sage_table(self.connection, self._profile, name)
        return self._layout[name]

    @contextmanager
    def transaction(self, epoch: int, *, first: Peer | None = None) -> Iterator[Connection]:
        """Open a transaction on this database: the only way to write to it, or to ask it.

        It begins by raising the fence to `epoch`. That update also waits for a COMMIT of ours
        whose outcome is still unknown, so what is read afterwards is true. `first` pairs a
        database that has no peer row yet.

        Raises:
            FenceLost: a relay with a newer epoch has been here, or the peer row is gone.
        """
        p = self.tables.peer
        raise_fence = update(p).where(p.c.id == 1, p.c.epoch <= epoch).values(epoch=epoch)
        with self.connection.begin():
            if first is not None:
                self.connection.execute(insert(p).values(id=1, **_peer_row(first)))
            if self.connection.execute(raise_fence).rowcount != 1:
                raise FenceLost("fence_lost", year=self.name)
            yield self.connection

    def peer(self) -> Peer | None:
        """Read the peer row, in a transaction that writes nothing; None before pairing."""
        p = self.tables.peer
        with self.connection.begin():
            row = self.connection.execute(select(p).where(p.c.id == 1)).mappings().one_or_none()
        return None if row is None else Peer(**{name: row[name] for name in _PEER_COLUMNS})

    def ledgered(self, connection: Connection, uids: Sequence[UUID]) -> set[UUID]:
        """Return which of the entries the ledger of this year holds."""
        a = self.tables.applied
        found: set[UUID] = set()
        for some in chunks(uids):
            query = select(a.c.uid).where(a.c.year == self.name, a.c.uid.in_(some))
            found |= set(connection.execute(query).scalars())
        return found

    def numbers(self, connection: Connection, keys: Sequence[str]) -> dict[str, str]:
        """Return the address numbers to which these records are linked."""
        ln = self.tables.link
        found: dict[str, str] = {}
        for some in chunks(keys):
            rows = connection.execute(
                select(ln.c.entity_key, ln.c.number).where(ln.c.entity_key.in_(some))
            )
            found |= dict(rows.all())
        return found

    def facts(self, connection: Connection, keys: Sequence[str], numbers: Sequence[str]) -> Facts:
        """Read what this year holds about records with these keys and these wanted numbers."""
        adr = self.sage_table("Adr")
        facts = Facts(
            lengths={tag: adr.length(tag) for tag in adr.columns}, numeric=adr.is_number("AdrId")
        )
        self._read_links(connection, facts, self.tables.link.c.entity_key, keys)
        self._read_links(connection, facts, self.tables.link.c.number, numbers)
        wanted = {*numbers, *(link.number for link in facts.links.values())}
        for some in chunks([_key(adr, number) for number in sorted(wanted) if _fits(adr, number)]):
            query = self.dialect.for_update(
                select(*(column.label(tag) for tag, column in adr.columns.items())), adr.table
            ).where(adr.columns["AdrId"].in_(some))
            for row in connection.execute(query).mappings():
                number = _text(row["AdrId"])
                facts.rows[number] = {tag: _text(value) for tag, value in row.items()}
                facts.raw[number] = dict(row)
        return facts

    def _read_links(
        self, connection: Connection, facts: Facts, column: Column[Any], values: Sequence[str]
    ) -> None:
        ln = self.tables.link
        for some in chunks(values):
            query = select(ln.c.entity_key, ln.c.number, ln.c.content).where(column.in_(some))
            for row in connection.execute(query):
                link = Link(row.entity_key, row.number, orjson.loads(row.content))
                facts.links[link.key] = link
                facts.owners[link.number] = link.key

    def write(self, connection: Connection, plans: Sequence[Plan], facts: Facts) -> None:
        """Carry out plans: one statement for each table and kind of change."""
        adr = self.sage_table("Adr")
        inserts = [plan.insert for plan in plans if plan.insert is not None]
        if inserts:
            connection.execute(insert(adr.table), [_full(adr, row) for row in inserts])
        updates = [(plan.number, plan.update) for plan in plans if plan.update is not None]
        if updates:
            self._update(connection, adr, updates, facts)
        self._write_links(connection, plans)
        for plan in plans:
            if plan.lock is not None:
                self._lock_debtors(connection, plan.number, locked=plan.lock)

    def _update(
        self,
        connection: Connection,
        adr: SageTable,
        updates: Sequence[tuple[str, Row]],
        facts: Facts,
    ) -> None:
        tags = sorted({tag for _, row in updates for tag in row})
        columns = {tag: adr.columns[tag] for tag in tags}
        statement = (
            update(adr.table)
            .where(adr.columns["AdrId"] == bindparam("p_number"))
            .values({column: bindparam(f"p_{tag}") for tag, column in columns.items()})
        )
        rows = []
        for number, changed in updates:
            stands = facts.raw[number]
            values = {
                f"p_{tag}": _value(column, changed[tag]) if tag in changed else stands[tag]
                for tag, column in columns.items()
            }
            rows.append({"p_number": _key(adr, number), **values})
        connection.execute(statement, rows)

    def _write_links(self, connection: Connection, plans: Sequence[Plan]) -> None:
        ln = self.tables.link
        new = [p.link for p in plans if p.link is not None and p.is_new_link]
        known = [p.link for p in plans if p.link is not None and not p.is_new_link]
        if new:
            connection.execute(
                insert(ln).values(linked_at=utcnow(), updated_at=utcnow()),
                [
                    {"entity_key": k.key, "number": k.number, "content": _json(k.content)}
                    for k in new
                ],
            )
        if known:
            connection.execute(
                update(ln)
                .where(ln.c.entity_key == bindparam("p_key"))
                .values(content=bindparam("p_content"), updated_at=utcnow()),
                [{"p_key": k.key, "p_content": _json(k.content)} for k in known],
            )

    def _lock_debtors(self, connection: Connection, number: str, *, locked: bool) -> None:
        pkd = self.sage_table("PKd")
        connection.execute(
            update(pkd.table)
            .where(pkd.columns["AdrId"] == _key(pkd, number))
            .values({pkd.columns["WrnLk"]: int(locked)})
        )

    def write_ledger(
        self,
        connection: Connection,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write a ledger row for each entry that has none, and remember the newest entry."""
        a, p = self.tables.applied, self.tables.peer
        new = [(record, entry) for record, entry in entries if entry.uid not in known]
        if not new:
            return
        connection.execute(
            insert(a).values(applied_at=utcnow()),
            [
                {
                    "uid": entry.uid,
                    "year": self.name,
                    "outbox_id": entry.id,
                    "entity": record.id.entity,
                    "entity_key": record.id.key,
                }
                for record, entry in new
            ],
        )
        newest = max((entry for _, entry in new), key=lambda entry: entry.id)
        done = connection.execute(
            update(p).where(p.c.id == 1).values(newest_id=newest.id, newest_uid=newest.uid)
        )
        if done.rowcount != 1:
            raise RowCountError("peer", 1, done.rowcount)

    def failure(self, error: BaseException) -> Failure:
        """Tell what an error of this database means."""
        return self.dialect.failure(error)


_PEER_COLUMNS = (
    "year", "installation", "incarnation", "epoch", "newest_id", "newest_uid", "generation",
)  # fmt: skip


def _peer_row(peer: Peer) -> dict[str, object]:
    return {name: getattr(peer, name) for name in _PEER_COLUMNS}


def _json(content: Mapping[str, str]) -> str:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def _text(value: object) -> str:
    return "" if value is None else str(value).rstrip(" ")


def _fits(table: SageTable, number: str) -> bool:
    return bool(number) and (not table.is_number("AdrId") or number.isdigit())


def _key(table: SageTable, number: str) -> int | str:
    return int(number) if table.is_number("AdrId") else number


def _value(column: Column[Any], text: str) -> object:
    if not text:
        return None if column.nullable else ""
    return column.type.python_type(text)


def _full(table: SageTable, row: Row) -> dict[str, object]:
    """Return a row for INSERT: every tag, so that one statement serves all rows."""
    return {column.name: _value(column, row.get(tag, "")) for tag, column in table.columns.items()}
