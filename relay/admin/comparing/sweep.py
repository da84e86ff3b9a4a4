"""Knows the order of a comparison: page by page by key, so that it can go on where it ended.

Memory is that of a page, however much there is. Sage is asked for what it has linked and booked,
cobra for what Sage should have; a page of what is known already costs its keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError

from relay.admin.comparing.ends import ComparingEnds
from relay.admin.comparing.finding import Mismatch, MismatchKind
from relay.admin.meant import Meant, final_invoices, selected_addresses
from relay.admin.naming import abouts_of
from relay.base.errors import Unavailable
from relay.base.values import Entity, Outcome, RecordId
from relay.cobra.lock import Lock
from relay.database import Failure
from relay.engine.asking import ReadyYears, ask_ready
from relay.engine.step import Drain
from relay.sage.port import TransactionPort
from relay.settings import Settings

T = TypeVar("T")
PAGE = 500
TRIES, REST_S = 20, 0.5
"""How often and after how long a page is read again that somebody has a row open of."""


class SweepPart(StrEnum):
    """What is compared, in this order."""

    LINKED = "linked"
    """Addresses that a year has linked."""
    SELECTED = "selected"
    """Addresses that cobra selects: is each linked?"""
    BOOKED = "booked"
    """Invoices that a year has booked."""
    FINAL = "final"
    """Invoices that are final in cobra: is each booked?"""


KINDS = {
    SweepPart.LINKED: Entity.ADDRESS,
    SweepPart.SELECTED: Entity.ADDRESS,
    SweepPart.BOOKED: Entity.INVOICE,
    SweepPart.FINAL: Entity.INVOICE,
}

OTHERWISE = {
    SweepPart.LINKED: MismatchKind.STUCK,
    SweepPart.SELECTED: MismatchKind.NOT_LINKED,
    SweepPart.BOOKED: MismatchKind.CHANGED,
    SweepPart.FINAL: MismatchKind.NOT_BOOKED,
}
"""What a record is of which no plan can be made."""


class Mark(NamedTuple):
    """How far a comparison is: it goes on after this key of this part."""

    part: str
    after: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared; what is not given does not restrict."""

    entities: frozenset[Entity] = frozenset(Entity)
    since: date | None = None
    """Invoices that cobra dates on this day or later; addresses have no date."""
    year: str | None = None
    """The Sage year."""
    page: int = PAGE


@dataclass(frozen=True, slots=True)
class SweepPage:
    """What a page gave."""

    mark: Mark
    records: int
    findings: list[Mismatch] = field(default_factory=list)
    left: int = 0
    """Records of which nothing is known now."""


