"""Knows the postings of an invoice, and of its reversal: balanced to the centime, or none. Pure.

Source: the worked example of the import format (TAF 2012) as exporters use it. The gross amount
is a debit on the collective account, with the open item. Each position is a credit on its revenue
account with its tax key, followed by its cost row and its tax row, to which it points by their
place in the document, counted from 1. Cost rows do not count in the balance. With a foreign
currency amounts are in the year's, and gross amounts of the invoice's stand beside them (ValFW).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from relay.rules.invoice.amounts import Amounts, Split, exchanged, price_of
from relay.rules.invoice.invoice import ZERO, Invoice, Line
from relay.rules.invoice.ledger import Masters, Posting
from relay.rules.policy import Rules

ACCOUNT, COST, TAX = 0, 1, 2
SEVERAL = "div"
"""The contra account of a posting that has several (TAF 2012)."""


def post(invoice: Invoice, amounts: Split, masters: Masters, rules: Rules) -> tuple[Posting, ...]:
    """Return the postings of an invoice without problems, with these amounts."""
    price, collective = price_of(invoice, masters), rules.collective[invoice.currency]
    gross, booked = exchanged(invoice.gross, amounts, price)
    accounts = {line.account for line in invoice.lines}
    contra = accounts.pop() if len(accounts) == 1 else SEVERAL
    is_foreign = price is not None
    postings = [
        Posting(
            collective,
            contra,
            gross,
            is_debit=True,
            foreign=invoice.gross if is_foreign else ZERO,
            text=invoice.text,
            into_item=True,
            opens=True,
        )
    ]
    for line, part, foreign in zip(invoice.lines, booked.parts, amounts.parts, strict=True):
        tax_account = masters.taxes[line.tax_key].account
        rows = _of_line(line, part, collective, tax_account, len(postings))
        postings += [rows[0]._replace(foreign=foreign.gross), *rows[1:]] if is_foreign else rows
    if booked.rounding:
        postings.append(Posting(rules.rounding or "", collective, booked.rounding))
    if invoice.gross < 0 and rules.swaps_sides:
        return tuple(_negative(p)._replace(is_debit=not p.is_debit) for p in postings)
    return tuple(postings)


def take_back(postings: Iterable[Posting], *, swaps_sides: bool) -> tuple[Posting, ...]:
    """Return the postings that undo others, in the same order and with the same links."""
    if swaps_sides:
        return tuple(p._replace(is_debit=not p.is_debit, opens=False) for p in postings)
    return tuple(_negative(p)._replace(opens=False) for p in postings)


def is_balanced(postings: Iterable[Posting]) -> bool:
    """Tell whether debit equals credit, cost rows left aside."""
    signed = ((p.net if p.is_debit else -p.net) for p in postings if p.kind != COST)
    return sum(signed, ZERO) == 0


def sums(postings: Iterable[Posting]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return credit net and tax for each account and tax key, cost and tax rows left aside."""
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for p in postings:
        if p.kind == ACCOUNT:
            sign = -1 if p.is_debit else 1
            net, tax = found[p.account, p.tax_key]
            found[p.account, p.tax_key] = (net + sign * p.net, tax + sign * p.tax)
    return {group: amounts for group, amounts in found.items() if any(amounts)}


def _of_line(
    line: Line, amounts: Amounts, collective: str, tax_account: str, before: int
) -> list[Posting]:
    """Return revenue, cost and tax row of a position; `before` rows stand in front of it."""
    place = before + 1
    cost_index = place + 1 if line.cost_centre else None
    tax_index = place + 1 + bool(line.cost_centre) if amounts.tax else None
    revenue = Posting(
        line.account, collective, amounts.net, tax=amounts.tax, tax_key=line.tax_key,
        tax_index=tax_index, cost_index=cost_index, text=line.text,
    )  # fmt: skip
    rows = [revenue]
    if line.cost_centre:
        rows.append(Posting(line.cost_centre, line.account, amounts.net, kind=COST))
    if amounts.tax:
        rows.append(Posting(tax_account, line.account, amounts.tax, kind=TAX, tax=amounts.net))
    return rows


def _negative(posting: Posting) -> Posting:
    return posting._replace(net=-posting.net, tax=-posting.tax, foreign=-posting.foreign)
