"""The journal tells to the centime what cobra printed and what Sage holds, and why they differ."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook
from sqlalchemy import delete

from relay.base.errors import Exit
from tests.world.contents import contents, statements
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import LAST, THIS, Office, position


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def told(desk: Desk, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(desk.relay("journal", *arguments, "--json").stdout_bytes)
    return found


def totals(found: dict[str, Any]) -> list[tuple[str, ...]]:
    names = ("tax_key", "account", "cobra_net", "cobra_tax", "sage_net", "sage_tax")
    return [tuple(line[name] for name in names) for line in found["totals"]]


def differences(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(d["invoice"], d["reason"], d["difference"]) for d in found["differences"]]


MIXED = [position("100.00"), position("50.00", "3200", "reduced"), position("7.00", "3200")]


def test_month_agrees(office: Office, desk: Desk) -> None:
    """Totals by VAT key and account, of the month that was asked for; drafts do not count."""
    customer = office.add()
    office.invoice(customer, *MIXED)
    office.invoice(customer, number="20260002", KIND="G", day=date(2026, 1, 1))
    office.invoice(customer, number="20260003", day=date(2026, 2, 1))
    office.invoice(customer, number="20260004", printed=False)
    office.drain()
    result = desk.relay("journal", "--month", "2026-01")
    assert result.exit_code == Exit.OK, result.output
    assert "cobra und Sage stimmen auf den Rappen überein" in result.stdout
    found = told(desk, "--month", "2026-01")
    assert found["invoices"] == 2
    assert totals(found) == [
        ("USt26", "3200", "50.00", "1.30", "50.00", "1.30"),
        ("USt81", "3200", "7.00", "0.57", "7.00", "0.57"),
    ]
    assert found["differences"] == found["remarks"] == []


def test_day(office: Office, desk: Desk) -> None:
    """A day is that day alone."""
    customer = office.add()
    for number, day in (("1", 30), ("2", 31)):
        office.invoice(customer, number=number, day=date(2026, 1, day))
    office.drain()
    found = told(desk, "--day", "2026-01-31")
    assert (found["invoices"], totals(found)[0][2]) == (1, "100.00")


def test_posting_day_of_nothing(databases: Databases, tmp_path: Path) -> None:
    """Where a zero day stands in place of a posting date, the invoice's own day counts."""
    told_by = {"invoice": {"fields": {"posting_date": "DUEDATE", "due_date": None}}}
    office = Office(databases, cobra=told_by)
    desk = Desk(databases, tmp_path, **merged(INVOICES, {"cobra": told_by}))
    wrong = position("10.00", account="9999")
    office.invoice(office.add(), wrong, number="1", DUEDATE=date(1900, 1, 1))
    office.drain()
    found = told(desk, "--day", "2026-01-31")
    assert [invoice for invoice, _, _ in differences(found)] == ["1"]


def test_each_difference_has_its_reason(office: Office, desk: Desk) -> None:
    """Held, waiting, on its way, skipped, missing, changed in Sage: each invoice says which."""
    ready, unready = office.add(), office.add(CITY0=None)
    office.invoice(ready, number="1")
    office.invoice(ready, position("10.00", account="9999"), number="2")
    office.invoice(unready, position("20.00"), number="3")
    skipped = office.invoice(ready, position("30.00", account="9999"), number="4")
    for number in ("5", "6", "7"):
        office.invoice(ready, position("40.00"), number=number)
    cancelled = office.invoice(ready, number="8")
    office.invoice(ready, number="9", TERMS="unbekannt")
    office.drain()
    office.skip(skipped, "von Hand verbucht")
    office.sage_execute(THIS, "UPDATE Bk SET ValNt = '41.00' WHERE BlgNr = 5 AND AccId = '3000'")
    office.sage_execute(THIS, "DELETE FROM Blg WHERE BlgNr = 6")
    b = office.ledger.booking
    with office.sage[THIS].begin() as connection:
        connection.execute(delete(b).where(b.c.open_item == "7"))
    office.edit(cancelled, CANCELLED=True)
    office.drain()
    office.invoice(ready, position("50.00"), number="10")
    result = desk.relay("journal", "--month", "2026-01")
    assert result.exit_code == Exit.FINDINGS
    for word in ("angehalten", "wartet", "übersprungen", "fehlt in Sage", "unterwegs"):
        assert word in result.stdout
    assert "von Hand verbucht" in result.stdout
    assert differences(told(desk, "--month", "2026-01")) == [
        ("2", "held", "10.81"),
        ("3", "waiting", "21.62"),
        ("4", "skipped", "32.43"),
        ("5", "foreign", "-1.00"),
        ("6", "foreign", "43.24"),
        ("7", "missing", "43.24"),
        ("8", "held", "-108.10"),
        ("9", "held", None),
        ("10", "pending", "54.05"),
    ]


def test_corrected_invoice_agrees(databases: Databases, desk: Desk) -> None:
    """Reversals count: what was taken back and booked anew, or into another year, agrees."""
    invoice = {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}
    office = Office(databases, cobra={"invoice": invoice})
    desk.write(office.settings)
    customer = office.add()
    keys = [office.invoice(customer, number=number) for number in ("1", "2", "3")]
    office.drain()
    office.edit_positions(keys[0], ACCOUNT="3200")
    office.edit(keys[1], CANCELLED=True)
    office.edit(keys[2], INVOICEDATE=date(2025, 12, 30))
    office.drain_all()
    found = told(desk, "--month", "2026-01")
    assert totals(found) == [("USt81", "3200", "100.00", "8.10", "100.00", "8.10")]
    assert found["differences"] == []
    assert totals(told(desk, "--month", "2025-12"))[0][1] == "3000"


