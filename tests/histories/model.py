"""Knows what Sage must hold: a few sentences about each address, from what people did alone.

An address that fits goes over and is then equal to cobra's, in every year. There are three reasons
for which Sage may show something else: a person skipped that state (until the next save), cobra was
restored from a backup and what Sage holds may be newer (until a person resends or skips, or cobra
says the same), or the address was never in Sage and is not selected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from tests.crash.company import Company
from tests.soak.checking import expected

OURS_TO_DECIDE = {"cobra_older", "cobra_lacks", "number_changed"}
"""What stays held until a person decides, after cobra was restored: it may give a key again."""


class Model:
    """What people did that makes Sage's state differ from cobra's, by record."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.contested: set[str] = set()
        """Records that Sage may hold in a newer state than the restored cobra."""
        self.skipped: set[str] = set()
        """Records of which a state was skipped; the next save counts again."""

    def cobra_was_restored(self, company: Company) -> None:
        """Note which records differ between Sage and the cobra that was put back."""
        now = {str(row["ID"]): row for row in _rows(company, None, "ADDRESSES")}
        for year in company.years:
            sage = {row["AdrId"]: row for row in _rows(company, year, "Adr")}
            for key, number in links(company, year).items():
                row = now.get(key)
                if row is None or shown(sage[number], row) != expected(row):
                    self.contested.add(key)

    def wrong(self, company: Company) -> list[str]:
        """Return what Sage holds and must not, or lacks and must hold, when all is quiet."""
        found = []
        entries = sorted(_rows(company, None, "outbox"), key=lambda row: int(row["id"]))
        held = {e["entity_key"]: e["error_code"] for e in entries if e["status"] == "held"}
        newest = {e["entity_key"]: e["status"] for e in entries}
        let_be = {key for key in self.skipped if newest.get(key, "skipped") == "skipped"}
        addresses = _rows(company, None, "ADDRESSES")
        for key, code in held.items():
            if code not in OURS_TO_DECIDE or key not in self.contested:
                found.append(f"record {key} is held: {code}")
        for year in company.years:
            sage = {row["AdrId"]: row for row in _rows(company, year, "Adr")}
            linked = links(company, year)
            found += [f"{year}: {n} has no link" for n in sage.keys() - set(linked.values())]
            found += [f"{year}: {n} is not there" for n in set(linked.values()) - sage.keys()]
            for row in addresses:
                what = str(row["ID"]) not in let_be and self._wrong(row, linked, sage, held)
                found += [f"{year}: record {row['ID']}: {what}"] if what else []
        return found

    def _wrong(
        self, row: Any, linked: Mapping[str, str], sage: Mapping[str, Any], held: Mapping[str, str]
    ) -> str | None:
        key = str(row["ID"])
        number = linked.get(key)
        if row["DELETED0"]:
            return None
        if number is None:
            fits = row["ADDRTYPE0"] == "Kunde" and row["CITY0"]
            return "is not in Sage" if fits and key not in self.contested else None
        same = shown(sage[number], row) == expected(row)
        if same or key in held:
            return None
        return f"cobra says {expected(row)}, Sage {shown(sage[number], row)}"


def links(company: Company, year: str) -> dict[str, str]:
    """Return a year's links: key to number."""
    return {row["entity_key"]: row["number"] for row in _rows(company, year, "link")}


def shown(sage: Any, row: Any) -> dict[str, str]:
    """Return what Sage shows of the columns that cobra's row fills."""
    return {tag: sage[tag] or "" for tag in expected(row)}


def _rows(company: Company, year: str | None, table: str) -> list[Any]:
    ours = table in ("outbox", "link")
    mine = company.ours if ours else ("dbo." if company.mssql else "")
    engine = company.cobra if year is None else company.years[year]
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM {mine}{table}")).mappings())
