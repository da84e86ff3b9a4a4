"""`relay adopt`: what both sides had before the relay is linked by a person's word only."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay.admin.adoption.deciding import decide
from relay.base.errors import Exit
from tests.world.company import World
from tests.world.contents import contents, statements
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, Office

OLD, NEW = YEARS
IN_SAGE = {
    "Corp": "Käserei Müller AG", "Line1": "Abteilung Export", "ACode": "3550",
    "City": "Langnau i. E.", "TelF": "034 402 11 12",
}  # fmt: skip
Rows = list[dict[str, str]]


class Clerk:
    """An admin who lets pairs be proposed, and edits the file."""

    def __init__(self, desk: Desk, file: Path) -> None:
        """Take the desk and the file's name."""
        self.desk, self.file = desk, file

    def proposed(self, *options: str) -> Rows:
        """Let pairs be proposed and read the file."""
        told = self.desk.relay("adopt", "propose", "--csv", str(self.file), *options)
        assert told.exit_code == 0, told.output
        with self.file.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def write(self, rows: Rows, encoding: str = "cp1252", delimiter: str = ";") -> None:
        """Save the file as Excel does."""
        with self.file.open("w", encoding=encoding, newline="") as file:
            sheet = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            sheet.writeheader()
            sheet.writerows(rows)

    def apply(self) -> Any:
        """Read the decisions back."""
        return self.desk.relay("adopt", "apply", str(self.file), "--reason", "Einführung")

    def decide(self, decision: str) -> Any:
        """Decide all that is proposed alike and read it back."""
        rows = self.proposed()
        self.write([row | {"Entscheid": decision} for row in rows])
        return self.apply()


@pytest.fixture
def clerk(databases: Databases, tmp_path: Path) -> Clerk:
    """An admin of a relay for addresses."""
    return Clerk(Desk(databases, tmp_path), tmp_path / "paare.csv")


def test_linked_on_confirmation(world: World, clerk: Clerk) -> None:
    """Held before; proposed with both sides; after a yes only mapped, filled fields are written."""
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="7", **IN_SAGE, Code="VIP")
    key = world.add(SAGENR0="7", PHONE0=None, CITY0="Langnau", LASTNAME0=None, FIRSTNAME0=None)
    world.drain()
    assert world.entries(key)[-1].error_code == "number_unlinked"
    before = contents(world.cobra, *world.sage.values())
    with statements() as written:
        (row,) = clerk.proposed()
    assert (contents(world.cobra, *world.sage.values()), written) == (before, [])
    assert (row["Nummer in cobra"], row["Nummer in Sage"]) == ("7", "7")
    assert (row["Ort in cobra"], row["Ort in Sage"]) == ("Langnau", "Langnau i. E.")
    assert (row["Zweifel"], row["Sage-Jahre"]) == ("anderer Ort", ", ".join(YEARS))
    assert clerk.decide("JA").exit_code == 0
    world.drain()
    for year in YEARS:
        stands = world.in_sage(year)["7"]
        assert stands["City"] == "Langnau"
        assert (stands["Line1"], stands["TelF"]) == ("Abteilung Export", "034 402 11 12")
        assert world.links(year)[key][0] == "7"
    assert set(world.statuses(key)) == {"applied"}
    assert clerk.proposed() == []


def test_no_and_nothing_link_nothing(world: World, clerk: Clerk) -> None:
    """A no is kept and not asked again; what stays empty is. Sage stands as it stood."""
    for number in ("7", "8"):
        world.write_sage(OLD, "Adr", AdrId=number, Corp=f"Meier {number}")
        world.add(SAGENR0=number)
    world.drain()
    stood = world.in_sage(OLD)
    rows = clerk.proposed()
    assert [row["Zweifel"] for row in rows] == ["gleiche Nummer, anderer Name; anderer Ort"] * 2
    clerk.write([rows[0] | {"Entscheid": "nein"}, rows[1]])
    assert clerk.apply().exit_code == 0
    world.drain()
    assert [row["Nummer in Sage"] for row in clerk.proposed()] == ["8"]
    assert [row["Entscheid"] for row in clerk.proposed("--decided")] == ["nein", ""]
    assert world.in_sage(OLD) == stood
    assert world.links(OLD) == {}


