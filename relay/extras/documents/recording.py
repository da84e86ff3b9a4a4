"""Knows how documents are recorded: in the acknowledgement's own transaction, set-based."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.engine import Connection

from relay.base.values import Entity, Status
from relay.cobra.deliveries import Recorder, Result, Say
from relay.database import among, chunks, dialect_of, rows_among
from relay.extras.documents.change import Change, Copy, changes_of, document_row, fit, position_rows
from relay.extras.documents.tables import document_tables
from relay.rules.address.check import Checked
from relay.rules.invoice.invoice import Invoice
from relay.settings import Settings

log = structlog.get_logger()


def recorders(settings: Settings, say: Say) -> tuple[Recorder, ...]:
    """Return what takes part in each acknowledgement: nothing, if the part is switched off."""
    return () if settings.documents is None else (Recording(settings, say).record,)


class Recording:
    """Keeps the documents of cobra's invoices as they stand in Sage, or say why they do not."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Take the mandant of each year, and how reasons are put into words."""
        self._mandants = {year.name: year.mandant for year in settings.sage.year}
        sections = settings.invoices
        self._has_net_amounts = sections is not None and sections[1].amounts == "net"
        self._say = say

    def record(self, connection: Connection, results: Sequence[Result]) -> None:
        """Record a batch."""
        self.write(connection, changes_of(results, has_net_amounts=self._has_net_amounts))
        hand_over(connection, _handed_over(results))

    def write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write changes; a document that stands is never lost to a problem of newer news."""
        d = document_tables(connection.dialect.name).document
        known = _known(connection, d, [change.record.key for change in changes])
        anew: list[Change] = []
        kept: list[Change] = []
        back: list[Change] = []
        gone: list[Change] = []
        for change in changes:
            row = known.get(change.record.key)
            stood = row is not None and bool(row.stands)
            if change.state is None:
                if row is not None:
                    (back if stood else gone).append(change)
            elif stood and (not change.stands or _says_more(row, change)):
                kept.append(change)
            else:
                anew.append(change)
        self._keep(connection, d, kept)
        self._take_back(connection, d, back)
        never = d.c.state.in_((str(Status.HELD), str(Status.WAITING)))  # stood in Sage
        _remove(connection, [change.record.key for change in gone], never)
        self._replace(connection, anew, known.keys())

    def _keep(self, connection: Connection, d: Table, changes: Iterable[Change]) -> None:
        """Say what is the matter with documents whose figures stay as they are."""
        rows = [self._why(change) | {"state": change.state} for change in changes]
        _update(connection, d, rows)

    def _take_back(self, connection: Connection, d: Table, changes: Iterable[Change]) -> None:
        """Take documents back that stood in Sage."""
        rows = [
            self._why(change)
            | {"state": "reversed", "stands": 0, "reversal": fit(change.reversal, d, "reversal")}
            for change in changes
        ]
        _update(connection, d, rows)

    def _why(self, change: Change) -> dict[str, Any]:
        return {
            "entity_key": change.record.key,
            "entry": change.entry,
            "reason_code": change.problem and change.problem.code,
            "reason": self._reason(change),
        }

    def _replace(
        self, connection: Connection, changes: Sequence[Change], known: Collection[str]
    ) -> None:
        dialect = dialect_of(connection)
        tables = document_tables(dialect.name)
        _remove(connection, [c.record.key for c in changes if c.record.key in known])
        documents: list[Copy] = []
        positions: list[Copy] = []
        for change in changes:
            mandant = self._mandants.get(change.year or "")
            documents.append(document_row(change, tables.document, mandant, self._reason(change)))
            positions += position_rows(change, tables.position)
        with dialect.together(connection):
            dialect.insert_rows(connection, tables.document, documents, now=("updated_at",))
            dialect.insert_rows(connection, tables.position, positions)

    def _reason(self, change: Change) -> str | None:
        return None if change.problem is None else self._say(change.problem, change.record)


def hand_over(
    connection: Connection,
    numbers: Mapping[str, str | None],
    since: Mapping[str, datetime] | None = None,
) -> None:
    """Note addresses that Sage holds, by their keys, with their numbers there.

    `since`: when they were linked; without it that is now.
    """
    dialect = dialect_of(connection)
    h = document_tables(dialect.name).handed_over
    found = rows_among(connection, select(h.c.entity_key), h.c.entity_key, sorted(numbers))
    known = {row.entity_key for row in found}
    rows = [
        {"entity_key": key, "number": fit(number, h, "number")}
        for key, number in numbers.items()
        if key not in known
    ]
    if since is None:
        dialect.insert_rows(connection, h, rows, now=("at",))
    else:
        dated = [row | {"at": since[str(row["entity_key"])]} for row in rows]
        dialect.insert_rows(connection, h, dated)


def _handed_over(results: Iterable[Result]) -> dict[str, str | None]:
    """Return the addresses of a batch that are in Sage now, also with an invoice of theirs."""
    found: dict[str, str | None] = {}
    for result in results:
        done = [o for o in result.outcomes.values() if o.status is Status.APPLIED]
        if not done:
            continue
        if result.record.id.entity == Entity.ADDRESS:
            found[result.record.id.key] = done[0].sage_key
        elif isinstance(result.state, Invoice):
            customer = result.state.customer
            address = customer.address
            number = address.number if isinstance(address, Checked) else None
            found.setdefault(customer.key, number)
    return found


def _known(connection: Connection, d: Table, keys: Sequence[str]) -> dict[str, Any]:
    query = select(d.c.entity_key, d.c.stands, d.c.year, d.c.sage_document, d.c.invoice_date)
    return {row.entity_key: row for row in rows_among(connection, query, d.c.entity_key, keys)}


def _says_more(row: Any, change: Change) -> bool:
    """Tell whether a row knows more of the same booking than Sage's postings give away."""
    same = (row.year, row.sage_document) == (change.year, change.words.get("document"))
    return same and not change.is_complete


def _update(connection: Connection, d: Table, rows: Sequence[dict[str, Any]]) -> None:
    by, now = ("entity_key",), ("updated_at",)
    dialect_of(connection).update_rows(connection, d, rows, by=by, now=now)


def _remove(connection: Connection, keys: Sequence[str], *only: ColumnElement[bool]) -> None:
    """Remove documents with their positions."""
    tables = document_tables(connection.dialect.name)
    d, p = tables.document, tables.position
    for some in chunks(keys):
        chosen = select(d.c.entity_key).where(among(d.c.entity_key, some), *only)
        connection.execute(delete(p).where(p.c.entity_key.in_(chosen)))
        connection.execute(delete(d).where(among(d.c.entity_key, some), *only))
