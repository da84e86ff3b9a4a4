"""Knows how restored, moved and copied databases are taken up again: looks, then queues, then ends.

Nothing is guessed from gaps or numbers: every record that links, deliveries or the selection
know gets an ordinary notice, and the comparison of states makes most of them no-ops. The last
write is the one that ends the refusal, so that an interrupted repair is simply repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import null, select, update
from sqlalchemy.engine import Connection, Engine

from relay import schema
from relay.backfill import selected_records
from relay.dialect import dialect_of
from relay.errors import Refused, Unavailable
from relay.lock import Lock, connect, hold
from relay.pairing import (
    Identity,
    Meeting,
    judge,
    meet,
    place_name,
    read_identity,
    write_year,
)
from relay.repair import Operator, Repair
from relay.sage import SageYear
from relay.settings import Settings
from relay.tables import source_tables
from relay.values import Cause, Entity, Operation, Problem, RecordId, Status

RECONCILED = ("sage_restored", "cobra_restored")
PAIRED = ("year_moved", "year_copied", "wrong_installation")


@dataclass(frozen=True, slots=True)
class YearFinding:
    """What looking at one Sage year showed; `problem` is None when all is well."""

    year: str
    place: str | None
    problem: Problem | None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to do, before anything is done."""

    years: list[YearFinding]
    records: int
    """How many records get a notice."""

    @property
    def cobra_restored(self) -> bool:
        """Tell whether it is cobra that was restored: then every year has to be there."""
        return any(y.problem is not None and y.problem.code == "cobra_restored" for y in self.years)


