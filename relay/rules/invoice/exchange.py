"""Knows how amounts of a foreign currency become amounts of the year's, to the centime. Pure.

Source: block FCur of Sage's import format (TAF 2012): `Unit` of a currency cost `Rate`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from relay.rules.invoice.amounts import Amounts, Split
from relay.rules.invoice.invoice import CENT, ZERO, Invoice
from relay.rules.invoice.ledger import Currency, Masters


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
