"""Knows how a person's skip and the relay's work at the same invoice keep out of each other's way.

A person skips held and waiting entries, and binds their invoice by that. So the relay makes those
of a batch pending before it looks up decisions: a skip has come before, and is found, or finds
nothing to skip and says so. A crash leaves them pending, until a ledger has been asked; where one
could not be asked before a person skipped them, they are looked at again once it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import null, select, update

from relay.base.values import OPEN, Entity, Record, Status
from relay.cobra import access
from relay.cobra.lock import Lock
from relay.database import among, chunks

SKIPPABLE = (Status.HELD, Status.WAITING)


def take_in_hand(lock: Lock, records: Sequence[Record]) -> list[Record]:
    """Make the held and waiting entries of listed invoices pending; returns the records.

    One is left out if an entry of it was ended meanwhile, or somebody has it locked to decide about
    it just now: it stays due. Addresses are not taken, since a skip binds no later change of them.
    """
    mine = [record for record in records if record.id.entity == Entity.INVOICE]
    stuck = sorted({e.id for record in mine for e in record.entries if e.status in SKIPPABLE})
    if not stuck:
        return list(records)
    o = lock.tables.outbox
    taken: set[int] = set()
    with lock.writing() as connection:
        for some in chunks(stuck):
            listed = select(o.c.id).where(among(o.c.id, some), o.c.status.in_(OPEN))
            free = connection.execute(access.TAKEN.on(listed, o)).scalars().all()
            ours = (among(o.c.id, free), o.c.status.in_(SKIPPABLE))
            hand = access.WRITTEN.on(update(o), o).where(*ours)
            connection.execute(hand.values(status=str(Status.PENDING)))
            pending = listed.where(o.c.status.not_in(SKIPPABLE))
            taken |= set(connection.execute(access.TAKEN.on(pending, o)).scalars())
    lost = set(stuck) - taken
    return [
        _as_taken(record)
        for record in records
        if lost.isdisjoint(entry.id for entry in record.entries)
    ]


def _as_taken(record: Record) -> Record:
    if record.id.entity != Entity.INVOICE:
        return record
    entries = (
        replace(entry, status=Status.PENDING) if entry.status in SKIPPABLE else entry
        for entry in record.entries
    )
    return replace(record, entries=tuple(entries))


def skipped_entries(lock: Lock) -> list[UUID]:
    """Return the entries that ended by a skip."""
    o = lock.tables.outbox
    with lock.reading() as connection:
        query = access.SKIPPED.on(select(o.c.uid).where(o.c.status == Status.SKIPPED), o)
        return list(connection.execute(query.order_by(o.c.id)).scalars())


def look_again(lock: Lock, year: str, uids: Sequence[UUID]) -> None:
    """Make skipped entries pending that the ledger of a year has: they were carried out before.

    The next step tells so, with all that goes with it. Where the year's part was acknowledged
    before the skip there is nothing to tell: the skip was about the other years.
    """
    o, d = lock.tables.outbox, lock.tables.delivery
    known = select(d.c.year).where(
        d.c.outbox_id == o.c.id, d.c.year == year, d.c.status != Status.SKIPPED
    )
    for some in chunks(uids):
        with lock.writing() as connection:
            ended = (among(o.c.uid, some), o.c.status == Status.SKIPPED, ~known.exists())
            query = select(o.c.id).where(*ended)
            ids = connection.execute(access.AGAIN.on(query, o)).scalars().all()
            here = (among(d.c.outbox_id, ids), d.c.year == year, d.c.status == Status.SKIPPED)
            connection.execute(update(d).where(*here).values(status=str(Status.PENDING)))
            again = {"status": str(Status.PENDING), "finished_at": null()}
            pending = access.WRITTEN.on(update(o), o).where(among(o.c.id, ids))
            connection.execute(pending.values(**again))
