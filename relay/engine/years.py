"""Knows which Sage years can be used now: connects, shakes hands, notices loss and return."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog

from relay.base.codes import End
from relay.base.errors import LockLost, Refused, RelayError, Unavailable
from relay.base.values import NO_YEAR, Cause, Problem, RecordId, year_wait
from relay.cobra.deliveries import Say
from relay.cobra.hand import skipped_entries
from relay.cobra.identity import Identity
from relay.cobra.lock import Lock
from relay.cobra.memory import Memory, note_state, note_taken_over, read_memories
from relay.cobra.notices import Origin, write_notices
from relay.cobra.outbox import Outbox
from relay.engine.handshake import DOUBTFUL, believe_ledger, shake_hands
from relay.engine.seat import Seat
from relay.sage.port import TROUBLE, Opener, Peer, YearPort
from relay.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")
COBRA_REFUSALS = {"cobra_restored", "cobra_copied"}


class Years:
    """The configured Sage years, in the order of their first day."""

    def __init__(
        self,
        lock: Lock,
        settings: Settings,
        openers: Mapping[str, Opener],
        say: Say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how each year is opened; none is yet."""
        self._lock = lock
        self._settings = settings
        self._say = say
        self._clock = clock
        self._identity: Identity | None = None
        self._pool = ThreadPoolExecutor(thread_name_prefix="sage")
        self._seats = {y.name: Seat(y, openers[y.name]) for y in settings.sage.year}
        self.paused: set[str] = set()
        self._back: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of all configured years."""
        return iter(self._seats)

    def close(self) -> None:
        """Let all connections go."""
        for seat in self._seats.values():
            seat.close()
        self._pool.shutdown(wait=False)

    def take_over(self, identity: Identity) -> int:
        """Take a new epoch, raise it in every reachable year, then shake hands with each.

        Raises:
            Refused: cobra itself was restored or copied; nothing may be written anywhere.
        """
        self._identity = identity
        for seat in self._seats.values():
            seat.knock(self._pool, self._clock())
        for seat in self._seats.values():
            self._collect(seat, wait=True)
        peers = [self._ask(seat, lambda year: year.peer()) for seat in self._seats.values()]
        epochs = [peer.epoch for peer in peers if peer is not None]
        epoch = self._lock.take_epoch(max(epochs, default=0))
        fenced: dict[str, Peer | None] = {}
        for seat, peer in zip(self._seats.values(), peers, strict=True):
            if seat.missed is not None:
                self.lose(seat.name, seat.missed)
            elif peer is not None and peer.installation == identity.installation:
                fenced[seat.name] = self._ask(seat, partial(_raise_fence, epoch))
        for seat in self._seats.values():
            self._greet(seat, fenced.get(seat.name))
        here = [seat.name for seat in self._seats.values() if seat.year is not None]
        note_taken_over(self._lock, here, list(self._seats))
        return epoch

    def ready(self, name: str) -> YearPort | None:
        """Return a year that may be written to now, or None."""
        if {name, "*"} & self.paused:
            return None
        return self._seats[name].year

    def doubtful(self) -> str | None:
        """Return a year that may hold what it should not, or lack what it held: no booking now."""
        return next((name for name, seat in self._seats.items() if seat.lost_by in DOUBTFUL), None)

    def look(self, outbox: Outbox) -> None:
        """See whether a year came back or a pause ended, and reopen what waited for it."""
        paused = outbox.paused()
        ended = self.paused - paused
        self.paused = paused
        self._back |= {name for name in self._seats if ended & {name, "*"}}
        for name, seat in self._seats.items():
            if seat.year is None and self._return(seat):
                self._back.add(name)
            if name in self._back and self.ready(name):
                log.info("year_ready", year=name, reopened=self._reopen(name, outbox))
                self._back.remove(name)  # not before: a locked outbox is looked at again

    def purge_ledgers(self, days: int) -> int:
        """Delete a chunk of old ledger rows in each ready year; returns how many."""
        ready = [seat for name, seat in self._seats.items() if self.ready(name) is not None]
        return sum(self._ask(seat, partial(self._purge_ledger, days)) or 0 for seat in ready)

    def _purge_ledger(self, days: int, year: YearPort) -> int:
        with self._lock.reading() as connection:
            memory = read_memories(connection).get(year.name)
        acked = None if memory is None else memory.acked_uid
        return year.purge_ledger(self._lock.epoch, days, [] if acked is None else [acked])

    def start(self, outbox: Outbox) -> None:
        """Reopen, once after taking over, what waits for a year that is here, or not configured.

        What the configuration held is tried as well: it may be another one now.
        """
        self.paused = outbox.paused()
        here = [name for name in self._seats if self.ready(name)]
        self._believe_ledgers(here)
        waiting_on = [NO_YEAR, *(year_wait(name) for name in here)]
        outbox.reopen_all(waiting_on, self._seats, End.CONFIGURATION)

    def lose(self, name: str, error: RelayError) -> None:
        """Note that a year's database has trouble: it is tried again by and by."""
        seat = self._seats[name]
        seat.missed = None
        seat.leave()
        seat.put_off(self._clock())
        seat.lost_by = error.code  # before it is reported, which somebody's open row may prevent
        state = "refused" if isinstance(error, Refused) else "away"
        if seat.reported != error.code:
            text = self._say(Problem(error.code, error.values), RecordId("year", name))
            log.warning("year_lost", year=name, state=state, code=error.code, text=text)
            note_state(self._lock, name, state, error.code, text)
            seat.reported = error.code

    def _return(self, seat: Seat) -> bool:
        if not seat.knock(self._pool, self._clock()):
            return False
        if not (self._collect(seat, wait=False) and self._greet(seat)):
            return False
        note_state(self._lock, seat.name, "ready")
        return True

    def _collect(self, seat: Seat, *, wait: bool) -> bool:
        try:
            return seat.collect(wait=wait)
        except (Refused, Unavailable) as error:
            self._miss(seat, error)
            return False

    def _miss(self, seat: Seat, error: RelayError) -> None:
        """As `lose`; before our first epoch cobra may not be written, so only remember it."""
        if self._lock.epoch:
            self.lose(seat.name, error)
        else:
            seat.missed = error
            seat.leave()

    def _ask(self, seat: Seat, question: Callable[[YearPort], T]) -> T | None:
        """Ask a year, if it is here; one that has trouble of its own is missed from then on."""
        if seat.year is None:
            return None
        try:
            return question(seat.year)
        except RelayError:
            raise
        except Exception as error:
            if seat.year.failure(error) not in TROUBLE:
                raise
            self._miss(seat, seat.year.unavailable(error))
            return None

    def _greet(self, seat: Seat, peer: Peer | None = None) -> bool:
        """Shake hands; whatever interrupts it, a year that was not greeted is not ready.

        `peer` is what it has said since our epoch was raised there.
        """
        try:
            return self._welcome(seat, peer)
        except BaseException:
            seat.leave()
            raise

    def _welcome(self, seat: Seat, peer: Peer | None) -> bool:
        memory = None
        try:
            memory = self._ask(seat, partial(self._meet, peer))
        except LockLost:
            raise
        except (Refused, Unavailable) as error:
            if error.code in COBRA_REFUSALS:
                raise
            self.lose(seat.name, error)
        if memory is None or (memory.was_removed and not self._catch_up(seat)):
            return False
        seat.is_back()
        return True

    def _reopen(self, name: str, outbox: Outbox) -> int:
        """Reopen what waited for a year, and what it may have; returns how many waited."""
        self._believe_ledgers([name])
        return outbox.reopen(year_wait(name))

    def _believe_ledgers(self, names: Sequence[str]) -> None:
        """Look again at what a person skipped while years that have it could not be asked."""
        skipped = skipped_entries(self._lock)
        for name in names if skipped else ():
            self._ask(self._seats[name], partial(believe_ledger, self._lock, skipped))

    def _catch_up(self, seat: Seat) -> bool:
        """Notice what a year may have missed that was taken out of the configuration and is back.

        Returns whether the year is still here.
        """
        here = [other for other in self._seats.values() if other.year is not None]
        known = [self._ask(s, lambda year: year.known_records(self._lock.epoch)) for s in here]
        records = dict.fromkeys(record for some in known for record in some or ())
        origin = Origin(Cause.RECONCILE, by=f"relay {socket.gethostname()}")
        with self._lock.writing() as connection:
            write_notices(connection, self._lock.tables, records, origin)
        return seat.year is not None

    def _meet(self, peer: Peer | None, year: YearPort) -> Memory:
        if self._identity is None:
            raise RuntimeError
        peer = peer or year.peer()
        if peer is not None and peer.epoch > self._lock.epoch:
            self._lock.take_epoch(peer.epoch)  # proves by our lock that we are the one
        return shake_hands(self._lock, self._identity, year, peer)


def _raise_fence(epoch: int, year: YearPort) -> Peer:
    """Let nobody with an older epoch write from now on; returns what the year says then."""
    with year.begin(epoch) as here:
        return here.partner
