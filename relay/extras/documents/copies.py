"""Knows what of documents is copied into cobra's own tables: turnover, and a row for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.engine import Connection

from relay.extras.documents.copying import Target, begun, bring, target_of
from relay.extras.documents.tables import document_tables
from relay.rules.invoice.invoice import CENT
from relay.settings import Settings
from relay.settings.parts import CopyTable, Turnover

_AMOUNTS = ("last_year", "this_year", "planned", "currency_gross", "net", "tax", "gross")
"""What has centimes, which a column of whole numbers would cut off."""


def copy(connection: Connection, settings: Settings, today: date) -> tuple[int, int]:
    """Bring the configured copies up to date; returns rows written, and rows left as locked.

    Raises:
        Refused: a configured table or column is missing, or a column cannot hold centimes.
    """
    written, locked = 0, 0

    def begin() -> AbstractContextManager[Connection]:
        return begun(connection)

    with begin():
        targets = [*_targets(connection, settings)]
    for target, source in targets:
        with begin():
            wanted = _wanted(connection, source, today)
        for done in bring(begin, target, wanted, adds=isinstance(source, CopyTable)):
            written, locked = written + done.written, locked + len(done.locked)
    return written, locked


def _targets(
    connection: Connection, settings: Settings
) -> Iterator[tuple[Target, Turnover | CopyTable]]:
    documents = settings.documents
    if documents is None:
        return
    if documents.turnover is not None and documents.turnover.columns():
        columns = documents.turnover.columns()
        yield target_of(connection, settings.cobra.address, columns, _AMOUNTS), documents.turnover
    if documents.table is not None:
        columns = documents.table.fields
        yield target_of(connection, documents.table, columns, _AMOUNTS), documents.table


def _wanted(
    connection: Connection, source: Turnover | CopyTable, today: date
) -> dict[str, dict[str, Any]]:
    """Return what the copies shall say, by the text of their key."""
    tables = document_tables(connection.dialect.name)
    d = tables.document
    if isinstance(source, CopyTable):
        booked = or_(d.c.stands == 1, d.c.state == "reversed")  # what never vanishes again
        query = select(d.c.entity_key, *(d.c[name] for name in source.fields)).where(booked)
        rows = connection.execute(query).all()
        return {row[0]: dict(zip(source.fields, row[1:], strict=True)) for row in rows}
    first, before = date(today.year, 1, 1), date(today.year - 1, 1, 1)
    this = func.sum(case((d.c.invoice_date >= first, d.c.net)))
    last = func.sum(case((d.c.invoice_date < first, d.c.net)))
    h = tables.handed_over
    bought = and_(d.c.customer_key == h.c.entity_key, d.c.stands == 1, d.c.invoice_date >= before)
    query = select(h.c.entity_key, this, last).outerjoin(d, bought).group_by(h.c.entity_key)
    found = {}
    for key, now, then in connection.execute(query):
        sums = {"this_year": now or Decimal(0), "last_year": then or Decimal(0)}
        sums["planned"] = (sums["this_year"] * source.factor).quantize(CENT, ROUND_HALF_UP)
        found[key] = {name: sums[name] for name in source.columns()}
    return found
