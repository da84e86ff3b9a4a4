"""Knows what of Sage's answers is copied into cobra's own tables, if the configuration asks for it.

What became of an invoice on its row, how a customer stands on the address. What changed since the
last time is copied, and once a day all of it, so that nothing stays that somebody else wrote there.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import ColumnElement, FromClause, Select, case, null, select, union
from sqlalchemy.engine import Connection

from relay.base import texts
from relay.base.errors import LockLost, Refused, RelayError
from relay.cobra.lock import Lock
from relay.database import among, utcnow
from relay.database.reflection import column_named, python_type, table_of
from relay.engine.chores import Duty, Housework
from relay.engine.years import Years
from relay.extras.answers.chores import Paged
from relay.extras.answers.tables import ALL_YEARS, answer_tables
from relay.extras.documents.copying import PAGE, Begin, Done, Target, bring, target_of
from relay.extras.documents.tables import document_tables
from relay.settings import Settings
from relay.settings.cobra import CapturedSection

log = structlog.get_logger()
AMOUNTS = ("open_amount", "balance", "overdue")
DAYS = ("settled_on", "last_payment", "overdue_since")
WHOLE_S = 24 * 3600
"""How often all is copied, in seconds."""
_LATE = timedelta(minutes=1)
"""What was written so long before a look may have been committed after it."""
_LETTERS = {date: 10, Decimal: 20, int: 5}
"""How long a column of texts must be for a day, an amount, a number."""
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A table of cobra's that gets copies, and what it shall hold."""

    target: Target
    changed: Callable[[datetime | None], FromClause]
    """The keys of what changed since then, as `entity_key`; None: all keys."""
    rows: Callable[[Connection, Sequence[str]], Rows]

    def page(self, connection: Connection, since: datetime | None, after: str) -> list[str]:
        """Return, by key, a page of keys of what changed."""
        keys = self.changed(since)
        key = keys.c.entity_key
        query = select(key).where(key > after).order_by(key).limit(PAGE)
        return list(connection.execute(query).scalars())


class Copies:
    """The copies of one relay, or of one call of the command."""

    def __init__(self, settings: Settings, begin: Begin) -> None:
        """Take how a transaction on cobra's database is opened."""
        self._settings = settings
        self._begin = begin
        self._since: datetime | None = None
        self._whole = 0.0
        self._locked: dict[int, set[str]] = defaultdict(set)

    def pages(self) -> Iterator[Done]:
        """Copy what changed since the last time; yields after each page what became of it.

        Raises:
            Refused: a table or column is missing, captured, or cannot hold a value exactly.
        """
        is_whole = self._since is None or time.monotonic() - self._whole >= WHOLE_S
        with self._begin() as connection:
            sources = sources_of(connection, self._settings)
            began = connection.execute(select(utcnow())).scalar_one()
        for number, source in enumerate(sources):
            locked: set[str] = set()
            since = None if is_whole else self._since
            for done in self._copy(source, since, self._locked[number]):
                locked |= set(done.locked)
                yield done
            self._locked[number] = locked
        self._since = began - _LATE
        if is_whole:
            self._whole = time.monotonic()

    def _copy(self, source: Source, since: datetime | None, again: set[str]) -> Iterator[Done]:
        after = ""
        keys: Sequence[str] = sorted(again)
        while True:
            with self._begin() as connection:
                wanted = source.rows(connection, keys) if keys else {}
            yield from bring(self._begin, source.target, wanted, adds=False)
            with self._begin() as connection:
                keys = source.page(connection, since, after)
            if not keys:
                return
            after = keys[-1]

    def chore(self) -> Iterator[None]:
        """Do the same as a chore: what a person has to mend is told and ends nothing."""
        try:
            for _ in self.pages():
                yield
        except LockLost:
            raise
        except RelayError as error:
            text = texts.of_error(error, self._settings.language)
            log.error("answers_not_copied", code=error.code, text=text)  # noqa: TRY400 - no bug


def housework(settings: Settings) -> list[Housework]:
    """Return the chore of the copies, if they are switched on."""
    if settings.answers is None or settings.answers.copies is None:
        return []
    seconds = settings.answers.copies.copy_seconds

    def duty(lock: Lock, _years: Years) -> Duty:
        return Duty("answers_copy", seconds, Paged(Copies(settings, lock.writing).chore))

    return [duty]


