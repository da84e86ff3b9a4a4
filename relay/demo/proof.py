"""Knows how the databases themselves prove the promise: plain SQL, none of the relay's code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from relay.demo.company import SECOND_OF_CLASH, YEARS, Company

EXPECTED = """
    SELECT SAGENR0 AS AdrId,
        RTRIM(SUBSTR(COALESCE(NULLIF(COMPANY1, ''), LASTNAME0 || ' ' || FIRSTNAME0), 1, 31)),
        CASE WHEN COALESCE(COMPANY1, '') <> ''
            THEN RTRIM(SUBSTR(FIRSTNAME0 || ' ' || LASTNAME0, 1, 31)) ELSE '' END,
        RTRIM(SUBSTR(STREET0 || ' ' || HOUSENO0, 1, 31)), ZIP0, RTRIM(SUBSTR(CITY0, 1, 25)),
        COUNTRY0, CASE LANGUAGE0 WHEN 'deutsch' THEN 'D' WHEN 'français' THEN 'F' ELSE 'I' END,
        SALUTATION0, PHONE0
    FROM ADDRESSES WHERE ADDRTYPE0 = 'Kunde' AND ID <> :held
"""
HELD_BY_SAGE = """
    SELECT AdrId, COALESCE(Corp, ''), COALESCE(Line1, ''), COALESCE(Road, ''), ACode, City,
        CCode, Lang, Salut, TelB
    FROM sage.Adr
"""
OPEN = """
    SELECT 'entry ' || id || ' of address ' || entity_key || ' is ' || status AS what
    FROM relay_outbox
    WHERE status NOT IN ('applied', 'not_for_sage', 'skipped')
        AND NOT (entity_key = CAST(:held AS TEXT) AND status = 'held')
"""
UNNOTICED = """
    SELECT 'address ' || ID || ' has no entry' AS what FROM ADDRESSES
    WHERE CAST(ID AS TEXT) NOT IN (SELECT entity_key FROM relay_outbox)
"""
EXTRA = """
    SELECT 'number ' || AdrId || ' is in Sage, but not once among the customers' AS what
    FROM sage.Adr
    WHERE 1 <> (
        SELECT COUNT(*) FROM ADDRESSES
        WHERE SAGENR0 = AdrId AND ADDRTYPE0 = 'Kunde' AND ID <> :held
    )
    UNION ALL
    SELECT 'number ' || number || ' is linked to another address' FROM sage.relay_link
    WHERE 1 <> (
        SELECT COUNT(*) FROM ADDRESSES WHERE SAGENR0 = number AND CAST(ID AS TEXT) = entity_key
    )
"""
LEDGER = """
    SELECT 'entry ' || o.id || ' has ' || COUNT(a.uid) || ' ledger rows' AS what
    FROM relay_outbox AS o
    LEFT JOIN sage.relay_applied AS a ON a.uid = o.uid AND a.year = :year
    GROUP BY o.id HAVING COUNT(a.uid) <> (o.status = 'applied')
    UNION ALL
    SELECT 'ledger row of the unknown entry ' || outbox_id FROM sage.relay_applied
    WHERE uid NOT IN (SELECT uid FROM relay_outbox)
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name among the words, the year, how much was looked at, what is wrong."""

    name: str
    year: str
    looked_at: int
    wrong: list[str]


def prove(company: Company) -> Iterator[Check]:
    """Look at cobra and each Sage year, and tell what is lost, double, stale or unfinished."""
    with closing(sqlite3.connect(company.cobra, timeout=30)) as connection:
        for name, query, table in (
            ("check_noticed", UNNOTICED, "ADDRESSES"),
            ("check_open", OPEN, "relay_outbox"),
        ):
            yield Check(name, "", _count(connection, table), _found(connection, query))
        for year in YEARS:
            connection.execute("ATTACH :file AS sage", {"file": str(company.year(year))})
            yield from _in_year(connection, year)
            connection.execute("DETACH sage")


def _in_year(connection: sqlite3.Connection, year: str) -> Iterator[Check]:
    held = {"held": SECOND_OF_CLASH}
    cobra = set(connection.execute(EXPECTED, held).fetchall())
    sage = set(connection.execute(HELD_BY_SAGE).fetchall())
    wrong = [f"cobra has {row}, Sage has not" for row in sorted(cobra - sage, key=str)]
    wrong += [f"Sage has {row}, cobra has not" for row in sorted(sage - cobra, key=str)]
    yield Check("check_equal", year, len(cobra), wrong)
    for name, query, table in (
        ("check_extra", EXTRA, "sage.Adr"),
        ("check_ledger", LEDGER, "sage.relay_applied"),
    ):
        yield Check(name, year, _count(connection, table), _found(connection, query, year))


def _found(connection: sqlite3.Connection, query: str, year: str = "") -> list[str]:
    values = {"held": SECOND_OF_CLASH, "year": year}
    return [row[0] for row in connection.execute(query, values)]


def _count(connection: sqlite3.Connection, table: str) -> int:
    count: int = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
    return count
