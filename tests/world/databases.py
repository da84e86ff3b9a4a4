"""Makes the set of databases that most tests use: cobra and two Sage years, with settings."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relay.settings import Settings
from tests.world.odd_sages import OddSage
from tests.world.servers import MssqlServer, MssqlSession, Server, SqliteServer

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = [
    "EXAMPLE",
    "YEARS",
    "Databases",
    "MssqlServer",
    "MssqlSession",
    "Server",
    "SqliteServer",
    "make_databases",
]

YEARS = ("MUSTER2025", "MUSTER2026")


@dataclass(frozen=True, slots=True)
class Databases:
    """Cobra with the relay's schema and the demo's table ADDRESSES, and two Sage years."""

    server: Server
    cobra: URL
    years: list[URL]
    """MUSTER2025 and MUSTER2026: the reference schema and the relay's side of it."""
    odd: OddSage | None = None
    """Which other schema both years have instead of the reference, with its profile."""

    def settings(self, **overrides: Any) -> Settings:
        """Build settings for these databases; nested `overrides` are merged, None removes a key.

        >>> databases.settings(relay={"poll_ms": 10}, cobra={"address": {"parent": None}})
        """
        return Settings(**merged(self._told(), overrides))

    def _told(self) -> dict[str, Any]:
        told = deepcopy(EXAMPLE)
        if self.odd is not None:
            told["sage"]["profile"] = self.odd.profile
        told["cobra"]["url"] = _with_password(self.cobra)
        told["sage"]["year"] = [
            {
                "name": name,
                "mandant": "MUSTER",
                "first_day": f"{name[-4:]}-01-01",
                "last_day": f"{name[-4:]}-12-31",
                "url": _with_password(url),
            }
            for name, url in zip(YEARS, self.years, strict=True)
        ]
        return told


def make_databases(server: Server, odd: OddSage | None = None) -> Databases:
    """Create cobra and both years on a server."""
    years = [server.create(name, "sage") for name in YEARS]
    if odd is not None:
        for url in years:
            odd.build(server, url)
    return Databases(server, server.create("cobra", "cobra"), years, odd)


EXAMPLE: dict[str, Any] = {
    "language": "de",
    "relay": {"poll_ms": 10},
    "cobra": {
        "address": {
            "table": "dbo.ADDRESSES",
            "key": "ID",
            "parent": "MAINID",
            "debtor": "main",
            "required": ["firm|last_name", "zip", "city"],
            "selection": {"field": "address_type", "in": ["Kunde"]},
            "deleted": {"column": "DELETED0", "is": 1},
            "on_delete": "keep",
            "changed_by": "CHANGEDBY0",
            "fields": {
                "sage_address_number": "SAGENR0",
                "debtor_number": "SAGENR0",
                "salutation": "SALUTATION0",
                "firm": "COMPANY1",
                "firm2": "COMPANY2",
                "last_name": "LASTNAME0",
                "first_name": "FIRSTNAME0",
                "street": "STREET0",
                "house_number": "HOUSENO0",
                "zip": "ZIP0",
                "city": "CITY0",
                "country": "COUNTRY0",
                "language": "LANGUAGE0",
                "phone": "PHONE0",
                "uid_number": "UIDNO0",
                "terms": "TERMS0",
                "address_type": "ADDRTYPE0",
            },
        },
    },
    "map": {
        "terms": {"30": "30T"},
        "language": {"deutsch": "D", "français": "F", "italiano": "I"},
    },
    "sage": {"mode": "addresses"},
}
"""A configuration without URLs and years, which each test's databases add."""


INVOICES: dict[str, Any] = {
    "cobra": {
        "address": {"selection": None},
        "invoice": {
            "table": "dbo.INVOICES",
            "key": "ID",
            "address": "ADDRESSID",
            "final": {"column": "PRINTEDON", "is": "not null"},
            "cancelled": {"column": "CANCELLED", "is": 1},
            "book_from": "2025-07-01",
            "settle_seconds": 0,
            "changed_by": "CHANGEDBY0",
            "fields": {
                "invoice_number": "NUMBER",
                "kind": "KIND",
                "corrects": "CORRECTS",
                "invoice_date": "INVOICEDATE",
                "posting_date": "INVOICEDATE",
                "due_date": "DUEDATE",
                "mandant": "MANDANT",
                "cost_centre": "COSTCENTRE",
                "currency": "CURRENCY",
                "rate": "RATE",
                "terms": "TERMS",
                "reference": "REFERENCE",
                "iban": "IBAN",
                "text": "SUBJECT",
                "gross": "GROSS",
                "rounding": "ROUNDING",
            },
        },
        "position": {
            "table": "dbo.POSITIONS",
            "key": "ID",
            "invoice": "INVOICEID",
            "amounts": "net",
            "fields": {
                "line": "LINE",
                "article": "ARTICLE",
                "text": "TEXT",
                "quantity": "QUANTITY",
                "unit_price": "PRICE",
                "amount": "NET",
                "account": "ACCOUNT",
                "vat": "VATCODE",
                "supplied_on": "SUPPLIEDON",
                "supplied_until": "SUPPLIEDUNTIL",
                "vat_rate": "VATRATE",
                "vat_amount": "VATAMOUNT",
                "cost_centre": "COSTCENTRE",
            },
        },
    },
    "map": {
        "kind": {"R": "invoice", "G": "credit-note"},
        "mandant": {"1": "MUSTER", "2": "MUSTER-IMMO"},
        "vat": [
            {"category": "normal", "from": "2018-01-01", "key": "USt77"},
            {"category": "normal", "from": "2024-01-01", "key": "USt81"},
            {"category": "reduced", "from": "2024-01-01", "key": "USt26"},
            {"category": "none", "key": "USt00"},
        ],
    },
    "sage": {
        "mode": "invoices",
        "collective_account": {"CHF": "1100"},
        "rounding_account": "6940",
        "own_numbers": ["900000-999999"],
    },
}
"""What is added so that invoices go over: `databases.settings(**INVOICES)`."""


def merged(told: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with another one laid over it; None removes a key."""
    whole = dict(told)
    for key, value in overrides.items():
        if value is None:
            whole.pop(key, None)
        elif isinstance(value, dict) and isinstance(whole.get(key), dict):
            whole[key] = merged(whole[key], value)
        else:
            whole[key] = deepcopy(value)
    return whole


def _with_password(url: URL) -> str:
    return url.render_as_string(hide_password=False)
