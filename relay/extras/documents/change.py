"""Knows what becomes of an invoice's document by what became of its record, and its rows. Pure.

The rows are written in the acknowledgement's own transaction, so nothing in them may fail there:
a text is cut, a number that is too large or no number is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Date, String, Table
from sqlalchemy.types import TypeEngine

from relay.base.values import Entity, Outcome, Problem, RecordId, Status
from relay.cobra.deliveries import Result
from relay.database import Exact, abbreviated
from relay.extras.documents.tables import ANSWERS
from relay.rules.invoice.invoice import Absent, Invoice, Unbookable
from relay.rules.invoice.report import Report, invoice_words, line_words


@dataclass(frozen=True, slots=True)
class Change:
    """What one invoice's document shall be."""

    record: RecordId
    entry: int | None
    state: str | None
    """None: it is no document of Sage's (any more): a draft, cancelled, gone, too early."""
    words: Report
    year: str | None = None
    stands: bool = False
    """Whether Sage holds it; a problem of newer news changes nothing about that."""
    problem: Problem | None = None
    reversal: int | None = None

    @property
    def is_complete(self) -> bool:
        """Tell whether the words say what cobra says, not only what Sage's postings give away."""
        return "invoice_date" in self.words


def changes_of(results: Iterable[Result], *, has_net_amounts: bool) -> list[Change]:
    """Return the changes of a batch, one for each invoice about which something was found out."""
    of_record: dict[RecordId, list[Result]] = {}
    for result in results:
        if result.record.id.entity == Entity.INVOICE and not result.is_put_off:
            of_record.setdefault(result.record.id, []).append(result)
    found = (_change(each, has_net_amounts=has_net_amounts) for each in of_record.values())
    return [change for change in found if change is not None]


def _change(results: list[Result], *, has_net_amounts: bool) -> Change | None:
    """Return an invoice's change; entries that a ledger had come as results of their own."""
    newest = max(results, key=lambda result: result.record.carrier.id)
    record, entry = newest.record.id, newest.record.carrier.id
    outcomes = _outcomes(results)
    problem = _problem(outcomes.values())
    state = None if problem is None else str(problem.status)
    why = None if problem is None else problem.problem
    for year, outcome in outcomes.items():
        report = outcome.stands
        if report is not None and "positions" in report:
            booked = "corrected" if report["version"] > 1 else "booked"
            return Change(record, entry, state or booked, report, year, stands=True, problem=why)
    taken_back = next((o.stands["reversal"] for o in outcomes.values() if o.stands), None)
    if state is not None and taken_back is None:
        words = _words(newest.state, has_net_amounts=has_net_amounts)
        return Change(record, entry, state, words, problem=why)
    is_over = all(outcome.status in _OVER for outcome in outcomes.values())
    if taken_back is not None or (is_over and not _is_to_be(newest)):
        return Change(record, entry, None, {}, problem=_said(outcomes), reversal=taken_back)
    return None


_OVER = (Status.APPLIED, Status.NOT_FOR_SAGE)


def _is_to_be(result: Result) -> bool:
    """Tell whether Sage is to hold the invoice, so that `applied` means that it does."""
    state = result.state
    return not isinstance(state, Absent) and not (
        isinstance(state, Invoice | Unbookable)
        and result.whole is not None
        and result.whole.status is Status.NOT_FOR_SAGE
    )


def _outcomes(results: Iterable[Result]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for result in results:
        if result.whole is not None:
            found[""] = result.whole
        for year, outcome in result.outcomes.items():
            if year not in found or outcome.stands is not None:
                found[year] = outcome
    return found


def _problem(outcomes: Iterable[Outcome]) -> Outcome | None:
    wrong = [o for o in outcomes if o.status in (Status.HELD, Status.WAITING)]
    return min(wrong, key=lambda o: o.status is Status.WAITING, default=None)


def _said(outcomes: Mapping[str, Outcome]) -> Problem | None:
    """Return why it is not to be in Sage."""
    for outcome in outcomes.values():
        if outcome.problem is not None:
            return outcome.problem
        if outcome.warnings:
            return outcome.warnings[0]
    return None


def _words(state: object, *, has_net_amounts: bool) -> Report:
    """Return what cobra says of an invoice that Sage does not hold."""
    if isinstance(state, Unbookable):
        customer = state.customer
        return {
            "number": state.number,
            "customer": customer and customer.key,
            "customer_name": customer and customer.name,
            "invoice_date": state.invoice_date,
            "positions": (),
        }
    if not isinstance(state, Invoice):
        return {"positions": ()}
    # Amounts with the tax in them say nothing of the net ones.
    nets = [line.amount if has_net_amounts else None for line in state.lines]
    positions = [line_words(e) | {"net": net} for e, net in zip(state.lines, nets, strict=True)]
    return {**invoice_words(state), "positions": positions}


LARGEST = 2**63 - 1
Copy = dict[str, Any]


def document_row(change: Change, table: Table, mandant: str | None, reason: str | None) -> Copy:
    """Return the row of a document; `mandant` is its year's, if it stands in one."""
    words = change.words
    values = {
        **words,
        "entity_key": change.record.key,
        "customer_key": words.get("customer"),
        "mandant": mandant or words.get("mandant"),
        "year": change.year,
        "sage_document": words.get("document"),
        "state": change.state,
        "stands": int(change.stands),
        "reversal": change.reversal,
        "entry": change.entry,
        "reason_code": change.problem and change.problem.code,
        "reason": reason,
    }
    return {name: fits(values.get(name)) for name, fits in _fitting(table)}


def position_rows(change: Change, table: Table) -> Iterator[Copy]:
    """Yield the rows of a document's positions, in their order."""
    key = change.record.key
    for line, position in enumerate(change.words["positions"], start=1):
        values = {**position, "entity_key": key, "line": line}
        yield {name: fits(values.get(name)) for name, fits in _fitting(table)}


def fit(value: object, table: Table, name: str) -> Any:
    """Return a value as a column can hold it; an empty text is none."""
    return dict(_fitting(table))[name](value)


@lru_cache
def _fitting(table: Table) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return how each column's values are made to fit; the server's clock writes the time.

    What Sage answers is asked again: it was about what stood there before.
    """
    others = {"updated_at", *ANSWERS}
    return tuple((c.name, _of(c.type)) for c in table.columns if c.name not in others)


def _of(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, Exact):
        return partial(_exact, kind.limit, Decimal(1).scaleb(-kind.places))
    if isinstance(kind, Date):
        return _day
    if isinstance(kind, String):
        return partial(_cut, kind.length)
    return _whole


def _exact(limit: Decimal, step: Decimal, value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        exact = Decimal(value)
        return exact.quantize(step) if -limit < exact < limit else None
    except InvalidOperation:
        return None


def _cut(length: int | None, value: Any) -> str | None:
    text = str(value) if value else ""
    return (text if length is None else abbreviated(text, length)) or None


def _day(value: Any) -> date | None:
    return value if isinstance(value, date | None) else date.fromisoformat(value[:10])


def _whole(value: Any) -> int | None:
    return value if value is None or abs(value) <= LARGEST else None
