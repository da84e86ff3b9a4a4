"""Knows what a plan says of records of which nobody noticed anything: each change is a finding.

Records are read, checked, routed and planned as in a batch, so that nothing differs but what the
relay would write; then what was booked is compared with what stands, which no plan asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from relay.admin.comparing.books import Differing, differing
from relay.admin.comparing.finding import Mismatch, MismatchKind, Side, side_of
from relay.admin.dry_run import DryEnds
from relay.base.halving import halved, is_misread, misread
from relay.base.values import Outcome, Problem, Record, RecordId, Status, year_wait
from relay.cobra.deliveries import Result
from relay.engine.apply import Apply
from relay.engine.asking import ask
from relay.engine.planning import Work
from relay.rules.address.facts import GONE_TAG, LOCK_TAG
from relay.rules.address.plan import Plan
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.invoice import Book, Invoice
from relay.rules.invoice.written import InvoicePlan
from relay.sage.port import Planned


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing some records gave."""

    findings: list[Mismatch] = field(default_factory=list)
    left: int = 0
    """Records that somebody has open, or whose year is away: nothing is known of them."""


class ComparingEnds(DryEnds):
    """The ends of a step that compares."""

    def ask(self, records: Sequence[RecordId], otherwise: MismatchKind) -> None:
        """Begin with other records; `otherwise` is what one is that does not get to a plan."""
        self.asked, self.results, self._otherwise = list(records), [], otherwise
        self.plans.clear()
        self._open: set[RecordId] = set()
        self._booked: list[Mismatch] = []
        self._unread: set[RecordId] = set()

    def listed(self, due: Sequence[RecordId]) -> list[Record]:
        """Note which records have an open entry: what becomes of them is known already."""
        found = super().listed(due)
        self._open = {record.id for record in found if len(record.entries) > 1}
        return found

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Plan, then compare what stands of those that are booked."""
        outcomes = super().carry_out(apply, works)
        states = {work.record.id: work.state for work in works}
        for planned in self.plans[apply.year]:
            booked = [
                (record, states[record], booking)
                for record, plan in planned.invoices.items()
                if (booking := _before(record.key, plan, planned)) is not None
            ]
            if booked and planned.books is not None:
                self._compare(apply, booked, planned, planned.books)
        return outcomes

    def _compare(
        self,
        apply: Apply,
        booked: Sequence[tuple[RecordId, object, Booking]],
        planned: Planned,
        books: Books,
    ) -> None:
        rules, at = apply.at.method.rules, apply.at
        if rules is None:
            return

        def compare(some: Sequence[tuple[RecordId, object, Booking]]) -> list[Mismatch]:
            numbers = [booking.document for _, _, booking in some]
            documents = ask(at.year, at.epoch, lambda here: here.answers().documents(numbers))
            if isinstance(documents, Outcome):
                self._unread |= {record for record, _, _ in some}
                return []
            found: list[Mismatch] = []
            for record, state, booking in some:
                same = _as_booked(planned.invoices[record], state)
                stored = documents.get(booking.document)
                about = (record, apply.year, booking.open_item)
                seen = differing(booking, stored, same, books, rules)
                found += [_of_booking(*about, each) for each in seen]
            return found

        def alone(one: tuple[RecordId, object, Booking], error: Exception) -> list[Mismatch]:
            record, _, booking = one
            odd = Differing(MismatchKind.DOCUMENT_CHANGED, "Bk", "", "")
            found = _of_booking(record, apply.year, booking.open_item, odd, misread(error))
            return [found]

        for part in halved(booked, compare, alone, is_misread):
            self._booked += part

    def compared(self) -> Compared:
        """Return what was found of the records that were asked about."""
        results = {result.record.id: result for result in self.results}
        found, left = list(self._booked), 0
        for record in self.asked:
            result = results.get(record)
            if record in self._open:
                continue
            if result is None:
                left += 1
                continue
            outcomes = [o for o in (result.whole, *result.outcomes.values()) if o is not None]
            left += record in self._unread or any(map(_is_unknown, outcomes))
            found += self._of_result(record, result)
        return Compared(found, left)

    def _of_result(self, record: RecordId, result: Result) -> Iterator[Mismatch]:
        whole = result.whole
        outcomes = result.outcomes.items() if whole is None else [(None, whole)]
        for year, outcome in outcomes:
            if _is_unknown(outcome):
                continue
            planned = None if year is None else self._plan_of(record, year)
            if year is None or planned is None:
                if outcome.status in _STUCK:
                    kind = self._otherwise
                    yield Mismatch(kind, record, year, Side.COBRA, problem=outcome.problem)
            elif record in planned.addresses:
                yield from _of_address(record, year, planned.addresses[record], planned)
            else:
                yield from _of_invoice(record, year, planned.invoices[record], planned)

    def _plan_of(self, record: RecordId, year: str) -> Planned | None:
        plans = self.plans.get(year, ())
        return next((p for p in plans if record in p.addresses or record in p.invoices), None)


_STUCK = (Status.HELD, Status.WAITING)


def _is_unknown(outcome: Outcome) -> bool:
    """Tell whether nothing is known now: somebody has a row open, or a year is away."""
    waits = (outcome.waiting_on or "").startswith(year_wait(""))
    return waits or outcome.status is Status.RETRYING


def _before(key: str, plan: InvoicePlan, planned: Planned) -> Booking | None:
    """Return the booking that stands, whatever is planned to become of it."""
    if plan.taken_back is not None:
        return plan.taken_back[0]
    booking = None if planned.books is None else planned.books.bookings.get(key)
    return booking if plan.booking is None and booking is not None and booking.stands else None


def _as_booked(plan: InvoicePlan, state: object) -> Invoice | None:
    """Return an invoice that is still what was booked."""
    same = plan.taken_back is None and plan.outcome.status is Status.APPLIED
    return state.invoice if same and isinstance(state, Book) else None


def _of_booking(
    record: RecordId, year: str, number: str, one: Differing, problem: Problem | None = None
) -> Mismatch:
    what = {"field": one.field, "cobra": one.cobra, "sage": one.sage}
    return Mismatch(one.kind, record, year, Side.SAGE, number, **what, problem=problem)


def _of_address(record: RecordId, year: str, plan: Plan, planned: Planned) -> Iterator[Mismatch]:
    facts, outcome = planned.facts, plan.outcome
    link = facts.links.get(record.key)
    if outcome.status in _STUCK:
        code = "" if outcome.problem is None else outcome.problem.code
        kind = _KINDS.get(code, MismatchKind.STUCK if link is not None else MismatchKind.NOT_LINKED)
        side = Side.SAGE if kind is MismatchKind.ROW_GONE else Side.COBRA
        number = "" if link is None else link.number
        yield Mismatch(kind, record, year, side, number, problem=outcome.problem)
        return
    if plan.insert is not None or plan.is_new_link:
        yield Mismatch(MismatchKind.NOT_LINKED, record, year, Side.COBRA, plan.number)
        return
    if link is None:
        return
    new = set() if plan.link is None else plan.link.content.keys() - link.content.keys()
    if GONE_TAG in new or any(each.code == "deleted_locked" for each in outcome.warnings):
        yield Mismatch(MismatchKind.DELETED, record, year, Side.COBRA, link.number)
    elif plan.locks:
        lock = next(iter(plan.locks.values()))
        yield Mismatch(
            MismatchKind.FIELD, record, year, Side.COBRA, link.number, LOCK_TAG, str(lock)
        )
    stands = facts.rows.get(link.number, {})
    for tag, text in (plan.update or {}).items():
        sage = stands.get(tag, "")
        side = side_of(link.content.get(tag, ""), text, sage)
        yield Mismatch(MismatchKind.FIELD, record, year, side, link.number, tag, text, sage)


_KINDS = {
    "row_missing": MismatchKind.ROW_GONE,
    "deleted_in_cobra": MismatchKind.DELETED,
    "deleted_with_items": MismatchKind.DELETED,
}
"""Codes that say what differs, not only that something does."""


def _of_invoice(
    record: RecordId, year: str, plan: InvoicePlan, planned: Planned
) -> Iterator[Mismatch]:
    outcome = plan.outcome
    before = _before(record.key, plan, planned)
    is_due = plan.booking is not None or plan.taken_back is not None
    if outcome.status in _STUCK or (outcome.status is Status.APPLIED and is_due):
        kind = MismatchKind.NOT_BOOKED if before is None else MismatchKind.CHANGED
        number = outcome.sage_key or "" if before is None else before.open_item
        yield Mismatch(kind, record, year, Side.COBRA, number, problem=outcome.problem)
