"""Knows what has to be done in a Sage year for one invoice: compares states, decides. Pure.

Never booked: book. Booked with the same content: nothing. Booked with other content, or not to
be in Sage any more: by policy, and never by overwriting or deleting what was booked.
"""

from __future__ import annotations

from dataclasses import replace

from relay.base.spelling import as_key
from relay.base.values import Outcome, Problem, applied, held, not_for_sage
from relay.rules.invoice.books import Booking, NumbersUsedUpError, whole
from relay.rules.invoice.content import is_content, stands_so
from relay.rules.invoice.corrections import (
    corrected_case,
    name_in_sage,
    obstacle_to_undo,
    undone,
)
from relay.rules.invoice.invoice import Book, TakeBack, Task
from relay.rules.invoice.ledger import Document
from relay.rules.invoice.prepared import adopt, booked, is_foreign, prepared_of, with_debtor
from relay.rules.invoice.report import booking_report, reversal_report, standing_report
from relay.rules.invoice.written import (
    Desk,
    InvoicePlan,
    booking_of,
    both,
    document_number,
    into_item,
    item_row,
    opened,
)


def plan_invoice(task: Task, desk: Desk) -> InvoicePlan:
    """Decide for one invoice in one year; what its batch mates will have written counts."""
    try:
        plan = _book(task, desk) if isinstance(task, Book) else _leave(task, desk)
    except NumbersUsedUpError:
        plan = InvoicePlan(held("document_numbers_used_up", range=desk.rules.document_numbers))
    _remember(plan, desk)
    if isinstance(task, Book):
        return replace(plan, outcome=named(plan.outcome, task.invoice.about))
    outcome = replace(plan.outcome, notices=task.notices)
    return replace(plan, outcome=named(outcome, task.about or name_in_sage(task.key, desk)))


def named(outcome: Outcome, about: str | None) -> Outcome:
    """Let an outcome say which invoice it is about."""
    problem = outcome.problem
    if problem is None and not outcome.warnings:
        return outcome
    if problem is not None:
        problem = replace(problem, about=about)
    warnings = tuple(replace(warning, about=about) for warning in outcome.warnings)
    return replace(outcome, problem=problem, warnings=warnings)


def _book(task: Book, desk: Desk) -> InvoicePlan:
    invoice = task.invoice
    booking = desk.books.bookings.get(invoice.key)
    if booking is None or not booking.stands:
        return _first(task, booking, desk)
    return _reported_still(_compared(task, booking, desk), booking, desk)


def _compared(task: Book, booking: Booking, desk: Desk) -> InvoicePlan:
    """Decide about an invoice whose booking stands."""
    invoice = task.invoice
    if not desk.addresses.is_same(invoice.customer.key, booking.address_key):
        return InvoicePlan(held("customer_changed", number=booking.open_item))
    booked_for = replace(invoice.customer, key=booking.address_key)
    same = is_content(
        booking.content, replace(invoice, customer=booked_for), desk.books.masters.lead
    )
    if same or _comes_to_the_same(task, booking, desk):
        return InvoicePlan(_as_booked(task, booking, desk))
    if desk.rules.on_change == "hold":
        return InvoicePlan(held("content_changed", number=booking.open_item))
    return _again(task, booking, desk)


def _comes_to_the_same(task: Book, booking: Booking, desk: Desk) -> bool:
    """Tell whether what stands is what would be booked now, though it is told otherwise."""
    prepared = prepared_of(task, desk)
    stored = desk.books.documents.get(booking.document)
    item = desk.books.items.get(booking.open_item)
    if isinstance(prepared, Outcome) or stored is None or item is None:
        return False
    row = item_row(prepared, desk)
    is_number = as_key(booking.open_item) == task.invoice.number
    return is_number and stands_so(row, prepared.day, prepared.postings, stored, item)


def _reported_still(plan: InvoicePlan, booking: Booking, desk: Desk) -> InvoicePlan:
    """Let a plan that leaves a booking as it stands tell what stands, as far as that was read."""
    stored = desk.books.documents.get(booking.document)
    if stored is None or plan.outcome.stands is not None:
        return plan
    item = desk.books.items.get(booking.open_item)
    return replace(
        plan, outcome=replace(plan.outcome, stands=booking_report(booking, stored, item))
    )


def _as_booked(task: Book, booking: Booking, desk: Desk) -> Outcome:
    """Tell an invoice that was booked with this content; words may have changed since."""
    outcome = applied(booking.open_item)
    prepared = prepared_of(task, desk)
    if isinstance(prepared, Outcome):
        return outcome
    return replace(outcome, stands=standing_report(prepared, booking, desk))


