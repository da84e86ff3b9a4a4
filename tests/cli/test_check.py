"""`relay check` tells what would be written, and writes nothing to either side."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from relay.base.errors import Exit
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.contents import contents, statements
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position


@pytest.fixture
def office(databases: Databases) -> Office:
    """Cobra with invoices, and two Sage years with master data."""
    return Office(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def test_invoice_as_a_journal(office: Office, desk: Desk) -> None:
    """What is foreseen of an invoice is what is then written, with its customer; not before."""
    customer = office.add(SAGENR0="1001")
    key = office.invoice(customer, position("100.00", TEXT="Beratung"))
    before = contents(office.cobra, *office.sage.values())
    with statements() as written:
        told = desk.relay("check", "20260001")
    assert told.exit_code == 0, told.output
    assert contents(office.cobra, *office.sage.values()) == before
    assert written == []
    lines = [" ".join(line.split()) for line in told.output.splitlines()]
    assert "Rechnung 20260001, Käserei Müller AG, CHF 108.10, MUSTER2026: gebucht" in lines
    assert "Corp «Käserei Müller AG»" in lines
    assert "Debitor 1001 würde eröffnet" in lines
    assert "Soll 1100 108.10 Rechnung" in lines
    assert "Haben 3000 100.00 USt81 Beratung" in lines
    (foreseen,) = desk.json("check", f"invoice:{key}")
    office.drain()
    assert desk.json("show", "20260001")[-1]["deliveries"][0]["sent"] == foreseen["sent"]
    (again,) = desk.json("check", "20260001")
    assert (again["deed"], again["status"]) == ("nothing", "applied")


def test_everything_pending_with_holds(office: Office, desk: Desk) -> None:
    """All that is open is planned together: holds, waits and what a first invoice brings once."""
    customer, other = office.add(SAGENR0="1001"), office.add(SAGENR0="1002", CITY0=None)
    office.invoice(customer, number="20260001")
    office.invoice(customer, number="20260002")
    office.invoice(customer, position("5.00", account="9999"), number="20260003")
    office.invoice(other, number="20260004")
    before = contents(office.cobra, *office.sage.values())
    told = {one["key"]: one for one in desk.json("check", "--pending") if one["year"] == THIS}
    assert contents(office.cobra, *office.sage.values()) == before
    invoices = [one for one in told.values() if one["entity"] == "invoice"]
    assert [one["deed"] for one in invoices] == ["book", "book", None, None]
    assert [bool(one["changes"]) for one in invoices] == [True, False, False, False]
    assert [one["status"] for one in invoices[2:]] == ["held", "waiting"]
    assert "9999" in " ".join(invoices[2]["notes"])
    office.drain()
    assert [office.state(one["key"])[0] for one in invoices] == [
        "applied", "applied", "held", "waiting",
    ]  # fmt: skip


def test_since_a_day_without_any_notice(office: Office, desk: Desk) -> None:
    """Before the triggers there are no notices: the invoices are found by their date."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer, number="20260001", day=date(2026, 1, 31))
    office.invoice(customer, number="20260002", day=date(2026, 2, 1))
    with office.cobra.begin() as connection:
        connection.execute(office.outbox.outbox.delete())
    told = desk.json("check", "--since", "2026-02-01")
    assert [(one["deed"], one["sent"]["open_item"]) for one in told] == [("book", "20260002")]


def test_change_of_a_linked_address(world: World, tmp_path: Path) -> None:
    """A change is told with what stands and what would stand, as a file for Excel too."""
    desk = Desk(world.databases, tmp_path)
    key = world.add(SAGENR0="1")
    world.drain()
    world.change(key, CITY0="Thun")
    before = contents(world.cobra, *world.sage.values())
    told = desk.relay("check", "1", "--csv", str(tmp_path / "check.csv"))
    assert told.exit_code == 0, told.output
    assert contents(world.cobra, *world.sage.values()) == before
    with (tmp_path / "check.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["Feld"]]
    assert [(r["Sage-Jahr"], r["Feld"], r["bisher"], r["neu"]) for r in rows] == [
        (year, "City", "Langnau i. E.", "Thun") for year in YEARS
    ]


def test_a_running_relay_is_not_disturbed(world: World, tmp_path: Path) -> None:
    """The fence stays where it is, so a relay that works goes on."""
    desk = Desk(world.databases, tmp_path)
    key = world.add(SAGENR0="1")

    def look(reached: str) -> None:
        if reached == "read":
            assert desk.relay("check", "--pending").exit_code == 0

    world.drain(look)
    assert world.statuses(key) == ["applied"]


def test_copied_cobra_is_refused(world: World, tmp_path: Path) -> None:
    """A copy of cobra beside production says so before anything is foreseen."""
    desk = Desk(world.databases, tmp_path)
    world.add(SAGENR0="1")
    world.drain()
    i = world.outbox.identity
    with world.cobra.begin() as connection:
        connection.execute(i.update().values(server="PRODUKTION", database_name="cobra"))
    before = contents(world.cobra, *world.sage.values())
    told = desk.relay("check", "--pending")
    assert told.exit_code == Exit.REFUSED
    assert "relay pair --cobra copied" in told.output
    assert contents(world.cobra, *world.sage.values()) == before


def test_restored_year_is_left_out(world: World, tmp_path: Path) -> None:
    """A year that the relay would refuse is named with its reason; the other one is foreseen."""
    desk = Desk(world.databases, tmp_path)
    empty = Backup(world.sage[YEARS[0]])
    key = world.add(SAGENR0="1")
    world.drain()
    empty.restore()
    world.change(key, CITY0="Thun")
    told = desk.relay("check", "1")
    assert told.exit_code == 0, told.output
    assert f"Sage-Jahr {YEARS[0]}: nicht berücksichtigt" in told.output
    assert f", {YEARS[1]}: geändert" in told.output


def test_unknown_record_and_nothing_chosen(world: World, tmp_path: Path) -> None:
    """A number that cobra does not have, and a call without any, say what to do."""
    desk = Desk(world.databases, tmp_path)
    assert world.entries() == []
    assert (desk.relay("check", "4711").exit_code, desk.relay("check").exit_code) == (4, 2)


def test_file_names_what_is_held(office: Office, desk: Desk, tmp_path: Path) -> None:
    """A held invoice has its number and name there too, and a status in words; no deed."""
    office.invoice(office.add(SAGENR0="1001"), position("5.00", account="9999"))
    file = tmp_path / "check.csv"
    assert desk.relay("check", "20260001", "--csv", str(file)).exit_code == 0
    assert "None" not in file.read_text(encoding="utf-8-sig")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        (row, *_) = csv.DictReader(opened, delimiter=";")
    assert (row["Status"], row["Nummer"]) == ("angehalten", "20260001")
    assert row["Bezeichnung"] == "20260001, Käserei Müller AG, CHF 5.41"
