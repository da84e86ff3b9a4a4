"""Knows which rows the relay would write for an invoice or an address, by table and tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from relay.admin.dry_run import DryEnds
from relay.admin.learning.blank import blank_years
from relay.admin.learning.deduced import UNKNOWN
from relay.admin.read_only import Looked
from relay.base.values import Entity, Outcome, Problem, RecordId, Status, distinct
from relay.engine.apply import Apply
from relay.engine.planning import Work
from relay.engine.step import Drain
from relay.rules.address.check import Checked
from relay.rules.address.facts import Facts
from relay.rules.address.plan import Plan, plan_address
from relay.rules.address.policy import Policy
from relay.rules.invoice.rows import rows_of
from relay.rules.invoice.task import Book
from relay.sage.port import Planned
from relay.sage.reference import REFERENCE
from relay.settings import Settings

FIRST_DAY = date(2000, 1, 1)
"""An invoice of before the start is as good a sample as any."""


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """A row as the relay would write it."""

    table: str
    values: Mapping[str, object]
    """Tag to value; a tag that only Sage could tell is missing."""
    is_new: bool = True
    """Otherwise it stands there already, and its totals are raised."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the relay would write, and what keeps it from that."""

    rows: tuple[ExpectedRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    year: str | None = None
    """The year that the invoice goes to."""


class _Ends(DryEnds):
    """Keeps each year's plan with what it was made for."""

    def __init__(self, looked: Looked) -> None:
        """Take cobra, open for reading."""
        super().__init__(looked.lock)
        self.planned: list[tuple[str, Planned, list[Work]]] = []

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Plan, and keep the plan."""
        planned = apply.plan(works)
        self.planned.append((apply.year, planned, list(works)))
        return planned.outcomes()


def expected_rows(looked: Looked, settings: Settings, record: RecordId) -> Expected:
    """Plan a record as the relay would for years that hold nothing yet."""
    settings = _from_the_start(settings)
    ends = _Ends(looked)
    ends.asked = [record]
    Drain(looked.lock, blank_years(settings, looked.years.here), settings, ends).step()
    if record.entity == Entity.ADDRESS:
        return _address(ends, settings)
    return _invoice(ends, record)


def _from_the_start(settings: Settings) -> Settings:
    """Return the settings, but for the day from which invoices are booked."""
    cobra = settings.cobra
    if cobra.invoice is None:
        return settings
    invoice = cobra.invoice.model_copy(update={"book_from": FIRST_DAY})
    return settings.model_copy(update={"cobra": cobra.model_copy(update={"invoice": invoice})})


def _objections(ends: _Ends) -> tuple[Problem, ...]:
    outcomes = [
        outcome
        for result in ends.results
        for outcome in (result.whole, *result.outcomes.values())
        if outcome is not None and outcome.status is not Status.APPLIED
    ]
    return distinct(o.problem for o in outcomes if o.problem is not None)


def _address(ends: _Ends, settings: Settings) -> Expected:
    """Plan an address as one that an invoice brings along, selected or not."""
    letters = settings.map.of("letters") or {}
    policy = Policy("addresses", "keep", letters=letters)
    for _year, _planned, works in ends.planned:
        for work in works:
            if isinstance(work.state, Checked):
                state = replace(work.state, selected=True)
                facts = Facts(lengths=dict.fromkeys(REFERENCE["Adr"]))
                plan = plan_address(work.record.id.key, state, facts, policy, lambda _key: None)
                problem = plan.outcome.problem
                return Expected(tuple(_inserted(plan)), () if problem is None else (problem,))
    return Expected(problems=_objections(ends))


def _inserted(plan: Plan | None) -> Iterator[ExpectedRow]:
    if plan is not None and plan.insert is not None:
        yield ExpectedRow("Adr", plan.insert)


def _invoice(ends: _Ends, record: RecordId) -> Expected:
    for year, planned, works in ends.planned:
        plan = planned.invoices.get(record)
        if plan is None or planned.books is None or plan.outcome.status is not Status.APPLIED:
            continue
        tasks = [work.state for work in works if isinstance(work.state, Book)]
        no_day = any(task.invoice.due_date is None and _is_assumed(task, planned) for task in tasks)
        rows = [*_inserted(plan.address), *_written(planned)]
        return Expected(tuple(_told(row, no_day=no_day) for row in rows), year=year)
    return Expected(problems=_objections(ends))


def _is_assumed(task: Book, planned: Planned) -> bool:
    """Tell whether nobody knows the days of an invoice's payment term."""
    books = planned.books
    return books is not None and not books.masters.terms.get(task.invoice.terms)


def _written(planned: Planned) -> list[ExpectedRow]:
    """Return new rows as they stand in the end: what raises their totals is part of them."""
    found: list[ExpectedRow] = []
    if planned.books is None:
        return found
    for written in rows_of(list(planned.invoices.values()), planned.books):
        for row in written.rows:
            mine = [
                at
                for at, other in enumerate(found)
                if written.key is not None
                and other.table == written.table
                and other.values.get(written.key) == row[written.key]
            ]
            if mine:
                values = {**found[mine[0]].values, **row}
                found[mine[0]] = ExpectedRow(written.table, values)
            else:
                found.append(ExpectedRow(written.table, row, is_new=written.key is None))
    return found


def _told(row: ExpectedRow, *, no_day: bool) -> ExpectedRow:
    """Leave out what only Sage knows: an account of the tax, a day that a term leads to."""
    hidden = {tag for tag, value in row.values.items() if value == UNKNOWN}
    hidden |= {"DateD"} if no_day and row.table == "OPd" else set()
    return replace(row, values={t: v for t, v in row.values.items() if t not in hidden})
