"""Knows what a comparison finds: a difference that nothing will mend, unless it is noticed here.

What has an open entry is no finding: it is on its way, or it waits where everybody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy.engine import Connection

from relay.admin.repair import Repair
from relay.base.values import Cause, Person, Problem, RecordId
from relay.database import chunks

NOTICED = 1000
"""Records that are noticed in one transaction."""


class MismatchKind(StrEnum):
    """What differs."""

    FIELD = "field"
    """A field of a linked address."""
    ROW_GONE = "row_gone"
    """An address is linked, and Sage has its row no more."""
    NOT_LINKED = "not_linked"
    """An address is selected for Sage, and no year has it linked."""
    DELETED = "deleted"
    """An address is linked, and cobra holds it no more."""
    STUCK = "stuck"
    """An address is linked, and could not go over as cobra has it now."""
    NOT_BOOKED = "not_booked"
    """An invoice is final, and no year has it booked."""
    CHANGED = "changed"
    """An invoice is booked, and cobra does not say the same of it any more."""
    DOCUMENT_GONE = "document_gone"
    DOCUMENT_CHANGED = "document_changed"
    ITEM_GONE = "item_gone"
    ITEM_CHANGED = "item_changed"


ONLY_TOLD = frozenset(
    [
        MismatchKind.DOCUMENT_GONE,
        MismatchKind.DOCUMENT_CHANGED,
        MismatchKind.ITEM_GONE,
        MismatchKind.ITEM_CHANGED,
    ]
)
"""A bookkeeper has to mend these: what was booked is never repaired."""


class Side(StrEnum):
    """Where something was changed since the last transfer."""

    COBRA = "cobra"
    SAGE = "sage"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference."""

    kind: MismatchKind
    record: RecordId
    year: str | None
    """The Sage year; None: it does not depend on one."""
    side: Side
    number: str = ""
    """Of the address in Sage, or of the invoice."""
    field: str = ""
    """The tag of Sage's field that differs."""
    cobra: str = ""
    """What cobra says now, empty for nothing."""
    sage: str = ""
    """What Sage says now."""
    problem: Problem | None = None
    """Why it could not go over as it is."""

    def called(self, number: str) -> Mismatch:
        """Return it with the record's number, unless it has one."""
        return self if self.number else replace(self, number=number)


def side_of(sent: str, cobra: str, sage: str) -> Side:
    """Return where a field was changed since this was sent."""
    if sent == cobra:
        return Side.SAGE
    return Side.COBRA if sent == sage else Side.BOTH


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
