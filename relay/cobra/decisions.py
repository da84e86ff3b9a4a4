"""Knows what people decided of records: skip or resend an invoice, adopt a record of Sage or not.

Each matter of a record has one row, and a newer decision takes its place, so the newest counts.
No purge comes here: a decision is bound to no entry and ends by nothing but another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from relay.base.values import Entity, Person, RecordId
from relay.cobra.lock import Lock
from relay.cobra.tables import SourceTables
from relay.database import among, chunks, dialect_of, rows_among, utcnow

TRANSFER = "transfer"
"""The topic of an invoice: whether it is carried out at all."""


ERASURE = "erasure"
"""The topic of an address whose person's data was erased."""


class Verdict(StrEnum):
    """What a person decided."""

    SKIP = "skip"
    """The relay leaves the invoice alone, also when it changes; so an address that was erased."""
    RESEND = "resend"
    """It does not any more."""
    LINK = "link"
    """The record of cobra and the one of Sage are the same."""
    SEPARATE = "separate"
    """They are not."""
    MOVE = "move"
    """An address took the place of one that cobra holds no more."""


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """A decision about an address of cobra and what Sage holds, both as the person saw them."""

    key: str
    verdict: Verdict
    number: str
    """Sage's address number; empty if there is only a debtor."""
    debtor: int | None
    mark: str
    """What names the pair as it stood."""
    cobra: str
    """The fingerprint of cobra's record."""
    seen: Mapping[str, Mapping[str, str]]
    """Year to what stood in Sage."""

    @property
    def topic(self) -> str:
        """Return the matter: a later decision about the same two records takes its place."""
        return f"address {self.number}" if self.number else f"debtor {self.debtor}"


def keep_skips(
    connection: Connection, tables: SourceTables, records: Iterable[RecordId], by: Person
) -> None:
    """Let the relay leave invoices alone; a skip of an address binds no later change."""
    d, keys = tables.decision, _invoices(records)
    known = _transfers(connection, tables, keys, Verdict.SKIP, by)
    new = [key for key in keys if key not in known]
    rows = [_row(RecordId(Entity.INVOICE, key), TRANSFER, Verdict.SKIP, by) for key in new]
    dialect_of(connection).insert_rows(connection, d, rows)


def revoke_skips(
    connection: Connection, tables: SourceTables, records: Iterable[RecordId], by: Person
) -> None:
    """Let the relay carry out invoices again that were skipped."""
    _transfers(connection, tables, _invoices(records), Verdict.RESEND, by)


def _invoices(records: Iterable[RecordId]) -> list[str]:
    return list(dict.fromkeys(r.key for r in records if r.entity == Entity.INVOICE))


def _transfers(
    connection: Connection, tables: SourceTables, keys: Sequence[str], verdict: Verdict, by: Person
) -> set[str]:
    """Replace what was decided of the invoices before; returns those of which something was."""
    d = tables.decision
    values = {"decision": str(verdict), "reason": by.reason, "decided_by": by.who}
    known: set[str] = set()
    for some in chunks(keys):
        mine = (d.c.entity == Entity.INVOICE, d.c.topic == TRANSFER, among(d.c.entity_key, some))
        replaced = update(d).where(*mine).values(**values, decided_at=utcnow())
        known |= set(connection.execute(replaced.returning(d.c.entity_key)).scalars())
    return known


def skipped_invoices(lock: Lock, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """Return which of the records are invoices that the relay is to leave alone, and why.

    Waits for a decision that is being written: to pass over it could mean to book what was skipped.
    """
    d = lock.tables.decision
    query = select(d.c.entity_key, d.c.reason).where(
        d.c.entity == Entity.INVOICE, d.c.topic == TRANSFER, d.c.decision == Verdict.SKIP
    )
    with lock.reading() as connection:
        rows = rows_among(connection, query, d.c.entity_key, _invoices(records))
    return {RecordId(Entity.INVOICE, key): reason for key, reason in rows}


def decided_pairs(connection: Connection, tables: SourceTables) -> dict[str, str]:
    """Return mark to verdict of all pairs that were decided, as they stood then."""
    d = tables.decision
    query = select(d.c.mark, d.c.decision).where(
        d.c.entity == Entity.ADDRESS, d.c.decision.in_((Verdict.LINK, Verdict.SEPARATE))
    )
    return dict(connection.execute(query).all())


def keep_pairs(
    connection: Connection, tables: SourceTables, pairs: Sequence[DecidedPair], by: Person
) -> None:
    """Keep what was decided of pairs, in place of what was decided of them before."""
    d = tables.decision
    matters = [{"p_key": pair.key, "p_topic": pair.topic} for pair in pairs]
    if not matters:
        return
    own = (d.c.entity_key == bindparam("p_key"), d.c.topic == bindparam("p_topic"))
    connection.execute(d.delete().where(d.c.entity == Entity.ADDRESS, *own), matters)
    rows = [
        _row(RecordId(Entity.ADDRESS, pair.key), pair.topic, pair.verdict, by)
        | {"number": pair.number, "debtor": pair.debtor, "mark": pair.mark}
        | {"cobra": pair.cobra, "seen": orjson.dumps(pair.seen).decode()}
        for pair in pairs
    ]
    dialect_of(connection).insert_rows(connection, d, rows)


def keep_move(
    connection: Connection, tables: SourceTables, former: str, key: str, by: Person
) -> None:
    """Keep that an address took the place of a former one, whoever was said to before."""
    d = tables.decision
    topic = f"follows {hashlib.sha256(former.encode()).hexdigest()[:32]}"  # a key may be too long
    mine = (d.c.entity == Entity.ADDRESS, d.c.topic == topic)
    connection.execute(d.delete().where(*mine))
    row = _row(RecordId(Entity.ADDRESS, key), topic, Verdict.MOVE, by)
    row["seen"] = orjson.dumps({"former": former}).decode()
    dialect_of(connection).insert_rows(connection, d, [row])


def keep_erasure(
    connection: Connection, tables: SourceTables, key: str, number: str, by: Person
) -> None:
    """Keep that an address was erased, which had this number: also years without a link obey.

    Without a number: no year knew it.
    """
    d = tables.decision
    mine = (d.c.entity_key == key, d.c.topic == ERASURE)
    connection.execute(d.delete().where(d.c.entity == Entity.ADDRESS, *mine))
    row = _row(RecordId(Entity.ADDRESS, key), ERASURE, Verdict.SKIP, by)
    dialect_of(connection).insert_rows(connection, d, [row | {"number": number}])


def erased_addresses(
    connection: Connection, tables: SourceTables, keys: Sequence[str] | None = None
) -> dict[str, str]:
    """Return keys of addresses whose data was erased to the number that they had.

    Of these keys, or of all. Empty is a number if no Sage year knew it.
    """
    d = tables.decision
    query = select(d.c.entity_key, d.c.number).where(
        d.c.entity == Entity.ADDRESS, d.c.topic == ERASURE
    )
    if keys is None:
        return dict(connection.execute(query).all())
    return dict(rows_among(connection, query, d.c.entity_key, keys))


def _row(record: RecordId, topic: str, verdict: Verdict, by: Person) -> dict[str, Any]:
    named = {"entity": str(record.entity), "entity_key": record.key, "topic": topic}
    return named | {"decision": str(verdict), "reason": by.reason, "decided_by": by.who}
