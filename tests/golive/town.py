"""Makes up a cobra and a Sage that share customers: some match, some clash, some differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.engine import URL

from relay.database import dialect_of
from relay.database.reflection import column_named, read_table

TOWNS = (("3550", "Langnau i. E."), ("8001", "Zürich"), ("1204", "Genève"), ("6900", "Lugano"))
STREETS = ("Dorfstrasse", "Rue de l'Hôpital", "Via Nassa", "Bahnhofstr.")


class Kind(StrEnum):
    """What a customer is on both sides."""

    MATCH = "match"
    """The same in both, under one number; Sage knows more than cobra."""
    DRIFT = "drift"
    """The same name and number, but moved to another town in cobra."""
    CLASH = "clash"
    """One number, two customers."""
    RENUMBERED = "renumbered"
    """One customer, two numbers."""
    TWIN = "twin"
    """Two addresses of cobra with the number of one of Sage's."""
    COBRA_ONLY = "cobra only"
    SAGE_ONLY = "sage only"


OF_20_000 = {
    Kind.MATCH: 9_000, Kind.DRIFT: 2_000, Kind.CLASH: 2_000, Kind.RENUMBERED: 1_000,
    Kind.TWIN: 100, Kind.COBRA_ONLY: 5_800, Kind.SAGE_ONLY: 900,
}  # fmt: skip
"""Customers of each kind: 20,000 addresses in cobra (a twin is two), 15,000 in Sage."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with the number that cobra gives, and what both sides hold."""

    kind: Kind
    number: str
    cobra: dict[str, Any] | None
    sage: dict[str, Any] | None
    """With its number, where Sage has the customer."""


@dataclass(slots=True)
class Town:
    """All customers, in a fixed order: made anew, it is the same town."""

    customers: list[Customer] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[Customer]:
        """Return the customers of some kinds."""
        return [customer for customer in self.customers if customer.kind in kinds]

    @property
    def counts(self) -> Counter[Kind]:
        """Return how many there are of each kind."""
        return Counter(customer.kind for customer in self.customers)

    @property
    def in_cobra(self) -> list[Customer]:
        """Return who is in cobra."""
        return [customer for customer in self.customers if customer.cobra is not None]

    @property
    def in_sage(self) -> dict[str, dict[str, Any]]:
        """Return Sage's number to row."""
        return {c.sage["AdrId"]: c.sage for c in self.customers if c.sage is not None}


def make_town(cobra_addresses: int) -> Town:
    """Make up customers so that cobra has that many addresses, and Sage three quarters."""
    town = Town()
    for kind, count in OF_20_000.items():
        for at in range(max(count * cobra_addresses // 20_000, 2)):
            town.customers += _customers(kind, len(town.customers), at)
    return town


def _customers(kind: Kind, place: int, at: int) -> Iterator[Customer]:
    number, name = str(100_000 + place), f"{kind.title()} {at} Käserei AG"
    cobra, sage = _cobra(number, name, at), _sage(number, name, at)
    match kind:
        case Kind.DRIFT:
            sage |= {"ACode": "4001", "City": "Basel"}
        case Kind.CLASH:
            sage |= {"Corp": f"Ganz anders {at} GmbH"}
        case Kind.RENUMBERED:
            sage |= {"AdrId": str(900_000 + place)}
        case Kind.TWIN:
            yield Customer(kind, number, _cobra(number, f"Zwilling {at} AG", at), None)
    yield Customer(
        kind,
        number,
        None if kind is Kind.SAGE_ONLY else cobra,
        None if kind is Kind.COBRA_ONLY else sage,
    )


def _cobra(number: str, name: str, at: int) -> dict[str, Any]:
    code, city = TOWNS[at % len(TOWNS)]
    return {
        "SAGENR0": number, "COMPANY1": name, "STREET0": STREETS[at % len(STREETS)],
        "HOUSENO0": str(at % 90 + 1), "ZIP0": code, "CITY0": city, "COUNTRY0": "CH",
        "LANGUAGE0": "deutsch", "ADDRTYPE0": "Kunde", "DELETED0": False,
        "PHONE0": None if at % 3 == 0 else f"031 {at:07d}",
    }  # fmt: skip


def _sage(number: str, name: str, at: int) -> dict[str, Any]:
    """Return Sage's row: older street and phone, and fields that cobra does not fill or map."""
    code, city = TOWNS[at % len(TOWNS)]
    return {
        "AdrId": number, "Corp": name, "Line1": "z. Hd. Buchhaltung", "Road": f"Altweg {at}",
        "ACode": code, "City": city, "CCode": "CH", "Lang": "D", "TelB": f"034 {at:07d}",
        "TelF": f"034 {at:07d}", "Code": "VIP", "PCode": at % 7,
    }  # fmt: skip


def settle(town: Town, cobra: URL, sage: URL) -> None:
    """Write the town into both databases, as they stood before anybody thought of a relay."""
    _write(cobra, "ADDRESSES", [c.cobra for c in town.customers if c.cobra is not None])
    rows = list(town.in_sage.values())
    _write(sage, "Adr", rows)
    debtors = [
        {"PkKey": int(row["AdrId"]), "AdrId": row["AdrId"], "AccId": "1100", "ZabId": "10T",
         "WrnLk": at % 2, "Limit": "5000.00", "Flags": 0, "MDbt": "0.00", "MCdt": "0.00", "NOp": 0}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    _write(sage, "PKd", debtors)


def _write(url: URL, name: str, rows: Sequence[dict[str, Any]]) -> None:
    engine = dialect_of(url).engine(url, lock_timeout_ms=10_000)  # it names each parameter's type
    with engine.begin() as connection:
        table: Table = read_table(connection, dialect_of(engine).locate(name, None))
        columns = {key: column_named(table, key).name for key in rows[0]}
        for at in range(0, len(rows), 1000):
            some = rows[at : at + 1000]
            connection.execute(
                insert(table), [{columns[k]: v for k, v in row.items()} for row in some]
            )
