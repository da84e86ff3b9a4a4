"""Knows how an invoice's positions split into net and tax, in its currency and in the year's. Pure.

The total is cobra's, to the centime. Amounts have two places. Programs round the tax of each key,
or of each position; 5-centime rounding is the invoicing program's own (Sage stores two places, and
older versions went wrong by a centime where they did not). What cobra says of a position's tax
counts, within the tolerance. `Unit` of a foreign currency cost `Rate` of the year's (block FCur of
Sage's import format, TAF 2012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from relay.base.values import Problem
from relay.rules.invoice.invoice import CENT, ZERO, Invoice, Line
from relay.rules.invoice.ledger import Currency, Masters, Tax
from relay.rules.policy import Rules

FIVE_CENTIMES = Decimal("0.05")
LARGEST_ROUNDING = Decimal("0.02")
ROUNDED = "CHF"
"""The currency whose totals are rounded to five centimes: its smallest coin."""


Taxes = Mapping[str, Tax]
"""Tax key to its rate."""


class Amounts(NamedTuple):
    """A position's net and tax."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Net and tax together."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Split:
    """A whole invoice: each position's amounts, and what rounding adds to them."""

    parts: tuple[Amounts, ...]
    rounding: Decimal


def split(invoice: Invoice, taxes: Taxes, rules: Rules) -> Split | tuple[Problem, ...]:
    """Return a split with cobra's total, or all that is wrong with the amounts.

    `taxes` has a usable rate for each of the invoice's keys.
    """
    problems = [*_rounding_problems(invoice), *_row_problems(invoice.lines, taxes, rules)]
    if not invoice.gross:
        problems.append(Problem("nothing_to_book", {}))
    if problems:
        return tuple(problems)
    parts = _exactly(invoice, taxes, rules)
    if parts is not None:
        return Split(tuple(parts), invoice.rounding)
    return _nearly(invoice, taxes, rules)


def _rounding_problems(invoice: Invoice) -> Iterator[Problem]:
    values = {"rounding": invoice.rounding, "gross": invoice.gross}
    if not invoice.rounding:
        return
    if invoice.currency != ROUNDED:
        yield Problem("rounding_foreign", {"rounding": invoice.rounding, "value": invoice.currency})
    elif abs(invoice.rounding) > LARGEST_ROUNDING or invoice.gross % FIVE_CENTIMES:
        yield Problem("rounding_wrong", values)


def _row_problems(lines: Sequence[Line], taxes: Taxes, rules: Rules) -> Iterator[Problem]:
    """A position's tax may differ from net times rate by the tolerance, not by more."""
    for line in lines:
        if line.tax is None:
            continue
        rate = taxes[line.tax_key].rate
        tax = _amounts(line.amount, rate, rules).tax
        if abs(line.tax - tax) > rules.tolerance:
            values = {"value": line.tax, "wanted": tax, "amount": line.amount}
            yield Problem("tax_differs", values | {"rate": plain(rate)})


def plain(rate: Decimal) -> str:
    """Return a rate without idle zeros."""
    return f"{rate.normalize():f}"


def _exactly(invoice: Invoice, taxes: Taxes, rules: Rules) -> list[Amounts] | None:
    wanted = invoice.gross - invoice.rounding
    for way in (_as_printed, _per_key, _per_line):
        parts = way(invoice.lines, taxes, rules)
        if parts is not None and _total(parts) == wanted:
            return parts
    return None


def _nearly(invoice: Invoice, taxes: Taxes, rules: Rules) -> Split | tuple[Problem, ...]:
    """Take what is left as the rounding that cobra does not tell, or else into the largest tax."""
    lines = invoice.lines
    parts = _as_printed(lines, taxes, rules) or _per_key(lines, taxes, rules)
    left = invoice.gross - invoice.rounding - _total(parts)
    if _is_rounding(left, invoice, rules):
        return Split(tuple(parts), left)
    taxed = [i for i, part in enumerate(parts) if part.tax]
    if abs(left) > rules.tolerance or not taxed:
        total = _total(parts) + invoice.rounding
        values = {"gross": invoice.gross, "total": total, "difference": left}
        return (Problem("total_differs", values),)
    largest = max(taxed, key=lambda i: abs(parts[i].tax))
    parts[largest] = parts[largest]._replace(tax=parts[largest].tax + left)
    return Split(tuple(parts), invoice.rounding)


