"""Schedules in which an operator erases persons while the relay is stopped, and dies at it too.

What happens to erasures has a source of chance of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from relay.admin.repair import Repair
from relay.base.values import Person as Operator
from tests.crash.audit import audited
from tests.crash.company import BILLS, REFUSED, Company
from tests.crash.forgotten import MARKER, Person, booked_to, person, still_told, unforgotten
from tests.crash.persons import PersonalClerks, texts_of
from tests.crash.schedule import Fault, Habits, Schedule
from tests.crash.wire import Boundary

DONE = "idle"
"""How an erasure ends that was not refused or broken off."""
Strike = tuple[str, int]
"""What breaks, and after how many boundaries at which it could."""
TODAY, LATER = date(2026, 3, 1), date(2037, 3, 1)
"""While bookings are kept by law, and after."""
AT_COMMIT = {
    "die before commit": 3, "die after commit": 3, "commit lost before": 2, "commit lost after": 3,
}  # fmt: skip
ANYWHERE = {"die": 2, "cut": 2, "deadlock": 1}


class ErasureSchedule(Schedule):
    """A schedule with erasures between the relay's runs."""

    clerks: PersonalClerks
    clerks_are = PersonalClerks

    def __init__(
        self, company: Company, seed: int, number: int, habits: Habits | None = None
    ) -> None:
        """Take what a schedule takes."""
        super().__init__(company, seed, number, habits)
        told = f"erasures/{seed}/{number}/{company.mode}"
        self.chance = random.Random(told)  # noqa: S311 - repeatable chance
        self.persons: dict[int, Person] = {}
        """Key to whom was erased, or begun to be."""
        self.left: set[int] = set()
        """The addresses that were deleted although there are invoices to them."""

    def run(self, fault: Fault | None = None, *, clerks_work: bool = True) -> str:
        """Let the operator work, then a relay."""
        self._operate(is_end=not clerks_work)
        return super().run(fault, clerks_work=clerks_work)

    def audited(self) -> list[str]:
        """Return what is wrong when all is quiet, with those who were erased too."""
        found = []
        exempt = set()
        for one in self.persons.values():
            if not one.done:
                found.append(f"the erasure of {one.key} came to no end")
            exempt.add(str(one.key))
            stands = self.clerks.stands(one.key)
            self.told.endings["came back"] += stands
            kept = sum(one.is_kept(year) for year in one.rows)
            self.told.endings["locked"] += kept
            self.told.endings["emptied"] += len(one.rows) - kept
            found += unforgotten(self.company, one, stands=stands)
        return found + audited(self.company, erased=exempt, gone=set(map(str, self.left)))

    def _settle(self) -> None:
        for _ in range(2):
            self.run(self._fault() if self.chance.random() < 0.5 else None)
            self._act(self.rng.randint(0, 4))
        super()._settle()
        if any(not one.done for one in self.persons.values()):
            super()._settle()  # a clerk has saved what was to be erased

    def _operate(self, *, is_end: bool) -> None:
        chance, clerks = self.chance, self.clerks
        for one in [one for one in self.persons.values() if not one.done]:
            if is_end or chance.random() < 0.7:
                self._erase(one, None if is_end else self._strike_at())
        done = [one.key for one in self.persons.values() if one.done]
        for key in done:
            is_free = ("address", key) not in clerks.open_keys
            if chance.random() < (0.5 if is_end else 0.25) and is_free:
                clerks.come_back(chance, key)
        if chance.random() < 0.6:
            gone = clerks.depart(chance)
            self.left |= set() if gone is None else {gone}
        for _ in range(2):
            self._choose(is_end=is_end)

    def _choose(self, *, is_end: bool) -> None:
        """Let the operator be asked to erase somebody, most often one whom cobra has no more."""
        chance, clerks = self.chance, self.clerks
        begun = {one.key for one in self.persons.values() if not one.done}
        keys = [k for k in clerks.numbers if k not in begun]
        keys = [k for k in keys if ("address", k) not in clerks.open_keys]
        if not keys or not self._is_known():
            return
        self._remark(keys)
        gone = [key for key in keys if not clerks.stands(key)]
        key = chance.choice(gone if gone and chance.random() < 0.9 else keys)
        one = self.persons.get(key)
        if one is None or not one.rows:
            one = person(self.company, key, clerks.numbers[key], TODAY)
        if self.company.mode == BILLS and chance.random() < 0.3:
            one = replace(one, today=LATER)
        self._erase(one, None if is_end else self._strike_at())

    def _is_known(self) -> bool:
        """Tell whether a relay has worked already."""
        return self.company.asks(f"SELECT 1 FROM {self.company.ours}identity")

    def _remark(self, keys: list[int]) -> None:
        """Let the operator name a linked person in a sentence about another record."""
        key = self.chance.choice(keys)
        number = self.clerks.numbers[key]
        if key in self.persons or not person(self.company, key, number, TODAY).rows:
            return
        why = f"Doppel von {texts_of(number)[0]}, bitte klären"
        with self.company.clerk.begin():
            Repair(self.company.clerk, Operator("Meier", why)).note("resend", "address:1", None)

    def _erase(self, one: Person, strike: Strike | None) -> None:
        """Erase somebody, or try to; what must be refused must be, and nothing else."""
        company, told = self.company, self.told
        expected = self._expected(one)
        is_away = any(company.wires.away.values())
        company.wires.fresh()
        before = told.faults.total()
        with self._striking(strike):
            by = Operator("Meier", "Löschbegehren")
            ending = company.erase(str(one.key), by, MARKER, one.today)
        is_troubled = is_away or told.faults.total() > before
        told.endings[f"erasure: {ending}"] += 1
        if ending != expected and not is_troubled:
            company.wrong.append(f"the erasure of {one.key} ended {ending}, not {expected}")
        if expected == DONE and not ending.startswith(REFUSED):
            self._keep(replace(one, done=ending == DONE))
        elif ending == DONE:
            company.wrong.append(f"address {one.key} was erased, not {expected}")

    def _expected(self, one: Person) -> str:
        if self.clerks.stands(one.key):
            return f"{REFUSED}privacy_still_in_cobra"
        if self.clerks.is_open(one.key, booked_to(self.company, one.key)):
            return f"{REFUSED}privacy_open"
        return DONE

    def _keep(self, one: Person) -> None:
        """Know whom to look for; until it is done nobody saves that address."""
        company, clerks = self.company, self.clerks
        self.persons[one.key] = one
        if not one.done:
            clerks.addresses = [key for key in clerks.addresses if key != one.key]
            return
        what = still_told(company, one)
        company.wrong += [f"just erased, address {one.key}: {each}" for each in what]

    def _strike_at(self) -> Strike | None:
        """Choose what breaks in an erasure, and after how many boundaries of its kind."""
        chance = self.chance
        kinds = chance.choice((AT_COMMIT, AT_COMMIT, ANYWHERE, None))
        if kinds is None:
            return None
        after = chance.randrange(4 if kinds is AT_COMMIT else 160)
        return chance.choices(list(kinds), list(kinds.values()))[0], after

    @contextmanager
    def _striking(self, strike: Strike | None) -> Iterator[None]:
        wires = self.company.wires
        seen, wrote = 0, False

        def watch(boundary: Boundary) -> None:
            nonlocal seen, strike, wrote
            if boundary.label == "COMMIT":
                wrote = wires.is_writing(boundary.database)
            if strike is None or not _fits(strike[0], boundary, wrote=wrote):
                return
            seen += 1
            if seen > strike[1]:
                (kind, _), strike = strike, None
                self.told.faults[f"erasure: {kind}"] += 1
                self.told.places[f"erasure {boundary}"] += 1
                self._break(kind, boundary)

        with wires.watched(watch):
            yield

    def _break(self, kind: str, boundary: Boundary) -> None:
        wires = self.company.wires
        if kind == "cut":
            wires.cut(boundary, self.chance.choice((0, 1)))
        elif kind == "deadlock":
            wires.victim(boundary)
        elif kind.startswith("commit lost"):
            wires.lose_commit(boundary, 0, after=kind.endswith("after"))
        else:
            wires.die()


def _fits(kind: str, boundary: Boundary, *, wrote: bool) -> bool:
    if kind in AT_COMMIT:
        label = "committed" if kind == "die after commit" else "COMMIT"
        return wrote and boundary.label == label
    return kind == "die" or boundary.cursor is not None
