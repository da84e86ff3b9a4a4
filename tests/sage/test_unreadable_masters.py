"""Master data of Sage that is no number, or no day, holds what needs it and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world.databases import YEARS, Databases, merged
from tests.world.office import THIS, Office, position

EUROS: dict[str, Any] = {"sage": {"collective_account": {"CHF": "1100", "EUR": "1101"}}}
CASES: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "days of a term": ("Zab", "Days", {"TERMS": "30", "DUEDATE": None}, "terms_days_missing", "30"),
    "rate of a tax key": ("Tax", "Rate", {"VATCODE": "normal"}, "tax_rate_missing", "8.1"),
    "rate of a currency": ("FCur", "Rate", {"CURRENCY": "EUR"}, "rate_missing", "0.95"),
    "unit of a currency": ("FCur", "Unit", {"CURRENCY": "EUR"}, "rate_missing", "1"),
}
NO_NUMBERS = ("bald", "NaN")


def _office(databases: Databases, table: str, tag: str, **overrides: Any) -> Office:
    """Let a column of texts stand for a tag in both years; it is empty so far."""
    for url in databases.years:
        with databases.server.engine(url).begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD told nvarchar(20)")
    profile = {"sage": {"profile": {"columns": {table: {tag: "told"}}}}}
    return Office(databases, **merged(overrides, profile))


def _write(office: Office, table: str, value: str) -> None:
    for year in YEARS:
        office.sage_execute(year, f"UPDATE {table} SET told = '{value}'")


def _invoice(office: Office, customer: str, number: str, **columns: Any) -> str:
    told = {"TERMS": None, "VATCODE": "none"} | columns
    row = position("100.00", vat=str(told.pop("VATCODE")))
    return office.invoice(customer, row, number=number, **told)


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("case", CASES)
def test_only_what_needs_it_is_held(databases: Databases, case: str, value: str) -> None:
    """It is missing, as an empty field is; once it is a number the invoice goes by itself."""
    table, tag, columns, code, number = CASES[case]
    office = _office(databases, table, tag, **EUROS)
    for year in YEARS:
        office.write_sage(year, "Acc", AccId="1101", Text="Debitoren EUR")
        office.write_sage(year, "FCur", CurId="EUR", Rate="0.95", Unit=1)
    _write(office, table, value)
    if table == "Tax":
        office.sage_execute(THIS, "UPDATE Tax SET told = '0' WHERE TaxId = 'USt00'")
    customer = office.add(TERMS0=None)
    good = _invoice(office, customer, "20260001")
    bad = _invoice(office, office.add(TERMS0=None), "20260002", **columns)
    office.drain()
    assert (office.state(good), office.state(bad)) == (("applied", None), ("held", code))
    _write(office, table, number)
    office.recheck()
    office.drain()
    assert office.state(bad) == ("applied", None), office.told(bad)


@pytest.mark.parametrize("tag", ["YearFrom", "PeriodTo", "VatTo"])
def test_year_whose_days_cannot_be_read_books_nothing(databases: Databases, tag: str) -> None:
    """Nobody guesses whether a period is open."""
    office = _office(databases, "Client", tag)
    _write(office, "Client", "2025-01-01")
    office.sage_execute(THIS, "UPDATE Client SET told = 'Ende März'")
    customer = office.add()
    held = _invoice(office, customer, "20260001")
    office.drain()
    assert office.state(held) == ("held", "client_settings_missing")
    right = "'2026-01-01'" if tag == "YearFrom" else "NULL"
    office.sage_execute(THIS, f"UPDATE Client SET told = {right}")
    office.recheck()
    office.drain()
    assert office.state(held) == ("applied", None), office.told(held)
