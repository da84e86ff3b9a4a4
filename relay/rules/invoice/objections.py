"""Knows what master data and configuration must have for an invoice, and what to warn of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from relay.base.values import Problem, distinct
from relay.rules.address.check import Checked
from relay.rules.fitting import fit, spell
from relay.rules.invoice.amounts import Split, plain, split
from relay.rules.invoice.books import Books
from relay.rules.invoice.fields import LARGEST
from relay.rules.invoice.invoice import Invoice, Line
from relay.rules.invoice.ledger import Currency, Masters, Tax
from relay.rules.invoice.references import reference_problems
from relay.rules.invoice.vat import is_of_another_period, rates_on
from relay.rules.policy import Rules
from relay.settings.sage import in_range


def names_unknown(invoice: Invoice, masters: Masters) -> bool:
    """Tell whether an invoice or its customer names a tax key or a term that is not there."""
    address = invoice.customer.address
    terms = {invoice.terms, address.terms if isinstance(address, Checked) else ""} - {""}
    keys = {line.tax_key for line in invoice.lines}
    return not (terms <= masters.terms.keys() and keys <= masters.taxes.keys())


def split_of(invoice: Invoice, books: Books, rules: Rules) -> Split | tuple[Problem, ...]:
    """Return net and tax of an invoice, or what is wrong with its amounts as far as that is known.

    Of keys without a usable rate `problems_of` tells.
    """
    taxes = (books.masters.taxes.get(line.tax_key) for line in invoice.lines)
    if all(tax is not None and is_usable(tax) for tax in taxes):
        return split(invoice, books.masters.taxes, rules)
    return ()


def problems_of(
    invoice: Invoice, books: Books, rules: Rules, amounts: Split | tuple[Problem, ...]
) -> tuple[Problem, ...]:
    """Return all that this year's master data and the configuration have against an invoice."""
    found = list(reference_problems(invoice, rules.ibans.get(invoice.mandant, ())))
    longest = books.lengths.get("OPd.Ref")
    if not found and longest is not None and len(invoice.reference) > longest:
        found.append(Problem("reference_too_long", {"value": invoice.reference, "length": longest}))
    found += [*_number(invoice, books, rules), *_currency(invoice, books, rules)]
    found += [*_accounts(invoice, books, rules), *_taxes(invoice, books)]
    found += _letters(invoice, books, rules)
    found += [*_terms(invoice, books, rules), *_twice(invoice, books, rules)]
    found += _rounding(amounts, books, rules) if isinstance(amounts, Split) else amounts
    return distinct(found)


def _rounding(amounts: Split, books: Books, rules: Rules) -> Iterator[Problem]:
    """Ask for the account of a rounding, also of one that cobra does not tell."""
    if amounts.rounding and rules.rounding not in books.masters.accounts:
        yield Problem("own_account_missing", {"value": rules.rounding})


FAR = Decimal("0.1")
"""So much may the rate of an invoice differ from Sage's before somebody should look."""


def warnings_of(invoice: Invoice, books: Books, rules: Rules) -> tuple[Problem, ...]:
    """Return what a bookkeeper should look at though the invoice is booked."""
    _, of_text, _ = fit(invoice.text, books.column("OPd.Text"), rules.letters)
    return (*of_text, *_rate_far(invoice, books))


def _rate_far(invoice: Invoice, books: Books) -> Iterator[Problem]:
    currency = books.masters.currencies.get(invoice.currency)
    if invoice.rate is None or currency is None or not currency.rate:
        return
    if abs(invoice.rate - currency.rate) > FAR * currency.rate:
        values = {"value": plain(invoice.rate), "rate": plain(currency.rate), "unit": currency.unit}
        yield Problem("rate_far", values | {"currency": invoice.currency})


