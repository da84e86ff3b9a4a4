"""Knows how what a comparison found is noticed: just the records that differ, and who said so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.engine import Connection

from relay.admin.comparing.finding import ONLY_TOLD, Mismatch
from relay.admin.repair import Repair
from relay.base.values import Cause, Person, RecordId
from relay.database import chunks

NOTICED = 1000
"""Records that are noticed in one transaction."""


def to_notice(found: Iterable[Mismatch]) -> list[RecordId]:
    """Return the records that a notice can mend, each once; what was booked is only told."""
    return list(dict.fromkeys(one.record for one in found if one.kind not in ONLY_TOLD))


def notice(connection: Connection, records: Sequence[RecordId], person: Person) -> None:
    """Write a notice for each record; a run that is interrupted is simply repeated."""
    repair = Repair(connection, person)
    for some in chunks(records, NOTICED):
        with connection.begin():
            repair.notice(some, Cause.COMPARE)
            repair.record("compare", f"{len(records)}", some)
