"""Knows whether cobra and a Sage year belong together, or one was restored, copied, mistaken.

The handshake stands before the first write on every connection. It compares what each side
remembers of the other: the installation, its incarnation, the newest acknowledged and the
newest ledgered entry (by uid: ids return after a restore), and a marker of each database
that a restore changes, kept on the opposite side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.base.errors import Refused
from relay.base.values import Problem
from relay.cobra import access
from relay.cobra.hand import look_again
from relay.cobra.identity import Identity, place_name
from relay.cobra.lock import Lock
from relay.cobra.memory import Memory, read_memories, write_year
from relay.cobra.tables import source_tables
from relay.database import dialect_of
from relay.sage.port import Peer, YearPort

log = structlog.get_logger()
DOUBTFUL = {"sage_restored", "year_moved", "year_copied", "wrong_installation"}
"""Refusals of a year that was written before, or is taken for one that was."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """All that a handshake compares, read from both databases."""

    year: str
    peer: Peer | None
    memory: Memory
    place: tuple[str, str] = ("", "")
    generation: str | None = None
    instance: tuple[str, str] = ("", "")
    """The place without the availability group that it may be in."""
    acked_is_ledgered: bool = True
    newest_is_known: bool = True
    is_the_others: bool = False
    """The database is where the year that it says to be was paired: no copy of it."""

    def is_where(self, memory: Memory) -> bool:
        """Tell whether a year is remembered here; it may have joined an availability group."""
        return memory.place in {self.place, self.instance}


def shake_hands(lock: Lock, identity: Identity, year: YearPort, peer: Peer | None) -> Memory:
    """Compare both sides; pair them if they never met. Returns what cobra's side remembered.

    What is compared is read behind our fence, so nobody else writes meanwhile; `peer` is what the
    year said of its partner.

    Raises:
        Refused: the year or cobra was restored or copied, or they do not belong together.
            Nothing was written.
    """
    if peer is not None and peer.installation != identity.installation:
        raise Refused("wrong_installation", year=year.name)  # its fence is the other relay's
    with lock.reading() as connection:
        meeting = _meeting(connection, year, peer, lock.epoch)
    problem = judge(identity, meeting)
    if problem is not None:
        raise Refused(problem.code, **problem.values)
    if meeting.peer is None:
        _pair(lock, identity, year)
    elif meeting.memory.place != meeting.place:
        _remember(lock, year)
    return meeting.memory


def meet(cobra: Connection, year: YearPort) -> Meeting:
    """Read what a handshake compares; the fence stays where it is.

    Raises:
        FenceLost: a relay with a newer epoch has been here.
    """
    peer = year.peer()
    return _meeting(cobra, year, peer, peer.epoch if peer is not None else 0)


def _meeting(cobra: Connection, year: YearPort, peer: Peer | None, epoch: int) -> Meeting:
    memories = read_memories(cobra)
    memory = memories.get(year.name, Memory())
    if peer is None:
        return Meeting(year.name, None, memory)
    with year.begin(epoch) as here:
        peer = here.partner
        at = here.whereabouts()
        acked = [memory.acked_uid] if memory.acked_uid is not None else []
        ledgered = here.ledgered(acked)
    o = source_tables(dialect_of(cobra).name).outbox
    newest = access.KNOWN.on(select(o.c.id).where(o.c.uid == peer.newest_uid), o)
    known = peer.newest_uid is None or cobra.execute(newest).first() is not None
    named = memories.get(peer.year, Memory())
    met = (ledgered == set(acked), known, named.place in {at.place, at.instance})
    return Meeting(year.name, peer, memory, at.place, at.generation, at.instance, *met)


def judge(identity: Identity, meeting: Meeting) -> Problem | None:
    """Say why the two may not work together; None if they may. Pure.

    Markers of a restore come first, then what each side knows of the other. What Sage's side
    says of cobra is believed last: a Sage that was restored itself speaks of old times.
    """
    peer, year = meeting.peer, meeting.year
    if peer is None:
        return Problem("sage_restored", {"year": year}) if meeting.memory.met else None
    return _judge_pair(identity, peer, meeting) or _judge_state(identity, peer, meeting)


def _judge_pair(identity: Identity, peer: Peer, meeting: Meeting) -> Problem | None:
    year = meeting.year
    if peer.installation != identity.installation:
        return Problem("wrong_installation", {"year": year})
    if peer.year != year:
        values = {"year": year, "other": peer.year}
        code = "year_is_the_others" if meeting.is_the_others else "year_is_a_copy_of"
        return Problem("year_copied", values | {"way": Problem(code, values)})
    return None


def _judge_state(identity: Identity, peer: Peer, meeting: Meeting) -> Problem | None:
    memory, year = meeting.memory, meeting.year
    if peer.incarnation < identity.incarnation:  # so what it says of cobra is out of date
        return Problem("sage_restored", {"year": year})
    if _differ(identity.generation, peer.generation) or peer.incarnation > identity.incarnation:
        return Problem("cobra_restored", {"year": year})
    if memory.place is not None and not meeting.is_where(memory):
        was, now = place_name(memory.place), place_name(meeting.place)
        return Problem("year_moved", {"year": year, "was": was, "now": now})
    restored = memory.met and _differ(meeting.generation, memory.generation)
    if restored or not meeting.acked_is_ledgered:
        return Problem("sage_restored", {"year": year})
    return None if meeting.newest_is_known else Problem("cobra_restored", {"year": year})


def _differ(now: str | None, then: str | None) -> bool:
    return now is not None and then is not None and now != then


def _pair(lock: Lock, identity: Identity, year: YearPort) -> None:
    peer = Peer(
        year=year.name,
        installation=identity.installation,
        incarnation=identity.incarnation,
        epoch=lock.epoch,
        newest_id=None,
        newest_uid=None,
        generation=identity.generation,
    )
    year.pair(peer)
    _remember(lock, year)


def _remember(lock: Lock, year: YearPort) -> None:
    with year.begin(lock.epoch) as here:
        (server, database), marker, _ = here.whereabouts()
    values = {"server": server, "database_name": database, "generation": marker}
    with lock.writing() as connection:
        write_year(connection, year.name, values)


def believe_ledger(lock: Lock, skipped: Sequence[UUID], year: YearPort) -> None:
    """Look again at what a person skipped while a year, which has it, could not be asked."""
    with year.begin(lock.epoch) as here:
        known = here.ledgered(skipped)
    applied = [uid for uid in skipped if uid in known]
    if applied:
        log.info("skipped_was_applied", year=year.name, entries=len(applied))
        look_again(lock, year.name, applied)
