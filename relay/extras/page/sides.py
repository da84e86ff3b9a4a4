"""Knows the page that shows one record as cobra and as Sage have it; Sage is asked there alone."""

from __future__ import annotations

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from relay.admin.both_sides import BothSides, both_sides
from relay.admin.naming import full_names
from relay.base import texts
from relay.base.errors import RelayError
from relay.base.values import Entity, RecordId
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit, linked


def sides(visit: Visit, connection: Connection) -> Response:
    """Show both, or say why they cannot be asked; the record's own page does not wait for it."""
    record = RecordId(visit.asked("entity"), visit.asked("key"))
    settings, found, why = visit.desk.settings, None, None
    name = full_names(connection, settings, [record], visit.language).get(record, record.key)
    try:
        found = _found(visit, record)
    except (RelayError, DBAPIError) as error:  # of this page alone: the others go on
        why = visit.desk.said(error, visit.language)
    missed = {} if found is None else found.missed
    return rendered(
        visit,
        "sides",
        name=name,
        back=linked("/record", entity=record.entity, key=record.key),
        found=found,
        why=why,
        missed={year: texts.of_error(error, visit.language) for year, error in missed.items()},
        word=lambda tag: visit.word(f"enquiry_word_field_{tag.lower()}", tag),
    )


def _found(visit: Visit, record: RecordId) -> BothSides | None:
    settings = visit.desk.settings
    known = {str(Entity.ADDRESS)} | ({str(Entity.INVOICE)} if settings.invoices else set())
    return both_sides(settings, record) if record.entity in known and record.key else None
