"""Knows which records are held or wait: each once, by its newest entry, and how people call it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from relay.base import texts
from relay.base.values import RecordId, Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import rows_among
from relay.rules.invoice.invoice import ZERO, About

STUCK = (Status.HELD, Status.WAITING)


@dataclass(frozen=True, slots=True)
class StuckRecord:
    """A record that is held or waits, by its newest entry."""

    record: RecordId
    entry: int
    status: str
    code: str
    since: datetime
    """Of its oldest entry that is held or waits: an edit that changes nothing leaves it its age."""
    about: About | None = None
    text: str = ""
    """What is the matter, as the relay wrote it."""

    @property
    def name(self) -> str:
        """Customer or firm."""
        return "" if self.about is None else self.about.name

    @property
    def number(self) -> str:
        """What people call it by; its key in cobra if there is nothing else."""
        return self.record.key if self.about is None else self.about.number or self.record.key

    @property
    def amount(self) -> Decimal | None:
        """What it comes to, if it is an invoice whose amount can be read."""
        return None if self.about is None else self.about.amount

    @property
    def currency(self) -> str:
        """Of the amount."""
        return "" if self.about is None else self.about.currency

    def called(self, language: str) -> str:
        """Return its name as a sentence has it."""
        about = None if self.about is None else str(self.about)
        return texts.record_name(self.record, language, about)

    def cause(self, language: str) -> str:
        """Return what is the matter, without its name."""
        text = self.text
        for spoken in (language, *texts.LANGUAGES):
            text = text.removeprefix(f"{self.called(spoken)}: ")
        return text


def stuck_records(
    connection: Connection, *only: ColumnElement[bool], newest: int | None = None
) -> list[StuckRecord]:
    """Return all that is held or waits, oldest first; without names and texts.

    `only` restricts the entries, `newest` looks at no more than so many of them.
    """
    o = source_tables(connection.dialect.name).outbox
    columns = (o.c.id, o.c.entity, o.c.entity_key, o.c.status, o.c.error_code, o.c.created_at)
    query = access.SHOWN.on(select(*columns), o).where(o.c.status.in_(STUCK), *only)
    found: dict[RecordId, StuckRecord] = {}
    for row in connection.execute(query.order_by(o.c.id.desc()).limit(newest)):
        record = RecordId(row.entity, row.entity_key)
        one = StuckRecord(record, row.id, row.status, row.error_code or "", row.created_at)
        one = found.get(record, one)
        found[record] = replace(one, since=min(one.since, row.created_at))
    return sorted(found.values(), key=lambda one: (one.since, one.entry))


def with_texts(connection: Connection, records: Sequence[StuckRecord]) -> list[StuckRecord]:
    """Return the records with what is the matter."""
    o = source_tables(connection.dialect.name).outbox
    query = access.SHOWN.on(select(o.c.id, o.c.error), o)
    rows = rows_among(connection, query, o.c.id, [one.entry for one in records])
    found = {row.id: (row.error or "").partition("\n")[0] for row in rows}
    return [replace(one, text=found.get(one.entry) or one.code) for one in records]


def sums_of(abouts: Iterable[About]) -> dict[str, Decimal]:
    """Return what the invoices among them come to, by currency."""
    sums: dict[str, Decimal] = {}
    for one in abouts:
        if one.amount is not None:
            sums[one.currency] = sums.get(one.currency, ZERO) + one.amount
    return sums
