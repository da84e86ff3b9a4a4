"""Knows how the customer of an invoice becomes a debtor in Sage: address, account, links. Pure.

An address goes over with its first invoice. A customer who is already in Sage is not asked
anything more: whatever is the matter with the address holds only the address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.base.values import Entity, Outcome, Problem, RecordId, Status, held, waiting
from relay.rules.address.check import Checked
from relay.rules.address.plan import Plan, plan_address
from relay.rules.images import Gone
from relay.rules.invoice.books import Books
from relay.rules.invoice.invoice import Customer, Invoice
from relay.rules.invoice.written import Desk, NewDebtor, as_long
from relay.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Debtor:
    """The debtor of an invoice, and what has to be written so that Sage has it."""

    number: int
    address: Plan | None = None
    new: NewDebtor | None = None
    warnings: tuple[Problem, ...] = ()
    notices: tuple[RecordId, ...] = ()


def plan_debtor(invoice: Invoice, desk: Desk) -> Debtor | Outcome:
    """Return the debtor, or what the invoice has to wait for."""
    key, facts = invoice.customer.key, desk.addresses
    link, number = facts.links.get(key), desk.books.debtors.get(key)
    if link is not None and number is not None:
        return _known(number, desk.rules.collective[invoice.currency], desk.books)
    state = invoice.customer.address
    if isinstance(state, Outcome) and state.status is Status.RETRYING:
        return state
    if not isinstance(state, Checked):
        gone = Problem("address_gone") if isinstance(state, Gone) else state.problem
        return _held(invoice.customer, gone)
    plan = None
    if link is None:
        # An address that an invoice needs goes over as one that was selected.
        policy = Policy("addresses", "keep", letters=desk.rules.letters)
        plan = plan_address(key, replace(state, selected=True), facts, policy, desk.previous)
        if plan.outcome.status is not Status.APPLIED:
            return _not_ready(invoice.customer, plan.outcome)
        link = plan.link
    if link is None:
        raise AssertionError(key)
    is_new_address = plan is not None and plan.insert is not None
    new = _account(invoice, state, link.number, desk, is_new_address=is_new_address)
    if isinstance(new, Problem):
        return _held(invoice.customer, new)
    notices = () if plan is None else (RecordId(Entity.ADDRESS, key),)
    warnings = plan.outcome.warnings if plan is not None else ()
    return Debtor(new.number, plan, new, warnings, notices)


def _known(number: int, collective: str, books: Books) -> Debtor | Outcome:
    account = books.accounts.get(number)
    if account is None:
        return held("debtor_missing", debtor=number)
    if account["AccId"] != collective:
        values = {"debtor": number, "account": account["AccId"], "needed": collective}
        return held("debtor_account_differs", **values)
    return Debtor(number)


def _account(
    invoice: Invoice, state: Checked, address: str, desk: Desk, *, is_new_address: bool
) -> NewDebtor | Problem:
    """Return the debtor's account to open or to link; an equal number alone is no proof.

    `address` is the number of the address in Sage.
    """
    key, books, collective = invoice.customer.key, desk.books, desk.rules.collective
    known = books.debtors.get(key)
    number = str(known) if known is not None else state.debtor_number
    debtor = as_long(number)
    if debtor is None:
        return Problem("debtor_number_unusable", {"value": number})
    owner = books.debtor_owners.get(debtor)
    if owner not in (None, key):
        return Problem("debtor_number_taken", {"value": number, "owner": owner})
    stands = books.accounts.get(debtor)
    if stands is None:
        unknown = state.terms and state.terms not in books.masters.terms
        missing = Problem("terms_missing", {"value": state.terms})
        row = {"PkKey": debtor, "AdrId": address, "ZabId": state.terms or None}
        return missing if unknown else NewDebtor(key, debtor, row | _row(invoice, desk))
    confirmed = (one for one in desk.addresses.confirmed.get(key, ()) if one.is_about(state))
    if (is_new_address or stands["AdrId"] != address) and not any(
        (one.debtor, one.debtor_address) == (debtor, stands["AdrId"]) for one in confirmed
    ):
        return Problem("debtor_unlinked", {"value": number, "number": stands["AdrId"]})
    needed = collective[invoice.currency]
    if stands["AccId"] != needed:
        values = {"debtor": debtor, "account": stands["AccId"], "needed": needed}
        return Problem("debtor_account_differs", values)
    return NewDebtor(key, debtor, None)


IN_FOREIGN_CURRENCY = 2
"""Flag of a debtor whose account is kept in a foreign currency (block PKd, TAF 2012)."""


def _row(invoice: Invoice, desk: Desk) -> dict[str, object]:
    """Return what a new account says of its currency, and that nobody has locked it."""
    is_foreign = desk.books.masters.lead not in {None, invoice.currency}
    return {
        "AccId": desk.rules.collective[invoice.currency],
        "WrnLk": 0,
        "Flags": IN_FOREIGN_CURRENCY if is_foreign else 0,
        "CurId": invoice.currency if is_foreign else None,
    }


def _not_ready(customer: Customer, outcome: Outcome) -> Outcome:
    waits_for_year = outcome.waiting_on is not None and outcome.waiting_on.startswith("year:")
    if waits_for_year or outcome.status is Status.RETRYING:
        return outcome
    if outcome.status is not Status.WAITING:
        return _held(customer, outcome.problem)
    awaited = RecordId(Entity.ADDRESS, customer.key).awaited
    return waiting("address_not_ready", awaited, address=customer.called, why=outcome.problem)


def _held(customer: Customer, why: Problem | None) -> Outcome:
    """Hold an invoice whose address only a person can free; it follows the address by itself."""
    outcome = held("address_held", address=customer.called, why=why)
    return replace(outcome, waiting_on=RecordId(Entity.ADDRESS, customer.key).awaited)
