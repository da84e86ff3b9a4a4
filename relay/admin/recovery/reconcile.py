"""Knows how restored, moved and copied databases are taken up again: looks, then queues, then ends.

Nothing is guessed from gaps or numbers: every record that links, deliveries or the selection
know gets an ordinary notice, and the comparison of states makes most of them no-ops. The last
write is the one that ends the refusal, so that an interrupted repair is simply repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from relay.admin.meant import selected_records
from relay.admin.recovery.opened import ACCEPTED, FORGOTTEN, Opened
from relay.admin.repair import Repair
from relay.base.errors import Refused
from relay.base.values import Cause, Entity, Operation, Person, Problem, RecordId, Status
from relay.cobra import access
from relay.cobra.decisions import keep_erasure
from relay.cobra.identity import Identity, judge_place, place_name
from relay.cobra.memory import write_year
from relay.engine.handshake import judge, meet
from relay.sage.forgetting import forgotten_addresses

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


class Reconcile(Opened):
    """Takes restored databases up again, when told to."""

    def look(self) -> Findings:
        """Say what is wrong with which year, and how many records would be queued."""
        with self.cobra.begin():
            identity = self.identity()
            if problem := judge_place(identity):
                raise Refused(problem.code, **problem.values)
            years = [self._finding(identity, name) for name in self.settings.sage.names]
            found = Findings(years, 0)
            return replace(found, records=len(self._records(found)))

    def reconcile(self, operator: Person) -> Findings:
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
        self, found: Findings, broken: Sequence[YearFinding], operator: Person
    ) -> None:
        with self.cobra.begin():
            identity = self.identity()
            records = self._records(found)
            repair = Repair(self.cobra, operator)
            repair.notice(records, Cause.RECONCILE)
        for year in broken:  # what it says of an old incarnation may be all that refuses it
            self.forget(self.years[year.year], identity)
        with self.cobra.begin():
            for year in broken:
                write_year(self.cobra, year.year, FORGOTTEN | ACCEPTED)
                repair.audit("reconcile", year.year, len(records))

    def _reconcile_cobra(self, found: Findings, operator: Person) -> None:
        away = [year.year for year in found.years if year.away]
        if away:
            raise Refused("reconcile_years_away", years=", ".join(away))
        erased = self._erased()
        with self.cobra.begin():
            identity = self.identity()
            records = self._records(found)
            repair = Repair(self.cobra, operator)
            repair.notice(records, Cause.RECONCILE, Operation.PROBE)
            for key, number in erased.items():
                keep_erasure(self.cobra, self.tables, key, number, operator)
        peers = [peer for year in self.years.values() if (peer := year.peer()) is not None]
        newest = max([identity.incarnation, *(peer.incarnation for peer in peers)]) + 1
        again = replace(identity, incarnation=newest)
        for year in self.years.values():
            self.forget(year, again)
        with self.cobra.begin():
            self.write_identity(incarnation=newest)
            for name in self.years:
                write_year(self.cobra, name, FORGOTTEN | ACCEPTED)
            Repair(self.cobra, operator).audit("reconcile", "cobra", len(records))

    def _erased(self) -> dict[str, str]:
        """Return the addresses that were erased, which cobra from before does not know any more."""
        found: dict[str, str] = {}
        for year in self.years.values():
            peer = year.peer()
            if peer is not None:
                with year.transaction(peer.epoch):
                    found |= forgotten_addresses(year)
        return found

    def _finding(self, identity: Identity, name: str) -> YearFinding:
        if name not in self.years:
            return YearFinding(name, None, None, away=True)
        meeting = meet(self.cobra, self.years[name])
        place = place_name(meeting.place) if meeting.peer is not None else None
        return YearFinding(name, place, judge(identity, meeting))

    def _records(self, found: Findings) -> list[RecordId]:
        """Return every record that a link, booking, route, delivery or the selection knows."""
        broken = [y.year for y in found.years if y.problem and y.problem.code in RECONCILED]
        if not broken:
            return []
        known = dict.fromkeys(record for name in self.years for record in self.linked(name))
        d, o = self.tables.delivery, self.tables.outbox
        delivered = (
            select(o.c.entity, o.c.entity_key)
            .join(d, d.c.outbox_id == o.c.id)
            .where(d.c.year.in_(broken), d.c.status == Status.APPLIED)
            .distinct()
        )
        rows = self.cobra.execute(access.DELIVERED.on(delivered, o))
        known |= dict.fromkeys(RecordId(row.entity, row.entity_key) for row in rows)
        routed = self.cobra.execute(select(self.tables.route.c.entity_key)).scalars()
        known |= dict.fromkeys(RecordId(Entity.INVOICE, key) for key in routed)
        if self.settings.sage.mode == "addresses":
            known |= dict.fromkeys(selected_records(self.cobra, self.settings))
        return list(known)
