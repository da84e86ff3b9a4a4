"""Knows what a morning letter tells: what was booked since the last one, is open, or ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Select, and_, select
from sqlalchemy.engine import Connection

from relay.admin.history import history
from relay.admin.naming import abouts_of
from relay.admin.stuck import StuckRecord
from relay.base import texts
from relay.base.values import FINISHED, OPEN, Entity, RecordId, Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.extras.mail.memory import became
from relay.extras.mail.trouble import stuck, technical
from relay.rules.invoice.invoice import ZERO, About
from relay.settings import Settings

NAMED = 50
"""Records of a kind that a letter names; the rest is counted."""
Sums = Mapping[str, Decimal]
"""Currency to amount."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What went over to Sage in some time."""

    booked: int = 0
    """Invoices and credit notes."""
    sums: Sums | None = None
    """What they came to; credit notes are negative."""
    taken_back: int = 0
    addresses: int = 0


@dataclass(frozen=True, slots=True)
class Morning:
    """What there is to tell, between two times."""

    since: datetime
    until: datetime
    done: Transferred
    open: Sequence[StuckRecord]
    by_itself: int
    """Records that are on their way, or wait for time or for a year that is away."""
    settled: Sequence[str]
    """Records that were open at `since`, with how they ended; the first `NAMED`."""
    settled_count: int
    technical: Sequence[str]


def morning(
    connection: Connection, settings: Settings, since: datetime, until: datetime
) -> Morning:
    """Look at the outbox.

    Raises:
        NotCapturable: a captured table or column is not there.
    """
    here = stuck(connection)
    unfinished = _unfinished(connection)
    ended = [one for one in _ended(connection, since, until) if one not in unfinished]
    names = abouts_of(connection, settings, [*(one.record for one in here), *ended[:NAMED]])
    return Morning(
        since=since,
        until=until,
        done=_done(connection, since, until),
        open=[replace(one, about=names.get(one.record)) for one in here],
        by_itself=len(unfinished - {one.record for one in here}),
        settled=_settled(connection, ended[:NAMED], names, settings.language),
        settled_count=len(ended),
        technical=[one.text for one in technical(connection, settings, until)],
    )


def _unfinished(connection: Connection) -> set[RecordId]:
    o = source_tables(connection.dialect.name).outbox
    query = access.SHOWN.on(select(o.c.entity, o.c.entity_key), o)
    rows = connection.execute(query.where(o.c.status.in_(OPEN)).distinct())
    return {RecordId(row.entity, row.entity_key) for row in rows}


def _ended(connection: Connection, since: datetime, until: datetime) -> list[RecordId]:
    """Return the records of entries that were open at a time and are not any more."""
    o = source_tables(connection.dialect.name).outbox
    query = access.SHOWN.on(select(o.c.entity, o.c.entity_key), o).where(
        o.c.status.in_(FINISHED),
        and_(o.c.created_at <= since, o.c.finished_at > since, o.c.finished_at <= until),
    )
    rows = connection.execute(query.order_by(o.c.id))
    return list(dict.fromkeys(RecordId(row.entity, row.entity_key) for row in rows))


def _settled(
    connection: Connection,
    records: Sequence[RecordId],
    names: Mapping[RecordId, About],
    language: str,
) -> list[str]:
    found = []
    for record in records:
        about = str(names[record]) if record in names else None
        outcome = became(history(connection, record.key, [record]), language)
        found.append(f"{texts.record_name(record, language, about)}: {outcome}")
    return found


def _done(connection: Connection, since: datetime, until: datetime) -> Transferred:
    """Count what was written to Sage; what it held already is none of it."""
    booked, taken_back, sums = 0, 0, dict[str, Decimal]()
    for row in connection.execute(_written(connection, Entity.INVOICE, since, until)):
        sent = orjson.loads(row.sent)
        report = sent.get("invoice")
        if "erased" in sent:  # a person's data was: what it was nobody can tell any more
            continue
        if report is None:
            taken_back += 1
            continue
        booked += 1
        if report.get("currency_gross") is not None:
            currency = report["currency"] or ""
            sign = -1 if report["kind"] == "credit-note" else 1
            amount = sign * abs(Decimal(report["currency_gross"]))
            sums[currency] = sums.get(currency, ZERO) + amount
    rows = connection.execute(_written(connection, Entity.ADDRESS, since, until))
    addresses = {row.entity_key for row in rows}
    return Transferred(booked, dict(sorted(sums.items())), taken_back, len(addresses))


def _written(
    connection: Connection, entity: Entity, since: datetime, until: datetime
) -> Select[Any]:
    tables = source_tables(connection.dialect.name)
    o, d = tables.outbox, tables.delivery
    query = select(o.c.entity_key, d.c.sent).join_from(o, d, d.c.outbox_id == o.c.id)
    return access.SHOWN.on(query, o).where(
        o.c.status == Status.APPLIED,
        o.c.entity == str(entity),
        and_(o.c.finished_at > since, o.c.finished_at <= until),
        d.c.sent.is_not(None),
    )