def _first(task: Book, before: Booking | None, desk: Desk) -> InvoicePlan:
    invoice, number = task.invoice, task.invoice.number
    checked = with_debtor(task, desk)
    if isinstance(checked, Outcome):
        return InvoicePlan(checked)
    prepared, party = checked
    owner = desk.books.item_owners.get(number)
    if owner not in (None, invoice.key):
        return InvoicePlan(held("invoice_number_twice", number=number, owner=owner))
    if is_foreign(number, desk.books):
        return adopt(prepared, party, before, desk)
    item = opened(prepared, party.number, desk)
    if isinstance(item, Outcome):
        return InvoicePlan(item)
    document = Document(
        document_number(number, desk), prepared.day, number, party.number, prepared.postings,
        case=corrected_case(invoice, desk.books),
    )  # fmt: skip
    outcome = applied(number, document.sent(), (*party.warnings, *prepared.warnings))
    plan = InvoicePlan(outcome, item=item, documents=(document,))
    return booked(plan, prepared, party, booking_of(invoice, before, document.number, desk), desk)


def _again(task: Book, booking: Booking, desk: Desk) -> InvoicePlan:
    """Take back what was booked and book what cobra says now, into the same open item."""
    invoice = task.invoice
    if booking.open_item != invoice.number:
        return InvoicePlan(held("number_of_booked_changed", number=booking.open_item))
    obstacle = obstacle_to_undo(booking, desk)
    if obstacle is not None:
        return InvoicePlan(obstacle)
    checked = with_debtor(task, desk)
    if isinstance(checked, Outcome):
        return InvoicePlan(checked)
    prepared, party = checked
    debtor = whole(desk.books.items[booking.open_item], "OPd", "PkKey")
    if party.number != debtor:
        values = {"number": booking.open_item, "debtor": debtor, "linked": party.number}
        return InvoicePlan(held("item_debtor_differs", **values))
    reversal, closed = undone(booking, desk)
    document = Document(
        desk.books.number(), prepared.day, booking.open_item, closed.debtor, prepared.postings,
        case=reversal.case,
    )  # fmt: skip
    item = replace(
        closed,
        row=item_row(prepared, desk),
        opened=0,
        totals=both(closed.totals, into_item(prepared.postings)),
    )
    sent = {"reversal": reversal.sent(), **document.sent()}
    outcome = applied(invoice.number, sent, (*party.warnings, *prepared.warnings))
    taken_back = (booking, reversal.number)
    plan = InvoicePlan(outcome, item=item, documents=(reversal, document), taken_back=taken_back)
    return booked(plan, prepared, party, booking_of(invoice, booking, document.number, desk), desk)


def _leave(task: TakeBack, desk: Desk) -> InvoicePlan:
    booking = desk.books.bookings.get(task.key)
    if booking is None or not booking.stands:
        return InvoicePlan(not_for_sage(task.reason))
    if not task.is_allowed:
        why = Problem(task.reason)
        plan = InvoicePlan(held("booked_in_sage", number=booking.open_item, why=why))
        return _reported_still(plan, booking, desk)
    obstacle = obstacle_to_undo(booking, desk)
    if obstacle is not None:
        return _reported_still(InvoicePlan(obstacle), booking, desk)
    reversal, closed = undone(booking, desk)
    taken_back = Problem("taken_back", {"number": booking.open_item, "why": Problem(task.reason)})
    outcome = applied(booking.open_item, reversal.sent(), (taken_back,))
    return InvoicePlan(
        replace(outcome, stands=reversal_report(booking, reversal)),
        item=closed,
        documents=(reversal,),
        taken_back=(booking, reversal.number),
    )


def _remember(plan: InvoicePlan, desk: Desk) -> None:
    """Let the next invoices of the batch see what this one will have written."""
    books = desk.books
    if plan.address is not None and plan.address.link is not None:
        link = plan.address.link
        desk.addresses.links[link.key] = link
        desk.addresses.expect(link)
    if plan.debtor is not None:
        books.debtors[plan.debtor.key] = plan.debtor.number
        books.debtor_owners[plan.debtor.number] = plan.debtor.key
        if plan.debtor.opened is not None:
            books.accounts[plan.debtor.number] = plan.debtor.opened
    if plan.booking is not None:
        books.bookings[plan.booking.key] = plan.booking
        books.item_owners[plan.booking.open_item] = plan.booking.key
        if plan.booking.version == 1:
            books.cases[plan.booking.open_item] = plan.booking
    books.document_owners |= {d.number: d.open_item for d in plan.documents}
