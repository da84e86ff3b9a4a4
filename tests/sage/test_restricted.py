"""What becomes of an address whose processing is restricted: nothing new of it goes to Sage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.engine.planning import Method
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, Office

RESTRICTED: dict[str, Any] = {"restricted": {"column": "UIDNO0", "is": "gesperrt"}}
LOCKING = RESTRICTED | {"on_restricted": "lock"}


def _locks(world: World) -> list[int]:
    return [row["WrnLk"] for row in sorted(world.book(THIS, "PKd"), key=lambda row: row["PkKey"])]


@pytest.mark.parametrize("policy", [{"on_restricted": "lock"}, RESTRICTED, LOCKING])
def test_debtors_are_read_where_they_may_be_locked(
    databases: Databases, policy: dict[str, Any]
) -> None:
    """Who reads them is who has table and rights for that: without a column, nobody."""
    settings = databases.settings(cobra={"address": policy})
    assert Method.of(settings).policy.may_lock == settings.cobra.address.may_lock
    assert settings.cobra.address.may_lock == (policy == LOCKING)


def test_is_not_handed_over_anew(databases: Databases) -> None:
    """A new one waits in cobra, and goes over by itself when the restriction is lifted."""
    world = World(databases, cobra={"address": RESTRICTED})
    key = world.add(SAGENR0="96", UIDNO0="gesperrt")
    world.drain()
    assert (world.statuses(key), world.in_sage(THIS)) == (["not_for_sage"], {})
    assert world.entries(key)[-1].error_code == "processing_restricted"
    world.change(key, UIDNO0="")
    world.drain()
    assert world.statuses(key)[-1] == "applied"
    assert list(world.in_sage(THIS)) == ["96"]


def test_changes_are_not_sent(databases: Databases) -> None:
    """What is changed meanwhile, or is wrong, is nobody's affair until then; then all follows."""
    world = World(databases, cobra={"address": RESTRICTED})
    key = world.add(SAGENR0="96")
    world.drain()
    world.change(key, UIDNO0="gesperrt", CITY0="Bern")
    world.change(key, ZIP0="ABC")
    world.drain()
    assert world.in_sage(THIS)["96"]["City"] == "Langnau i. E."
    assert set(world.statuses(key)) == {"applied"}
    world.change(key, UIDNO0="", ZIP0="3011")
    world.drain()
    found = world.in_sage(THIS)["96"]
    assert (found["City"], found["ACode"]) == ("Bern", "3011")
    world.assert_nothing_double()


def test_locks_by_policy(databases: Databases) -> None:
    """Debtors without a reminder lock get one, once; lifted, only these are unlocked."""
    world = World(databases, cobra={"address": LOCKING})
    for debtor, lock in enumerate((0, 1, 2), start=1):
        world.write_sage(THIS, "PKd", PkKey=debtor, AdrId="96", AccId="1100", WrnLk=lock)
    key = world.add(SAGENR0="96")
    world.drain()
    for change in ({"UIDNO0": "gesperrt"}, {"CITY0": "Bern"}):
        world.change(key, **change)
        world.drain()
        assert _locks(world) == [1, 1, 2]
    world.change(key, UIDNO0="")
    world.drain()
    assert _locks(world) == [0, 1, 2]
    assert world.in_sage(THIS)["96"]["City"] == "Bern"
    assert set(world.statuses(key)) == {"applied"}


@pytest.mark.parametrize(("policy", "lock"), [(RESTRICTED, 0), (LOCKING, 1)])
def test_invoices_of_known_customers_alone(
    databases: Databases, policy: dict[str, Any], lock: int
) -> None:
    """Who is in Sage is booked; who is not is held, and follows when the restriction is lifted."""
    office = Office(databases, cobra={"address": policy})
    known, new = office.add(SAGENR0="1001"), office.add(SAGENR0="1002", UIDNO0="gesperrt")
    first = office.invoice(known)
    office.drain()
    office.change(known, UIDNO0="gesperrt", CITY0="Bern")
    second, held = office.invoice(known, number="20260002"), office.invoice(new, number="20260003")
    office.drain()
    assert [office.state(key) for key in (first, second)] == [("applied", None)] * 2
    assert office.in_sage(THIS)["1001"]["City"] == "Langnau i. E."
    assert [row["WrnLk"] for row in office.book(THIS, "PKd")] == [lock]
    assert office.state(held) == ("held", "address_held")
    assert "eingeschränkt" in office.told(held)
    office.change(new, UIDNO0="")
    office.drain()
    assert office.state(held) == ("applied", None)
    office.assert_books_right()


def test_restriction_that_a_restored_cobra_knows_is_held(
    databases: Databases, tmp_path: Path
) -> None:
    """After a restore nothing changes unseen, a lock neither, and the record is not lost."""
    policy = {"cobra": {"address": LOCKING}}
    world, desk = World(databases, **policy), Desk(databases, tmp_path, **policy)
    for year in YEARS:
        world.write_sage(year, "PKd", PkKey=96, AdrId="96", AccId="1100", WrnLk=0)
    key = world.add(SAGENR0="96")
    world.drain()
    world.change(key, UIDNO0="gesperrt")
    backup = Backup(world.cobra)
    world.change(key, UIDNO0="")
    world.drain()
    backup.restore()
    healed = desk.relay("reconcile", "--yes", "--reason", "Sicherung eingespielt")
    assert healed.exit_code == 0, healed.output
    world.drain()
    newest = world.entries(key)[-1]
    assert (newest.status, newest.error_code, _locks(world)) == ("held", "cobra_older", [0])
