"""After a restore no invoice is booked twice, lost, or silently changed back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from relay.database.reflection import read_table
from tests.admin.test_recovery import copy_year
from tests.world.backups import Backup
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import LAST, THIS, Office, assert_year_right

BY_POLICY = {
    "cobra": {"invoice": {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}},
}


def _reconcile(databases: Databases, folder: Path) -> None:
    desk = Desk(databases, folder, **merged(INVOICES, BY_POLICY))
    done = desk.relay("reconcile", "--yes", "--reason", "Übung")
    assert done.exit_code == 0, done.output


def test_restored_sage_year_is_booked_up_again(databases: Databases, tmp_path: Path) -> None:
    """What the backup has stays, what it lacks is booked, and nothing goes out meanwhile."""
    office = Office(databases, **BY_POLICY)
    customer = office.add(SAGENR0="1001")
    kept = office.invoice(customer)
    office.drain()
    backup = Backup(office.sage[THIS])
    lost = office.invoice(customer, number="20260002")
    changed = office.invoice(customer, number="20260003")
    office.drain()
    backup.restore()
    other = office.invoice(customer, number="20250001", day=date(2025, 9, 1))
    office.drain()
    assert office.state(other) == ("waiting", "year_doubtful")
    _reconcile(databases, tmp_path)
    office.drain()
    for key in (kept, lost, changed, other):
        assert office.state(key) == ("applied", None)
    assert set(office.items(THIS)) == {"20260001", "20260002", "20260003"}
    assert set(office.items(LAST)) == {"20250001"}
    assert len(office.bookings(THIS)) == 3
    assert_year_right(office, THIS)  # the restored ledger lacks what was told before


def test_restored_cobra_takes_nothing_back(databases: Databases, tmp_path: Path) -> None:
    """What the restored cobra lacks or shows in an older state stays booked, and is held."""
    office = Office(databases, **BY_POLICY)
    customer = office.add(SAGENR0="1001")
    changed = office.invoice(customer)
    office.drain()
    backup = Backup(office.cobra)
    office.edit_positions(changed, ACCOUNT="3200")
    office.invoice(customer, number="20260002")
    office.drain()
    before = office.journal(THIS)
    backup.restore()
    _reconcile(databases, tmp_path)
    office.drain()
    assert office.state(changed) == ("held", "content_changed")
    assert office.journal(THIS) == before
    held = [e for e in office.entries() if e.status == "held" and e.entity == "invoice"]
    assert {e.error_code for e in held} == {"content_changed", "booked_in_sage"}
    office.resend(changed)
    office.drain()
    assert office.state(changed) == ("applied", None)
    assert [row[0] for row in office.journal(THIS)[max(office.journal(THIS))]][1] == "3000"


def test_copy_of_a_year_does_not_hold_its_invoices(databases: Databases, tmp_path: Path) -> None:
    """The new year is a copy of the old one: its bookings are the old year's, its links stay."""
    settings = databases.settings(**INVOICES)
    told = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    office = Office(databases, sage={"year": told["sage"]["year"][:1]})
    customer = office.add(SAGENR0="1001")
    old = office.invoice(customer, number="20250001", day=date(2025, 9, 1))
    office.drain()
    copy_year(office, LAST, THIS)
    with office.sage[LAST].connect() as connection:
        debtors = read_table(connection, office.dialect.locate("PKd", None))
    for row in office.rows(LAST, debtors):
        office.write_sage(THIS, "PKd", **row._mapping)  # noqa: SLF001 - its public way to a mapping
    office.settings = settings
    desk = Desk(databases, tmp_path, **INVOICES)
    done = desk.relay("pair", THIS, "--yes", "--reason", "Jahreswechsel")
    assert done.exit_code == 0, done.output
    office.drain()
    assert office.bookings(THIS) == []
    assert len(office.bookings(LAST)) == 1
    office.resend(old)
    new = office.invoice(customer, number="20260001")
    office.drain()
    assert [office.state(key) for key in (old, new)] == [("applied", None)] * 2
    assert set(office.items(LAST)) == {"20250001"}
    assert set(office.items(THIS)) == {"20260001"}