def test_idempotent(world: World, clerk: Clerk) -> None:
    """The same file read twice, before and after the relay has linked, does nothing more."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    key = world.add(SAGENR0="7")
    world.drain()
    assert clerk.decide("ja").exit_code == 0
    entries = len(world.entries(key))
    assert "1 waren schon so entschieden" in clerk.apply().output
    world.drain()
    assert "1 waren schon so entschieden" in clerk.apply().output
    assert len(world.entries(key)) == entries


def _sage_changes(world: World, _key: str) -> None:
    with world.sage[OLD].begin() as connection:
        connection.exec_driver_sql("UPDATE Adr SET Corp = 'Meier AG'")


def _cobra_changes(world: World, key: str) -> None:
    world.change(key, COMPANY1="Meier AG")


@pytest.mark.parametrize("change", [_sage_changes, _cobra_changes])
def test_pair_that_changed_is_refused(
    world: World, clerk: Clerk, change: Callable[[World, str], None]
) -> None:
    """A decision about what no longer stands is not taken; the other lines of the file are."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    world.write_sage(NEW, "Adr", AdrId="8", Corp="Berger")
    key, other = world.add(SAGENR0="7"), world.add(SAGENR0="8", COMPANY1="Berger")
    world.drain()
    rows = clerk.proposed()
    clerk.write([row | {"Entscheid": "ja"} for row in rows])
    change(world, key)
    told = clerk.apply()
    assert told.exit_code == Exit.FINDINGS
    line = 2 + [row["Nummer in Sage"] for row in rows].index("7")
    assert f"Zeile {line}" in told.output
    world.drain()
    assert key not in world.links(OLD)
    assert world.links(NEW)[other][0] == "8"


def test_sage_that_changes_after_the_confirmation_is_held(world: World, clerk: Clerk) -> None:
    """Between the confirmation and the link somebody may edit Sage: then a person looks again."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    key = world.add(SAGENR0="7")
    world.drain()
    assert clerk.decide("ja").exit_code == 0
    _sage_changes(world, key)
    world.drain()
    assert world.entries(key)[-1].error_code == "adoption_outdated"
    assert world.in_sage(OLD)["7"]["Corp"] == "Meier AG"
    assert clerk.decide("ja").exit_code == 0
    world.drain()
    assert world.in_sage(OLD)["7"]["Corp"] == "Käserei Müller AG"


def test_a_later_no_takes_a_yes_back(world: World, clerk: Clerk) -> None:
    """A yes, a no once Sage had changed, then Sage as it was: the newest decision counts."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    key = world.add(SAGENR0="7")
    assert clerk.decide("ja").exit_code == 0
    _sage_changes(world, key)
    assert clerk.decide("nein").exit_code == 0
    with world.sage[OLD].begin() as connection:
        connection.exec_driver_sql(f"UPDATE Adr SET Corp = '{IN_SAGE['Corp']}'")
    stood = world.in_sage(OLD)
    world.drain()
    assert world.entries(key)[-1].error_code == "number_unlinked"
    assert world.in_sage(OLD) == stood
    assert world.links(OLD) == {}


