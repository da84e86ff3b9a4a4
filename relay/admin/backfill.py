"""Knows how many records are noticed at once: page by page, going on where it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import and_, func, select, update
from sqlalchemy.engine import Connection

from relay.admin.repair import Repair
from relay.base.values import Cause, Entity, Person, RecordId
from relay.cobra.tables import SourceTables, source_tables
from relay.database import days_ago

PAGE = 1000
"""Records that are noticed in one transaction."""
Keys = Callable[[str | None], Iterator[str]]
"""Gives the keys of records in a fixed order, those after a key or all."""


class Backfill:
    """Writes a notice for each of many records; each page and its mark are one transaction.

    A run that was interrupted is continued for a day; an older one belongs to another occasion.
    """

    def __init__(self, connection: Connection, operator: Person, kind: str) -> None:
        """Take the connection; `kind` tells runs of one sort, for the same years, from others."""
        self._connection = connection
        self._operator = operator
        self._kind = kind
        self._tables: SourceTables = source_tables(connection.dialect.name)

    def run(
        self,
        keys: Keys,
        progress: Callable[[int], None],
        per_second: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[int, bool]:
        """Notice all records; returns how many, and whether an interrupted run was continued.

        What is committed is told to `progress`, in records. So many `per_second`, each second's in
        a transaction, leave clerks' changes time in between; None: as fast as it goes.
        """
        size = min(PAGE, per_second or PAGE)
        with self._connection.begin():
            mark, after, done = self._interrupted()
            if mark is None:
                mark = self._begin()
        resumed = after is not None
        queued = 0
        with self._connection.begin():
            upcoming = keys(after)
            page = list(islice(upcoming, size))
        while page:
            with self._connection.begin():
                records = [RecordId(Entity.ADDRESS, key) for key in page]
                Repair(self._connection, self._operator).notice(records, Cause.BACKFILL)
                done, queued, after = done + len(page), queued + len(page), page[-1]
                self._write(mark, after, done, finished=False)
            progress(len(page))
            rest_s = len(page) / per_second if per_second else 0.0
            with self._connection.begin():
                page = list(islice(upcoming, size))
            if page and rest_s:
                sleep(rest_s)
        with self._connection.begin():
            self._write(mark, after, done, finished=True)
        return queued, resumed

    def _interrupted(self) -> tuple[int | None, str | None, int]:
        a = self._tables.audit
        mine = and_(a.c.action == "backfill", a.c.subject == self._kind, a.c.at > days_ago(1))
        newest = select(a.c.id, a.c.detail).where(mine).order_by(a.c.id.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        detail: dict[str, Any] = {} if row is None else orjson.loads(row.detail)
        if row is None or detail["finished"]:
            return None, None, 0
        return int(row.id), detail["after"], int(detail["queued"])

    def _begin(self) -> int:
        a = self._tables.audit
        start = _detail(None, 0, finished=False)
        Repair(self._connection, self._operator).note("backfill", self._kind, start)
        newest = select(func.max(a.c.id)).where(a.c.action == "backfill", a.c.subject == self._kind)
        return int(self._connection.execute(newest).scalar_one())

    def _write(self, mark: int, after: str | None, done: int, *, finished: bool) -> None:
        a = self._tables.audit
        detail = orjson.dumps(_detail(after, done, finished=finished)).decode()
        self._connection.execute(update(a).where(a.c.id == mark).values(detail=detail))


def _detail(after: str | None, queued: int, *, finished: bool) -> dict[str, object]:
    return {"after": after, "queued": queued, "finished": finished}
