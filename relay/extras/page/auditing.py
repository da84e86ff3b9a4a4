"""Knows what people did and why: all of it, the newest first, and what concerns one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.base.values import RecordId
from relay.cobra.tables import source_tables
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit

ON_A_PAGE = 100
LOOKED_AT = 5000
"""Actions among which those of one record are sought: the newest."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    reason: str
    records: tuple[str, ...]
    """Kind and key of each record that it concerned, if it names them."""


def audit(visit: Visit, connection: Connection) -> Response:
    """Show a page of them; `before` is the number of the last one that was seen."""
    before = visit.asked("before")
    given = int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None  # noqa: PLR2004 - digits of a bigint
    found = _newest(connection, given, ON_A_PAGE + 1)
    more = found[ON_A_PAGE - 1].id if len(found) > ON_A_PAGE else None
    return rendered(visit, "audit", actions=found[:ON_A_PAGE], more=more)


def actions_on(connection: Connection, record: RecordId) -> list[Action]:
    """Return what people did to a record, oldest first."""
    named = f"{record.entity} {record.key}"
    found = _newest(connection, None, LOOKED_AT)
    return [one for one in reversed(found) if named in one.records]


def _newest(connection: Connection, before: int | None, most: int) -> list[Action]:
    a = source_tables(connection.dialect.name).audit
    query = select(a).order_by(a.c.id.desc()).limit(most)
    rows = connection.execute(query if before is None else query.where(a.c.id < before))
    return [_action(row) for row in rows]


def _action(row: Any) -> Action:
    detail = orjson.loads(row.detail) if row.detail else None
    records = tuple(map(str, detail)) if isinstance(detail, list) else ()
    return Action(
        row.id, row.at, row.who or "", row.action, row.subject or "", row.reason or "", records
    )
