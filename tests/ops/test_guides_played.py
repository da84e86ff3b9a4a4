"""Each guide is played on a small company: its commands, in its order, do what it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from relay.base.errors import Exit
from relay.database.scripts import run_script
from relay.settings import Settings
from tests.ops.playing import Guide, move, rebuild_addresses
from tests.ops.test_guides import read
from tests.ops.test_installation_page import matches
from tests.world.backups import Backup
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.office import LAST, MASTERS, THIS, Office

NEXT = "MUSTER2027"
DOCTOR = (Exit.OK, Exit.FINDINGS)
"""The doctor says what the stand-in is, and that a next year is missing."""
pytestmark = pytest.mark.timeout(600)


class Company:
    """A company whose relay has booked an invoice; the desk has the configuration."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        """Work for a while."""
        self.office = Office(databases, map={"mandant": {"1": "MUSTER"}})
        self.desk = Desk(databases, folder)
        self.desk.write(self.office.settings)
        self.customer = self.office.add(SAGENR0="1")
        self.office.invoice(self.customer, number="20260001")
        self.relay()
        assert self.booked() == {"20260001"}

    def relay(self, ends: int = 0) -> str:
        """Let the relay run until nothing is due, as the configuration is now."""
        done = self.desk.relay("drain")
        assert done.exit_code == ends, done.output
        return str(done.output)

    def booked(self) -> set[str]:
        """Return the invoices that Sage has in this year."""
        return set(self.office.items(THIS))

    def configure(self, **parts: Any) -> None:
        """Edit relay.toml: parts of the configuration are replaced."""
        told = self.office.settings.model_dump(mode="json", by_alias=True, exclude_none=True)
        for part, values in parts.items():
            told[part] |= values
        self.office.settings = Settings(**told)
        self.desk.write(self.office.settings)

    def point_year(self, name: str, url: URL) -> None:
        """Adapt the url of a year."""
        years = self.office.settings.sage.model_dump(mode="json", by_alias=True)["year"]
        for year in years:
            if year["name"] == name:
                year["url"] = url.render_as_string(hide_password=False)
        self.configure(sage={"year": years})

    def city(self, year: str) -> object:
        """Return where Sage says that the customer lives."""
        return self.office.in_sage(year)["1"]["City"]


@pytest.fixture
def company(databases: Databases, tmp_path: Path) -> Company:
    """Such a company."""
    return Company(databases, tmp_path)


@pytest.mark.parametrize("way", ["dropped", "lost"])
def test_cobra_upgrade(company: Company, way: str) -> None:
    """Triggers that were dropped or lost come back, and what nobody noticed is made good."""
    office, guide = company.office, Guide("cobra-upgrade", company.desk)
    assert "Rückstand: keiner" in guide.play("status")
    guide.pass_over("service stop")
    backup = Backup(office.cobra)
    if way == "dropped":
        guide.play("triggers drop")
    else:
        guide.pass_over("triggers drop")
    rebuild_addresses(office.cobra)
    if way == "lost":
        company.desk.relay("triggers", "drop")  # those of the invoices are lost as well
    office.change(company.customer, CITY0="Thun")
    office.invoice(company.customer, number="20260002")
    assert "[trigger_missing]" in guide.play("doctor", ends=(Exit.FINDINGS,))
    guide.play("triggers install")
    guide.play("triggers verify")
    company.relay()
    assert company.city(THIS) != "Thun"  # nobody noticed
    office.change(company.customer, PHONE0="033 1")
    company.relay()
    assert "übernommen" in guide.play("show", blanks={"NUMMER": "1"})
    assert company.city(THIS) == "Thun"  # the whole record is compared
    assert "20260002" in guide.play("compare", ends=(Exit.FINDINGS,))
    guide.play("compare --notice", ends=(Exit.FINDINGS,))
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    company.desk.relay("triggers", "drop")
    guide.play("triggers verify", ends=(Exit.FINDINGS,))
    company.desk.relay("triggers", "install")  # a backup has them
    backup.restore()
    assert "cobra" in company.relay(Exit.REFUSED)
    guide.play("reconcile", blanks={"…": "zurückgespielt"})
    company.relay()
    assert company.city(THIS) == "Thun"  # newer in Sage, and not overwritten
    assert company.booked() == {"20260001", "20260002"}
    guide.assert_read()


def test_sage_upgrade(company: Company) -> None:
    """While the years pause it piles up; a renamed table is configured; then all goes."""
    office, guide = company.office, Guide("sage-upgrade", company.desk)
    guide.play("pause")
    office.change(company.customer, CITY0="Thun")
    office.invoice(company.customer, number="20260002")
    company.relay()
    assert company.booked() == {"20260001"}
    for year in (LAST, THIS):
        _rename_terms(office, year)
    assert "Zab" in guide.play("doctor", ends=(Exit.FINDINGS,))
    company.configure(sage={"profile": {"tables": {"Zab": "dbo.Konditionen"}}})
    assert "20260002" in guide.play("check --pending")
    assert "von Sage angenommen" in guide.play("rehearse --pending")
    guide.play("resume")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    assert company.city(THIS) == "Thun"
    guide.play("journal", blanks={"…": "2026-01"})
    moved = move(office, office.sage[THIS], THIS, "sage")
    office.sage[THIS] = moved
    if office.dialect.name == "mssql":  # a file has been moved as it is
        _rename_terms(office, THIS)
    company.point_year(THIS, moved.url)
    company.relay()
    guide.play("pair", blanks={"JAHR": THIS, "…": "umgezogen"})
    before = Backup(moved)
    office.invoice(company.customer, number="20260003")
    company.relay()
    before.restore()
    office.invoice(company.customer, number="20260004")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    guide.play("reconcile", blanks={"…": "zurückgespielt"})
    company.relay()
    assert company.booked() == {"20260001", "20260002", "20260003", "20260004"}
    guide.pass_over("reconcile")
    guide.assert_read()


def _rename_terms(office: Office, year: str) -> None:
    """Call a table of Sage otherwise, as a new version may."""
    full = "Zab" if office.dialect.name == "sqlite" else "dbo.Zab"
    new = full.replace("Zab", "Konditionen")
    for statement in (
        f"CREATE TABLE {new} (ZabId nvarchar(5) NOT NULL PRIMARY KEY, Days int NULL)",
        f"INSERT INTO {new} (ZabId, Days) VALUES ('30T', 30)",
        f"DROP TABLE {full}",
    ):
        office.sage_execute(year, statement)


def test_relay_moves(company: Company, tmp_path: Path) -> None:
    """On another machine the same configuration is enough: nothing lies on the old one."""
    guide = Guide("moving", company.desk)
    for beginning in ("service stop", "service remove"):
        guide.pass_over(beginning)
    elsewhere = tmp_path / "new server"
    elsewhere.mkdir()
    company.desk.file = company.desk.file.rename(elsewhere / "relay.toml")
    assert "Fehler: 0" in guide.play("doctor", ends=DOCTOR)
    company.office.invoice(company.customer, number="20260002")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}


@pytest.mark.parametrize("left", [False, True])
def test_cobra_moves(company: Company, *, left: bool) -> None:
    """The new place is told once; what the old one did after the backup is reconciled."""
    office, guide = company.office, Guide("moving", company.desk)
    for beginning in ("service stop", "service remove", "doctor"):
        guide.pass_over(beginning)
    assert "Rückstand: keiner" in guide.play("status")
    there = move(office, office.cobra, "cobra", "cobra")
    if left:
        office.change(company.customer, CITY0="Thun")
        company.relay()
    company.configure(cobra={"url": there.url.render_as_string(hide_password=False)})
    office.cobra = there
    assert there.url.database.split("/")[-1] in company.relay(Exit.REFUSED)  # type: ignore[union-attr] # it has a name
    guide.play("rights run", ends=(Exit.OK, Exit.REFUSED))  # SQLite has no users
    guide.play("pair", blanks={"neuer Server": "umgezogen"})
    found = guide.play("doctor", ends=DOCTOR)
    if left:
        assert "[cobra_restored]" in found
        company.relay(Exit.REFUSED)
        guide.play("reconcile", blanks={"…": "liegengeblieben"})
    else:
        assert "Fehler: 0" in found
        guide.pass_over("reconcile")
    office.invoice(company.customer, number="20260002")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    assert company.city(THIS) == ("Thun" if left else "Langnau i. E.")


def test_sage_moves(company: Company) -> None:
    """Both years move; each is paired where it is now, and what piled up goes."""
    office, guide = company.office, Guide("moving", company.desk)
    for beginning in (
        "service stop", "service remove", "doctor", "status", "rights run", "pair", "doctor",
        "reconcile",
    ):  # fmt: skip
        guide.pass_over(beginning)
    guide.play("pause")
    office.invoice(company.customer, number="20260002")
    for year in (LAST, THIS):
        office.sage[year] = move(office, office.sage[year], year, "sage")
        company.point_year(year, office.sage[year].url)
    company.relay()
    guide.play("pair")
    company.desk.relay("pair", LAST, "--reason", "neuer Server", "--yes")
    guide.play("resume")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    assert guide.play("status").count("bereit") == 2
    guide.play("journal", blanks={"…": "2026-01"})
    old = {"server": "ALTERNAME"}
    with office.cobra.begin() as connection:  # as it was when the server had another name
        connection.execute(office.outbox.identity.update().values(**old))
        connection.execute(office.outbox.year.update().values(**old))
    office.invoice(company.customer, number="20260003")
    assert "cobra_copied" in str(company.desk.relay("doctor").output)
    guide.play("pair --cobra moved")
    company.relay()
    assert company.booked() == {"20260001", "20260002", "20260003"}
    for beginning in ("reconcile", "pair", "doctor"):
        guide.pass_over(beginning)  # an availability group: tests/engine has one
    guide.assert_read()


@pytest.mark.parametrize("way", ["fresh", "copied"])
def test_year_change(company: Company, way: str) -> None:
    """The new year is opened empty or as a copy; what waited for it goes by itself."""
    office, guide = company.office, Guide("year-change", company.desk)
    office.invoice(company.customer, number="20270001", day=date(2027, 1, 5))
    company.relay()
    new = _new_year(office, way)
    assert "[no_year_next_january]" in guide.play("doctor", ends=DOCTOR)
    guide.play("rights run", ends=(Exit.OK, Exit.REFUSED))  # SQLite has no users
    url = new.url.render_as_string(hide_password=False)
    said = guide.play("year add", "--url", url, ends=DOCTOR)
    (shown,) = (block for block in _blocks("year-change") if block.startswith("Sage-Jahr"))
    assert matches(shown, said)
    guide.pass_over("service stop")
    guide.pass_over("service start")
    company.relay()
    assert guide.play("status").count("bereit") == 3
    assert set(office.items(NEXT)) == {"20270001"}
    assert office.in_sage(NEXT)["1"]["City"] == "Langnau i. E."
    office.invoice(company.customer, number="20260002")
    guide.play("pause")
    company.relay()
    assert company.booked() == {"20260001"}
    guide.play("resume")
    company.relay()
    assert company.booked() == {"20260001", "20260002"}
    guide.assert_read()


def _new_year(office: Office, way: str) -> Engine:
    """Open the new year in Sage."""
    if way == "copied":
        new = move(office, office.sage[THIS], NEXT, "sage")
        office.sage[NEXT] = new
        for table in ("Bk", "OPd", "Blg"):
            office.sage_execute(NEXT, f"DELETE FROM {table}")
        dates = "YearFrom = '2027-01-01', YearTo = '2027-12-31'"
        office.sage_execute(NEXT, f"UPDATE Client SET Name = '{NEXT}', {dates}")
        return new
    server = office.databases.server
    new = server.engine(server.create(NEXT))
    with new.begin() as connection:
        run_script(connection, "sage50/schema")
    office.sage[NEXT] = new
    for table, rows in MASTERS.items():
        for row in rows:
            office.write_sage(NEXT, table, **row)
    client = {"Name": NEXT, "YearFrom": date(2027, 1, 1), "YearTo": date(2027, 12, 31)}
    office.write_sage(NEXT, "Client", **client, CurId="CHF")
    return new


def _blocks(guide: str) -> list[str]:
    """Return what the guide shows as printed, each without the command."""
    shown = read(guide, "de").split("```")[1::2]
    return ["\n".join(line.strip() for line in block.splitlines()[2:]).strip() for block in shown]
