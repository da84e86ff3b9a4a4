"""Knows how the databases themselves prove the promise: plain SQL, but for the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from relay.admin.journal import Journal, read_journal
from relay.admin.read_only import looking
from relay.extras.demo.company import BOOK_FROM, NEXT_YEAR, YEARS, Company
from relay.settings import read_settings

ALL_YEARS = {**YEARS, NEXT_YEAR: "MUSTER"}
LAST_DAY = date(2027, 12, 31)
MANDANTS = {"MUSTER": 1, "MUSTER-IMMO": 2}

FINAL = """
    SELECT i.* FROM INVOICES AS i
    WHERE i.PRINTEDON IS NOT NULL AND i.CANCELLED = 0 AND i.INVOICEDATE >= :book_from
        AND i.ID = (SELECT MIN(o.ID) FROM INVOICES AS o WHERE o.NUMBER = i.NUMBER)
"""
"""What Sage is to hold; of two invoices with one number only the first."""
ITEMS = f"""
    SELECT i.NUMBER, i.GROSS, CAST(a.SAGENR0 AS INTEGER)
    FROM ({FINAL}) AS i JOIN ADDRESSES AS a ON a.ID = i.ADDRESSID
    WHERE i.MANDANT = :mandant AND SUBSTR(i.INVOICEDATE, 1, 4) = :fiscal
"""  # noqa: S608 - put together from our own words
ITEMS_IN_SAGE = "SELECT OpId, MVal, PkKey FROM sage.OPd WHERE MVal <> '0.00'"
ADDRESSES = """
    SELECT a.SAGENR0 AS AdrId,
        RTRIM(SUBSTR(COALESCE(NULLIF(COMPANY1, ''), LASTNAME0 || ' ' || FIRSTNAME0), 1, 31)),
        CASE WHEN COALESCE(COMPANY1, '') <> ''
            THEN RTRIM(SUBSTR(FIRSTNAME0 || ' ' || LASTNAME0, 1, 31)) ELSE '' END,
        RTRIM(SUBSTR(STREET0 || ' ' || HOUSENO0, 1, 31)), ZIP0, RTRIM(SUBSTR(CITY0, 1, 25)),
        COUNTRY0, CASE LANGUAGE0 WHEN 'deutsch' THEN 'D' WHEN 'français' THEN 'F' ELSE 'I' END,
        SALUTATION0, PHONE0
    FROM ADDRESSES AS a WHERE CAST(a.ID AS TEXT) IN (SELECT entity_key FROM sage.relay_link)
"""
ADDRESSES_IN_SAGE = """
    SELECT AdrId, COALESCE(Corp, ''), COALESCE(Line1, ''), COALESCE(Road, ''), ACode, City,
        CCode, Lang, Salut, TelB
    FROM sage.Adr
"""
BALANCES = "SELECT debtor, balance FROM relay_customer WHERE year = :year"
BALANCES_IN_SAGE = "SELECT PkKey, CAST(ROUND((MDbt - MCdt) * 100) AS INTEGER) FROM sage.PKd"
OPEN = """
    SELECT 'entry ' || id || ' of ' || entity || ' ' || entity_key || ' is ' || status AS what
    FROM relay_outbox
    WHERE status NOT IN ('applied', 'not_for_sage', 'skipped')
        AND NOT (status = 'held' AND error_code = 'invoice_number_twice')
"""
UNNOTICED = """
    SELECT 'invoice ' || NUMBER || ' has no entry' AS what FROM INVOICES
    WHERE CAST(ID AS TEXT) NOT IN (SELECT entity_key FROM relay_outbox WHERE entity = 'invoice')
    UNION ALL
    SELECT 'address ' || ID || ' has no entry' FROM ADDRESSES
    WHERE CAST(ID AS TEXT) NOT IN (SELECT entity_key FROM relay_outbox WHERE entity = 'address')
"""
POSITIONS = f"""
    SELECT CAST(i.ADDRESSID AS TEXT), i.NUMBER, p.LINE, p.ARTICLE,
        CAST(ROUND(p.NET * 100) AS INTEGER)
    FROM ({FINAL}) AS i JOIN POSITIONS AS p ON p.INVOICEID = i.ID
"""  # noqa: S608 - put together from our own words
POSITIONS_IN_VIEW = """
    SELECT customer_key, number, line, article, CAST(ROUND(net * 100) AS INTEGER)
    FROM relay_v_document_position WHERE in_sage = 1
"""
BOUGHT = f"""
    SELECT DISTINCT p.ARTICLE, CAST(i.ADDRESSID AS TEXT)
    FROM ({FINAL}) AS i JOIN POSITIONS AS p ON p.INVOICEID = i.ID
    WHERE i.INVOICEDATE >= '2026-02-01'