def sources_of(connection: Connection, settings: Settings) -> list[Source]:
    """Return what is copied where; raises as `Copies.pages`."""
    found = []
    copies = settings.answers and settings.answers.copies
    if not copies:
        return []
    invoice = copies.invoice.model_dump(exclude_none=True)
    if invoice and settings.invoices is not None:
        target = _target(connection, settings.invoices[0], invoice)
        found.append(_of_documents(connection, target))
    address = copies.address.model_dump(exclude_none=True)
    if address:
        target = _target(connection, settings.cobra.address, address)
        found.append(_of_customers(connection, target))
    return found


def _of_documents(connection: Connection, target: Target) -> Source:
    d = document_tables(connection.dialect.name).document
    is_known = d.c.answered_at.is_not(None)

    def changed(since: datetime | None) -> FromClause:
        keys = select(d.c.entity_key).where(is_known)
        if since is None:
            return keys.subquery()
        return union(
            keys.where(d.c.answered_at >= since), keys.where(d.c.updated_at >= since)
        ).subquery()

    def rows(connection: Connection, keys: Sequence[str]) -> Rows:
        stands = d.c.stands == 1

        def standing(value: ColumnElement[Any]) -> ColumnElement[Any]:
            return case((stands, value), else_=null())

        paid = case((d.c.settled_on.is_not(None), 1), (d.c.open_amount.is_not(None), 0))
        columns = [standing(paid if n == "paid" else d.c[n]).label(n) for n in target.columns]
        query = select(d.c.entity_key, *columns).where(is_known, among(d.c.entity_key, keys))
        return {row.pop("entity_key"): row for row in _dicts(connection, query)}

    return Source(target, changed, rows)


def _of_customers(connection: Connection, target: Target) -> Source:
    """Copy how a customer stands in all mandants together, each in its own currency."""
    dialect = connection.dialect.name
    c, h = answer_tables(dialect).customer, document_tables(dialect).handed_over

    def changed(since: datetime | None) -> FromClause:
        if since is None:
            return select(h.c.entity_key).subquery()
        return select(c.c.entity_key).where(c.c.answered_at >= since).distinct().subquery()

    def rows(connection: Connection, keys: Sequence[str]) -> Rows:
        mine = (c.c.year == ALL_YEARS, among(c.c.entity_key, keys))
        query = select(c.c.entity_key, *(c.c[name] for name in target.columns)).where(*mine)
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in _dicts(connection, query):
            found[row["entity_key"]].append(row)
        return {key: {n: _together(n, found[key]) for n in target.columns} for key in keys}

    return Source(target, changed, rows)


def _together(name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return a value of all mandants; an amount that one of them does not know is not known."""
    values = [row[name] for row in rows]
    if name in AMOUNTS:
        return None if not values or None in values else sum(values, Decimal(0))
    known = [value for value in values if value is not None]
    return (min if name == "overdue_since" else max)(known, default=None)


def _dicts(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _target(connection: Connection, section: CapturedSection, columns: Mapping[str, str]) -> Target:
    """Return where copies go; a clerk's column that we watch is none for them."""
    table = table_of(connection, section)
    watched = {column_named(table, name).name for name in section.captured().values()}
    for ours, theirs in columns.items():
        column = column_named(table, theirs)
        values = {"table": section.table, "column": theirs}
        if column.name in watched:
            raise Refused("copy_captured", **values)
        if not _holds(column, date if ours in DAYS else Decimal if ours in AMOUNTS else int):
            raise Refused("copy_not_exact", what=ours, **values)
    return target_of(connection, section, columns, AMOUNTS)


def _holds(column: Any, kind: type) -> bool:
    """Tell whether a column holds each day, amount or small number exactly."""
    own = python_type(column)
    if own is str:
        length = getattr(column.type, "length", None)
        return length is None or length >= _LETTERS[kind]
    if kind is date:
        return issubclass(own, date)
    return own in (Decimal, int, bool) if kind is int else own is Decimal