def test_shifted_invoice_counts_on_its_own_day(databases: Databases, desk: Desk) -> None:
    """Posted on a later day, in the next year: no difference, but a remark that says where."""
    office = Office(databases, cobra={"invoice": {"closed_period": "next-period"}})
    desk.write(office.settings)
    office.sage_execute(LAST, "UPDATE Client SET PeriodFrom = '2026-01-01'")
    office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    december = told(desk, "--month", "2025-12")
    assert (december["differences"], len(december["totals"])) == ([], 1)
    assert "01.01.2026" in december["remarks"][0]["note"]
    january = told(desk, "--month", "2026-01")
    assert january["invoices"] == 0


def test_rate_of_the_booking_counts(databases: Databases, desk: Desk) -> None:
    """Sage's rate changes every day: what was booked at another one is no difference."""
    office = Office(databases, sage={"collective_account": {"EUR": "1101"}})
    desk.write(office.settings)
    for year in (LAST, THIS):
        office.write_sage(year, "Acc", AccId="1101", CurId="EUR")
        office.write_sage(year, "FCur", CurId="EUR", Rate="0.95", Unit=1)
    office.invoice(office.add(), CURRENCY="EUR")
    office.drain()
    office.sage_execute(THIS, "UPDATE FCur SET Rate = '0.90'")
    found = told(desk, "--month", "2026-01")
    assert totals(found) == [("USt81", "3000", "95.00", "7.70", "95.00", "7.70")]
    assert found["differences"] == []
    office.sage_execute(THIS, "UPDATE Bk SET ValFW = '99.00' WHERE AccId = '3000'")
    assert differences(told(desk, "--month", "2026-01"))[0][:2] == ("20260001", "foreign")


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ("UPDATE PKd SET AccId = '1101'", ["1100", "1101", "108.10"]),  # 1100 against 1101
        ("UPDATE Bk SET AccId = '1101' WHERE OpId = '1'", ["1100", "1101", "108.10"]),
        ("UPDATE OPd SET PkKey = 5", ["1001", "Debitor 5"]),
        ("UPDATE Bk SET ValNt = '100.00' WHERE OpId = '1'", ["100.00", "108.10"]),
        ("UPDATE OPd SET MDbt = '1.00'", ["1.00", "108.10"]),
        ("DELETE FROM PKd", ["1100", "1001"]),
    ],
)
def test_debtors_side(office: Office, desk: Desk, change: str, parts: list[str]) -> None:
    """What revenue and tax do not show: another collective account, debtor, or amount owed."""
    office.invoice(office.add(SAGENR0="1001"), number="1")
    office.drain()
    assert told(desk, "--month", "2026-01")["differences"] == []
    office.sage_execute(THIS, change)
    result = desk.relay("journal", "--month", "2026-01")
    assert result.exit_code == Exit.FINDINGS
    assert "Debitorenseite" in result.stdout
    found = told(desk, "--month", "2026-01")
    assert differences(found) == [("1", "debtors", "0.00")]
    assert [part for part in parts if part not in found["differences"][0]["note"]] == []


def test_file(office: Office, desk: Desk, tmp_path: Path) -> None:
    """The file opens in Excel: semicolons, totals first, then what differs with its sentence."""
    customer = office.add()
    office.invoice(customer)
    office.invoice(customer, position("1.00", account="9999"), number="20260002")
    office.drain()
    file = tmp_path / "januar.csv"
    result = desk.relay("journal", "--month", "2026-01", "--csv", str(file))
    assert result.exit_code == Exit.FINDINGS
    with file.open(encoding="utf-8-sig", newline="") as read:
        rows: Sequence[dict[str, str]] = list(csv.DictReader(read, delimiter=";"))
    assert [row["Zeile"] for row in rows] == ["Summe", "Summe", "Unterschied"]
    net = sum(Decimal(row["cobra netto"]) for row in rows if row["Zeile"] == "Summe")
    assert net == Decimal("101.00")
    assert "9999" in rows[-1]["Hinweis"]


def test_workbook(office: Office, desk: Desk, tmp_path: Path) -> None:
    """The same lines with real amounts, which Excel can sum up."""
    office.invoice(office.add())
    office.drain()
    file = tmp_path / "januar.xlsx"
    result = desk.relay("journal", "--month", "2026-01", "--xlsx", str(file))
    assert result.exit_code == Exit.OK, result.output
    sheet = load_workbook(file).active
    assert sheet is not None
    heads, *rows = sheet.iter_rows(values_only=True)
    nets = [dict(zip(heads, row, strict=True))["cobra netto"] for row in rows]
    assert nets == [100]
    assert f"{file}: 1 Zeile." in result.output


def test_one_file_at_a_time(desk: Desk, tmp_path: Path) -> None:
    both = ("--csv", str(tmp_path / "a.csv"), "--xlsx", str(tmp_path / "a.xlsx"))
    result = desk.relay("journal", "--month", "2026-01", *both)
    assert result.exit_code == Exit.USAGE
    assert "Entweder --csv oder --xlsx" in result.stderr


def test_reads_and_writes_nothing(office: Office, desk: Desk) -> None:
    """The relay at work is not disturbed: no fence is raised, no lock taken, no row changed."""
    office.invoice(office.add())
    office.drain()
    before = contents(office.cobra, *office.sage.values())
    with statements() as written:
        told(desk, "--month", "2026-01")
    assert contents(office.cobra, *office.sage.values()) == before
    assert written == []


def test_wrong_call(desk: Desk) -> None:
    """Neither or both of day and month is a wrong call."""
    for arguments in ((), ("--day", "2026-01-31", "--month", "2026-01")):
        result = desk.relay("journal", *arguments)
        assert result.exit_code == Exit.USAGE
        assert "--month 2026-01" in result.output
