"""Knows the postings of an invoice, and of its reversal: balanced to the centime, or none. Pure.

Source: the worked example of the import format (TAF 2012) as exporters use it. The gross amount
is a debit on the collective account, with the open item. Each position is a credit on its revenue
account with its tax key, followed by its cost row and its tax row, to which it points by their
place in the document, counted from 1. Cost rows do not count in the balance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from relay.invoices.canonical import CENT, ZERO, Invoice, Line, Posting, Tax
from relay.values import Problem

ACCOUNT, COST, TAX = 0, 1, 2
SEVERAL = "div"
"""The contra account of a posting that has several (TAF 2012)."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the configuration and the year's master data say about accounts."""

    collective: str
    rounding: str | None
    taxes: Mapping[str, Tax]
    has_gross_amounts: bool
    tolerance: Decimal
    swaps_sides: bool
    """Whether what takes back is written on the other side, or as a negative amount."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A position's net and tax."""

    net: Decimal
    tax: Decimal


def post(invoice: Invoice, chart: Chart) -> tuple[Posting, ...] | Problem:
    """Return the postings of an invoice, or why its total cannot be booked."""
    if not invoice.gross:
        return Problem("nothing_to_book", {})
    split = _matching(invoice, chart)
    if split is None:
        total = sum((a.net + a.tax for a in _per_key(invoice.lines, chart)), invoice.rounding)
        return Problem(
            "total_differs",
            {"gross": invoice.gross, "total": total, "difference": invoice.gross - total},
        )
    accounts = {line.account for line in invoice.lines}
    contra = accounts.pop() if len(accounts) == 1 else SEVERAL
    postings = [
        Posting(
            chart.collective,
            contra,
            invoice.gross,
            is_debit=True,
            text=invoice.text,
            into_item=True,
            opens=True,
        )
    ]
    for line, amounts in zip(invoice.lines, split, strict=True):
        postings += _of_line(line, amounts, chart, len(postings))
    if invoice.rounding:
        postings.append(Posting(chart.rounding or "", chart.collective, invoice.rounding))
    return tuple(_sided(postings, chart) if invoice.gross < 0 else postings)


def take_back(postings: Iterable[Posting], *, swaps_sides: bool) -> tuple[Posting, ...]:
    """Return the postings that undo others, in the same order and with the same links."""
    if swaps_sides:
        return tuple(replace(p, is_debit=not p.is_debit, opens=False) for p in postings)
    return tuple(replace(p, net=-p.net, tax=-p.tax, opens=False) for p in postings)


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


def _of_line(line: Line, amounts: Amounts, chart: Chart, before: int) -> list[Posting]:
    """Return revenue, cost and tax row of a position; `before` rows stand in front of it."""
    tax = chart.taxes[line.tax_key]
    place = before + 1
    cost_index = place + 1 if line.cost_centre else None
    tax_index = place + 1 + bool(line.cost_centre) if amounts.tax else None
    revenue = Posting(
        line.account, chart.collective, amounts.net, tax=amounts.tax, tax_key=line.tax_key,
        tax_index=tax_index, cost_index=cost_index, text=line.text,
    )  # fmt: skip
    rows = [revenue]
    if line.cost_centre:
        rows.append(Posting(line.cost_centre, line.account, amounts.net, kind=COST))
    if amounts.tax:
        rows.append(Posting(tax.account, line.account, amounts.tax, kind=TAX, tax=amounts.net))
    return rows


def _sided(postings: Sequence[Posting], chart: Chart) -> list[Posting]:
    """Write a negative document by the configured convention."""
    if not chart.swaps_sides:
        return list(postings)
    return [replace(p, is_debit=not p.is_debit, net=-p.net, tax=-p.tax) for p in postings]


def _matching(invoice: Invoice, chart: Chart) -> list[Amounts] | None:
    """Split positions into net and tax so that the document has cobra's total.

    Programs round the tax of each key or of each position; both are tried. What is then left,
    within the tolerance, goes to the tax of the largest taxed position.
    """
    wanted = invoice.gross - invoice.rounding
    for way in (_per_key, _per_line):
        split = way(invoice.lines, chart)
        if sum((a.net + a.tax for a in split), ZERO) == wanted:
            return split
    split = _per_key(invoice.lines, chart)
    left = wanted - sum((a.net + a.tax for a in split), ZERO)
    taxed = [i for i, a in enumerate(split) if a.tax]
    if abs(left) > chart.tolerance or not taxed:
        return None
    largest = max(taxed, key=lambda i: abs(split[i].tax))
    split[largest] = replace(split[largest], tax=split[largest].tax + left)
    return split


def _per_line(lines: Sequence[Line], chart: Chart) -> list[Amounts]:
    return [_amounts(line.amount, chart.taxes[line.tax_key].rate, chart) for line in lines]


def _per_key(lines: Sequence[Line], chart: Chart) -> list[Amounts]:
    """Round the tax of each key's sum, and give what that differs by to its largest position."""
    split = _per_line(lines, chart)
    of_key: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        of_key[line.tax_key].append(i)
    for key, places in of_key.items():
        whole = sum((lines[i].amount for i in places), ZERO)
        tax = _amounts(whole, chart.taxes[key].rate, chart).tax
        left = tax - sum((split[i].tax for i in places), ZERO)
        if left:
            i = max(places, key=lambda place: abs(lines[place].amount))
            moved = -left if chart.has_gross_amounts else ZERO
            split[i] = Amounts(split[i].net + moved, split[i].tax + left)
    return split


def _amounts(amount: Decimal, rate: Decimal, chart: Chart) -> Amounts:
    if chart.has_gross_amounts:
        net = (amount / (1 + rate / 100)).quantize(CENT, ROUND_HALF_UP)
        return Amounts(net, amount - net)
    return Amounts(amount, (amount * rate / 100).quantize(CENT, ROUND_HALF_UP))
