"""Knows what a Sage year's master data must have for an invoice. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from relay.invoice_sections import in_range
from relay.invoices.canonical import Invoice
from relay.invoices.facts import Books, Rules
from relay.invoices.postings import Chart
from relay.values import Problem, distinct


def chart_of(invoice: Invoice, books: Books, rules: Rules) -> Chart:
    """Return the accounts and taxes with which an invoice without problems is posted."""
    return Chart(
        collective=rules.collective[invoice.currency],
        rounding=rules.rounding,
        taxes=books.masters.taxes,
        has_gross_amounts=rules.has_gross_amounts,
        tolerance=rules.tolerance,
        swaps_sides=rules.swaps_sides,
    )


def problems_of(invoice: Invoice, books: Books, rules: Rules) -> tuple[Problem, ...]:
    """Return all that this year's master data and the configuration have against an invoice."""
    found = [*_number(invoice, books, rules), *_currency(invoice, books, rules)]
    found += [*_accounts(invoice, books, rules), *_taxes(invoice, books)]
    if invoice.terms and invoice.terms not in books.masters.terms:
        found.append(Problem("terms_missing", {"value": invoice.terms}))
    return distinct(found)


def _number(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    number, reference = invoice.number, invoice.reference
    longest = books.lengths.get("OPd.OpId")
    if longest is not None and len(number) > longest:
        yield Problem("invoice_number_too_long", {"value": number, "length": longest})
    longest = books.lengths.get("OPd.Ref")
    if longest is not None and len(reference) > longest:
        yield Problem("reference_too_long", {"value": reference, "length": longest})
    if number.isascii() and number.isdigit() and in_range(int(number), rules.own_numbers):
        yield Problem("own_number", {"ranges": ", ".join(rules.own_numbers)})


def _currency(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    client, currency = books.masters.client, invoice.currency
    lead = client.currency if client is not None else currency
    if currency != lead and currency not in books.masters.currencies:
        yield Problem("currency_missing", {"value": currency})
    elif currency != lead:
        yield Problem("currency_foreign", {"value": currency, "lead": lead})
    if currency not in rules.collective:
        yield Problem("currency_not_configured", {"value": currency})


def _accounts(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    known = books.masters.accounts
    for line in invoice.lines:
        if line.account not in known:
            yield Problem("account_missing", {"value": line.account})
        if line.cost_centre and line.cost_centre not in known:
            yield Problem("cost_centre_missing", {"value": line.cost_centre})
    configured = [rules.collective.get(invoice.currency)]
    if invoice.rounding:
        configured.append(rules.rounding)
    for account in configured:
        if account is not None and account not in known:
            yield Problem("own_account_missing", {"value": account})


def _taxes(invoice: Invoice, books: Books) -> Iterator[Problem]:
    for key in sorted({line.tax_key for line in invoice.lines}):
        tax = books.masters.taxes.get(key)
        if tax is None:
            yield Problem("tax_key_missing", {"value": key})
        elif tax.rate and tax.account not in books.masters.accounts:
            yield Problem("tax_account_missing", {"value": key, "account": tax.account or "-"})
