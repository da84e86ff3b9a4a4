"""Knows the words of the relay: entries, records, statuses, outcomes. Pure values, no database."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID


class Status(StrEnum):
    """Status of an entry and of a delivery."""

    PENDING = "pending"
    RETRYING = "retrying"
    WAITING = "waiting"
    HELD = "held"
    APPLIED = "applied"
    NOT_FOR_SAGE = "not_for_sage"
    SKIPPED = "skipped"


OPEN = (Status.PENDING, Status.RETRYING, Status.WAITING, Status.HELD)
FINISHED = (Status.APPLIED, Status.NOT_FOR_SAGE, Status.SKIPPED)


class Entity(StrEnum):
    """What a captured table holds."""

    ADDRESS = "address"
    INVOICE = "invoice"


class Operation(StrEnum):
    """What an entry says of its record. A hint, but for a probe."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    SNAPSHOT = "snapshot"
    PROBE = "probe"
    """Compare only: where Sage holds something else, a person decides (cobra was restored)."""


class Cause(StrEnum):
    """Why an entry exists."""

    TRIGGER = "trigger"
    BACKFILL = "backfill"
    REPAIR = "repair"
    RESEND = "resend"
    RECONCILE = "reconcile"
    LINK = "link"
    ADOPT = "adopt"
    COMPARE = "compare"


NO_YEAR = "routing"
"""What an invoice waits on for which no year is configured: the next start with another one."""


def year_wait(year: str) -> str:
    """Return what a delivery waits on while `year` is away, refused or paused."""
    return f"year:{year}"


class RecordId(NamedTuple):
    """A record of cobra: the entity and the text of its key, exactly as the trigger wrote it."""

    entity: str
    key: str

    @property
    def awaited(self) -> str:
        """Return what an entry waits on while it waits for this record."""
        return f"{self.entity}:{self.key}"


class Person(NamedTuple):
    """Who decides, and why."""

    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one entry has come in one Sage year."""

    year: str
    status: Status
    attempts: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice of the outbox: this record changed. `operation` is a hint, no more."""

    id: int
    uid: UUID
    operation: str
    cause: str
    status: Status
    attempts: int
    deliveries: tuple[Delivery, ...] = ()

    def is_open_in(self, year: str) -> bool:
        """Tell whether this entry still has to be delivered to `year`."""
        return not self.deliveries or not any(
            d.year == year and d.status in FINISHED for d in self.deliveries
        )

    def attempts_in(self, year: str) -> int:
        """Return how often delivery to `year` was tried."""
        return next((d.attempts for d in self.deliveries if d.year == year), 0)


@dataclass(frozen=True, slots=True)
class Record:
    """A record with all its open entries that were listed before it was read, oldest first."""

    id: RecordId
    entries: tuple[Entry, ...]

    @property
    def carrier(self) -> Entry:
        """The newest listed entry: it stands for the older ones."""
        return self.entries[-1]

    @property
    def is_resent(self) -> bool:
        """Tell whether a person asked that cobra's state counts."""
        return any(entry.cause == Cause.RESEND for entry in self.entries)

    def only_compares_in(self, year: str) -> bool:
        """Tell whether a person has yet to decide whose state counts in `year`.

        `resend` says: cobra's, from then on. A probe that was answered there asks no more.
        """
        asks = False
        for entry in self.entries:
            if entry.operation == Operation.PROBE and entry.is_open_in(year):
                asks = True
            elif entry.cause == Cause.RESEND:
                asks = False
        return asks

    def is_only_found(self, year: str) -> bool:
        """Tell whether only comparisons ask for the record in `year`: nobody saved it in cobra."""
        asking = [entry.cause for entry in self.entries if entry.is_open_in(year)]
        return bool(asking) and all(cause == Cause.COMPARE for cause in asking)

    def is_open_in(self, year: str) -> bool:
        """Tell whether any listed entry still has to be delivered to `year`."""
        return any(entry.is_open_in(year) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell a person: a code of the text catalogue and the values for its text."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    """What fills the text; a value may itself be a problem, or several."""
    about: str | None = None
    """What people call the record that it concerns, where its key says nothing to them."""


def distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems in their order, each once."""
    found: list[Problem] = []
    for problem in problems:
        if problem not in found:
            found.append(problem)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record in one Sage year (or in all of them, before any was asked)."""

    status: Status
    problem: Problem | None = None
    waiting_on: str | None = None
    sage_key: str | None = None
    sent: Mapping[str, Any] | None = None
    warnings: tuple[Problem, ...] = ()
    counts_attempt: bool = True
    detail: str | None = None
    """For an `internal` problem: the traceback, kept with the entry."""
    notices: tuple[RecordId, ...] = ()
    """Records that are to be looked at anew because of this; queued with the acknowledgement."""
    stands: Mapping[str, Any] | None = None
    """What Sage holds of an invoice afterwards, also when nothing had to be written."""


def applied(
    sage_key: str | None = None,
    sent: Mapping[str, Any] | None = None,
    warnings: tuple[Problem, ...] = (),
) -> Outcome:
    """Sage holds it; `sent` is what was written, None when nothing had to be."""
    return Outcome(Status.APPLIED, sage_key=sage_key, sent=sent, warnings=warnings)


def together(problems: Sequence[Problem]) -> Outcome:
    """Hold for all that is wrong, by its own code if it is one thing."""
    if len(problems) == 1:
        return Outcome(Status.HELD, problems[0])
    return held("several_problems", what=tuple(problems))


def not_for_sage(code: str, **values: object) -> Outcome:
    """It does not concern Sage, for the reason `code`."""
    return Outcome(Status.NOT_FOR_SAGE, Problem(code, values))


def held(code: str, **values: object) -> Outcome:
    """It is wrong and needs a correction or a decision."""
    return Outcome(Status.HELD, Problem(code, values))


def internal(error: Exception) -> Outcome:
    """Hold a record at which our own code failed; the traceback is kept with it."""
    trace = "".join(traceback.format_exception(error))
    problem = Problem("internal", {"what": f"{type(error).__name__}: {error}"})
    return Outcome(Status.HELD, problem, detail=trace)


def later(code: str, **values: object) -> Outcome:
    """Somebody has the row open: try again in a moment, and count no attempt."""
    return Outcome(Status.RETRYING, Problem(code, values), counts_attempt=False)


def waiting(code: str, on: str, **values: object) -> Outcome:
    """It is not possible yet: it waits for `on`; nothing was tried, so no attempt counts."""
    return Outcome(Status.WAITING, Problem(code, values), waiting_on=on, counts_attempt=False)
