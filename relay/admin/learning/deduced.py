"""Knows the master data by which an invoice adds up, where no Sage can be asked for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from relay.rules.address.check import Checked
from relay.rules.invoice.amounts import Split, split
from relay.rules.invoice.invoice import ZERO, Invoice, Line
from relay.rules.invoice.ledger import Client, Currency, Masters, Tax
from relay.rules.invoice.vat import rates_on
from relay.rules.policy import Rules

UNKNOWN = "?"
"""Stands for an account that only Sage knows; it is never compared with anything."""


def masters_for(
    invoices: Sequence[Invoice], known: Masters, client: Client, rules: Rules
) -> Masters:
    """Return master data by which these invoices can be planned: what is known, or else deduced.

    Every account that they or the configuration name is taken to be there.
    """
    taxes, terms = dict(known.taxes), dict(known.terms)
    currencies, accounts = dict(known.currencies), set(known.accounts)
    for invoice in invoices:
        taxes = {**_taxes(invoice, rules), **taxes}
        for name in _terms(invoice):
            terms.setdefault(name, 0)
        if invoice.rate is not None:
            currencies.setdefault(invoice.currency, Currency(invoice.rate))
        accounts |= {line.account for line in invoice.lines}
        accounts |= {line.cost_centre for line in invoice.lines}
    accounts |= {rules.rounding or "", *rules.collective.values()}
    accounts |= {tax.account for tax in taxes.values()}
    return replace(
        known,
        accounts=frozenset(accounts),
        taxes=taxes,
        terms=terms,
        currencies=currencies,
        client=client,
    )


def _terms(invoice: Invoice) -> Iterator[str]:
    address = invoice.customer.address
    yield from filter(None, (invoice.terms, address.terms if isinstance(address, Checked) else ""))


def _taxes(invoice: Invoice, rules: Rules) -> Mapping[str, Tax]:
    """Return rates with which the invoice adds up: as printed, else the official ones of the day.

    The first combination that gives cobra's total exactly; if none does, the first one.
    """
    keys = list(dict.fromkeys(line.tax_key for line in invoice.lines))
    possible = [
        _rates(invoice, [line for line in invoice.lines if line.tax_key == k]) for k in keys
    ]
    combined = [
        {key: Tax(rate, UNKNOWN) for key, rate in zip(keys, rates, strict=True)}
        for rates in product(*possible)
    ]
    adding_up = (taxes for taxes in combined if _adds_up(invoice, taxes, rules))
    return next(adding_up, combined[0])


def _adds_up(invoice: Invoice, taxes: Mapping[str, Tax], rules: Rules) -> bool:
    return isinstance(split(invoice, taxes, replace(rules, tolerance=ZERO)), Split)


def _rates(invoice: Invoice, lines: Sequence[Line]) -> list[Decimal]:
    """Return the rates that a tax key can have, the likeliest first."""
    printed = {line.rate for line in lines if line.rate is not None}
    if len(printed) == 1:
        return list(printed)
    day = next((line.supplied_on for line in lines if line.supplied_on), invoice.invoice_date)
    return [*rates_on(day), ZERO]
