"""Says what is wrong when all is quiet: cobra, outbox and books compared in plain SQL.

What Sage must hold follows from cobra's tables alone. The comparisons are those of the long runs
(`tests.soak`), with addresses that only follow their invoices.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.crash.company import BILLS, Company
from tests.soak.checking import OPEN, Books, expected
from tests.soak.invoice_books import InvoiceBooks
from tests.world.databases import YEARS

EXITS = re.compile(r"year:MUSTER\d+|address(:-?\d+)?|routing")
"""What an entry may wait on: each of these ends by itself."""


def audited(
    company: Company, *, erased: Collection[str] = (), gone: Collection[str] = ()
) -> list[str]:
    """Return everything that is lost, double, stale, unfinished or without an exit.

    Sage holds of the addresses `erased` what an erasure left; those `gone` cobra has no more,
    although invoices to them are booked.
    """
    found = list(company.wrong)
    if company.mode == BILLS:
        found += InvoiceBooks(company.cobra, company.years, erased).violations()
        found += _customers(company, {*erased, *gone})
    else:
        found += Books(company.cobra, company.years, erased).violations()
    return found + unproven(company) + refused(company) + without_exit(company)


def unproven(company: Company) -> list[str]:
    """Return the entries that count as applied, but no ledger knows them."""
    ledgered = {
        row["outbox_id"]
        for year in company.years.values()
        for row in _rows(year, f"SELECT outbox_id FROM {company.ours}applied")
    }
    query = f"SELECT id FROM {company.ours}outbox WHERE status = 'applied'"
    done = {row["id"] for row in _rows(company.cobra, query)}
    return [f"entry {n} is applied, but no ledger knows it" for n in sorted(done - ledgered)]


def refused(company: Company) -> list[str]:
    """Return the years that are not ready although nothing is the matter with them."""
    query = f"SELECT name, state, error_code FROM {company.ours}year WHERE state <> 'ready'"
    rows = _rows(company.cobra, query)
    return [f"{row['name']} is {row['state']}: {row['error_code']}" for row in rows]


def without_exit(company: Company) -> list[str]:
    """Return the open entries that nothing and nobody would ever take up again."""
    query = (
        "SELECT id, status, waiting_on, error_code, next_attempt_at,"
        f" finished_at FROM {company.ours}outbox"
    )
    found = []
    for row in _rows(company.cobra, query):
        status = row["status"]
        lost = (
            (status == "retrying" and row["next_attempt_at"] is None)
            or (status == "held" and row["error_code"] is None)
            or (status in OPEN) != (row["finished_at"] is None)
        )
        if status == "waiting" and not _waits(company, row):
            lost = True
        if lost:
            found.append(f"entry {row['id']} has no exit: {dict(row)}")
    return found


def _waits(company: Company, row: Any) -> bool:
    if row["waiting_on"] is not None:
        return bool(EXITS.fullmatch(row["waiting_on"]))
    query = (
        f"SELECT waiting_on FROM {company.ours}delivery"
        f" WHERE outbox_id = {row['id']} AND status = 'waiting'"
    )
    waits = [r["waiting_on"] for r in _rows(company.cobra, query)]
    if any(wait is not None and EXITS.fullmatch(wait) for wait in waits):
        return True
    return row["error_code"] is not None  # its own next change: a required field is missing


def _customers(company: Company, left: Collection[str]) -> list[str]:
    """Compare the addresses that went over with an invoice, and those that should have."""
    addresses = {
        str(row["ID"]): row
        for row in _rows(company.cobra, f"SELECT * FROM {_table(company, 'ADDRESSES')}")
    }
    found = []
    for name in YEARS:
        year = company.years[name]
        sage = {row["AdrId"]: row for row in _rows(year, "SELECT * FROM Adr")}
        links = {
            row["entity_key"]: row["number"]
            for row in _rows(year, f"SELECT entity_key, number FROM {company.ours}link")
        }
        needed: dict[str, list[str]] = defaultdict(list)
        for row in _rows(year, f"SELECT entity_key, address_key FROM {company.ours}booking"):
            needed[row["address_key"]].append(row["entity_key"])
        found += [f"{name}: address {key} has no link" for key in needed.keys() - links.keys()]
        found += [f"{name}: number {n} twice" for n in links.values() if _count(links, n) > 1]
        found += [f"{name}: {n} has no link" for n in sage.keys() - set(links.values())]
        for key, number in links.items():
            if key in left and number in sage:
                continue
            row = addresses.get(key)
            if row is None or number not in sage:
                found.append(f"{name}: address {key} is linked to {number}, which is not there")
                continue
            wanted = expected(row)
            held = {tag: sage[number][tag] or "" for tag in wanted}
            if held != wanted:
                found.append(f"{name}: address {key}: cobra says {wanted}, Sage says {held}")
    return found


def _count(links: dict[str, str], number: str) -> int:
    return list(links.values()).count(number)


def _table(company: Company, name: str) -> str:
    return f"dbo.{name}" if company.mssql else name


def _rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).mappings())
