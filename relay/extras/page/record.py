"""Knows the pages of one record: its history as `relay show` tells it, and both sides of it.

How a record is found as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from relay.admin.both_sides import both_sides
from relay.admin.history import EntryHistory, history
from relay.admin.lookup import invoices_of, records_called, records_numbered
from relay.admin.naming import full_names
from relay.admin.stuck import STUCK
from relay.base import texts
from relay.base.errors import Refused, RelayError
from relay.base.values import OPEN, Entity, RecordId, Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import rows_among
from relay.extras.page.acting import actions_on
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit, linked

SHOWN = 200
"""Entries of a record's history that are shown, the newest; `relay show` tells all."""


def record(visit: Visit, connection: Connection) -> Response:
    """Show it."""
    wanted = RecordId(visit.asked("entity"), visit.asked("key"))
    entries = [
        one for one in history(connection, wanted.key, [wanted]) if (one.entity, one.key) == wanted
    ]
    if not entries:
        raise HTTPException(404, "page_record_unknown")
    name = full_names(connection, visit.desk.settings, [wanted], visit.language)[wanted]
    shown = entries[-SHOWN:]
    stuck = [one for one in entries if one.status in STUCK]
    return rendered(
        visit,
        "record",
        record=wanted,
        name=name,
        now=entries[-1],
        stuck=stuck[-1] if stuck else None,
        groups=list(_together(shown)),
        left_out=len(entries) - len(shown),
        actions=actions_on(connection, wanted),
        operation=lambda entry: visit.text(f"operation_{entry.operation}"),
        fields=lambda entry: _fields(visit, entry),
        cause=lambda entry: _cause(visit, entry),
        written=written,
        day=date.fromisoformat,
        may_end=bool(stuck) and visit.is_operator,
        is_settling=lambda entry: (entry.status, entry.entity) == (Status.PENDING, Entity.INVOICE),
    )


def _together(
    entries: Sequence[EntryHistory],
) -> Iterator[tuple[int | None, list[EntryHistory]]]:
    """Yield entries, the newest first; those that a later one carried out stand together."""
    newest_first = list(reversed(entries))
    for carrier, some in groupby(newest_first, lambda one: one.carrier):
        if carrier is None:
            yield from ((None, [one]) for one in some)
        else:
            yield carrier, list(some)


def _fields(visit: Visit, entry: EntryHistory) -> str:
    """Name the changed fields as people do; one without a name keeps ours."""
    names = filter(None, (entry.changed or "").split(","))
    return ", ".join(visit.word(f"field_{name.replace('.', '_')}", name) for name in names)


def _cause(visit: Visit, entry: EntryHistory) -> str:
    known = visit.word(f"cause_{entry.cause}", entry.cause)
    return "" if entry.cause == "trigger" else known


def written(sent: Any) -> list[Any]:
    """Return what was sent of an invoice as documents, a reversal first; of an address none."""
    if not isinstance(sent, dict) or "postings" not in sent:
        return []
    return [document for document in (sent.get("reversal"), sent) if document]


def find(visit: Visit, connection: Connection) -> Response:
    """Find a record by its number, its key, or an entry's number; by a name, with its invoices."""
    sought = visit.asked("q")[:200]
    if not sought:
        return rendered(visit, "find", sought="", found=[], unread=None)
    settings, unread, called = visit.desk.settings, None, list[RecordId]()
    try:
        entries = history(connection, sought, records_numbered(connection, settings, sought))
        if not entries:
            called = records_called(connection, settings, sought)
            called += invoices_of(connection, settings, called)
    except (DBAPIError, Refused) as error:  # a login without rights on cobra's own tables
        entries, unread = history(connection, sought), visit.desk.said(error, visit.language)
    records = list(dict.fromkeys(RecordId(one.entity, one.key) for one in entries))
    if len(records) == 1:
        return RedirectResponse(linked("/record", **_asked(records[0])), status_code=303)
    records = records or called
    names = full_names(connection, settings, records, visit.language)
    status = open_status(connection, records)
    found = [(names[one], linked("/record", **_asked(one)), status.get(one)) for one in records]
    found.sort(key=lambda line: line[2] is None)  # what is open first
    return rendered(visit, "find", sought=sought, found=found, unread=unread)


def open_status(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """Return the status of those that have an open entry, by the newest one."""
    o = source_tables(connection.dialect.name).outbox
    found: dict[RecordId, str] = {}
    for kind in Entity:
        keys = [record.key for record in records if record.entity == kind]
        query = access.SHOWN.on(select(o.c.entity_key, o.c.status), o).order_by(o.c.id)
        query = query.where(o.c.entity == str(kind), o.c.status.in_(OPEN))
        for row in rows_among(connection, query, o.c.entity_key, keys):
            found[RecordId(kind, row.entity_key)] = row.status
    return found


def _asked(one: RecordId) -> dict[str, str]:
    return {"entity": one.entity, "key": one.key}


def sides(visit: Visit, connection: Connection) -> Response:
    """Show both, or say why they cannot be asked; the record's own page does not wait for it."""
    wanted = RecordId(visit.asked("entity"), visit.asked("key"))
    settings, found, why = visit.desk.settings, None, None
    name = full_names(connection, settings, [wanted], visit.language).get(wanted, wanted.key)
    try:
        known = [Entity.ADDRESS, Entity.INVOICE] if settings.invoices else [Entity.ADDRESS]
        if wanted.entity in known and wanted.key:
            found = both_sides(settings, wanted)
    except (RelayError, DBAPIError) as error:  # of this page alone: the others go on
        why = visit.desk.said(error, visit.language)
    missed = {} if found is None else found.missed
    return rendered(
        visit,
        "sides",
        name=name,
        back=linked("/record", **_asked(wanted)),
        found=found,
        why=why,
        missed={year: texts.of_error(error, visit.language) for year, error in missed.items()},
        word=lambda tag: visit.word(f"enquiry_word_field_{tag.lower()}", tag),
    )