class Sweep:
    """A comparison of one cobra with its Sage years."""

    def __init__(
        self, lock: Lock, years: ReadyYears, settings: Settings, scope: Scope | None = None
    ) -> None:
        """Take both sides, open for reading.

        Raises:
            Refused: a configured table or a column is missing.
        """
        self._lock = lock
        self._years = years
        self._settings = settings
        self._scope = scope or Scope()
        self._ends = ComparingEnds(lock)
        self._drain = Drain(lock, years, settings, self._ends)
        self.missed: set[str] = set()
        """Years that did not answer all that they were asked."""

    def parts(self) -> list[SweepPart]:
        """Return what is to be compared."""
        by_selection = self._settings.sage.mode == "addresses"
        off = set() if by_selection else {SweepPart.SELECTED}
        if self._settings.invoices is None:
            off |= {SweepPart.BOOKED, SweepPart.FINAL}
        return [p for p in SweepPart if p not in off and KINDS[p] in self._scope.entities]

    def pages(self, mark: Mark | None = None) -> Iterator[SweepPage]:
        """Compare, page after page, from the beginning or from where a comparison was."""
        parts = self.parts()
        if mark is not None and mark.part in parts:
            parts = parts[parts.index(SweepPart(mark.part)) :]
        for part in parts:
            after = mark.after if mark is not None and mark.part == part else ""
            known = part in (SweepPart.LINKED, SweepPart.BOOKED)
            yield from self._in_sage(part, after) if known else self._in_cobra(part, after)

    def patiently(self, sleep: Callable[[float], None] = time.sleep) -> Iterator[SweepPage]:
        """Compare all; a row of cobra's that somebody has open is waited for, so many times.

        Raises:
            Unavailable: `compare_locked`.
        """
        mark: Mark | None = None
        tries = 0
        while True:
            try:
                for page in self.pages(mark):
                    mark, tries = page.mark, 0
                    yield page
            except DBAPIError as error:
                if self._lock.dialect.failure(error) is not Failure.LOCKED:
                    raise
                tries += 1
                if tries == TRIES:
                    after = "" if mark is None else mark.after
                    raise Unavailable("compare_locked", after=after) from error
                sleep(REST_S)
            else:
                return

    def _in_sage(self, part: SweepPart, after: str) -> Iterator[SweepPage]:
        entity, limit = KINDS[part], self._scope.page
        is_dated = part is SweepPart.BOOKED and self._scope.since is not None
        dated = self._meant(SweepPart.FINAL) if is_dated else None
        while True:
            last = after
            found = self._ask_all(lambda here: here.answers().known_after(entity, last, limit))  # noqa: B023 - asked at once
            keys = sorted({key for some in found.values() for key in some})[:limit]
            if not keys:
                return
            after = keys[-1]
            if dated is not None and self._scope.since is not None:
                with self._lock.reading() as connection:
                    keys = dated.but_older(connection, keys, self._scope.since)
            yield self._compared(Mark(part, after), entity, keys)

    def _in_cobra(self, part: SweepPart, after: str) -> Iterator[SweepPage]:
        entity = KINDS[part]
        meant = self._meant(part)
        while True:
            with self._lock.reading() as connection:
                page = meant.page(connection, after, self._scope.page)
            after = page.last or after
            yield self._compared(Mark(part, after), entity, self._unknown(part, page.keys))
            if page.last is None:
                return

    def _meant(self, part: SweepPart) -> Meant:
        with self._lock.reading() as connection:
            if part is SweepPart.SELECTED or self._settings.invoices is None:
                return selected_addresses(connection, self._settings.cobra.address)
            section, _ = self._settings.invoices
            meant = final_invoices(connection, section)
            meant.since(max(section.book_from, self._scope.since or section.book_from))
            return meant

    def _unknown(self, part: SweepPart, keys: Sequence[str]) -> list[str]:
        """Return which of these Sage does not have: addresses in all years, invoices in any."""
        if not keys:
            return []
        linked = part is SweepPart.SELECTED
        found = self._ask_all(
            lambda here: set(here.numbers(keys) if linked else here.standing(keys))
        ).values()
        enough = all if linked else any
        return [key for key in keys if not (found and enough(key in each for each in found))]

    def _ask_all(self, question: Callable[[TransactionPort], T]) -> dict[str, T]:
        """Ask the years that are compared; what one does not answer now is missed."""
        found: dict[str, T] = {}
        for name in self._years:
            if self._scope.year not in {None, name}:
                continue
            answer = ask_ready(self._years, name, self._lock.epoch, question)
            if answer is None or isinstance(answer, Outcome):
                self.missed.add(name)
            else:
                found[name] = answer
        return found

    def _compared(self, mark: Mark, entity: Entity, keys: Sequence[str]) -> SweepPage:
        records = [RecordId(entity, key) for key in keys]
        if not records:
            return SweepPage(mark, 0)
        self._ends.ask(records, OTHERWISE[SweepPart(mark.part)])
        self._drain.step()
        compared = self._ends.compared()
        wanted = self._scope.year
        findings = [one for one in compared.findings if wanted in {None, one.year}]
        return SweepPage(mark, len(records), self._called(findings), compared.left)

    def _called(self, findings: list[Mismatch]) -> list[Mismatch]:
        nameless = [one.record for one in findings if not one.number]
        if not nameless:
            return findings
        with self._lock.reading() as connection:
            abouts = abouts_of(connection, self._settings, nameless)
        numbers = {record: about.number for record, about in abouts.items()}
        return [one.called(numbers.get(one.record, "")) for one in findings]
