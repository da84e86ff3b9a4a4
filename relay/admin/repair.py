"""Knows what a person may do: release, skip and resend records, pause and resume years; audited.

These are an operator's own writes, made beside the running relay as the procedures for SSMS
make them. They touch only entries that the relay does not have in hand: held and waiting ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson
from sqlalchemy import insert, null, select, update
from sqlalchemy.engine import Connection, Engine

from relay.admin.selection import EntrySelection
from relay.base.errors import Refused
from relay.base.spelling import spellings_of
from relay.base.values import FINISHED, Cause, Operation, Person, RecordId, Status
from relay.cobra import access
from relay.cobra.decisions import keep_skips, revoke_skips
from relay.cobra.notices import Origin, change_stuck, let_go_on, write_notices
from relay.cobra.purge import purge
from relay.cobra.tables import source_tables
from relay.database import among, chunks, counted, schema, utcnow
from relay.database.connecting import opened

ALL_YEARS = "*"


class Repair:
    """What an operator does to one cobra database, in the caller's transaction."""

    def __init__(self, connection: Connection, operator: Person) -> None:
        """Take the connection; the caller begins and commits."""
        self.connection = connection
        self._operator = operator
        self._tables = source_tables(connection.dialect.name)

    def release(self, selection: EntrySelection) -> list[RecordId]:
        """Let held and waiting entries be tried again at once."""
        return self._done("release", selection, self._end(selection, Status.PENDING))

    def skip(self, selection: EntrySelection) -> list[RecordId]:
        """End held and waiting entries without carrying them out; the reason stays with them.

        An invoice is left alone from then on, until `resend`. One that the relay has in hand is not
        found: its entries are pending until the relay knows what became of them.
        """
        found = self._end(selection, Status.SKIPPED)
        records = [record for _, record in found]
        d = self._tables.delivery
        for some in chunks([entry for entry, _ in found]):
            open_ones = (among(d.c.outbox_id, some), d.c.status.not_in(FINISHED))
            values = {"status": str(Status.SKIPPED), "updated_at": utcnow()}
            self.connection.execute(update(d).where(*open_ones).values(values))
        keep_skips(self.connection, self._tables, records, self._operator)
        let_go_on(self.connection, self._tables, records)
        return self._done("skip", selection, found)

    def resend(self, selection: EntrySelection) -> list[RecordId]:
        """Write a new notice for each record: it is read, compared and carried out afresh.

        A record that is named with its kind needs no entry yet: it may have been saved while
        there were no triggers.
        """
        o = self._tables.outbox
        query = access.RESENT.on(select(o.c.entity, o.c.entity_key), o).distinct()
        found: dict[RecordId, None] = {}
        for portion in selection.portions():
            rows = self.connection.execute(query.where(portion.condition(self._tables)))
            found |= dict.fromkeys(RecordId(row.entity, row.entity_key) for row in rows)
        records = list(found)
        records += [
            record
            for record in selection.named()
            if found.keys().isdisjoint(RecordId(record.entity, k) for k in spellings_of(record.key))
        ]
        self.notice(records, Cause.RESEND)
        revoke_skips(self.connection, self._tables, records, self._operator)
        self.record("resend", selection.as_text(), records)
        return records

    def notice(
        self,
        records: Sequence[RecordId],
        cause: Cause,
        operation: Operation = Operation.SNAPSHOT,
    ) -> None:
        """Write a notice for each record, as a trigger would, with the cause that tells why."""
        origin = Origin(cause, operation, self._operator.who)
        write_notices(self.connection, self._tables, records, origin)

    def pause(self, scope: str) -> None:
        """Let nothing be written to a year (or to any: `*`) until it is resumed.

        Raises:
            Refused: `already_paused`.
        """
        p = self._tables.pause
        if self.connection.execute(select(p.c.scope).where(p.c.scope == scope)).first():
            raise Refused("already_paused", scope=scope)
        values = {"reason": self._operator.reason, "created_by": self._operator.who}
        self.connection.execute(insert(p).values(scope=scope, **values))
        self.record("pause", scope, [])

    def resume(self, scope: str) -> None:
        """End a pause; what waited for it goes on by itself.

        Raises:
            Refused: `not_paused`.
        """
        p = self._tables.pause
        if counted(self.connection, p.delete().where(p.c.scope == scope)) != 1:
            raise Refused("not_paused", scope=scope)
        self.record("resume", scope, [])

    def purge(self, status: Sequence[Status], days: int) -> int:
        """Delete a chunk of entries that ended so long ago; the caller repeats and audits."""
        return purge(self.connection, self._tables, status, days)

    def _end(self, selection: EntrySelection, status: Status) -> list[tuple[int, RecordId]]:
        """Give held and waiting entries another status; returns those that have it by this.

        One statement finds and changes them: see `change_stuck`.
        """
        o = self._tables.outbox
        ended = status is Status.SKIPPED
        found: dict[int, RecordId] = {}
        for portion in selection.portions():
            changed = change_stuck(o, portion.condition(self._tables)).values(
                status=str(status),
                next_attempt_at=null(),
                waiting_on=null(),
                reason=self._operator.reason if ended else o.c.reason,
                finished_at=utcnow() if ended else null(),
            )
            rows = self.connection.execute(changed.returning(o.c.id, o.c.entity, o.c.entity_key))
            found |= {row.id: RecordId(row.entity, row.entity_key) for row in rows}
        return sorted(found.items())

    def _done(
        self, action: str, selection: EntrySelection, found: Sequence[tuple[int, RecordId]]
    ) -> list[RecordId]:
        records = list(dict.fromkeys(record for _, record in found))
        if found:
            self.record(action, selection.as_text(), records)
        return records

    def audit(self, action: str, subject: str, records: int) -> None:
        """Note an action that concerns too many records to name them."""
        self.note(action, subject, {"records": records})

    def record(self, action: str, subject: str, records: Sequence[RecordId]) -> None:
        """Note an action that concerns these records, in whose history it then stands."""
        self.note(action, subject, [f"{record.entity} {record.key}" for record in records])

    def note(self, action: str, subject: str, detail: object) -> None:
        """Note an action with what is to be known of it."""
        self.connection.execute(
            insert(self._tables.audit).values(
                who=self._operator.who,
                action=action,
                subject=subject,
                reason=self._operator.reason,
                detail=orjson.dumps(detail).decode(),
            )
        )


@contextmanager
def repairing(engine: Engine, operator: Person) -> Iterator[Repair]:
    """Open one transaction of an operator on cobra's database.

    Raises:
        Unavailable: the database does not answer.
        Refused: it lacks the relay's tables.
    """
    with opened(engine, "cobra") as connection:
        with connection.begin():
            schema.require(connection, "source")
        with connection.begin():
            yield Repair(connection, operator)
