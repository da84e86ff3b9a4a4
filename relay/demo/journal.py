"""Knows the journal that ends the demo: by VAT key, what cobra printed against what Sage booked."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from relay.demo.invoices import KEYS, tax_of


@dataclass(frozen=True, slots=True)
class Amounts:
    """Net and tax."""

    net: Decimal = Decimal("0.00")
    tax: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Row:
    """One VAT key of a year."""

    key: str
    cobra: Amounts
    sage: Amounts

    @property
    def agrees(self) -> bool:
        """Tell whether both are equal to the centime."""
        return self.cobra == self.sage


def journal(connection: sqlite3.Connection, final: str, values: Mapping[str, object]) -> list[Row]:
    """Return a row for each VAT key; `final` selects the invoices that Sage is to hold."""
    cobra, sage = _cobra(connection, final, values), _sage(connection)
    keys = sorted(cobra.keys() | sage.keys())
    return [Row(key, cobra.get(key, Amounts()), sage.get(key, Amounts())) for key in keys]


def _cobra(
    connection: sqlite3.Connection, final: str, values: Mapping[str, object]
) -> dict[str, Amounts]:
    query = (
        f"SELECT i.ID, p.VATCODE, p.NET FROM ({final}) AS i"  # noqa: S608 - our own words
        " JOIN POSITIONS AS p ON p.INVOICEID = i.ID"
        " WHERE i.MANDANT = :mandant AND SUBSTR(i.INVOICEDATE, 1, 4) = :fiscal"
    )
    nets: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for invoice, vat, net in connection.execute(query, dict(values)):
        nets[invoice, vat] += Decimal(net)
    found: dict[str, Amounts] = defaultdict(Amounts)
    for (_, vat), net in nets.items():
        so_far = found[KEYS[vat]]
        found[KEYS[vat]] = Amounts(so_far.net + net, so_far.tax + tax_of(net, vat))
    return dict(found)


def _sage(connection: sqlite3.Connection) -> dict[str, Amounts]:
    query = "SELECT TaxId, Type, ValNt, ValTx FROM sage.Bk WHERE TaxId IS NOT NULL"
    found: dict[str, Amounts] = defaultdict(Amounts)
    for key, is_credit, net, tax in connection.execute(query):
        sign = 1 if is_credit else -1
        so_far = found[key]
        found[key] = Amounts(so_far.net + sign * Decimal(net), so_far.tax + sign * Decimal(tax))
    return {key: amounts for key, amounts in found.items() if amounts != Amounts()}
