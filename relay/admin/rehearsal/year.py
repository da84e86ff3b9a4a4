"""Knows a Sage year in which all is done as the relay does it, and taken back at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Select, Table, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.admin.read_only import YearLookedAt
from relay.admin.rehearsal.notes import Notes, Transaction, explained, extra
from relay.base.errors import RowCountError, StoredOtherwiseError
from relay.base.values import Entry, Record
from relay.database import survey_of
from relay.database.base import Rows
from relay.database.hints import Locked
from relay.database.refusals import Refusal, RefusalKind, Written, completed
from relay.database.secrets import hidden
from relay.sage.adapter import SqlYear
from relay.sage.counters import CounterRow
from relay.sage.layout import SageTable, place_of
from relay.sage.port import Peer, Planned
from relay.sage.reference import KEYS


class YearRehearsed(YearLookedAt):
    """Writes as the relay does, behind the fence, and rolls back; only looks until it is told."""

    notes: Notes | None = None
    """Where it is noted what the database says; None: it is only looked at."""
    _epoch = 0
    _first: Peer | None = None
    _transaction = Transaction()
    _counts: Sequence[str] = ()

    def rehearse(self) -> Notes:
        """Write from here on, with the fence where it is; one that was never paired gets one.

        Returns what will be seen.
        """
        peer = self.peer()
        self._epoch = 0 if peer is None else peer.epoch
        self._first = None
        if peer is None:
            self._first = Peer(self.name, uuid4(), 1, 0, None, None, None)
        self._counts = self._with_triggers()
        self.notes = Notes()
        return self.notes

    @contextmanager
    def transaction(self, epoch: int, *, first: Peer | None = None) -> Iterator[Connection]:
        """Open the relay's own transaction, and take it back when all is done."""
        if self.notes is None:
            with super().transaction(epoch, first=first) as connection:
                yield connection
            return
        self._transaction = Transaction()
        with SqlYear.transaction(self, self._epoch, first=self._first) as connection:
            begun = connection.get_transaction()
            yield connection
            if begun is not None:
                begun.rollback()

    def for_update(self, query: Select[Any], table: Table, by: Column[Any]) -> Select[Any]:
        """Keep rows from others as the relay does, once it is rehearsed."""
        if self.notes is None:
            return super().for_update(query, table, by)
        return SqlYear.for_update(self, query, table, by)

    def first_free(self, counter: CounterRow) -> int:
        """Keep a counter from others in the same way."""
        if self.notes is None:
            return super().first_free(counter)
        return SqlYear.first_free(self, counter)

    def insert_rows(self, table: Table, rows: Rows, *, now: Collection[str] = ()) -> None:
        """Insert, and note what."""
        if rows:
            name, key = self._known_as(table)
            written = Written(table, rows)
            self._transaction.begins(name, written, key, is_new=True)
        super().insert_rows(table, rows, now=now)

    def update_rows(
        self, table: Table, rows: Rows, *, by: Collection[str], now: Collection[str] = ()
    ) -> None:
        """Update, and note what."""
        if rows:
            name, _ = self._known_as(table)
            written = Written(table, rows, tuple(by))
            self._transaction.begins(name, written, tuple(by), is_new=False)
        super().update_rows(table, rows, by=by, now=now)

    def together(self) -> AbstractContextManager[None]:
        """Let each write go at once, so that the one that is refused is known."""
        return nullcontext()

    def carry_out(
        self,
        planned: Planned,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write all, and note what the database made of it, or what it has against it."""
        before = self._counted()
        try:
            super().carry_out(planned, entries, known)
        except Exception as error:
            records = [*planned.addresses, *planned.invoices]
            refusal = self._refusal(error)
            if len(records) == 1 and refusal is not None and self.notes is not None:
                self.notes.refused[records[0]] = refusal
            raise
        if self.notes is not None:
            self._transaction.note(self.connection, self.notes)
            for name in self._transaction.inserted.keys() & self._layout.keys():
                self.notes.unsent[name] = self._layout[name].unsent
            self.notes.besides.update(extra(before, self._counted(), self._transaction.inserted))
            for record in (*planned.addresses, *planned.invoices):
                self.notes.refused.pop(record, None)

    def _refusal(self, error: Exception) -> Refusal | None:
        """Tell what the database has against a record; None: something else is the matter."""
        found: Refusal | None = None
        if isinstance(error, RowCountError):
            found = Refusal(RefusalKind.ROWS, str(error))
        elif isinstance(error, DBAPIError):
            found = self.dialect.refusal(error)
        elif isinstance(error, StoredOtherwiseError):
            stored, sent = ("NULL" if v is None else str(v) for v in (error.stored, error.sent))
            found = Refusal(RefusalKind.STORED, stored, error.table, error.column, value=sent)
        elif isinstance(error, ValueError | ArithmeticError):
            found = Refusal(RefusalKind.TYPE, str(error))
        if found is None:
            return None
        shown = hidden(found.words, self.connection.engine.url)
        return self._explained(completed(replace(found, words=shown), self._transaction.last))

    def _explained(self, refusal: Refusal) -> Refusal:
        """Add what the catalogue knows of the rule that was broken, and the column's tag."""
        written = self._transaction.last
        if written is None:
            return refusal
        refusal = explained(self.connection, refusal, written, self._transaction.sent)
        names = (refusal.column or "").split(", ")
        name, _ = self._known_as(written.table)
        layout = self._layout.get(name)
        tags = {} if layout is None else {c.name: tag for tag, c in layout.columns.items()}
        known = [tags[each] for each in names if each in tags]
        return replace(refusal, tag=", ".join(known) or None, known_as=name)

    def _known_as(self, table: Table) -> tuple[str, tuple[str, ...]]:
        """Return how people call a table, and the columns by which its rows are found."""
        for name, found in self._layout.items():
            if found.table is table:
                tags = [tag for tag in KEYS.get(name, ()) if tag in found.columns]
                return name, tuple(found.columns[tag].name for tag in tags)
        return str(table.name), tuple(str(column.name) for column in table.primary_key)

    def _with_triggers(self) -> Sequence[str]:
        """Return the tables whose rows are counted: all that are written, if any has a trigger."""
        names = [name for name in KEYS if name in self._layout]
        survey = survey_of(self.connection)
        try:
            for name in names:
                if survey.rivals(self.connection, place_of(self.connection, self._profile, name)):
                    return names
        finally:
            self.connection.rollback()
        return ()

    def _counted(self) -> dict[str, int]:
        """Count the rows of each table, but those that somebody has open."""
        return {name: self._rows(self._layout[name]) for name in self._counts}

    def _rows(self, table: SageTable) -> int:
        query = select(func.count()).select_from(table.table)
        passing = query.with_hint(table.table, f"WITH ({Locked.PASSED.value})", "mssql")
        return int(self.connection.execute(passing).scalar_one())
