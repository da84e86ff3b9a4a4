"""Knows what people decided of the invoices that a journal lists: who did what, when and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.journal.compare import Printed
from relay.base.values import Entity
from relay.cobra.tables import source_tables

ACTIONS = ("release", "skip", "resend")
"""What a person may do with an invoice."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided of an invoice."""

    invoice: Printed
    at: datetime
    who: str
    action: str
    reason: str


def decisions_on(connection: Connection, printed: Collection[Printed]) -> list[Decided]:
    """Return them, oldest first; an action that names too many records to list them is left out."""
    a = source_tables(connection.dialect.name).audit
    known = {f"{Entity.INVOICE} {one.key}": one for one in printed}
    query = select(a.c.at, a.c.who, a.c.action, a.c.reason, a.c.detail)
    rows = connection.execute(query.where(a.c.action.in_(ACTIONS)).order_by(a.c.id))
    found = []
    for row in rows:
        named = orjson.loads(row.detail) if row.detail else None
        for name in named if isinstance(named, list) else ():
            if str(name) in known:
                invoice = known[str(name)]
                decided = Decided(invoice, row.at, row.who or "", row.action, row.reason or "")
                found.append(decided)
    return found
