"""One schedule: what clerks do, when, and what breaks where. All of it follows from its number."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.crash.audit import audited, without_exit
from tests.crash.clerks import Clerks
from tests.crash.company import BILLS, REFUSED, Company
from tests.crash.wire import COBRA, Boundary
from tests.world.databases import YEARS

EVENTS = 30
"""The least that clerks do in a schedule."""
KINDS = {
    "die": 40, "cut": 18, "commit lost before": 10, "commit lost after": 14, "deadlock": 8,
    "refused": 4, "stall": 12,
}  # fmt: skip
SAFE = {
    "polled", "listed", "in_hand", "read", "listed_again", "asked", "routed", "before_ack",
    "acknowledged",
    *(f"committed:{year}" for year in YEARS),
}  # fmt: skip
"""Milestones at which the relay has no transaction open: there it can stall for long."""
READING = ("SELECT", "BEGIN")
MEANWHILE = 15
"""The most that clerks do while one relay runs."""
TRIES = 12
"""Runs of the relay in which the faults of a schedule have to find their places."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How often what happens; a test that looks for one mistake can ask for more of it."""

    meanwhile: float = 0.02
    """At a boundary a clerk does something."""
    late: float = 0.12
    """A clerk leaves a save open."""
    at: Collection[str] = ()
    """The only boundaries at which clerks do something meanwhile, if not everywhere."""
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)
    """How often each kind of fault is chosen."""
    clerks: Mapping[str, int] | None = None
    """What clerks do, and how often, if not a bit of everything."""
    busy: int = 0
    """What clerks do more before and while another relay takes over."""


@dataclass
class Fault:
    """One fault: the first fitting boundary after so many."""

    kind: str
    after: int
    since_poll: bool
    logins: int = 0
    where: str | None = None

    def fits(self, boundary: Boundary, company: Company) -> bool:
        """Tell whether it can strike here."""
        label = boundary.label
        if self.where is not None and boundary.database not in ("", self.where):
            return False
        if self.kind == "die":
            return True
        if self.kind == "stall":
            return label in SAFE and not company.wires.is_amid()
        if self.kind.startswith("commit lost"):
            return label == "COMMIT"
        is_statement = boundary.cursor is not None
        if self.kind == "refused":
            return boundary.database in YEARS and label.startswith(("INSERT Adr", "UPDATE Adr"))
        return is_statement


