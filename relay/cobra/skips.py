"""Knows which invoices a person has skipped: that binds, also for later changes, until resent.

Perhaps somebody booked the invoice by hand; only a person can take such a decision back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select

from relay.base.values import SKIPPED_BEFORE, Cause, Entity, RecordId, Status
from relay.cobra.lock import Lock
from relay.database import chunks


@dataclass(frozen=True, slots=True, order=True)
class _Decision:
    """What a person decided last, by the server's clock; in one moment, resending counts."""

    at: datetime
    resent: bool
    reason: str


def skipped_invoices(lock: Lock, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """Return which of the records are invoices that a person skipped, with the reason."""
    o = lock.tables.outbox
    keys = [record.key for record in records if record.entity == Entity.INVOICE]
    skipped = and_(o.c.status == Status.SKIPPED, by_a_person(o))
    query = select(
        o.c.entity_key, o.c.status, o.c.error_code, o.c.cause, o.c.reason, o.c.finished_at,
        o.c.created_at,
    ).where(o.c.entity == Entity.INVOICE, or_(skipped, o.c.cause == Cause.RESEND))  # fmt: skip
    latest: dict[str, _Decision] = {}
    for some in chunks(keys):
        with lock.reading() as connection:
            passing = lock.dialect.passing_locked(query.where(o.c.entity_key.in_(some)), o)
            for row in connection.execute(passing):
                decision = _decision(row)
                latest[row.entity_key] = max(latest.get(row.entity_key, decision), decision)
    return {
        RecordId(Entity.INVOICE, key): decision.reason
        for key, decision in latest.items()
        if not decision.resent
    }


def by_a_person(outbox: Table) -> ColumnElement[bool]:
    """Tell a person's skip from one of ours that follows it."""
    code = outbox.c.error_code
    return or_(code.is_(None), code != SKIPPED_BEFORE)


def _decision(row: Any) -> _Decision:
    skipped = row.status == Status.SKIPPED and row.error_code != SKIPPED_BEFORE
    at = row.finished_at if skipped else row.created_at
    return _Decision(at, not skipped, row.reason or "")
