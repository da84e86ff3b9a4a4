"""Knows what has to be done in a Sage year for one invoice: compares states, decides. Pure.

Never booked: book. Booked with the same content: nothing. Booked with other content, or not to
be in Sage any more: by policy, and never by overwriting or deleting what was booked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from relay.base.values import Outcome, Problem, applied, held, not_for_sage, together
from relay.rules.invoice.canonical import Document, Invoice, Posting
from relay.rules.invoice.corrections import (
    corrected_case,
    told_by_sage,
    undone,
    unknown_corrected,
    wrongly_corrects,
)
from relay.rules.invoice.debtor import Debtor, plan_debtor
from relay.rules.invoice.facts import (
    Book,
    Booking,
    Books,
    Case,
    InvoicePlan,
    NumbersUsedUpError,
    TakeBack,
    Task,
    both,
)
from relay.rules.invoice.masters import chart_of, problems_of, warnings_of
from relay.rules.invoice.parts import (
    Desk,
    as_document,
    booking_of,
    document_number,
    fitted,
    into_item,
    item_row,
    opened,
)
from relay.rules.invoice.periods import posting_day
from relay.rules.invoice.postings import is_balanced, post, sums
from relay.rules.invoice.told import Told, told_booking, told_invoice, told_reversal


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
    return replace(plan, outcome=named(outcome, task.about or told_by_sage(task.key, desk)))


def named(outcome: Outcome, about: str | None) -> Outcome:
    """Let an outcome say which invoice it is about."""
    problem = outcome.problem
    if problem is not None:
        problem = replace(problem, about=about)
    warnings = tuple(replace(warning, about=about) for warning in outcome.warnings)
    return replace(outcome, problem=problem, warnings=warnings)


def _book(task: Book, desk: Desk) -> InvoicePlan:
    invoice = task.invoice
    booking = desk.books.bookings.get(invoice.key)
    if booking is None or not booking.stands:
        return _first(task, booking, desk)
    return _told_still(_compared(task, booking, desk), booking, desk)


def _compared(task: Book, booking: Booking, desk: Desk) -> InvoicePlan:
    """Decide about an invoice whose booking stands."""
    invoice = task.invoice
    if booking.address_key != invoice.customer.key:
        return InvoicePlan(held("customer_changed", number=booking.open_item))
    if booking.content == invoice.content():
        return InvoicePlan(_as_booked(task, booking, desk))
    if desk.rules.on_change == "hold":
        return InvoicePlan(held("content_changed", number=booking.open_item))
    return _again(task, booking, desk)


def _told_still(plan: InvoicePlan, booking: Booking, desk: Desk) -> InvoicePlan:
    """Let a plan that leaves a booking as it stands tell what stands, as far as that was read."""
    stored = desk.books.documents.get(booking.document)
    if stored is None or plan.outcome.stands is not None:
        return plan
    item = desk.books.items.get(booking.open_item)
    return replace(plan, outcome=replace(plan.outcome, stands=told_booking(booking, stored, item)))


def _as_booked(task: Book, booking: Booking, desk: Desk) -> Outcome:
    """Tell an invoice that was booked with this content; words may have changed since."""
    outcome = applied(booking.open_item)
    prepared = _prepared(task, desk)
    if isinstance(prepared, Outcome):
        return outcome
    day, postings, _ = prepared
    return replace(outcome, stands=_told(task.invoice, booking, day, postings, desk))


def _told(
    invoice: Invoice, booking: Booking, day: date, postings: tuple[Posting, ...], desk: Desk
) -> Told:
    due = item_row(invoice, day, desk, postings)["DateD"]
    return told_invoice(invoice, booking, day, due if isinstance(due, date) else None, postings)


def _first(task: Book, before: Booking | None, desk: Desk) -> InvoicePlan:
    invoice = task.invoice
    prepared = _prepared(task, desk)
    if isinstance(prepared, Outcome):
        return InvoicePlan(prepared)
    day, postings, warnings = prepared
    party = plan_debtor(invoice, desk.addresses, desk.books, desk.rules, desk.previous)
    if isinstance(party, Outcome):
        return InvoicePlan(party)
    number = invoice.number
    owner = desk.books.item_owners.get(number)
    if owner not in (None, invoice.key):
        return InvoicePlan(held("invoice_number_twice", number=number, owner=owner))
    if _is_foreign(number, desk.books):
        return _adopt(invoice, before, day, postings, party, desk)
    item = opened(invoice, party.number, day, postings, desk)
    if isinstance(item, Outcome):
        return InvoicePlan(item)
    document = Document(
        document_number(number, desk), day, number, party.number, postings,
        case=corrected_case(invoice, desk.books),
    )  # fmt: skip
    booking = booking_of(invoice, before, document.number)
    told = _told(invoice, booking, day, postings, desk)
    sent = {**document.told(), "invoice": told}
    outcome = applied(number, sent, (*party.warnings, *warnings))
    return InvoicePlan(
        replace(outcome, notices=party.notices, stands=told),
        address=party.address,
        debtor=party.new,
        item=item,
        documents=(document,),
        booking=booking,
    )


def _prepared(
    task: Book, desk: Desk
) -> Outcome | tuple[date, tuple[Posting, ...], tuple[Problem, ...]]:
    """Return the day, the postings and warnings, or all that is wrong with them at once."""
    invoice = task.invoice
    problems = (
        *problems_of(invoice, desk.books, desk.rules),
        *wrongly_corrects(invoice, desk.books),
    )
    if problems:
        return together(problems)
    day = posting_day(task, desk.books.masters.client, desk.rules, desk.year)
    if isinstance(day, Outcome):
        return day
    postings = post(invoice, chart_of(invoice, desk.books, desk.rules))
    if isinstance(postings, Problem):
        return together([postings])
    if not is_balanced(postings):
        raise AssertionError(postings)  # a bug: never to be written
    postings, warnings = fitted(postings, desk.books, desk.rules)
    found = (
        *warnings_of(invoice, desk.books, desk.rules),
        *warnings,
        *_moved(task, day, desk.year),
        *unknown_corrected(invoice, desk.books),
    )
    return day, postings, found


def _moved(task: Book, day: date, year: str) -> Iterator[Problem]:
    """Warn of a document that is not posted on its own day."""
    own = task.invoice.posting_date
    if task.closed is not None:
        yield Problem(
            "posted_next_year", {"day": own, "posted": day, "closed": task.closed, "year": year}
        )
    elif day != own:
        yield Problem("posted_later", {"day": own, "posted": day})


def _is_foreign(number: str, books: Books) -> bool:
    """Tell whether Sage has an open item of this number, and the relay did not write it.

    A document is another thing: one of this number that has nothing to do with the open item
    only takes the number away. One whose item is gone still says that the invoice was booked.
    """
    if number in books.items and number not in books.item_owners:
        return True
    own = as_document(number)
    stored = books.documents.get(own) if own is not None else None
    return stored is not None and own not in books.document_owners and number in stored.items


def _adopt(  # noqa: PLR0913, PLR0917 - all that is compared
    invoice: Invoice,
    before: Booking | None,
    day: date,
    postings: tuple[Posting, ...],
    party: Debtor,
    desk: Desk,
) -> InvoicePlan:
    """Link a document that Sage has under this number, if it says the same; else hold."""
    books, number = desk.books, invoice.number
    item = books.items.get(number)
    stored = books.documents.get(books.of_item.get(number, -1))
    same = (
        item is not None
        and stored is not None
        and item["PkKey"] == party.number
        and (item.get("CurId") or invoice.currency) == invoice.currency
        and stored.date == day
        and sums(stored.postings) == sums(postings)
        and stored.number not in books.document_owners
    )
    if stored is None or not same:
        return InvoicePlan(held("document_conflict", number=number))
    booking = booking_of(invoice, before, stored.number)
    outcome = applied(number, warnings=(Problem("document_adopted", {"number": number}),))
    stands = _told(invoice, booking, day, postings, desk)
    return InvoicePlan(
        replace(outcome, notices=party.notices, stands=stands),
        address=party.address,
        debtor=party.new,
        booking=booking,
    )


def _again(task: Book, booking: Booking, desk: Desk) -> InvoicePlan:
    """Take back what was booked and book what cobra says now, into the same open item."""
    invoice = task.invoice
    if booking.open_item != invoice.number:
        return InvoicePlan(held("number_of_booked_changed", number=booking.open_item))
    taken = undone(booking, desk)
    if isinstance(taken, Outcome):
        return InvoicePlan(taken)
    prepared = _prepared(task, desk)
    if isinstance(prepared, Outcome):
        return InvoicePlan(prepared)
    reversal, closed = taken
    day, postings, warnings = prepared
    document = Document(
        desk.books.number(), day, booking.open_item, closed.debtor, postings, case=reversal.case
    )
    item = replace(
        closed,
        row=item_row(invoice, day, desk, postings),
        opened=0,
        totals=both(closed.totals, into_item(postings)),
    )
    newer = booking_of(invoice, booking, document.number)
    stands = _told(invoice, newer, day, postings, desk)
    sent = {"reversal": reversal.told(), **document.told(), "invoice": stands}
    return InvoicePlan(
        replace(applied(invoice.number, sent, warnings), stands=stands),
        item=item,
        documents=(reversal, document),
        booking=newer,
        taken_back=(booking, reversal.number),
    )


def _leave(task: TakeBack, desk: Desk) -> InvoicePlan:
    booking = desk.books.bookings.get(task.key)
    if booking is None or not booking.stands:
        return InvoicePlan(not_for_sage(task.reason))
    if not task.is_allowed:
        why = Problem(task.reason)
        plan = InvoicePlan(held("booked_in_sage", number=booking.open_item, why=why))
        return _told_still(plan, booking, desk)
    taken = undone(booking, desk)
    if isinstance(taken, Outcome):
        return _told_still(InvoicePlan(taken), booking, desk)
    reversal, closed = taken
    taken_back = Problem("taken_back", {"number": booking.open_item, "why": Problem(task.reason)})
    outcome = applied(booking.open_item, reversal.told(), (taken_back,))
    return InvoicePlan(
        replace(outcome, stands=told_reversal(booking, reversal)),
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
            case = Case(plan.booking.document, plan.booking.address_key)
            books.cases[plan.booking.open_item] = case
    books.document_owners |= {d.number: d.open_item for d in plan.documents}