def test_cobra_that_changes_after_the_confirmation_is_held(world: World, clerk: Clerk) -> None:
    """A record of cobra that became somebody else's does not overwrite Sage's address."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    key = world.add(SAGENR0="7")
    assert clerk.decide("ja").exit_code == 0
    _cobra_changes(world, key)
    world.drain()
    assert world.entries(key)[-1].error_code == "adoption_outdated"
    assert world.in_sage(OLD)["7"]["Corp"] == "Käserei Müller AG"
    assert clerk.decide("ja").exit_code == 0
    world.drain()
    assert world.in_sage(OLD)["7"]["Corp"] == "Meier AG"


def test_each_confirmed_number_has_its_own_decision(world: World, clerk: Clerk) -> None:
    """A yes for one number stands beside a later one for another number of the same record."""
    for number in ("7", "8"):
        world.write_sage(OLD, "Adr", AdrId=number, Corp=f"Meier {number}")
    key = world.add(SAGENR0="7")
    assert clerk.decide("ja").exit_code == 0
    world.change(key, SAGENR0="8")
    assert clerk.decide("ja").exit_code == 0
    world.change(key, SAGENR0="7")
    world.drain()
    assert world.links(OLD)[key][0] == "7"
    assert world.in_sage(OLD)["8"]["Corp"] == "Meier 8"


def test_mistakes_are_told_by_line_and_nothing_is_taken(world: World, clerk: Clerk) -> None:
    """A wrong word, a lost mark, a contradiction, another number: all at once, and none applied."""
    for number in ("7", "8"):
        world.write_sage(OLD, "Adr", AdrId=number, **IN_SAGE)
    world.add(SAGENR0="7")
    world.add(SAGENR0="20", COMPANY1="Berger")
    world.write_sage(OLD, "Adr", AdrId="20", Corp="Berger")
    world.drain()
    rows = clerk.proposed()
    by_number = {row["Nummer in Sage"]: row for row in rows}
    right, other = by_number["20"], by_number["8"]
    clerk.write(
        [
            right | {"Entscheid": "ja"},
            by_number["7"] | {"Entscheid": "vielleicht"},
            other | {"Entscheid": "ja", "Kennung": ""},
        ]
    )
    told = clerk.apply()
    assert told.exit_code == Exit.REFUSED
    assert "Zeile 3: «vielleicht»" in told.stderr
    assert "Zeile 4: " in told.stderr
    clerk.write([right | {"Entscheid": w} for w in ("ja", "nein")] + [other | {"Entscheid": "ja"}])
    told = clerk.apply()
    assert told.exit_code == Exit.REFUSED
    assert "Zeile 3: widerspricht Zeile 2" in told.stderr
    assert "Zeile 4: " in told.stderr
    assert "die Nummer 8 eintragen" in told.stderr
    assert [e for e in world.entries() if e.cause == "adopt"] == []
    assert len(clerk.proposed()) == 3


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ","), ("utf-16", "\t")])
def test_saved_by_excel(world: World, clerk: Clerk, encoding: str, delimiter: str) -> None:
    """Excel's other ways to save, with zeros lost from numbers, keep a decision readable."""
    world.write_sage(OLD, "Adr", AdrId="007", **IN_SAGE)
    key = world.add(SAGENR0="007")
    world.drain()
    rows = [row | {"Entscheid": "x", "Nummer in cobra": "7"} for row in clerk.proposed()]
    clerk.write(rows, encoding, delimiter)
    assert clerk.apply().exit_code == 0
    world.drain()
    assert world.links(OLD)[key][0] == "007"


def test_other_file_is_refused(world: World, clerk: Clerk) -> None:
    """A file without our columns says so."""
    assert world.entries() == []
    clerk.file.write_text("Name;Ort\r\nMüller;Bern\r\n", encoding="utf-8")
    assert clerk.apply().exit_code == Exit.REFUSED


