"""Knows how chosen records are rehearsed, as the relay itself plans, and what that showed.

What many records met alike is one finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from relay.admin.doctor.site import Finding, error, warning
from relay.admin.dry_run import DryEnds, Trial
from relay.admin.read_only import Looked, looking
from relay.admin.rehearsal.notes import Notes
from relay.admin.rehearsal.year import YearRehearsed
from relay.base.errors import LockLost, Refused, Unavailable
from relay.base.values import Outcome, RecordId, held
from relay.cobra.lock import Lock, hold
from relay.database.connecting import cobra_engine
from relay.database.refusals import Refusal
from relay.engine.apply import Apply
from relay.engine.planning import Work
from relay.settings import Settings

ALONE = 20
"""So many records at most are each a transaction of their own, which locks nothing else."""
TOGETHER = 20
"""Of more records, so many are one transaction: each alone would take many times a drain."""
SHOWN = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of a record in one Sage year, or (`year` is None) before any was asked."""

    record: RecordId
    year: str | None
    outcome: Outcome
    refusal: Refusal | None = None
    """What the year's database has against it."""


class RehearsalEnds(DryEnds):
    """The ends of a step that writes to Sage and takes it back, a few records at a time."""

    def __init__(self, lock: Lock, looked: Looked, notes: Mapping[str, Notes]) -> None:
        """Take the years, and where it is noted what they say."""
        super().__init__(lock)
        self._years = looked.years
        self._notes = notes

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Carry out; what fails with others is tried alone.

        Raises:
            Unavailable: the year's database has trouble of its own.
        """
        outcomes: dict[RecordId, Outcome] = {}
        size = 1 if len(works) <= ALONE else TOGETHER
        for at in range(0, len(works), size):
            some = works[at : at + size]
            try:
                outcomes |= apply.batch(some)
            except LockLost:
                raise
            except Unavailable:
                for work in some:
                    outcomes |= self._alone(apply, work)
        return outcomes

    def _alone(self, apply: Apply, work: Work) -> dict[RecordId, Outcome]:
        """Carry out one record; a missing right, say, is told of each."""
        record = work.record.id
        try:
            return apply.batch([work])
        except LockLost:
            raise
        except Unavailable:
            refusal = self._notes[apply.year].refused.get(record)
            if refusal is None:
                raise
            return {record: held("sage_refused", year=apply.year, what=refusal.words)}


class Rehearsal:
    """Records carried out in the real Sage years, and taken back."""

    def __init__(self, looked: Looked, settings: Settings) -> None:
        """Take both sides; from here on the years are written to.

        Raises:
            Refused: a configured table or a column is missing.
        """
        years = cast("dict[str, YearRehearsed]", looked.years.here)
        self.looked = looked
        self.notes = {name: year.rehearse() for name, year in years.items()}
        self.trial = Trial(looked, settings, RehearsalEnds(looked.lock, looked, self.notes))

    def rehearse(self, records: Sequence[RecordId]) -> list[Rehearsed]:
        """Carry records out, as if each were noticed now, and take it back."""
        found = []
        for result in self.trial.results(records):
            record = result.record.id
            if result.whole is not None:
                found.append(Rehearsed(record, None, result.whole))
            for year, outcome in result.outcomes.items():
                notes = self.notes.get(year)
                refusal = None if notes is None else notes.refused.get(record)
                found.append(Rehearsed(record, year, outcome, refusal))
        return found


@contextmanager
def rehearsing(settings: Settings) -> Iterator[Rehearsal]:
    """Take the relay's place, so that none runs meanwhile, and open what can be reached.

    Raises:
        Refused: a relay works; cobra lacks the relay's tables, was copied or restored.
        Unavailable: cobra does not answer.
    """
    with hold(cobra_engine(settings)) as lock:
        if lock is None:
            raise Refused("rehearsal_beside_relay")
        with looking(settings, YearRehearsed) as looked:
            yield Rehearsal(looked, settings)


def sampled(records: Sequence[RecordId], size: int) -> list[RecordId]:
    """Return some of the records, of each kind its share, from the whole breadth of the list.

    >>> [record.key for record in sampled([RecordId("address", str(n)) for n in range(9)], 3)]
    ['0', '3', '6']
    """
    kinds: dict[str, list[RecordId]] = {}
    for record in dict.fromkeys(records):
        kinds.setdefault(record.entity, []).append(record)
    found: list[RecordId] = []
    for left, some in zip(range(len(kinds), 0, -1), sorted(kinds.values(), key=len), strict=True):
        share = min(len(some), (size - len(found)) // left)
        found += [some[i * len(some) // share] for i in range(share)]
    return found


def findings_of(rehearsed: Sequence[Rehearsed], notes: Mapping[str, Notes]) -> list[Finding]:
    """Return what each year's database has refused, changed and added."""
    found: list[Finding] = []
    for year, seen in notes.items():
        mine = [one for one in rehearsed if one.year == year]
        of_year = [*_refused(mine), *_changed(seen)]
        found += [Finding(one.code, one.severity, one.values, f"Sage {year}") for one in of_year]
    return found


def _refused(rehearsed: Sequence[Rehearsed]) -> Iterator[Finding]:
    """Tell each kind of refusal once, with the first record that met it."""
    alike: dict[tuple[object, ...], list[tuple[RecordId, Refusal]]] = {}
    for one in rehearsed:
        if one.refusal is not None:
            refusal = one.refusal
            same = (refusal.kind, refusal.table, refusal.column, refusal.rule)
            nameless = refusal.words if refusal.table is None else ""
            alike.setdefault((*same, nameless), []).append((one.record, refusal))
    for some in alike.values():
        record, refusal = some[0]
        yield error(
            f"rehearsal_{refusal.kind}",
            table=refusal.table or "-",
            ours=refusal.known_as or refusal.table or "-",
            column=refusal.column or "-",
            rule=refusal.rule or "-",
            tag=refusal.tag or "-",
            value="?" if refusal.value is None else _short(refusal.value),
            records=len(some),
            example=f"{record.entity}:{record.key}",
            what=refusal.words,
        )


def _changed(seen: Notes) -> Iterator[Finding]:
    """Tell where other values or other rows stand than were sent, and what was not sent."""
    for (table, column), rows in seen.differing.items():
        example = seen.examples[table, column]
        yield warning(
            "rehearsal_stored_otherwise",
            table=table,
            column=column,
            rows=rows,
            key=example.key,
            sent=_short(example.sent),
            stored=_short(example.stored),
        )
    for table, tags in sorted(seen.unsent.items()):
        if tags:
            yield warning("rehearsal_unsent", table=table, tags=", ".join(tags))
    for table, rows in seen.gone.items():
        if rows:
            yield error("rehearsal_row_gone", table=table, rows=rows)
    for table, rows in seen.besides.items():
        if rows:
            code = "rehearsal_rows_besides" if rows > 0 else "rehearsal_rows_fewer"
            yield warning(code, table=table, rows=abs(rows))


def _short(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
