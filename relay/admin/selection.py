"""Knows which entries a person means, by number, key, code or time, and how open ones are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Connection

from relay.base.spelling import spellings_of
from relay.base.values import OPEN, Entity, RecordId
from relay.cobra import access
from relay.cobra.tables import SourceTables, source_tables
from relay.database import among, chunks


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Which entries are meant; what is not given does not restrict."""

    entries: tuple[int, ...] = ()
    """An entry stands for the older ones of its record too."""
    keys: tuple[str, ...] = ()
    """A key means records of any kind, `invoice:1` only the invoice."""
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, tables: SourceTables) -> ColumnElement[bool]:
        """Return the condition on the outbox."""
        o = tables.outbox
        parts: list[ColumnElement[bool]] = []
        if self.entries:
            one = o.alias("chosen")
            same = and_(one.c.entity == o.c.entity, one.c.entity_key == o.c.entity_key)
            named = same, among(one.c.id, self.entries), one.c.id >= o.c.id
            parts.append(access.CHOSEN.on(select(one.c.id), one).where(*named).exists())
        if self.keys:
            parts.append(or_(*(self._bears_a_key(tables, kind) for kind in Entity)))
        if self.code is not None:
            parts.append(o.c.error_code == self.code)
        if self.since is not None:
            parts.append(o.c.created_at >= self.since)
        if self.until is not None:
            parts.append(o.c.created_at < self.until)
        return and_(*parts) if parts else or_(o.c.id.is_not(None))

    def portions(self) -> Iterator[EntrySelection]:
        """Cut the selection so that what it names fits into one statement; together they say it."""
        for entries in [*chunks(self.entries, NAMED)] or [()]:
            for keys in [*chunks(self.keys, NAMED // SPELLINGS)] or [()]:
                yield replace(self, entries=tuple(entries), keys=tuple(keys))

    def _bears_a_key(self, tables: SourceTables, kind: Entity) -> ColumnElement[bool]:
        # Kind and key apart, as the index has them: together they are of two collations.
        o, said = tables.outbox, f"{kind}:"
        named = [*self.keys, *(k.removeprefix(said) for k in self.keys if k.startswith(said))]
        keys = dict.fromkeys(spelling for key in named for spelling in spellings_of(key))
        return and_(o.c.entity == str(kind), among(o.c.entity_key, list(keys)))

    def named(self) -> list[RecordId]:
        """Return the records that are named with their kind, if nothing else restricts them."""
        if self != EntrySelection(keys=self.keys):
            return []
        parts = [key.partition(":") for key in self.keys]
        return [
            RecordId(Entity(kind), key) for kind, _, key in parts if key and kind in set(Entity)
        ]

    def as_text(self) -> str:
        """Return the selection as the audit keeps it."""
        given = {name: value for name, value in asdict(self).items() if value}
        return orjson.dumps(given).decode()


NAMED = 400
"""Entries or keys that a person names in one statement; a key stands there up to twice a kind."""


SPELLINGS = 3
"""How often each time: a GUID as it was written, in capitals and in small letters."""


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry that is not finished, and what a person should know of it."""

    id: int
    entity: str
    key: str
    status: str
    created_at: datetime
    created_by: str | None
    waiting_on: str | None
    code: str | None
    text: str | None


def open_entries(
    connection: Connection, selection: EntrySelection, status: str | None, limit: int | None
) -> list[OpenEntry]:
    """Return open entries, oldest first; no limit: all."""
    tables = source_tables(connection.dialect.name)
    o = tables.outbox
    wanted = OPEN if status is None else (status,)
    query = access.SHOWN.on(select(o), o).where(o.c.status.in_(wanted)).order_by(o.c.id)
    rows = {
        row.id: row
        for portion in selection.portions()
        for row in connection.execute(query.where(portion.condition(tables)).limit(limit))
    }
    return [
        OpenEntry(
            id=row.id,
            entity=row.entity,
            key=row.entity_key,
            status=row.status,
            created_at=row.created_at,
            created_by=row.created_by,
            waiting_on=row.waiting_on,
            code=row.error_code,
            text=(row.error or "").partition("\n")[0] or None,
        )
        for _, row in sorted(rows.items())[:limit]
    ]
