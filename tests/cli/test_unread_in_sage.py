"""A value of Sage that cannot be read is named where people ask, and the rest is still shown."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.base.errors import Exit
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position

LAST = YEARS[0]


def _in_texts(databases: Databases, table: str, tag: str) -> dict[str, Any]:
    """Let a column of texts stand for a tag in both years: nothing keeps people from writing."""
    for url in databases.years:
        with databases.server.engine(url).begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD told nvarchar(20)")
    return {"sage": {"profile": {"columns": {table: {tag: "told"}}}}}


CASES = {
    "posting without debtor": (None, "UPDATE Bk SET PkKey = NULL WHERE OpId = '2'", "PkKey", "«»"),
    "amount of a posting": (
        ("Bk", "ValNt"), "UPDATE Bk SET told = 'bald' WHERE BlgNr = 2", "told", "«bald»",
    ),
    "no amount at all": (
        ("Bk", "ValNt"), "UPDATE Bk SET told = 'NaN' WHERE BlgNr = 2", "told", "«NaN»",
    ),
    "kind of a posting": (
        ("Bk", "BType"), "UPDATE Bk SET told = 'S' WHERE BlgNr = 2", "told", "«S»",
    ),
    "total of an open item": (
        ("OPd", "MDbt"), "UPDATE OPd SET told = 'viel' WHERE OpId = '2'", "told", "«viel»",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_journal(databases: Databases, tmp_path: Path, case: str) -> None:
    """The invoice that it is about is a difference; the others are compared as ever."""
    column, statement, name, value = CASES[case]
    told_by = {} if column is None else _in_texts(databases, *column)
    office = Office(databases, **told_by)
    desk = Desk(databases, tmp_path, **merged(INVOICES, told_by))
    customer = office.add()
    for number in ("1", "2"):
        office.invoice(customer, position("100.00"), number=number)
    office.invoice(customer, position("7.00", account="9999"), number="3")
    office.drain()
    office.sage_execute(THIS, statement)
    result = desk.relay("journal", "--month", "2026-01")
    assert result.exit_code == Exit.FINDINGS, (result.output, result.exception)
    for part in ("Bk" if column is None else column[0], name, value):
        assert part in result.stdout
    found = orjson.loads(desk.relay("journal", "--month", "2026-01", "--json").stdout_bytes)
    reasons = [(d["invoice"], d["reason"]) for d in found["differences"]]
    assert reasons == [("2", "unread"), ("3", "held")]
    (total,) = (t for t in found["totals"] if t["account"] == "3000")
    assert total["sage_net"] == "100.00"


def test_journal_of_a_document_without_a_number(databases: Databases, tmp_path: Path) -> None:
    """A document that somebody else entered has nothing to do with what is compared."""
    told_by = _in_texts(databases, "Blg", "BlgNr")
    office = Office(databases, **told_by)
    desk = Desk(databases, tmp_path, **merged(INVOICES, told_by))
    for year in YEARS:
        office.write_sage(year, "Blg", BlgNr=77, Date=date(int(year[-4:]), 1, 31), told="K-77")
    result = desk.relay("journal", "--month", "2026-01")
    assert result.exit_code == Exit.OK, (result.output, result.exception)


def test_check(databases: Databases, tmp_path: Path) -> None:
    """What cannot be foreseen says why, the others what would be written."""
    told_by = _in_texts(databases, "OPd", "MVal")
    policy: dict[str, Any] = {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}}
    office = Office(databases, **merged(told_by, policy))
    desk = Desk(databases, tmp_path, **merged(merged(INVOICES, told_by), policy))
    customer = office.add()
    keys = [office.invoice(customer, number=number) for number in ("1", "2", "3")]
    office.drain()
    for key in keys:
        office.edit_positions(key, ACCOUNT="3200")
    office.sage_execute(THIS, "UPDATE OPd SET told = 'viel' WHERE OpId = '2'")
    result = desk.relay("check", "--pending", "--json")
    assert result.exit_code == Exit.OK, (result.output, result.exception)
    found = {one["key"]: one for one in orjson.loads(result.stdout_bytes)}
    assert [found[key]["deed"] for key in keys] == ["rebook", None, "rebook"]
    assert (found[keys[1]]["code"], found[keys[1]]["status"]) == ("sage_unread", "held")
    (note,) = found[keys[1]]["notes"]
    assert all(part in note for part in ("OPd", "«2»", "told", "«viel»"))


def test_relay_holds_it_and_goes_on_by_itself(databases: Databases) -> None:
    """Named as the commands name it, until it is corrected in Sage."""
    told_by = _in_texts(databases, "OPd", "MVal")
    policy: dict[str, Any] = {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}}
    office = Office(databases, **merged(told_by, policy))
    key = office.invoice(office.add(), number="2")
    office.drain()
    office.sage_execute(THIS, "UPDATE OPd SET told = 'viel' WHERE OpId = '2'")
    office.edit_positions(key, ACCOUNT="3200")
    office.drain()
    assert office.state(key) == ("held", "sage_unread")
    assert all(part in office.told(key) for part in ("OPd", "«2»", "told", "«viel»"))
    office.sage_execute(THIS, "UPDATE OPd SET told = '108.10' WHERE OpId = '2'")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None), office.told(key)


def test_adopt(databases: Databases, tmp_path: Path) -> None:
    """The account that cannot be read is named; the pairs are proposed nevertheless."""
    told_by = _in_texts(databases, "PKd", "PkKey")
    office = Office(databases, **told_by)
    desk = Desk(databases, tmp_path, **merged(INVOICES, told_by))
    for year in YEARS:
        office.write_sage(year, "Adr", AdrId="7", Corp="Müller AG", City="Bern")
        for number, told in ((7, "7"), (12, "zwölf")):
            office.write_sage(year, "PKd", PkKey=number, told=told, AdrId="8", AccId="1100")
    office.add(SAGENR0="7", COMPANY1="Müller AG", CITY0="Bern")
    file = tmp_path / "paare.csv"
    result = desk.relay("adopt", "propose", "--csv", str(file))
    assert result.exit_code == Exit.FINDINGS, (result.output, result.exception)
    assert result.stderr.count("«zwölf»;") == len(YEARS)
    assert all(part in result.stderr for part in ("PKd", "told", *YEARS))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        assert [row["Nummer in Sage"] for row in csv.DictReader(lines, delimiter=";")] == ["7"]


def test_documents_of_the_past(databases: Databases, tmp_path: Path) -> None:
    """What cannot be read is named and recorded once it can; the others are recorded."""
    told_by = _in_texts(databases, "Bk", "ValNt")
    bureau = Bureau(databases, documents=None, **told_by)
    desk = Desk(databases, tmp_path, **merged(merged(INVOICES, told_by), {"documents": {}}))
    customer = bureau.add()
    keys = [bureau.invoice(customer, number=number) for number in ("1", "2", "3")]
    bureau.drain()
    bureau.sage_execute(THIS, "UPDATE Bk SET told = 'bald' WHERE BlgNr = 2 AND BType = 0")
    call = ("backfill", "--documents", "--reason", "Auskunft eingeführt")
    result = desk.relay(*call)
    assert result.exit_code == Exit.FINDINGS, (result.output, result.exception)
    assert set(bureau.documents()) == {keys[0], keys[2]}
    assert all(part in result.stderr for part in (THIS, "Bk", "told", "«bald»"))
    bureau.sage_execute(THIS, "UPDATE Bk SET told = '108.10' WHERE BlgNr = 2 AND BType = 0")
    assert desk.relay(*call).exit_code == Exit.OK
    assert set(bureau.documents()) == set(keys)


@pytest.mark.parametrize(("table", "tag"), [("Acc", "MDbt"), ("Zab", "Days"), ("Tax", "Rate")])
def test_doctor_goes_on(databases: Databases, tmp_path: Path, table: str, tag: str) -> None:
    """A total or a rate that is no number does not end the examination."""
    told_by = _in_texts(databases, table, tag)
    office = Office(databases, **told_by)
    desk = Desk(databases, tmp_path, **merged(INVOICES, told_by))
    office.sage_execute(THIS, f"UPDATE {table} SET told = 'bald'")
    result = desk.relay("doctor")
    assert result.exit_code in {Exit.OK, Exit.FINDINGS}, (result.output, result.exception)
