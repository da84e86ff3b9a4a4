"""Knows how moved and copied databases are paired anew, on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import and_, or_, select

from relay.admin.recovery.opened import ACCEPTED, FORGOTTEN, Opened
from relay.admin.recovery.reconcile import PAIRED
from relay.admin.repair import Repair
from relay.base.errors import Refused
from relay.base.values import Cause, Entity, Operation, Person
from relay.cobra.identity import judge_place, place_name
from relay.cobra.memory import write_year
from relay.engine.handshake import Meeting, judge, meet


@dataclass(frozen=True, slots=True)
class Paired:
    """Where the database is that was accepted, and how many records are compared with it."""

    place: str
    records: int


class Pairing(Opened):
    """Accepts a database where it is now."""

    def pair_year(self, name: str, operator: Person) -> Paired:
        """Say that the database of a year is the right one from now on: it was moved or copied.

        Raises:
            Refused: `pair_nothing`, `year_away`, `pair_same_database` (the url names the
                database of another year), or a refusal that `relay reconcile` ends.
        """
        with self.cobra.begin():
            identity = self.identity()
            if name not in self.years:
                raise Refused("pair_year_away", year=name)
            meeting = meet(self.cobra, self.years[name])
            problem = judge(identity, meeting)
            if problem is None:
                raise Refused("pair_nothing", year=name)
            if problem.code not in PAIRED:
                raise Refused(problem.code, **problem.values)
            self._refuse_same_database(meeting)
            moved = problem.code == "year_moved"
            records = [] if moved else self.linked(name)
            # Of a year that was only renamed the bookings stay: no other year has them.
            others = {*self.settings.sage.names} - {name}
            is_copy = meeting.peer is not None and meeting.peer.year in others
            if is_copy:  # the invoices are the other year's
                records = [record for record in records if record.entity == Entity.ADDRESS]
            repair = Repair(self.cobra, operator)
            # What another installation's links say of our records is not to be believed.
            foreign = problem.code == "wrong_installation"
            operation = Operation.PROBE if foreign else Operation.SNAPSHOT
            repair.notice(records, Cause.RECONCILE, operation)
        if not moved:  # this ends the refusal, so all that has to follow is queued before
            self.forget(self.years[name], identity, is_copy=is_copy)
        place = {"server": meeting.place[0], "database_name": meeting.place[1]}
        values = {**place, "generation": meeting.generation} if moved else FORGOTTEN
        with self.cobra.begin():
            write_year(self.cobra, name, values | ACCEPTED)
            repair.audit("pair", f"{name}: {place_name(meeting.place)}", len(records))
        return Paired(place_name(meeting.place), len(records))

    def _refuse_same_database(self, meeting: Meeting) -> None:
        y = self.tables.year
        here = or_(
            *(
                and_(y.c.server == server, y.c.database_name == database)
                for server, database in {meeting.place, meeting.instance}
            )
        )
        query = select(y.c.name).where(here, y.c.name != meeting.year)
        other = self.cobra.execute(query).scalar()
        if other is not None:
            raise Refused("pair_same_database", year=meeting.year, other=other)

    def pair_moved_cobra(self, operator: Person) -> str:
        """Say that cobra's database was moved here and is still the only one."""
        with self.cobra.begin():
            place = self._new_place()
            self.write_identity(server=place[0], database_name=place[1])
            Repair(self.cobra, operator).audit("pair", f"cobra: {place_name(place)}", 0)
        return place_name(place)

    def pair_copied_cobra(self, operator: Person) -> str:
        """Give this copy of cobra an identity of its own; its years are paired one by one.

        Raises:
            Refused: `pair_productive_years`: a year is still the original's database.
        """
        with self.cobra.begin():
            place = self._new_place()
            identity = self.identity()
            meetings = [meet(self.cobra, year) for year in self.years.values()]
            productive = [
                m.year
                for m in meetings
                if m.peer is not None
                and m.peer.installation == identity.installation
                and m.memory.met
                and m.is_where(m.memory)
            ]
            if productive:
                raise Refused("pair_productive_years", years=", ".join(productive))
            self.write_identity(
                installation=uuid4(), incarnation=1, server=place[0], database_name=place[1]
            )
            self.cobra.execute(self.tables.year.delete())
            Repair(self.cobra, operator).audit("pair", f"copy: {place_name(place)}", 0)
        return place_name(place)

    def _new_place(self) -> tuple[str, str]:
        identity = self.identity()
        if judge_place(identity) is None:
            raise Refused("pair_cobra_in_place", place=place_name(identity.here))
        return identity.here