def _is_rounding(left: Decimal, invoice: Invoice, rules: Rules) -> bool:
    """Tell whether what is left is rounding to five centimes, and has an account."""
    return (
        rules.rounding is not None
        and not invoice.has_rounding
        and invoice.currency == ROUNDED
        and not invoice.gross % FIVE_CENTIMES
        and abs(left) <= LARGEST_ROUNDING
    )


def _total(parts: Sequence[Amounts]) -> Decimal:
    return sum((part.gross for part in parts), ZERO)


def _as_printed(lines: Sequence[Line], _taxes: Taxes, rules: Rules) -> list[Amounts] | None:
    """Take the tax that cobra says, if it says it of each position."""
    parts = []
    for line in lines:
        if line.tax is None:
            return None
        net = line.amount - line.tax if rules.has_gross_amounts else line.amount
        parts.append(Amounts(net + ZERO, line.tax + ZERO))
    return parts


def _per_line(lines: Sequence[Line], taxes: Taxes, rules: Rules) -> list[Amounts]:
    return [_amounts(line.amount, taxes[line.tax_key].rate, rules) for line in lines]


def _per_key(lines: Sequence[Line], taxes: Taxes, rules: Rules) -> list[Amounts]:
    """Round the tax of each key's sum, and give what that differs by to its largest position."""
    parts = _per_line(lines, taxes, rules)
    of_key: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        of_key[line.tax_key].append(i)
    for key, places in of_key.items():
        whole = sum((lines[i].amount for i in places), ZERO)
        tax = _amounts(whole, taxes[key].rate, rules).tax
        left = tax - sum((parts[i].tax for i in places), ZERO)
        if left:
            i = max(places, key=lambda place: abs(lines[place].amount))
            moved = -left if rules.has_gross_amounts else ZERO
            parts[i] = Amounts(parts[i].net + moved, parts[i].tax + left)
    return parts


def _amounts(amount: Decimal, rate: Decimal, rules: Rules) -> Amounts:
    """Split an amount; `+ ZERO` lets no zero be negative."""
    if rules.has_gross_amounts:
        net = (amount / (1 + rate / 100)).quantize(CENT, ROUND_HALF_UP)
        return Amounts(net + ZERO, amount - net + ZERO)
    return Amounts(amount + ZERO, (amount * rate / 100).quantize(CENT, ROUND_HALF_UP) + ZERO)


def price_of(invoice: Invoice, masters: Masters) -> Currency | None:
    """Return what the currency costs: what the invoice says, else what Sage says today.

    None: it is the year's own, or Sage has none of that name (`objections.py` objects to it).
    """
    currency = masters.currencies.get(invoice.currency)
    if masters.lead in {None, invoice.currency} or currency is None:
        return None
    return currency if invoice.rate is None else Currency(invoice.rate, currency.unit)


def exchanged(gross: Decimal, amounts: Split, currency: Currency | None) -> tuple[Decimal, Split]:
    """Return the total and its split in the year's currency; they add up as before.

    The total is exchanged and each position's net and tax; what rounding leaves goes to the net
    of the largest position, so that no tax is touched.
    """
    if currency is None:
        return gross, amounts
    total = exchange(gross, currency)
    rounding = exchange(amounts.rounding, currency)
    parts = [Amounts(exchange(p.net, currency), exchange(p.tax, currency)) for p in amounts.parts]
    left = total - rounding - sum(part.gross for part in parts)
    if left:
        largest = max(range(len(parts)), key=lambda i: abs(parts[i].net))
        parts[largest] = parts[largest]._replace(net=parts[largest].net + left)
    return total, Split(tuple(parts), rounding)


def exchange(amount: Decimal, currency: Currency) -> Decimal:
    """Return an amount in the year's currency.

    >>> exchange(Decimal("1000.00"), Currency(Decimal("0.6123"), 100))
    Decimal('6.12')
    """
    return (amount * currency.rate / currency.unit).quantize(CENT, ROUND_HALF_UP) + ZERO