def _number(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    number = invoice.number
    longest = books.lengths.get("OPd.OpId")
    if longest is not None and len(number) > longest:
        yield Problem("invoice_number_too_long", {"value": number, "length": longest})
    if number.isascii() and number.isdigit() and in_range(int(number), rules.own_numbers):
        yield Problem("own_number", {"ranges": ", ".join(rules.own_numbers)})


def _terms(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    """Ask for the payment term, and that it leads to a day on which somebody can pay."""
    known, terms = books.masters.terms, invoice.terms
    if not terms:
        return
    if terms not in known:
        yield Problem("terms_missing", {"value": terms})
    elif invoice.due_date is None:
        days, left = known[terms], (rules.latest_day - invoice.invoice_date).days
        if days is None:
            yield Problem("terms_days_missing", {"value": terms})
        elif not 0 <= days <= left:
            yield Problem("terms_out_of_range", {"value": terms, "days": days})


def _twice(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    """Hold what would change a row of which Sage has several: nobody knows which one counts."""
    if not books.doubled:
        return
    accounts = {rules.collective.get(invoice.currency), rules.rounding}
    accounts |= {line.account for line in invoice.lines}
    accounts |= {line.cost_centre for line in invoice.lines}
    taxes = (books.masters.taxes.get(line.tax_key) for line in invoice.lines)
    accounts |= {tax.account for tax in taxes if tax is not None}
    debtor = str(books.debtors.get(invoice.customer.key))
    wanted = {("Acc", "AccId", str(account)) for account in accounts}
    wanted |= {("OPd", "OpId", invoice.number), ("PKd", "PkKey", debtor)}
    yield from twice(sorted(wanted & books.doubled))


def twice(rows: Iterable[tuple[str, str, str]]) -> Iterator[Problem]:
    """Say of rows, by table, tag and key, that Sage has them more than once."""
    for table, tag, value in rows:
        yield Problem("sage_row_twice", {"table": table, "tag": tag, "value": value})


def is_usable(tax: Tax) -> bool:
    """Tell whether a rate can be one: a number of percents."""
    return tax.rate.is_finite() and 0 <= tax.rate <= LARGEST["vat_rate"]


def _letters(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    """Texts may be spelled otherwise, a number never."""
    texts = [("OPd.Text", invoice.text), ("Bk.Text", invoice.text)]
    texts += [("Bk.Text", line.text) for line in invoice.lines]
    for tag, text in dict.fromkeys(texts):
        _, _, problem = fit(text, books.column(tag), rules.letters)
        if problem is not None:
            yield problem
    if "OPd.OpId" in books.narrow and spell(invoice.number, {}) != (invoice.number, ""):
        values = {"tag": "OPd.OpId", "text": invoice.number}
        yield Problem("letters_unknown", values | {"letters": invoice.number})


def _currency(invoice: Invoice, books: Books, rules: Rules) -> Iterator[Problem]:
    lead, currency = books.masters.lead, invoice.currency
    known = books.masters.currencies.get(currency)
    if currency != lead and known is None:
        yield Problem("currency_missing", {"value": currency})
    elif currency != lead and known is not None:
        rate = known.rate if invoice.rate is None else invoice.rate
        if not (0 < rate <= LARGEST["rate"]) or known.unit <= 0:
            yield Problem("rate_missing", {"value": rate, "unit": known.unit, "currency": currency})
        elif _is_of_another_unit(rate, known):
            values = {"value": plain(rate), "rate": plain(known.rate), "unit": known.unit}
            yield Problem("rate_unit", values | {"currency": currency})
    if currency not in rules.collective:
        yield Problem("currency_not_configured", {"value": currency})


UNITS = (10, 100, 1000)
"""For so many a rate is quoted where not for one."""


def _is_of_another_unit(rate: Decimal, known: Currency) -> bool:
    """Tell whether a rate is Sage's, but for another unit: 0.0061 for one yen, 0.61 for 100."""
    factors = [factor for unit in (*UNITS, known.unit) for factor in (unit, 1 / Decimal(unit))]
    return any(
        factor != 1 and abs(rate * factor - known.rate) <= FAR * known.rate for factor in factors
    )


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
    for line in invoice.lines:
        known = books.masters.taxes.get(line.tax_key)
        if known is not None and is_usable(known):
            yield from _rate(line, known)
    for key in sorted({line.tax_key for line in invoice.lines}):
        tax = books.masters.taxes.get(key)
        if key in books.masters.unrated:
            yield Problem("tax_rate_missing", {"value": key})
        elif tax is None:
            yield Problem("tax_key_missing", {"value": key})
        elif not is_usable(tax):
            yield Problem("tax_rate_unusable", {"value": key, "rate": tax.rate})
        elif tax.rate and tax.account not in books.masters.accounts:
            yield Problem("tax_account_missing", {"value": key, "account": tax.account or "-"})


def _rate(line: Line, tax: Tax) -> Iterator[Problem]:
    """The key's rate must be one of the day of supply, and the one that cobra printed."""
    if line.supplied_on is not None and is_of_another_period(tax.rate, line.supplied_on):
        valid = " / ".join(plain(rate) for rate in rates_on(line.supplied_on))
        values = {"day": line.supplied_on, "valid": valid}
        yield Problem("rate_of_another_period", _of_key(line, tax) | values)
    if line.rate is not None and line.rate != tax.rate:
        yield Problem("rate_differs", _of_key(line, tax) | {"printed": plain(line.rate)})


def _of_key(line: Line, tax: Tax) -> dict[str, object]:
    return {"key": line.tax_key, "value": plain(tax.rate)}