@dataclass
class Told:
    """What happened in a schedule."""

    faults: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    events: int = 0
    starts: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Schedule:
    """Plays one schedule on a company that is set back."""

    clerks_are: type[Clerks] = Clerks

    def __init__(
        self, company: Company, seed: int, number: int, habits: Habits | None = None
    ) -> None:
        """Take the company; the number and the seed decide everything else."""
        self.habits = habits or Habits()
        self.company = company
        self.rng = random.Random(f"{seed}/{number}/{company.mode}")  # noqa: S311 - repeatable chance
        self.told = Told()
        self.may_refuse = False
        """Whether somebody has restored, moved or copied a database."""

    def play(self) -> Told:
        """Run it to its end and compare the books."""
        company, rng, told = self.company, self.rng, self.told
        self.begin()
        if rng.random() < 0.1:
            self.run()
        faults = rng.choice((1, 1, 1, 2))
        for _ in range(TRIES):
            share = (EVENTS + 6 - self.clerks.events) // (faults + 1)
            self._act(rng.randint(1, max(share, 2)))
            self.run(self._fault())
            company.wrong += without_exit(company)
            if told.faults.total() >= faults:
                break
        while self.clerks.events < EVENTS:
            self.clerks.act(rng)
        self._settle()
        told.events = self.clerks.events
        told.wrong = self.audited()
        if not told.faults:
            told.wrong.append("no fault struck")
        return told

    def audited(self) -> list[str]:
        """Return what is wrong when all is quiet."""
        return audited(self.company)

    def begin(self) -> None:
        """Set the company back, and let its clerks begin."""
        company = self.company
        company.set_back()
        self.clerks = self.clerks_are(
            company.cobra,
            company.clerk,
            invoices=company.mode == BILLS,
            late=self.habits.late,
            kinds=self.habits.clerks,
        )
        self.clerks.begin(self.rng)

    def _act(self, times: int) -> None:
        for _ in range(times):
            self.clerks.act(self.rng)

    def _fault(self) -> Fault:
        rng = self.rng
        kinds = self.habits.kinds
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        since_poll = rng.random() < 0.75
        return Fault(
            kind,
            rng.randrange(90 if since_poll else 110),
            since_poll,
            logins=rng.choice((0, 0, 1, 2)),
            where=rng.choice((None, None, COBRA, *YEARS)),
        )

    def run(self, fault: Fault | None = None, *, clerks_work: bool = True) -> str:
        """Let a relay work, with at most one fault; returns how it ended."""
        self.told.starts += 1
        self.company.wires.fresh()
        with self._watching(fault, clerks_work=clerks_work):
            ending = self.company.run()
        if ending.startswith(REFUSED) and not self.may_refuse:
            self.company.wrong.append(ending)
        self.told.endings[ending] += 1
        return ending

    @contextmanager
    def _watching(self, fault: Fault | None, *, clerks_work: bool) -> Iterator[None]:
        company = self.company
        state = {"seen": 0, "polled": False}
        until = self.clerks.events + MEANWHILE

        def watch(boundary: Boundary) -> None:
            nonlocal fault
            if boundary.label == "polled":
                state["polled"] = True
            if clerks_work and self.clerks.events < until:
                # Rarely while the relay takes over, which is many boundaries and no work.
                chance = self.habits.meanwhile * (1 if state["polled"] else 0.2)
                self._meanwhile(boundary, chance)
            if fault is None or (fault.since_poll and not state["polled"]):
                return
            state["seen"] += 1
            if state["seen"] <= fault.after or not fault.fits(boundary, company):
                return
            struck, fault = fault, None
            self._strike(struck, boundary)

        with company.wires.watched(watch):
            yield

    def _meanwhile(self, boundary: Boundary, chance: float) -> None:
        """Let clerks work while the relay does; never within its own write to cobra."""
        at = self.habits.at
        safe = boundary.label in at if at else boundary.label in (*SAFE, *READING)
        if safe and not self.company.wires.is_writing() and self.rng.random() < chance:
            self.clerks.act(self.rng)

    def _strike(self, fault: Fault, boundary: Boundary) -> None:
        wires = self.company.wires
        self.told.faults[fault.kind] += 1
        self.told.places[str(boundary)] += 1
        if fault.kind == "die":
            wires.die()
        elif fault.kind == "cut":
            wires.cut(boundary, fault.logins)
        elif fault.kind.startswith("commit lost"):
            wires.lose_commit(boundary, fault.logins, after=fault.kind.endswith("after"))
        elif fault.kind == "deadlock":
            wires.victim(boundary)
        elif fault.kind == "refused":
            wires.refuse()
        else:
            self._stall()

    def _stall(self) -> None:
        """The relay stalls; its lock is gone, another one takes over; then it wakes up."""
        with self.company.wires.watched(lambda _boundary: None):
            self._act(self.rng.randint(0, 3) + self.habits.busy)
            self.told.endings[f"usurper: {self.company.usurp()}"] += 1
            self._act(self.rng.randint(0, 2))

    def _settle(self) -> None:
        """Let all databases be there, everything be saved, and the relay work until it is quiet."""
        company = self.company
        company.wires.away.clear()
        self.clerks.end_all(self.rng)
        self.clerks.close_gaps()
        for _ in range(4):
            if self.run(clerks_work=False) == "idle":
                break
        if company.is_stuck():
            company.recheck()
