"""What stands in an odd Sage's own tables, looked at without the relay's eyes."""

from __future__ import annotations

from datetime import date
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from relay.base.errors import Exit
from tests.world.databases import INVOICES, Databases, make_databases
from tests.world.desk import Desk
from tests.world.odd_sages import REPLACED, OddSage
from tests.world.office import THIS, Office, position
from tests.world.servers import Server


def booked(server: Server, kind: str) -> Office:
    """Return an office that booked two invoices of one customer, one of them in EUR."""
    accounts = {"CHF": "1100", "EUR": "1101"}
    databases: Databases = make_databases(server, OddSage(kind))
    office = Office(databases, sage={"collective_account": accounts})
    for year in office.sage:
        office.write_sage(year, "Acc", AccId="1101")
        office.write_sage(year, "FCur", CurId="EUR", Rate="0.95")
    customer, other = office.add(SAGENR0="1001"), office.add(SAGENR0="1002")
    keys = [
        office.invoice(customer, position("100.00"), day=date(2026, 1, 5)),
        office.invoice(other, position("200.00"), number="20260002", CURRENCY="EUR", RATE="0.95"),
    ]
    office.drain()
    assert [office.state(key) for key in keys] == [("applied", None)] * 2
    office.assert_books_right()
    return office


def rows(office: Office, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on this year's database."""
    with office.sage[THIS].connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query).all()]


