"""Knows how cobra's invoices are compared with Sage's books, and why they differ. Pure.

An invoice counts on its posting date in cobra, whatever day and year Sage has it on; of Sage
counts what its documents hold now, reversals included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from relay.admin.journal.amounts import NetAndTax, SumKey, Sums, together, total
from relay.base import texts
from relay.base.values import OPEN, Problem, Status


class Reason(StrEnum):
    """Why an invoice is not in Sage as it is in cobra."""

    HELD = "held"
    WAITING = "waiting"
    PENDING = "pending"
    """It is on its way."""
    SKIPPED = "skipped"
    """A person decided so."""
    MISSING = "missing"
    """Nothing waits for it, and Sage does not have it."""
    FOREIGN = "foreign"
    """Somebody changed or deleted in Sage what was booked."""
    DEBTORS = "debtors"
    """Revenue and tax are right, but not what the debtor owes, or on which account."""
    UNREAD = "unread"
    """A value in Sage cannot be read."""


@dataclass(frozen=True, slots=True)
class Printed:
    """An invoice as cobra has it; one that Sage is not to hold comes to nothing."""

    key: str
    number: str
    customer: str
    mandant: str
    day: date | None
    sums: Sums | None
    """None: what is wrong with it leaves its amounts unknown."""
    foreign: Sums | None = None
    """In its own currency, if Sage's rate of the day counts: then that of the booking does."""
    unread: Problem | None = None
    """The value in Sage, needed to say what it comes to, that cannot be read."""


@dataclass(frozen=True, slots=True)
class InSage:
    """What Sage's documents of an invoice hold together."""

    year: str
    mandant: str
    number: str
    stands: bool
    """Whether a booking was not taken back."""
    posted_on: date | None
    """The day of the document that stands; None if Sage has none."""
    sums: Sums
    foreign: Sums
    """The same in the invoice's own currency; nothing if that is the year's."""
    debtors: tuple[Problem, ...] = ()
    """What is wrong with the debtors' side."""
    unread: Problem | None = None
    """The value that cannot be read: of the sums nothing is known then."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the outbox says of an invoice: its newest open entry, or else the newest."""

    status: Status
    text: str | None


@dataclass(frozen=True, slots=True)
class Total:
    """A mandant, VAT key and account: cobra's total and Sage's."""

    group: SumKey
    cobra: NetAndTax
    sage: NetAndTax

    @property
    def difference(self) -> NetAndTax:
        """Cobra's total less Sage's."""
        return self.cobra - self.sage


def both_sums(rows: Iterable[Total]) -> tuple[NetAndTax, NetAndTax]:
    """Return what rows come to in cobra, and in Sage."""
    some = list(rows)
    return sum((row.cobra for row in some), NetAndTax()), sum((r.sage for r in some), NetAndTax())


@dataclass(frozen=True, slots=True)
class Difference:
    """An invoice that Sage does not have as cobra has it."""

    key: str
    number: str
    customer: str
    mandant: str
    day: date | None
    cobra: NetAndTax | None
    sage: NetAndTax
    reason: Reason
    problem: Problem | None
    """What to do about it; None where `text` says so."""
    text: str | None

    def note(self, language: str) -> str:
        """Say what is wrong and what to do about it."""
        if self.problem is not None:
            return texts.of_problem(self.problem, language)
        return self.text or texts.text(f"reason_{self.reason}", language)


@dataclass(frozen=True, slots=True)
class Remark:
    """An invoice that Sage has as cobra has it, but on another day."""

    key: str
    number: str
    day: date
    posted_on: date
    year: str


@dataclass(frozen=True, slots=True)
class Journal:
    """The comparison of some days."""

    invoices: int
    rows: tuple[Total, ...]
    differences: tuple[Difference, ...]
    remarks: tuple[Remark, ...]
    printed: tuple[Printed, ...] = ()
    """The invoices themselves."""


def compare(
    printed: Collection[Printed],
    booked: Mapping[str, Collection[InSage]],
    fates: Mapping[str, Fate],
) -> Journal:
    """Compare invoices; `booked` and `fates` are found by an invoice's key."""
    printed = [_at_booked_rate(one, booked.get(one.key, ())) for one in printed]
    cobra = together(one.sums for one in printed if one.sums is not None)
    sage = together(part.sums for one in printed for part in booked.get(one.key, ()))
    groups = sorted(cobra.keys() | sage.keys())
    rows = (Total(g, cobra.get(g, NetAndTax()), sage.get(g, NetAndTax())) for g in groups)
    return Journal(
        invoices=len(printed),
        rows=tuple(rows),
        differences=tuple(_differences(printed, booked, fates)),
        remarks=tuple(_remarks(printed, booked)),
        printed=tuple(printed),
    )


def _at_booked_rate(one: Printed, booked: Iterable[InSage]) -> Printed:
    """Let an invoice whose rate is Sage's count as it was booked, if its own amounts agree."""
    parts = list(booked)
    agree = one.foreign and one.foreign == together(part.foreign for part in parts)
    return replace(one, sums=together(part.sums for part in parts)) if agree else one


def _differences(
    printed: Iterable[Printed],
    booked: Mapping[str, Collection[InSage]],
    fates: Mapping[str, Fate],
) -> Iterator[Difference]:
    for one in printed:
        parts, fate = booked.get(one.key, ()), fates.get(one.key)
        cobra = None if one.sums is None else together([one.sums])
        sage = together(part.sums for part in parts)
        unread = (one.unread, *(part.unread for part in parts))
        debtors = [problem for part in parts for problem in part.debtors]
        text = None
        if problem := next(filter(None, unread), None):
            reason = Reason.UNREAD
        elif cobra == sage:
            if not debtors:
                continue
            several = Problem("several_problems", {"what": tuple(debtors)})
            reason, problem = Reason.DEBTORS, debtors[0] if len(debtors) == 1 else several
        else:
            reason = _reason(fate, stands=any(part.stands for part in parts))
            problem = _advice(reason, one, is_noticed=fate is not None)
            text = None if fate is None else fate.text
        yield Difference(
            one.key, one.number, one.customer, one.mandant, one.day,
            None if cobra is None else total(cobra), total(sage), reason, problem, text,
        )  # fmt: skip


def _reason(fate: Fate | None, *, stands: bool) -> Reason:
    if fate is not None and fate.status in OPEN:
        is_stuck = fate.status in (Status.HELD, Status.WAITING)
        return Reason(fate.status) if is_stuck else Reason.PENDING
    if fate is not None and fate.status is Status.SKIPPED:
        return Reason.SKIPPED
    return Reason.FOREIGN if stands else Reason.MISSING


def _advice(reason: Reason, one: Printed, *, is_noticed: bool) -> Problem | None:
    if reason is Reason.FOREIGN:
        return Problem("journal_foreign", {"number": one.number})
    if reason is not Reason.MISSING:
        return None
    if is_noticed:
        return Problem("journal_missing", {"key": one.key})
    return Problem("journal_unnoticed", {"number": one.number})


def _remarks(
    printed: Iterable[Printed], booked: Mapping[str, Collection[InSage]]
) -> Iterator[Remark]:
    for one in printed:
        for part in booked.get(one.key, ()):
            day, posted_on = one.day, part.posted_on
            if day is not None and posted_on is not None and day != posted_on:
                yield Remark(one.key, one.number, day, posted_on, part.year)
