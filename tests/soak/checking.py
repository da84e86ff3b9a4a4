"""Compares cobra, outbox, ledger and Sage with plain SQL, without the relay's own code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine

OPEN = ("pending", "retrying", "waiting", "held")
SHOWN = 10
ERASED = "address_erased"
"""May be held at the end: an address that came back after its person's data was erased."""


class Books:
    """The three databases as an auditor sees them."""

    def __init__(
        self, cobra: Engine, years: dict[str, Engine], erased: Collection[str] = ()
    ) -> None:
        """Take cobra's database, each Sage year's, and the addresses that were erased."""
        self._cobra = cobra
        self._years = years
        self._erased = erased
        mssql = cobra.dialect.name == "mssql"
        self._ours = "relay." if mssql else "relay_"
        self._addresses = "dbo.ADDRESSES" if mssql else "ADDRESSES"

    def statuses(self) -> dict[str, int]:
        """Return how many entries have each status."""
        query = f"SELECT status, COUNT(*) AS n FROM {self._ours}outbox GROUP BY status"
        return {row["status"]: row["n"] for row in self._rows(self._cobra, query)}

    def open_entries(self) -> int:
        """Return how many entries have no final status."""
        return sum(n for status, n in self.statuses().items() if status in OPEN)

    def finished(self) -> int:
        """Return how many entries have a final status."""
        return sum(n for status, n in self.statuses().items() if status not in OPEN)

    def violations(self) -> list[str]:
        """Return everything that is lost, double, stale or unfinished."""
        addresses = self._rows(self._cobra, f"SELECT * FROM {self._addresses}")
        entries = self._rows(
            self._cobra, f"SELECT id, entity_key, status, error_code FROM {self._ours}outbox"
        )
        found = [
            f"entry {e['id']} of record {e['entity_key']} is {e['status']} ({e['error_code']})"
            for e in entries
            if e["status"] in OPEN
            and not (e["error_code"] == ERASED and e["entity_key"] in self._erased)
        ]
        found += _unnoticed(addresses, entries)
        for name, year in self._years.items():
            found += [f"{name}: {what}" for what in self._in_year(name, year, addresses, entries)]
        return found

    def _in_year(
        self, name: str, year: Engine, addresses: list[Any], entries: list[Any]
    ) -> list[str]:
        sage = self._rows(year, "SELECT * FROM Adr")
        links = self._rows(year, f"SELECT entity_key, number FROM {self._ours}link")
        return [
            *_stale([a for a in addresses if str(a["ID"]) not in self._erased], sage, links),
            *_double(sage, links),
            *self._ledger(name, year, entries),
        ]

    def _ledger(self, name: str, year: Engine, entries: list[Any]) -> list[str]:
        """One ledger row per entry that was delivered to the year, and no other row."""
        query = f"SELECT outbox_id FROM {self._ours}applied WHERE year = '{name}'"
        rows = Counter(row["outbox_id"] for row in self._rows(year, query))
        query = f"SELECT outbox_id, status FROM {self._ours}delivery WHERE year = '{name}'"
        delivered = {row["outbox_id"]: row["status"] for row in self._rows(self._cobra, query)}
        found = []
        for entry in entries:
            status = delivered.get(entry["id"])
            if rows[entry["id"]] != int(status == "applied"):
                found.append(f"entry {entry['id']} ({status}) has {rows[entry['id']]} ledger rows")
            if entry["status"] == "applied" and status not in ("applied", "not_for_sage"):
                found.append(f"entry {entry['id']} is applied, but its delivery is {status}")
        strangers = set(rows) - {entry["id"] for entry in entries}
        return found + [f"ledger row of the unknown entry {i}" for i in sorted(strangers)]

    def _rows(self, engine: Engine, query: str) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(query)).mappings())


def _unnoticed(addresses: list[Any], entries: list[Any]) -> list[str]:
    noticed = {entry["entity_key"] for entry in entries}
    return [f"no entry for record {a['ID']}" for a in addresses if str(a["ID"]) not in noticed]


def _stale(addresses: list[Any], sage: list[Any], links: list[Any]) -> list[str]:
    rows = {row["AdrId"]: row for row in sage}
    numbers = {link["entity_key"]: link["number"] for link in links}
    found = []
    for a in addresses:
        key, number = str(a["ID"]), a["SAGENR0"]
        linked = numbers.get(key)
        if a["DELETED0"] or (linked is None and a["ADDRTYPE0"] != "Kunde"):
            continue
        if linked != number or number not in rows:
            found.append(f"record {key} (number {number}) is not in Sage, its link says {linked}")
        elif expected(a) != (held := {tag: rows[number][tag] or "" for tag in expected(a)}):
            found.append(f"record {key}: cobra says {expected(a)}, Sage says {held}")
    return found


def _double(sage: list[Any], links: list[Any]) -> list[str]:
    numbers = Counter(link["number"] for link in links)
    rows = Counter(row["AdrId"] for row in sage)
    return [
        *(f"number {n} is linked {count} times" for n, count in numbers.items() if count > 1),
        *(f"number {n} is there {count} times" for n, count in rows.items() if count > 1),
        *(f"number {n} is in Sage without a link" for n in sorted(rows.keys() - numbers)),
        *(f"number {n} has a link, but is not in Sage" for n in sorted(numbers.keys() - rows)),
    ]


def expected(a: Any) -> dict[str, str]:
    """Return what Sage is to hold of an address, cut to Sage's lengths."""
    firm, person = a["COMPANY1"] or "", a["LASTNAME0"] or ""
    return {
        "Corp": (firm or person)[:31].rstrip(),
        "Line1": person[:31].rstrip() if firm else "",
        "Road": (a["STREET0"] or "")[:31].rstrip(),
        "ACode": a["ZIP0"] or "",
        "City": (a["CITY0"] or "")[:25].rstrip(),
        "TelB": a["PHONE0"] or "",
    }