"""  # noqa: S608 - the same
BOUGHT_IN_VIEW = """
    SELECT DISTINCT article, customer_key FROM relay_v_bought WHERE invoice_date >= '2026-02-01'
"""
BALANCE = """
    SELECT 'document ' || BlgNr || ' does not balance' AS what
    FROM sage.Bk WHERE BType <> 1
    GROUP BY BlgNr
    HAVING SUM((CASE Type WHEN 0 THEN 1 ELSE -1 END) * CAST(ROUND(ValNt * 100) AS INTEGER)) <> 0
"""
EXTRA = """
    SELECT 'document ' || BlgNr || ' belongs to no booking, or to two' AS what FROM sage.Blg
    WHERE BlgNr < 900000 AND 1 <> (
        SELECT COUNT(*) FROM sage.relay_booking WHERE BlgNr IN (document, COALESCE(reversal, -1))
    )
    UNION ALL
    SELECT 'debtor ' || PkKey || ' is linked to no address' FROM sage.PKd
    WHERE PkKey NOT IN (SELECT number FROM sage.relay_debtor)
"""
LEDGER = """
    SELECT 'entry ' || d.outbox_id || ' has ' || COUNT(a.uid) || ' ledger rows' AS what
    FROM relay_delivery AS d JOIN relay_outbox AS o ON o.id = d.outbox_id
    LEFT JOIN sage.relay_applied AS a ON a.uid = o.uid AND a.year = d.year
    WHERE d.year = :year
    GROUP BY d.outbox_id HAVING COUNT(a.uid) <> (d.status = 'applied')
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
        for name, ours, theirs in (
            ("check_documents", POSITIONS, POSITIONS_IN_VIEW),
            ("check_bought", BOUGHT, BOUGHT_IN_VIEW),
        ):
            since = {"book_from": str(BOOK_FROM)}
            yield Check(name, "", *_compared(connection, ours, theirs, since))
        for year, mandant in ALL_YEARS.items():
            connection.execute("ATTACH :file AS sage", {"file": str(company.year(year))})
            yield from _in_year(connection, year, MANDANTS[mandant])
            connection.execute("DETACH sage")


def wrong_balances(company: Company) -> list[str]:
    """Return which balances in cobra are not, to the centime, what Sage itself says."""
    with closing(sqlite3.connect(company.cobra)) as connection:
        found = []
        for year in ALL_YEARS:
            connection.execute("ATTACH :file AS sage", {"file": str(company.year(year))})
            found += _compared(connection, BALANCES, BALANCES_IN_SAGE, {"year": year})[1]
            connection.execute("DETACH sage")
    return found


def books(company: Company) -> Journal:
    """Return the journal of all days: what cobra printed and what Sage booked."""
    settings = read_settings(company.config)
    with looking(settings) as looked:
        return read_journal(looked, settings, BOOK_FROM, LAST_DAY)


def _in_year(connection: sqlite3.Connection, year: str, mandant: int) -> Iterator[Check]:
    values = {"book_from": str(BOOK_FROM), "mandant": mandant, "fiscal": year[-4:], "year": year}
    for name, ours, theirs in (
        ("check_equal", ADDRESSES, ADDRESSES_IN_SAGE),
        ("check_items", ITEMS, ITEMS_IN_SAGE),
        ("check_answers", BALANCES, BALANCES_IN_SAGE),
    ):
        yield Check(name, year, *_compared(connection, ours, theirs, values))
    for name, query, table in (
        ("check_balance", BALANCE, "sage.Blg"),
        ("check_extra", EXTRA, "sage.Blg"),
        ("check_ledger", LEDGER, "sage.relay_applied"),
    ):
        yield Check(name, year, _count(connection, table), _found(connection, query, year))


def _compared(
    connection: sqlite3.Connection, ours: str, theirs: str, values: Mapping[str, object]
) -> tuple[int, list[str]]:
    """Compare what cobra's own tables say with what stands in Sage, or in the views."""
    cobra = set(connection.execute(ours, values).fetchall())
    there = set(connection.execute(theirs).fetchall())
    wrong = [f"cobra has {row}, the other side has not" for row in sorted(cobra - there, key=str)]
    wrong += [f"cobra has not {row}, the other side has" for row in sorted(there - cobra, key=str)]
    return len(cobra), wrong


def _found(connection: sqlite3.Connection, query: str, year: str = "") -> list[str]:
    return [row[0] for row in connection.execute(query, {"year": year})]


def _count(connection: sqlite3.Connection, table: str) -> int:
    count: int = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
    return count