class Recovery:
    """Looks at cobra and the reachable years, and takes them up again when told to.

    Its writes to a year that is refused need no lock: a running relay keeps away from that
    year until the last of them. Where cobra itself is refused, no relay runs, and the lock is
    taken, so that none starts in between.
    """

    def __init__(self, settings: Settings, cobra: Connection, years: dict[str, SageYear]) -> None:
        """Take the open connections; years that are away are missing."""
        self._settings = settings
        self._cobra = cobra
        self._years = years
        self._tables = source_tables(dialect_of(cobra).name)

    def look(self) -> Findings:
        """Say what is wrong with which year, and how many records would be queued."""
        with self._cobra.begin():
            identity = self._identity()
            here = dialect_of(self._cobra).place(self._cobra)
            if here != identity.place:
                was, now = place_name(identity.place), place_name(here)
                raise Refused("cobra_copied", was=was, now=now)
            years = [self._finding(identity, year.name) for year in self._settings.sage.year]
            found = Findings(years, 0)
            return replace(found, records=len(self._records(found)))

    def reconcile(self, operator: Operator) -> Findings:
        """Queue what restored years or the restored cobra may lack, and end the refusal.

        Raises:
            Refused: `reconcile_nothing`, `reconcile_years_away`, or a refusal that `relay pair`
                ends and this command does not.
        """
        found = self.look()
        broken = [year for year in found.years if year.problem is not None]
        other = [y.problem for y in broken if y.problem and y.problem.code in PAIRED]
        if other:
            raise Refused(other[0].code, **other[0].values)
        if not broken:
            raise Refused("reconcile_nothing")
        if found.cobra_restored:
            self._reconcile_cobra(found, operator)
        else:
            self._reconcile_years(found, broken, operator)
        return found

    def _reconcile_years(
        self, found: Findings, broken: Sequence[YearFinding], operator: Operator
    ) -> None:
        with self._cobra.begin():
            identity = self._identity()
            records = self._records(found)
            repair = Repair(self._cobra, operator)
            repair.notice(records, Cause.RECONCILE)
        for year in broken:  # what it says of an old incarnation may be all that refuses it
            self._forget(self._years[year.year], identity)
        with self._cobra.begin():
            for year in broken:
                write_year(self._cobra, year.year, _FORGOTTEN)
                repair.audit("reconcile", year.year, len(records))

    def _reconcile_cobra(self, found: Findings, operator: Operator) -> None:
        away = [year.year for year in found.years if year.away]
        if away:
            raise Refused("reconcile_years_away", years=", ".join(away))
        with self._cobra.begin():
            identity = self._identity()
            records = self._records(found)
            repair = Repair(self._cobra, operator)
            repair.notice(records, Cause.RECONCILE, Operation.PROBE)
        peers = [peer for year in self._years.values() if (peer := year.peer()) is not None]
        newest = max([identity.incarnation, *(peer.incarnation for peer in peers)]) + 1
        again = replace(identity, incarnation=newest)
        for year in self._years.values():
            self._forget(year, again)
        with self._cobra.begin():
            self._write_identity(incarnation=newest)
            for name in self._years:
                write_year(self._cobra, name, _FORGOTTEN)
            Repair(self._cobra, operator).audit("reconcile", "cobra", len(records))

    def pair_year(self, name: str, operator: Operator) -> Findings:
        """Say that the database of a year is the right one from now on: it was moved or copied.

        Raises:
            Refused: `pair_nothing`, `year_away`, `pair_same_database` (the url names the
                database of another year), or a refusal that `relay reconcile` ends.
        """
        with self._cobra.begin():
            identity = self._identity()
            if name not in self._years:
                raise Refused("pair_year_away", year=name)
            meeting = meet(self._cobra, self._years[name])
            problem = judge(identity, meeting)
            if problem is None:
                raise Refused("pair_nothing", year=name)
            if problem.code not in PAIRED:
                raise Refused(problem.code, **problem.values)
            self._refuse_same_database(meeting)
            found = Findings([YearFinding(name, place_name(meeting.place), problem)], 0)
            moved = problem.code == "year_moved"
            records = [] if moved else self._linked(name)
            repair = Repair(self._cobra, operator)
            # What another installation's links say of our records is not to be believed.
            foreign = problem.code == "wrong_installation"
            operation = Operation.PROBE if foreign else Operation.SNAPSHOT
            repair.notice(records, Cause.RECONCILE, operation)
        if not moved:  # this ends the refusal, so all that has to follow is queued before
            self._forget(self._years[name], identity)
        place = {"server": meeting.place[0], "database_name": meeting.place[1]}
        told = {**place, "generation": meeting.generation} if moved else _FORGOTTEN
        with self._cobra.begin():
            write_year(self._cobra, name, told)
            repair.audit("pair", f"{name}: {place_name(meeting.place)}", len(records))
        return replace(found, records=len(records))

    def _refuse_same_database(self, meeting: Meeting) -> None:
        y = self._tables.year
        server, database = meeting.place
        query = select(y.c.name).where(
            y.c.server == server, y.c.database_name == database, y.c.name != meeting.year
        )
        other = self._cobra.execute(query).scalar()
        if other is not None:
            raise Refused("pair_same_database", year=meeting.year, other=other)

    def pair_moved_cobra(self, operator: Operator) -> str:
        """Say that cobra's database was moved here and is still the only one."""
        with self._cobra.begin():
            place = self._new_place()
            self._write_identity(server=place[0], database_name=place[1])
            Repair(self._cobra, operator).audit("pair", f"cobra: {place_name(place)}", 0)
        return place_name(place)

    def pair_copied_cobra(self, operator: Operator) -> str:
        """Give this copy of cobra an identity of its own; its years are paired one by one.

        Raises:
            Refused: `pair_productive_years`: a year is still the original's database.
        """
        with self._cobra.begin():
            place = self._new_place()
            identity = self._identity()
            meetings = [meet(self._cobra, year) for year in self._years.values()]
            productive = [
                m.year
                for m in meetings
                if m.peer is not None
                and m.peer.installation == identity.installation
                and m.memory.met
                and m.memory.place == m.place
            ]
            if productive:
                raise Refused("pair_productive_years", years=", ".join(productive))
            self._write_identity(
                installation=uuid4(), incarnation=1, server=place[0], database_name=place[1]
            )
            self._cobra.execute(self._tables.year.delete())
            Repair(self._cobra, operator).audit("pair", f"copy: {place_name(place)}", 0)
        return place_name(place)

    def linked_keys(self, after: str | None = None) -> Iterator[str]:
        """Yield the keys of all linked addresses of the reachable years, those after a key."""
        linked = (record for name in self._years for record in self._linked(name))
        keys = {record.key for record in linked if record.entity == Entity.ADDRESS}
        yield from sorted(key for key in keys if after is None or key > after)

    def _new_place(self) -> tuple[str, str]:
        place = dialect_of(self._cobra).place(self._cobra)
        if place == self._identity().place:
            raise Refused("pair_cobra_in_place", place=place_name(place))
        return place

    def _identity(self) -> Identity:
        identity = read_identity(self._cobra)
        if identity is None:
            raise Refused("never_paired")
        return identity

    def _write_identity(self, **values: object) -> None:
        i = self._tables.identity
        self._cobra.execute(update(i).where(i.c.id == 1).values(**values))

    def _finding(self, identity: Identity, name: str) -> YearFinding:
        if name not in self._years:
            return YearFinding(name, None, None, away=True)
        meeting = meet(self._cobra, self._years[name])
        place = place_name(meeting.place) if meeting.peer is not None else None
        return YearFinding(name, place, judge(identity, meeting))

    def _forget(self, year: SageYear, identity: Identity) -> None:
        """Let a year start anew with this identity; its links stay.

        A relay of another installation that still has it open is fenced off.
        """
        peer = year.peer()
        if peer is None:
            return
        p = year.tables.peer
        with year.transaction(peer.epoch + 1) as connection:
            connection.execute(
                update(p)
                .where(p.c.id == 1)
                .values(
                    year=year.name,
                    installation=identity.installation,
                    incarnation=identity.incarnation,
                    newest_id=null(),
                    newest_uid=null(),
                    generation=null() if identity.generation is None else identity.generation,
                )
            )

    def _records(self, found: Findings) -> list[RecordId]:
        """Return every record that a link, booking, route, delivery or the selection knows."""
        broken = [y.year for y in found.years if y.problem and y.problem.code in RECONCILED]
        if not broken:
            return []
        known = dict.fromkeys(record for name in self._years for record in self._linked(name))
        d, o = self._tables.delivery, self._tables.outbox
        delivered = (
            select(o.c.entity, o.c.entity_key)
            .join(d, d.c.outbox_id == o.c.id)
            .where(d.c.year.in_(broken), d.c.status == Status.APPLIED)
            .distinct()
        )
        rows = self._cobra.execute(delivered)
        known |= dict.fromkeys(RecordId(row.entity, row.entity_key) for row in rows)
        routed = self._cobra.execute(select(self._tables.route.c.entity_key)).scalars()
        known |= dict.fromkeys(RecordId(Entity.INVOICE, key) for key in routed)
        if self._settings.sage.mode == "addresses":
            known |= dict.fromkeys(selected_records(self._cobra, self._settings))
        return list(known)

    def _linked(self, name: str) -> list[RecordId]:
        year = self._years[name]
        peer = year.peer()
        if peer is None:
            return []
        return year.known_records(peer.epoch)


