"""Knows what would be booked of an invoice, what is against it, and whether it is there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from relay.base.values import Outcome, Problem, applied, held, together
from relay.rules.invoice.amounts import Split
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.corrections import unknown_corrected, wrongly_corrects
from relay.rules.invoice.debtor import Debtor, plan_debtor
from relay.rules.invoice.invoice import Book
from relay.rules.invoice.objections import problems_of, split_of, warnings_of
from relay.rules.invoice.periods import posting_day
from relay.rules.invoice.postings import is_balanced, post, sums
from relay.rules.invoice.report import standing_report
from relay.rules.invoice.written import Desk, InvoicePlan, Prepared, as_long, booking_of, fitted


def prepared_of(task: Book, desk: Desk) -> Outcome | Prepared:
    """Return what would be booked, or all that is wrong with it at once."""
    invoice = task.invoice
    client = desk.books.masters.client
    if client is None:
        return held("client_settings_missing", year=desk.year)
    amounts = split_of(invoice, desk.books, desk.rules)
    problems = (
        *problems_of(invoice, desk.books, desk.rules, amounts),
        *wrongly_corrects(invoice, desk),
    )
    if problems or not isinstance(amounts, Split):
        return together(problems)
    day = posting_day(task, client, desk.rules, desk.year)
    if isinstance(day, Outcome):
        return day
    postings = post(invoice, amounts, desk.books.masters, desk.rules)
    if not is_balanced(postings):
        raise AssertionError(postings)  # a bug: never to be written
    postings, warnings = fitted(postings, desk.books, desk.rules)
    found = (
        *invoice.warnings,
        *warnings_of(invoice, desk.books, desk.rules),
        *warnings,
        *_moved(task, day, desk.year),
        *unknown_corrected(invoice, desk.books),
    )
    return Prepared(invoice, day, postings, found)


def with_debtor(task: Book, desk: Desk) -> Outcome | tuple[Prepared, Debtor]:
    """Return what is booked and for whom, or what is against it: the same for each version."""
    prepared = prepared_of(task, desk)
    if isinstance(prepared, Outcome):
        return prepared
    party = plan_debtor(task.invoice, desk)
    return party if isinstance(party, Outcome) else (prepared, party)


def booked(
    plan: InvoicePlan, prepared: Prepared, party: Debtor, booking: Booking, desk: Desk
) -> InvoicePlan:
    """Complete a plan by what each booking brings along: its proof, its report, its debtor."""
    report, outcome = standing_report(prepared, booking, desk), plan.outcome
    sent = None if outcome.sent is None else {**outcome.sent, "invoice": report}
    outcome = replace(outcome, sent=sent, notices=party.notices, stands=report)
    return replace(plan, outcome=outcome, address=party.address, debtor=party.new, booking=booking)


def _moved(task: Book, day: date, year: str) -> Iterator[Problem]:
    """Warn of a document that is not posted on its own day."""
    own = task.invoice.posting_date
    if task.closed is not None:
        yield Problem(
            "posted_next_year", {"day": own, "posted": day, "closed": task.closed, "year": year}
        )
    elif day != own:
        yield Problem("posted_later", {"day": own, "posted": day})


def is_foreign(number: str, books: Books) -> bool:
    """Tell whether Sage has an open item of this number, and the relay did not write it.

    A document is another thing: one of this number that has nothing to do with the open item
    only takes the number away. One whose item is gone still says that the invoice was booked.
    """
    if number in books.items and number not in books.item_owners:
        return True
    own = as_long(number)
    stored = books.documents.get(own) if own is not None else None
    return stored is not None and own not in books.document_owners and number in stored.items


def adopt(prepared: Prepared, party: Debtor, before: Booking | None, desk: Desk) -> InvoicePlan:
    """Link a document that Sage has under this number, if it says the same; else hold."""
    books, invoice, number = desk.books, prepared.invoice, prepared.invoice.number
    item = books.items.get(number)
    stored = books.documents.get(books.of_item.get(number, -1))
    client = books.masters.client
    same = (
        item is not None
        and stored is not None
        and client is not None
        and item["PkKey"] == party.number
        and (item.get("CurId") or client.currency) == invoice.currency
        and stored.date == prepared.day
        and sums(stored.postings) == sums(prepared.postings)
        and stored.number not in books.document_owners
    )
    if stored is None or not same:
        return InvoicePlan(held("document_conflict", number=number))
    outcome = applied(number, warnings=(Problem("document_adopted", {"number": number}),))
    booking = booking_of(invoice, before, stored.number, desk)
    return booked(InvoicePlan(outcome), prepared, party, booking, desk)