def test_crash_while_reading_back(
    world: World, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a file is one transaction: a crash takes nothing, and the file is read once more."""
    for number in ("7", "8"):
        world.write_sage(OLD, "Adr", AdrId=number, **IN_SAGE)
        world.add(SAGENR0=number)
    world.drain()
    pairs = [r for r in clerk.proposed() if r["Nummer in cobra"] == r["Nummer in Sage"]]
    clerk.write([row | {"Entscheid": "ja"} for row in pairs])

    def dies(*args: Any) -> None:
        decide(*args)
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("relay.cli.adopt.decide", dies)
        assert clerk.apply().exit_code == Exit.BUG
    assert [e for e in world.entries() if e.cause == "adopt"] == []
    assert clerk.apply().exit_code == 0
    assert len([e for e in world.entries() if e.cause == "adopt"]) == 2
    world.drain()
    assert {number for number, _ in world.links(OLD).values()} == {"7", "8"}


def test_year_after_follows_the_year_before(world: World, clerk: Clerk) -> None:
    """Confirmed where it was asked, the later year links by the earlier one's link."""
    world.write_sage(OLD, "Adr", AdrId="7", **IN_SAGE)
    key = world.add(SAGENR0="7")
    world.drain()
    assert clerk.decide("ja").exit_code == 0
    world.write_sage(NEW, "Adr", AdrId="9", Corp="Frei")
    world.drain()
    assert [world.links(year)[key][0] for year in YEARS] == ["7", "7"]


class TestDebtors:
    """With invoices: the debtor's account is linked too, and what Sage decides stays Sage's."""

    @pytest.fixture
    def office(self, databases: Databases) -> Office:
        return Office(databases)

    @pytest.fixture
    def clerk(self, databases: Databases, tmp_path: Path) -> Clerk:
        return Clerk(Desk(databases, tmp_path, **INVOICES), tmp_path / "paare.csv")

    def _in_sage(self, office: Office, address: str = "7") -> None:
        office.write_sage(THIS, "Adr", AdrId=address, **IN_SAGE)
        office.write_sage(
            THIS, "PKd", PkKey=7, AdrId=address, AccId="1100", WrnLk=1, Limit="5000.00", Flags=0
        )

    def _account(self, office: Office) -> tuple[Any, ...]:
        with office.sage[THIS].connect() as connection:
            query = 'SELECT AdrId, AccId, WrnLk, "Limit", ZabId FROM PKd WHERE PkKey = 7'
            return tuple(connection.exec_driver_sql(query).one())

    def test_invoice_waits_for_the_confirmation(self, office: Office, clerk: Clerk) -> None:
        """The unresolved customer's invoice goes by itself; lock, limit and terms stay Sage's."""
        self._in_sage(office)
        stood = self._account(office)
        customer = office.add(SAGENR0="7")
        invoice = office.invoice(customer)
        office.drain()
        assert office.state(invoice) == ("held", "address_held")
        assert clerk.decide("ja").exit_code == 0
        office.drain()
        assert office.state(invoice) == ("applied", None)
        assert self._account(office) == stood
        assert office.links(THIS)[customer][0] == "7"

    def test_address_is_linked_before_any_invoice(self, office: Office, clerk: Clerk) -> None:
        """A confirmed customer's changes go over from then on, without waiting for an invoice."""
        self._in_sage(office)
        customer = office.add(SAGENR0="7")
        office.drain()
        assert clerk.decide("ja").exit_code == 0
        office.drain()
        office.change(customer, CITY0="Thun")
        office.drain()
        assert office.in_sage(THIS)["7"]["City"] == "Thun"

    def test_debtor_of_another_address(self, office: Office, clerk: Clerk) -> None:
        """A debtor whose account names another address in Sage is linked as it is, if confirmed."""
        self._in_sage(office, address="55")
        stood = self._account(office)
        invoice = office.invoice(office.add(SAGENR0="7", COMPANY1="Berger"))
        office.drain()
        assert office.state(invoice) == ("held", "address_held")
        rows = clerk.proposed()
        assert [row["Zweifel"] for row in rows] == [
            "Debitor gehört in Sage zu einer anderen Adresse"
        ]
        assert (rows[0]["Debitor"], rows[0]["Adresse des Debitors in Sage"]) == ("7", "55")
        assert clerk.decide("ja").exit_code == 0
        office.drain()
        assert office.state(invoice) == ("applied", None)
        assert self._account(office) == stood

    def test_debtor_is_not_linked_to_what_cobra_holds_since(
        self, office: Office, clerk: Clerk
    ) -> None:
        """A record of cobra that changed after the yes gets nobody's debtor account."""
        self._in_sage(office, address="55")
        customer = office.add(SAGENR0="7", COMPANY1="Berger")
        invoice = office.invoice(customer)
        office.drain()
        assert clerk.decide("ja").exit_code == 0
        office.change(customer, COMPANY1="Meier AG")
        office.drain()
        assert office.state(invoice)[1] == "address_held"
        assert "Debitor" in office.told(invoice)


def test_address_that_cannot_be_read_is_named(
    world: World, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have a counterpart in Sage, so it is not passed over in silence."""
    key = world.add(SAGENR0="7")

    def broken(*_args: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr("relay.engine.checking.check_address", broken)
    told = clerk.desk.relay("adopt", "propose", "--csv", str(clerk.file))
    assert told.exit_code == Exit.FINDINGS
    assert f"in der Datei fehlt sie: {key}" in told.output