_FORGOTTEN = {
    "server": None,
    "database_name": None,
    "generation": None,
    "acked_id": None,
    "acked_uid": None,
}


@contextmanager
def beside_relay(settings: Settings, cobra: Engine, years: dict[str, Engine]) -> Iterator[Recovery]:
    """Open what can be reached, beside a relay that may be running."""
    with ExitStack() as stack:
        connection = stack.enter_context(connect(cobra, "cobra"))
        yield _recovery(stack, settings, connection, years)


@contextmanager
def instead_of_relay(
    settings: Settings, cobra: Engine, years: dict[str, Engine]
) -> Iterator[Recovery]:
    """Open what can be reached while no relay runs and none can start.

    Raises:
        Refused: `another_relay_works`.
    """
    with ExitStack() as stack:
        lock: Lock | None = stack.enter_context(hold(cobra))
        if lock is None:
            raise Refused("another_relay_works")
        connection = stack.enter_context(connect(cobra, "cobra"))
        yield _recovery(stack, settings, connection, years)


def _recovery(
    stack: ExitStack, settings: Settings, cobra: Connection, engines: dict[str, Engine]
) -> Recovery:
    with cobra.begin():
        schema.require(cobra, "source")
    years: dict[str, SageYear] = {}
    for year in settings.sage.year:
        try:
            years[year.name] = SageYear(year, engines[year.name], settings.sage.profile)
        except Unavailable:
            continue
        stack.callback(years[year.name].close)
        with years[year.name].connection.begin():
            schema.require(years[year.name].connection, "target")
    return Recovery(settings, cobra, years)
