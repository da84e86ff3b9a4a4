"""Knows what of a journal concerns one mandant, for the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from relay.admin.journal import Decided, Difference, Journal, Remark, Total


@dataclass(frozen=True, slots=True)
class Paper:
    """What a mandant's journal tells."""

    mandant: str
    first: date
    last: date
    made_at: datetime
    invoices: int
    rows: Sequence[Total]
    differences: Sequence[Difference]
    remarks: Sequence[Remark]
    decisions: Sequence[Decided]


def of_mandant(
    found: Journal, mandant: str, days: tuple[date, date], decisions: Iterable[Decided]
) -> Paper:
    """Return what concerns a mandant."""
    own = {one.key for one in found.printed if one.mandant == mandant}
    return Paper(
        mandant=mandant,
        first=days[0],
        last=days[1],
        made_at=datetime.now().astimezone(),
        invoices=len(own),
        rows=[row for row in found.rows if row.group.mandant == mandant],
        differences=[one for one in found.differences if one.mandant == mandant],
        remarks=[one for one in found.remarks if one.key in own],
        decisions=[one for one in decisions if one.invoice.mandant == mandant],
    )
