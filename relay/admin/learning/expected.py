"""Knows which rows the relay would write for an invoice or an address, by table and tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from relay.admin.dry_run import DryEnds
from relay.admin.learning.blank import UNKNOWN, blank_years
from relay.admin.read_only import Looked
from relay.base.values import Entity, Outcome, Problem, Record, RecordId, Status, distinct
from relay.cobra.deliveries import Result
from relay.cobra.reading import CobraReader
from relay.engine.checking import checked_address
from relay.engine.step import Drain
from relay.rules.address.check import Checked
from relay.rules.address.facts import Facts
from relay.rules.address.plan import Plan, plan_address
from relay.rules.invoice.books import Books
from relay.rules.invoice.invoice import Invoice
from relay.rules.invoice.rows import rows_of
from relay.rules.policy import Policy
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


def expected_rows(looked: Looked, settings: Settings, record: RecordId) -> Expected:
    """Plan a record as the relay would for years that hold nothing yet."""
    if record.entity == Entity.ADDRESS:
        return _address(looked, settings, record)
    return _invoice(looked, _from_the_start(settings), record)


def _from_the_start(settings: Settings) -> Settings:
    """Return the settings, but for the day from which invoices are booked."""
    cobra = settings.cobra
    if cobra.invoice is None:
        return settings
    invoice = cobra.invoice.model_copy(update={"book_from": FIRST_DAY})
    return settings.model_copy(update={"cobra": cobra.model_copy(update={"invoice": invoice})})


def _address(looked: Looked, settings: Settings, record: RecordId) -> Expected:
    """Plan an address as one that an invoice brings along, selected or not."""
    reads = CobraReader(looked.lock, settings).read([Record(record, ())])
    state = checked_address(reads.address(record.key), settings)
    if isinstance(state, Checked):
        state = replace(state, selected=True)
    plan = None
    if not isinstance(state, Outcome):
        policy = Policy("addresses", "keep", letters=settings.map.of("letters") or {})
        facts = Facts(lengths=dict.fromkeys(REFERENCE["Adr"]))
        plan = plan_address(record.key, state, facts, policy, lambda _key: None)
        state = plan.outcome
    problems = () if state.problem is None else (state.problem,)
    return Expected(tuple(_inserted(plan)), problems)


def _inserted(plan: Plan | None) -> Iterator[ExpectedRow]:
    if plan is not None and plan.insert is not None:
        yield ExpectedRow("Adr", plan.insert)


def _invoice(looked: Looked, settings: Settings, record: RecordId) -> Expected:
    ends = DryEnds(looked.lock)
    ends.asked = [record]
    Drain(looked.lock, blank_years(settings, looked.years.here), settings, ends).step()
    states = [result.state for result in ends.results if isinstance(result.state, Invoice)]
    for year, planned in ((year, one) for year, some in ends.plans.items() for one in some):
        plan = planned.invoices.get(record)
        if plan is None or planned.books is None or plan.outcome.status is not Status.APPLIED:
            continue
        no_day = any(one.due_date is None and _is_assumed(one, planned.books) for one in states)
        rows = [*_inserted(plan.address), *_written(planned)]
        return Expected(tuple(_told(row, no_day=no_day) for row in rows), year=year)
    return Expected(problems=distinct(_objections(ends.results)))


def _objections(results: Sequence[Result]) -> Iterator[Problem]:
    for result in results:
        for outcome in filter(None, (result.whole, *result.outcomes.values())):
            if outcome.status is not Status.APPLIED and outcome.problem is not None:
                yield outcome.problem


def _is_assumed(invoice: Invoice, books: Books) -> bool:
    """Tell whether nobody knows the days of an invoice's payment term."""
    return not books.masters.terms.get(invoice.terms)


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