def texts(found: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Return what people would see."""
    return [tuple("" if each is None else str(each).strip() for each in row) for row in found]


def test_rows_of_another_mandant_are_never_seen(server: Server) -> None:
    """Each row says whose it is; a row of another mandant with the same number stays as it was."""
    office = booked(server, "german")
    found = (
        "SELECT Mandant, Beleg, Zeile, Konto, Betrag FROM Buchungen ORDER BY Mandant, Beleg, Zeile"
    )
    assert texts(rows(office, found)) == [
        ("ANDERE", "20260001", "1", "1100", "5.00"),
        ("MUSTER", "20260001", "1", "1100", "108.10"),
        ("MUSTER", "20260001", "2", "3000", "100.00"),
        ("MUSTER", "20260001", "3", "2200", "8.10"),
        ("MUSTER", "20260002", "1", "1101", "205.39"),
        ("MUSTER", "20260002", "2", "3000", "190.00"),
        ("MUSTER", "20260002", "3", "2200", "15.39"),
    ]
    totals = "SELECT Mandant, Soll FROM Konten WHERE Konto = '1100' ORDER BY Mandant"
    assert texts(rows(office, totals)) == [("ANDERE", "77.00"), ("MUSTER", "108.10")]
    office.change("1", CITY0="Bern")
    office.drain()
    towns = "SELECT Mandant, Ort FROM Adressen WHERE Nummer = '1001' ORDER BY Mandant"
    assert rows(office, towns) == [("ANDERE", "Basel"), ("MUSTER", "Bern")]


def test_columns_without_a_tag_are_filled(server: Server) -> None:
    """The database gives the keys, each row has its GUID, and who wrote it when."""
    office = booked(server, "ids")
    found = rows(office, "SELECT Id, RowGuid, CreatedBy, ChangedBy, CreatedAt FROM Bk ORDER BY Id")
    assert [row[0] for row in found] == [1, 2, 3, 4, 5, 6]
    assert len({UUID(str(row[1])) for row in found}) == 6
    assert {row[3] for row in found} == {"relay"}
    assert all(row[2] and row[4] for row in found)
    before = rows(office, "SELECT RowGuid, CreatedAt, ChangedAt FROM Adr WHERE AdrId = '1001'")
    office.change("1", CITY0="Bern")
    office.drain()
    (after,) = rows(office, "SELECT RowGuid, CreatedAt, ChangedAt FROM Adr WHERE AdrId = '1001'")
    assert after[:2] == before[0][:2]
    assert after[2] > before[0][2]


def test_counters_go_on(server: Server) -> None:
    """Rows and documents have the next numbers, and the counters say so to Sage's own program."""
    office = booked(server, "counters")
    numbers = "SELECT Kind, Given FROM Numbers ORDER BY Kind"
    assert rows(office, numbers) == [("ADR", 102), ("BK", 406), ("BLG", 302), ("OPD", 202)]
    assert rows(office, "SELECT Document FROM NextDocument") == [(7003,)]
    assert rows(office, "SELECT RowId, BlgNr FROM Blg ORDER BY RowId") == [(301, 7001), (302, 7002)]
    office.sage_execute(THIS, "UPDATE NextDocument SET Document = 8000")
    third = office.invoice("1", number="20260003")
    office.drain()
    assert office.state(third) == ("applied", None)
    assert rows(office, "SELECT MAX(BlgNr) FROM Blg") == [(8000,)]
    assert rows(office, "SELECT Document FROM NextDocument") == [(8001,)]


def test_centimes_letters_and_days(server: Server) -> None:
    """Amounts are whole numbers, sides and kinds letters, days eight digits; all is read back."""
    office = booked(server, "minor")
    found = rows(
        office, "SELECT BkIdx, Type, BType, ValNt, ValTx, ValFW FROM Bk ORDER BY BlgNr, BkIdx"
    )
    assert texts(found)[:3] == [
        ("1", "S", "K", "10810", "0", "0"),
        ("2", "H", "K", "10000", "810", "0"),
        ("3", "H", "T", "810", "10000", "0"),
    ]
    assert texts(found)[3][3:] == ("20539", "0", "21620")
    assert texts(rows(office, "SELECT Date, Orig FROM Blg ORDER BY BlgNr"))[0] == ("20260105", "D")
    assert rows(office, "SELECT MDbt, MCdt FROM Acc WHERE AccId = '3000'") == [(0, 29000)]


def test_code_that_nobody_named_is_never_guessed(server: Server) -> None:
    """A posting with an unknown letter holds the invoice that needs it, and says where it is."""
    office = booked(server, "minor")
    office.sage_execute(THIS, "UPDATE Bk SET Type = 'X' WHERE BlgNr = 20260001 AND BkIdx = 1")
    office.edit("1", CANCELLED=True)
    office.drain()
    assert office.state("1") == ("held", "sage_unread")
    assert "«X»" in office.told("1")


def test_views_are_written_and_triggers_keep_the_totals(server: Server) -> None:
    """What was written through a view stands in the tables behind it."""
    office = booked(server, "views")
    lines = "SELECT Z_AccId, Z_ValNt FROM Zeile ORDER BY KopfId, Z_BkIdx"
    assert texts(rows(office, lines))[:3] == [
        ("1100", "108.10"), ("3000", "100.00"), ("2200", "8.10"),
    ]  # fmt: skip
    assert texts(rows(office, "SELECT MCdt FROM Acc WHERE AccId = '3000'")) == [("290.00",)]


def test_forgotten_totals_are_named_by_a_rehearsal(server: Server, tmp_path: Path) -> None:
    """A profile without `totals`: an open item would count twice, and the rehearsal says so."""
    databases = make_databases(server, OddSage("views"))
    forgotten = {"profile": {"totals": "relay"}}
    office = Office(databases, sage=forgotten)
    desk = Desk(databases, tmp_path, **INVOICES | {"sage": INVOICES["sage"] | forgotten})
    key = office.invoice(office.add(SAGENR0="1001"), position("100.00"))
    told = desk.relay("rehearse", "--pending", "--json")
    assert told.exit_code == Exit.FINDINGS, told.output
    found = {(one["code"], *map(one["values"].get, SEEN)) for one in loads(told.stdout)["findings"]}
    assert found == {("rehearsal_stored_otherwise", "OPd", "MDbt", "108.10", "216.20")}
    office.drain()
    assert office.state(key) == ("applied", None)
    assert texts(rows(office, "SELECT K_MDbt FROM Posten")) == [("216.20",)]
    for table, row in (("Acc", "AccId = '1100'"), ("PKd", "PkKey = 1001")):
        assert texts(rows(office, f"SELECT MDbt FROM {table} WHERE {row}")) == [("108.10",)]


SEEN = ("table", "column", "sent", "stored")


@pytest.mark.parametrize("change", ["lost", "other"])
def test_view_that_writes_something_else_holds(server: Server, change: str) -> None:
    """A trigger that loses a row, or writes another value, is noticed: nothing of it stays."""
    office = booked(server, "views")
    for year in office.sage:
        office.sage_execute(year, "DROP TRIGGER SageAdr_update")
        office.sage_execute(year, REPLACED[server.dialect][change])
    office.change("1", CITY0="Bern")
    office.drain()
    assert office.of_address("1")[-1].error_code == "sage_refused"
    assert office.in_sage(THIS)["1001"]["City"] == "Langnau i. E."


def test_view_that_loses_a_change_is_named_by_a_rehearsal(server: Server, tmp_path: Path) -> None:
    """The column, what was sent and what stands; nothing of it stays."""
    office = booked(server, "views")
    desk = Desk(office.databases, tmp_path, **INVOICES)
    for year in office.sage:
        office.sage_execute(year, "DROP TRIGGER SageAdr_update")
        office.sage_execute(year, REPLACED[server.dialect]["lost"])
    office.change("1", CITY0="Bern")
    told = desk.relay("rehearse", "--pending", "--json")
    assert told.exit_code == Exit.FINDINGS, told.output
    (found,) = loads(told.stdout)["findings"]
    place = [str(found["values"][name]).lower() for name in ("table", "column")]
    assert (found["code"], place) == ("rehearsal_stored", ["sageadr", "city"])
    assert "«Bern» gesendet, «Langnau i. E.» abgelegt" in found["text"]
