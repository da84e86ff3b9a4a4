"""The state machine: what clerks, operators and accidents can do, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import text

from relay.admin.recovery.opened import beside_relay, instead_of_relay
from relay.admin.recovery.pair import Pairing
from relay.admin.recovery.reconcile import Reconcile
from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import FINISHED, Person, Status
from tests.crash.audit import audited, without_exit
from tests.crash.clerks import ADDRESSES_ONLY, WITH_INVOICES
from tests.crash.company import ADDRESSES, REFUSED, Company
from tests.crash.schedule import KINDS, Fault, Schedule
from tests.crash.wire import COBRA
from tests.histories.model import Model
from tests.world.backups import Backup
from tests.world.databases import YEARS

ROSA = Person("Rosa Muster", "Übung")
CHANCE = st.integers(0, 2**16).map(random.Random)
DATABASES = st.sampled_from((COBRA, *YEARS))


class History(RuleBasedStateMachine):
    """One company; each rule is one thing that somebody does or that happens."""

    company: ClassVar[Company]

    @initialize(chance=CHANCE)
    def begin(self, chance: random.Random) -> None:
        """Open the company."""
        self.schedule = Schedule(self.company, 0, 0)
        self.schedule.rng = chance
        self.schedule.begin()
        self.model = Model()
        self.backups: dict[str, Backup] = {}
        self.restored = False
        self.trimmed = False
        """Whether ledger and outbox cannot be compared row by row any more."""
        self.paused: set[str] = set()

    @property
    def clerks(self) -> Any:
        """The company's clerks."""
        return self.schedule.clerks

    # Clerks.

    @rule(data=st.data(), chance=CHANCE)
    def clerk(self, data: st.DataObject, chance: random.Random) -> None:
        """A clerk saves something, undoes it, or leaves it open."""
        kinds = ADDRESSES_ONLY if self.company.mode == ADDRESSES else WITH_INVOICES
        self.clerks.do(data.draw(st.sampled_from(sorted(kinds))), chance)

    @rule(chance=CHANCE)
    @precondition(lambda self: self.clerks.open)
    def clerk_ends(self, chance: random.Random) -> None:
        """A clerk commits or undoes what was begun before others saved."""
        self.clerks.end(chance, chance.choice(self.clerks.open))

    # The relay, and what breaks.

    @rule()
    def relay_works(self) -> None:
        """A relay works until it is idle."""
        self._run(None)

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        after=st.integers(0, 90),
        since_poll=st.booleans(),
        logins=st.integers(0, 2),
        where=st.none() | DATABASES,
    )
    def relay_meets(
        self,
        kind: str,
        after: int,
        since_poll: bool,  # noqa: FBT001 - drawn
        logins: int,
        where: str | None,
    ) -> None:
        """A relay works and a fault strikes: death, cut, deadlock, constraint, another relay."""
        self._run(Fault(kind, after, since_poll, logins, where))

    @rule(database=DATABASES)
    def is_away(self, database: str) -> None:
        """A database cannot be reached for some time."""
        self.company.wires.away[database] = 3

    @rule(hours=st.sampled_from((-48, -1, 1, 48)))
    def clock_jumps(self, hours: int) -> None:
        """The server's clock is put right: what was written before seems to be from elsewhen."""
        moved = (
            f"DATEADD(hour, {hours}, created_at)"
            if self.company.mssql
            else f"strftime('%Y-%m-%d %H:%M:%f', created_at, '{hours} hours')"
        )
        self._in_cobra(f"UPDATE {self.company.ours}outbox SET created_at = {moved}")

    # Operators.

    @rule()
    def operator_releases(self) -> None:
        """A person lets what is held or waits be tried again."""
        self._repair(lambda repair: repair.release(EntrySelection()))

    @rule(chance=CHANCE)
    def operator_skips(self, chance: random.Random) -> None:
        """A person lets one address be that is held or waits."""
        stuck = self._keys("status IN ('held', 'waiting') AND entity = 'address'")
        if stuck and self.company.mode == ADDRESSES:
            key = chance.choice(stuck)
            self._repair(lambda repair: repair.skip(EntrySelection(keys=(f"address:{key}",))))
            self.model.skipped.add(key)

    @rule(chance=CHANCE)
    def operator_resends(self, chance: random.Random) -> None:
        """A person lets a record be compared afresh: cobra counts."""
        known = self._keys("1 = 1")
        if known:
            key = chance.choice(known)
            self._repair(lambda repair: repair.resend(EntrySelection(keys=(key,))))

    @rule(year=st.sampled_from(("*", *YEARS)))
    def operator_pauses(self, year: str) -> None:
        """A person lets nothing be written to a year, or ends that."""
        if year in self.paused:
            self._repair(lambda repair: repair.resume(year))
            self.paused.remove(year)
        else:
            self._repair(lambda repair: repair.pause(year))
            self.paused.add(year)

    @rule()
    def operator_purges(self) -> None:
        """A person makes room: everything that is finished goes, but what the handshake needs."""
        self._repair(lambda repair: repair.purge([Status(s) for s in FINISHED], -1))
        self.trimmed = True

    # Restores and copies.

    @rule(database=DATABASES)
    def backup(self, database: str) -> None:
        """An admin takes a backup; those of the other databases stay as old as they are.

        Not of a cobra that no relay has seen: put back, it is another installation, whose years
        are refused until each is paired by hand (`wrong_installation`).
        """
        is_new = not self.company.asks(f"SELECT 1 FROM {self.company.ours}identity")
        if not self.clerks.open and not (database == COBRA and is_new):
            self.backups[database] = Backup(self._engine(database))

    @rule(database=DATABASES)
    @precondition(lambda self: self.backups and not self.clerks.open)
    def restore(self, database: str) -> None:
        """An admin puts a backup back."""
        if database not in self.backups or (database == COBRA and self.company.mode != ADDRESSES):
            return
        self.schedule.may_refuse = self.restored = self.trimmed = True
        self.company.restored(self.backups[database], database)
        self.clerks.connection = self.company.clerk
        if database == COBRA:
            self.paused = set(self._paused())
            self.clerks.look()
            self.company.log.clear()  # from now on cobra may be older, and a person may want it so
            self.model.cobra_was_restored(self.company)
        elif self.model.contested:
            self.model.cobra_was_restored(self.company)

    @rule()
    def copied(self) -> None:
        """A copy of cobra's database is opened elsewhere: nothing is written until it is taken."""
        i = f"{self.company.ours}identity"
        if not self.company.asks(f"SELECT 1 FROM {i}"):
            return
        self._in_cobra(f"UPDATE {i} SET database_name = 'anderswo'")
        self.schedule.may_refuse = True
        self.company.wires.away.clear()
        self.company.wires.fresh()
        before = list(self.company.log)
        assert self.company.run() == f"{REFUSED}cobra_copied"
        assert self.company.log == before  # nothing was written to any year
        with instead_of_relay(Pairing, self.company.settings, self._engines()) as recovery:
            recovery.pair_moved_cobra(ROSA)

    @rule()
    def admin_reconciles(self) -> None:
        """An admin takes a restored database up again, if there is one."""
        self._reconcile()

    # What must be true.

    def teardown(self) -> None:
        """Let everything be there, and be quiet: then Sage holds what the model says."""
        if not hasattr(self, "model"):
            return
        company = self.company
        self.clerks.end_all(self.schedule.rng)
        company.wires.away.clear()
        for year in sorted(self.paused):
            self._repair(lambda repair, year=year: repair.resume(year))  # type: ignore[misc]
        self.clerks.close_gaps()
        for _ in range(4):
            self._reconcile()
            if self.schedule.run(clerks_work=False) == "idle" and not self._is_refused():
                break
        company.recheck()
        wrong = [*company.wrong, *without_exit(company)]
        if company.mode == ADDRESSES:
            wrong += self.model.wrong(company)
            wrong += [f"record {key} is not finished" for key in self._unfinished()]
        if company.mode != ADDRESSES or not (self.trimmed or self.model.skipped):
            wrong += [w for w in audited(company) if not (self.trimmed and _by_rows(w))]
        assert wrong == []

    def _run(self, fault: Fault | None) -> None:
        ending = self.schedule.run(fault)
        assert not ending.startswith(REFUSED) or self.restored, ending
        assert without_exit(self.company) == []

    def _reconcile(self) -> None:
        """Do what the runbook says; a year that is away is asked another time."""
        company = self.company
        company.wires.away.clear()
        company.wires.fresh()
        engines = self._engines()
        if not company.asks(f"SELECT 1 FROM {company.ours}identity"):
            return
        with beside_relay(Reconcile, company.settings, engines) as recovery:
            found = recovery.look()
        if all(year.problem is None for year in found.years):
            return
        assert self.restored, found
        opened = instead_of_relay if found.cobra_restored else beside_relay
        with opened(Reconcile, company.settings, engines) as recovery:
            recovery.reconcile(ROSA)

    def _engines(self) -> tuple[Any, dict[str, Any]]:
        engines = self.company.engines
        return engines[COBRA], {name: engines[name] for name in YEARS}

    def _engine(self, database: str) -> Any:
        return self.company.cobra if database == COBRA else self.company.years[database]

    def _is_refused(self) -> bool:
        return self.company.asks(f"SELECT 1 FROM {self.company.ours}year WHERE state <> 'ready'")

    def _unfinished(self) -> list[str]:
        return self._keys("status IN ('pending', 'retrying', 'waiting')")

    def _paused(self) -> list[str]:
        return self._column(f"SELECT scope FROM {self.company.ours}paused")

    def _keys(self, where: str) -> list[str]:
        query = f"SELECT DISTINCT entity_key FROM {self.company.ours}outbox WHERE {where}"
        return sorted(self._column(query))

    def _column(self, query: str) -> list[str]:
        with self.company.clerk.begin():
            return [str(value) for value in self.company.clerk.execute(text(query)).scalars()]

    def _in_cobra(self, statement: str) -> None:
        with self.company.clerk.begin():
            self.company.clerk.execute(text(statement))

    def _repair(self, act: Callable[[Repair], object]) -> None:
        with self.company.clerk.begin():
            act(Repair(self.company.clerk, ROSA))


def _by_rows(what: str) -> bool:
    """Tell whether a finding compares ledger and outbox row by row."""
    return "ledger" in what or what.startswith("no entry for")
