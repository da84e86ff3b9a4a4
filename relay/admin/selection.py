"""Knows which entries a person means: by number, key, code or time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, and_, or_, select

from relay.base.spelling import spellings_of
from relay.base.values import Entity, RecordId
from relay.cobra import access
from relay.cobra.tables import SourceTables
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
