"""Knows sums of net and tax by mandant, VAT key and account. Pure.

Amounts are in the year's currency; a credit on an account is positive, as revenue is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from relay.rules.invoice.invoice import ZERO, Invoice
from relay.rules.invoice.ledger import Posting
from relay.rules.invoice.postings import sums


@dataclass(frozen=True, slots=True)
class NetAndTax:
    """Net and tax."""

    net: Decimal = ZERO
    tax: Decimal = ZERO

    def __add__(self, other: NetAndTax) -> NetAndTax:
        return NetAndTax(self.net + other.net, self.tax + other.tax)

    def __sub__(self, other: NetAndTax) -> NetAndTax:
        return NetAndTax(self.net - other.net, self.tax - other.tax)

    def __bool__(self) -> bool:
        return bool(self.net or self.tax)

    @property
    def gross(self) -> Decimal:
        """Net with tax."""
        return self.net + self.tax


class SumKey(NamedTuple):
    """What amounts are summed by; the rounding account has no VAT key."""

    mandant: str
    tax_key: str
    account: str


Sums = Mapping[SumKey, NetAndTax]


def of_postings(mandant: str, postings: Iterable[Posting]) -> dict[SumKey, NetAndTax]:
    """Sum the postings of documents, the debtors' side left aside."""
    found = sums(posting for posting in postings if not posting.into_item)
    return {
        SumKey(mandant, key, account): NetAndTax(*pair) for (account, key), pair in found.items()
    }


def of_currency(mandant: str, postings: Iterable[Posting]) -> dict[SumKey, NetAndTax]:
    """Sum postings in the invoice's own currency, tax included."""
    return together(
        {SumKey(mandant, p.tax_key, p.account): NetAndTax(-p.foreign if p.is_debit else p.foreign)}
        for p in postings
        if p.foreign and not p.into_item
    )


def of_lines(invoice: Invoice) -> dict[SumKey, NetAndTax]:
    """Sum the positions as cobra writes them, of an invoice whose tax cannot be computed."""
    lines = (
        {SumKey(invoice.mandant, line.tax_key, line.account): NetAndTax(line.amount)}
        for line in invoice.lines
    )
    return together(lines)


def together(parts: Iterable[Sums]) -> dict[SumKey, NetAndTax]:
    """Add up; what comes to nothing is left out."""
    found: dict[SumKey, NetAndTax] = defaultdict(NetAndTax)
    for part in parts:
        for group, amounts in part.items():
            found[group] += amounts
    return {group: amounts for group, amounts in found.items() if amounts}


def total(sums_of: Sums) -> NetAndTax:
    """Return the sum over all groups."""
    return sum(sums_of.values(), NetAndTax())


def money(amount: Decimal) -> str:
    """Show an amount as Swiss people read it.

    >>> money(Decimal("1234.50"))
    "1'234.50"
    """
    return f"{amount:,.2f}".replace(",", "'")


def cells(cobra: NetAndTax, sage: NetAndTax) -> list[str]:
    """Show net and tax of both sides, and by how much the gross differs."""
    amounts = [money(one) for one in (cobra.net, cobra.tax, sage.net, sage.tax)]
    return [*amounts, money(cobra.gross - sage.gross) if cobra != sage else "-"]
