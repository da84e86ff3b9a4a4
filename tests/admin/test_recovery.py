"""Restore drills: a restored, moved or copied database is refused, and healed by a command."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.errors import Refused
from relay.base.values import Cause, Entity, Operation, Person, RecordId
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk

OLD, NEW = YEARS


@pytest.fixture
def world(databases: Databases) -> World:
    """Cobra with triggers, two years and a clerk."""
    return World(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk for the same databases."""
    return Desk(databases, tmp_path)


def _year(world: World, name: str) -> tuple[str, str | None]:
    y = world.outbox.year
    with world.cobra.connect() as connection:
        row = connection.execute(select(y).where(y.c.name == name)).one()
    return row.state, row.error_code


def _healed(desk: Desk, *command: str) -> str:
    done = desk.relay(*command, "--yes", "--reason", "Übung")
    assert done.exit_code == 0, done.output
    return done.output


def _same_everywhere(world: World, **cities: str) -> None:
    for year in YEARS:
        assert {n: row["City"] for n, row in world.in_sage(year).items()} == cities


def test_restored_sage_gets_all_it_lacks(world: World, desk: Desk) -> None:
    """Sage restored while the relay is stopped: an older, a missing and a deleted record heal."""
    changed = world.add(SAGENR0="1")
    removed = world.add(SAGENR0="2")
    world.drain()
    backup = Backup(world.sage[OLD])
    world.change(changed, CITY0="Bern")
    world.add(SAGENR0="3", CITY0="Thun")
    world.drain()
    backup.restore()
    world.remove(removed)
    world.drain()
    assert _year(world, OLD) == ("refused", "sage_restored")
    assert set(world.in_sage(OLD)) == {"1", "2"}
    shown = desk.relay("reconcile", "--reason", "Übung")
    assert shown.exit_code == 4
    assert "relay reconcile" in shown.output
    assert _year(world, OLD) == ("refused", "sage_restored")
    _healed(desk, "reconcile")
    world.drain()
    _same_everywhere(world, **{"1": "Bern", "2": "Langnau i. E.", "3": "Thun"})
    assert _year(world, OLD)[0] == "ready"
    assert set(world.statuses()) == {"applied"}
    assert desk.relay("reconcile", "--reason", "nochmals").exit_code == 0


def test_sage_replaced_by_an_empty_one_is_filled_again(world: World, desk: Desk) -> None:
    """A year that lost its peer row as well is paired anew and gets every selected address."""
    world.add(SAGENR0="1")
    backup = Backup(world.sage[OLD])
    world.drain()
    backup.restore()
    world.drain()
    assert _year(world, OLD) == ("refused", "sage_restored")
    _healed(desk, "reconcile")
    world.drain()
    _same_everywhere(world, **{"1": "Langnau i. E."})


def test_restored_sage_while_the_relay_runs(world: World, desk: Desk) -> None:
    """A running relay refuses the year, goes on in the other, and heals without a restart."""
    key = world.add(SAGENR0="1")
    world.drain()
    backup = Backup(world.sage[OLD])
    world.change(key, CITY0="Bern")
    world.drain()
    running = desk.start("run")
    try:
        backup.restore(disconnect=True)
        world.change(key, PHONE0="1")
        _until(lambda: _year(world, OLD) == ("refused", "sage_restored"))
        _until(lambda: world.in_sage(NEW)["1"].get("TelB") == "1")
        assert "TelB" not in world.in_sage(OLD)["1"] or world.in_sage(OLD)["1"]["TelB"] != "1"
        _healed(desk, "reconcile")
        _until(lambda: set(world.statuses()) == {"applied"})
    finally:
        running.terminate()
        running.communicate(timeout=60)
    _same_everywhere(world, **{"1": "Bern"})
    assert world.in_sage(OLD)["1"]["TelB"] == "1"


def _until(reached: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for a running relay; the limit only keeps a broken one from lasting for ever."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "the relay did not get there"
        time.sleep(0.1)


def test_restored_cobra_overwrites_nothing_newer(world: World, desk: Desk) -> None:
    """Cobra restored: what Sage has newer, or cobra lacks, is held; what is equal goes through."""
    equal = world.add(SAGENR0="1")
    changed = world.add(SAGENR0="2")
    world.drain()
    pending = world.add(SAGENR0="3")
    backup = Backup(world.cobra)
    world.change(changed, CITY0="Bern")
    lost = world.add(SAGENR0="4")
    world.drain()
    backup.restore()
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    _healed(desk, "reconcile")
    world.drain()
    assert world.in_sage(OLD)["2"]["City"] == "Bern"
    assert set(world.in_sage(NEW)) == {"1", "2", "3", "4"}
    newest = {key: world.entries(key)[-1] for key in (equal, changed, pending, lost)}
    told = {key: (entry.status, entry.error_code) for key, entry in newest.items()}
    assert told == {
        equal: ("applied", None),
        changed: ("held", "cobra_older"),
        pending: ("applied", None),
        lost: ("held", "cobra_lacks"),
    }
    assert "Bern" in newest[changed].error
    world.assert_one_ledger_row_each()


def test_held_after_a_restore_has_three_exits(world: World, desk: Desk) -> None:
    """What cobra shows older goes by itself once entered again, or by `resend`, or by `skip`."""
    keys = [world.add(SAGENR0=str(number)) for number in range(1, 4)]
    world.drain()
    backup = Backup(world.cobra)
    for key in keys:
        world.change(key, CITY0="Bern")
    world.drain()
    backup.restore()
    _healed(desk, "reconcile")
    world.drain()
    assert {world.entries(key)[-1].error_code for key in keys} == {"cobra_older"}
    world.change(keys[0], PHONE0="1")  # still another town: no guess, it stays held
    world.drain()
    assert world.entries(keys[0])[-1].status == "held"
    world.change(keys[0], CITY0="Bern", PHONE0="034 402 11 11")
    assert desk.relay("resend", "--key", keys[1], "--reason", "cobra gilt").exit_code == 0
    held = str(world.entries(keys[2])[-1].id)
    assert desk.relay("skip", held, "--reason", "Sage gilt").exit_code == 0
    world.drain()
    _same_everywhere(world, **{"1": "Bern", "2": "Langnau i. E.", "3": "Bern"})
    assert {world.entries(key)[-1].status for key in keys[:2]} == {"applied"}
    world.change(keys[2], PHONE0="2")  # decided: from now on every change counts again
    world.drain()
    assert world.in_sage(OLD)["3"]["TelB"] == "2"


def test_long_deleted_address_is_not_held_after_a_restore(world: World, desk: Desk) -> None:
    """An address whose deletion Sage has seen before the backup is no riddle afterwards."""
    key = world.add(SAGENR0="1")
    world.drain()
    world.remove(key)
    world.drain()
    backup = Backup(world.cobra)
    world.add(SAGENR0="2")
    world.drain()
    backup.restore()
    _healed(desk, "reconcile")
    world.drain()
    assert world.entries(key)[-1].status == "applied"


def test_locked_debtor_of_a_deleted_address_after_a_restore(
    databases: Databases, tmp_path: Path
) -> None:
    """A deletion that both sides knew is no riddle; one that cobra forgot does not unlock."""
    policy = {"cobra": {"address": {"on_delete": "lock"}}}
    world, desk = World(databases, **policy), Desk(databases, tmp_path, **policy)
    for year in YEARS:
        world.write_sage(year, "PKd", PkKey=2, AdrId="2", AccId="1100", WrnLk=0)
    known, forgotten = world.add(SAGENR0="1"), world.add(SAGENR0="2")
    world.drain()
    world.remove(known)
    world.drain()
    backup = Backup(world.cobra)
    world.remove(forgotten)
    world.drain()
    backup.restore()
    _healed(desk, "reconcile")
    world.drain()
    assert world.entries(known)[-1].status == "applied"
    assert world.entries(forgotten)[-1].error_code == "cobra_older"
    for year in YEARS:
        with world.sage[year].connect() as connection:
            assert connection.exec_driver_sql("SELECT WrnLk FROM PKd").scalar_one() == 1


def test_clerks_go_on_where_a_probe_was_answered(world: World) -> None:
    """A probe that one year answered and another has yet to answer holds nobody in the first."""
    key = world.add(SAGENR0="1")
    world.drain()
    _probe(world, key)
    with world.cobra.begin() as connection:
        Repair(connection, WHO).pause(NEW)
    world.drain()
    world.change(key, CITY0="Bern")
    world.drain()
    assert world.in_sage(OLD)["1"]["City"] == "Bern"


def test_edit_after_resend_is_part_of_the_decision(world: World) -> None:
    """`resend` decides for cobra, also if a clerk saves again before the relay has taken it."""
    key = world.add(SAGENR0="1")
    world.drain()
    with world.sage[OLD].begin() as connection:
        connection.exec_driver_sql("UPDATE Adr SET City = 'Chur'")
    _probe(world, key)
    world.drain()
    assert world.entries(key)[-1].error_code == "cobra_older"
    with world.cobra.begin() as connection:
        Repair(connection, WHO).resend(EntrySelection(keys=(key,)))
    world.change(key, PHONE0="1")
    world.drain()
    assert set(world.statuses(key)) == {"applied"}


WHO = Person("Rosa Muster", "Übung")


def _probe(world: World, key: str) -> None:
    with world.cobra.begin() as connection:
        records = [RecordId(Entity.ADDRESS, key)]
        Repair(connection, WHO).notice(records, Cause.RECONCILE, Operation.PROBE)


def test_restored_cobra_needs_every_year(world: World, desk: Desk) -> None:
    """A year that is away might know what cobra lost: the refusal stays until it is here."""
    world.add(SAGENR0="1")
    world.drain()
    backup = Backup(world.cobra)
    world.add(SAGENR0="2")
    world.drain()
    backup.restore()
    years = _years(world.databases)
    years[1]["url"] = "sqlite:///not-there.db"
    desk.write(world.databases.settings(sage={"year": years}))
    refused = desk.relay("reconcile", "--yes", "--reason", "Übung")
    assert refused.exit_code == 4
    assert NEW in refused.output
    desk.write(world.settings)
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    _healed(desk, "reconcile")
    world.drain()
    assert set(world.in_sage(OLD)) == {"1", "2"}


def test_both_restored_lose_and_double_nothing(world: World, desk: Desk) -> None:
    """Cobra and a year restored to different days: one command heals, differences are held."""
    first = world.add(SAGENR0="1")
    world.drain()
    sage = Backup(world.sage[OLD])
    world.change(first, CITY0="Bern")
    world.drain()
    cobra = Backup(world.cobra)
    world.change(first, CITY0="Thun")
    world.add(SAGENR0="2")
    world.drain()
    sage.restore()
    cobra.restore()
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    _healed(desk, "reconcile")
    world.drain()
    assert world.in_sage(NEW)["1"]["City"] == "Thun"
    assert world.entries(first)[-1].error_code == "cobra_older"
    assert desk.relay("resend", "--key", first, "--reason", "cobra gilt").exit_code == 0
    world.drain()
    assert {world.in_sage(year)["1"]["City"] for year in YEARS} == {"Bern"}
    newest = world.entries(first)[-1].uid
    for year in YEARS:
        assert [row.uid for row in world.rows(year, world.ledger.applied)].count(newest) == 1


def test_interrupted_reconcile_is_repeated(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reconcile that dies before its last write leaves the refusal, and repeats harmlessly."""
    world.add(SAGENR0="1")
    world.drain()
    backup = Backup(world.cobra)
    world.add(SAGENR0="2")
    world.drain()
    backup.restore()
    with monkeypatch.context() as patched:
        patched.setattr("relay.admin.recovery.reconcile.Reconcile.write_identity", _die)
        desk.relay("reconcile", "--yes", "--reason", "stirbt")
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    _healed(desk, "reconcile")
    world.drain()
    assert set(world.in_sage(OLD)) == {"1", "2"}
    world.assert_one_ledger_row_each()


def test_interrupted_reconcile_of_a_year_from_before_cobras_restore(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the year's incarnation refuses it, dying at any write queues first or refuses."""
    key = world.add(SAGENR0="1")
    world.drain()
    sage, cobra = Backup(world.sage[OLD]), Backup(world.cobra)
    world.change(key, PHONE0="1")
    world.drain()
    cobra.restore()
    _healed(desk, "reconcile")
    sage.restore()
    before = len(world.entries())
    with monkeypatch.context() as patched:
        patched.setattr("relay.admin.repair.Repair.notice", _die)
        desk.relay("reconcile", "--yes", "--reason", "stirbt")
    assert desk.relay("reconcile", "--reason", "Frage").exit_code == 4
    with monkeypatch.context() as patched:
        patched.setattr("relay.admin.recovery.reconcile.write_year", _die)
        desk.relay("reconcile", "--yes", "--reason", "stirbt")
    assert len(world.entries()) > before


def test_interrupted_pair_of_a_copied_year(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pairing that dies before its notices are written leaves the refusal."""
    world = World(databases, sage={"year": _years(databases)[:1]})
    world.add(SAGENR0="1")
    world.drain()
    copy_year(world, OLD, NEW)
    both, desk = World(databases), Desk(databases, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("relay.admin.repair.Repair.notice", _die)
        desk.relay("pair", NEW, "--yes", "--reason", "stirbt")
    both.drain()
    assert _year(both, NEW) == ("refused", "year_copied")


def test_paired_year_is_fenced_off_from_its_former_relay(world: World, desk: Desk) -> None:
    """A year that was taken from another installation bears a newer epoch than that one's relay."""
    world.drain()
    peer = world.ledger.peer
    with world.sage[OLD].begin() as connection:
        connection.execute(update(peer).values(installation=uuid4()))
    (before,) = world.rows(OLD, peer)
    _healed(desk, "pair", OLD)
    (after,) = world.rows(OLD, peer)
    assert after.epoch > before.epoch


def _die(*_args: object, **_values: object) -> None:
    raise MemoryError


def test_copied_cobra_beside_production(world: World, desk: Desk) -> None:
    """A copy of cobra never writes to the productive Sage; `--cobra copied` says why not."""
    world.add(SAGENR0="1")
    world.drain()
    _elsewhere(world)
    refused = desk.relay("drain")
    assert refused.exit_code == 4
    assert "--cobra copied" in refused.output
    still = desk.relay("pair", "--cobra", "copied", "--yes", "--reason", "Testsystem")
    assert still.exit_code == 4
    assert OLD in still.output
    with pytest.raises(Refused, match="cobra_copied"):
        world.drain()


def test_copied_cobra_with_its_own_sage(world: World, desk: Desk) -> None:
    """A copy with copies of Sage gets its own identity, and each year is paired on purpose."""
    key = world.add(SAGENR0="1")
    world.drain()
    _elsewhere(world)
    y = world.outbox.year
    with world.cobra.begin() as connection:  # the years of this copy are not where they were
        connection.execute(update(y).values(database_name="produktiv"))
    _healed(desk, "pair", "--cobra", "copied")
    world.change(key, CITY0="Bern")
    world.drain()
    assert _year(world, OLD) == ("refused", "wrong_installation")
    _healed(desk, "pair", *YEARS)
    world.drain()
    assert {year: _year(world, year)[0] for year in YEARS} == dict.fromkeys(YEARS, "ready")
    assert world.entries(key)[-1].error_code == "cobra_older"  # a copy's links are no proof
    assert desk.relay("resend", "--key", key, "--reason", "gilt").exit_code == 0
    world.drain()
    _same_everywhere(world, **{"1": "Bern"})


def test_moved_cobra_goes_on(world: World, desk: Desk) -> None:
    """A moved cobra goes on where it was after `pair --cobra moved`."""
    world.add(SAGENR0="1")
    world.drain()
    _elsewhere(world)
    world.add(SAGENR0="2")
    _healed(desk, "pair", "--cobra", "moved")
    world.drain()
    assert set(world.in_sage(OLD)) == {"1", "2"}
    again = desk.relay("pair", "--cobra", "moved", "--yes", "--reason", "nochmals")
    assert again.exit_code == 4


def _elsewhere(world: World) -> None:
    """Let cobra's database remember another place than the one it is in."""
    with world.cobra.begin() as connection:
        connection.execute(world.outbox.identity.update().values(database_name="anderswo"))


def test_moved_year_goes_on(world: World, desk: Desk) -> None:
    """A moved year is refused alone, and goes on after `relay pair YEAR`."""
    world.add(SAGENR0="1")
    world.drain()
    y = world.outbox.year
    with world.cobra.begin() as connection:
        moved = update(y).where(y.c.name == OLD).values(database_name="früher")
        connection.execute(moved)
    world.add(SAGENR0="2")
    world.drain()
    assert _year(world, OLD) == ("refused", "year_moved")
    _healed(desk, "pair", OLD)
    world.drain()
    assert set(world.in_sage(OLD)) == {"1", "2"}
    assert set(world.statuses()) == {"applied"}


def test_year_copied_for_the_new_year(databases: Databases, tmp_path: Path) -> None:
    """The new year's database is a copy of the old one: refused, then paired with its links."""
    world = World(databases, sage={"year": _years(databases)[:1]})
    key = world.add(SAGENR0="1")
    world.drain()
    copy_year(world, OLD, NEW)
    world.change(key, CITY0="Bern")
    world.drain()
    both = World(databases)
    desk = Desk(databases, tmp_path)
    both.drain()
    assert _year(both, NEW) == ("refused", "year_copied")
    assert both.in_sage(NEW)["1"]["City"] == "Langnau i. E."
    _healed(desk, "pair", NEW)
    assert _year(both, NEW) == ("ready", None)
    both.drain()
    _same_everywhere(both, **{"1": "Bern"})
    both.change(key, CITY0="Thun")
    both.drain()
    _same_everywhere(both, **{"1": "Thun"})


def test_year_whose_url_names_another_year_is_no_copy(world: World, desk: Desk) -> None:
    """Mixed-up urls look like a copy, but `pair` sees that it is the other year's database."""
    world.drain()
    years = _years(world.databases)
    years[1]["url"] = years[0]["url"]
    desk.write(world.databases.settings(sage={"year": years}))
    refused = desk.relay("pair", NEW, "--yes", "--reason", "Versehen")
    assert refused.exit_code == 4
    assert OLD in refused.output


def test_year_renamed_in_the_configuration(world: World, desk: Desk) -> None:
    """`drain` and `pair` say the same way out: the name back; it is told before all others."""
    world.add(SAGENR0="1")
    world.drain()
    years = _years(world.databases)
    years[1]["name"] = "NEUERNAME"
    desk.write(world.databases.settings(sage={"year": years}))
    drained = desk.relay("drain").output
    paired = desk.relay("pair", "NEUERNAME", "--yes", "--reason", "umbenannt")
    assert paired.exit_code == 4
    for told in (drained, paired.output):
        assert f"am einfachsten den Namen {NEW} wieder einsetzen" in " ".join(told.split())
        assert "relay pair" not in told
    desk.write(world.databases.settings())
    assert desk.relay("drain").exit_code == 0
    assert _year(world, NEW) == ("ready", None)


def _years(databases: Databases) -> list[dict[str, object]]:
    told = databases.settings().model_dump(mode="json", by_alias=True, exclude_none=True)
    years: list[dict[str, object]] = told["sage"]["year"]
    return years


def copy_year(world: World, source: str, target: str) -> None:
    """Make a year's database a copy of another one, the relay's tables included."""
    ledger = world.ledger
    for table in (ledger.applied, ledger.link, ledger.debtor, ledger.booking, ledger.peer):
        rows = [dict(row._mapping) for row in world.rows(source, table)]  # noqa: SLF001 - its public way to a mapping
        with world.sage[target].begin() as connection:
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)
    for row in world.in_sage(source).values():
        world.write_sage(target, "Adr", **row)


def test_key_that_cobra_gives_twice_overwrites_nobody(world: World, desk: Desk) -> None:
    """After a restore cobra gives a lost customer's key to another one: held, also after a skip."""
    world.add(SAGENR0="1")
    world.drain()
    backup = Backup(world.cobra)
    lost = world.add(SAGENR0="2", COMPANY1="Verlorene AG")
    world.drain()
    backup.restore()
    _healed(desk, "reconcile")
    world.drain()
    assert world.entries(lost)[-1].error_code == "cobra_lacks"
    assert desk.relay("skip", "--key", lost, "--reason", "war ein Test").exit_code == 0
    again = world.add_as(lost, SAGENR0="2", COMPANY1="Ganz Andere AG")
    world.drain()
    assert world.entries(again)[-1].error_code == "cobra_older"
    assert "Ganz Andere AG" in world.entries(again)[-1].error
    assert {world.in_sage(year)["2"]["Corp"] for year in YEARS} == {"Verlorene AG"}
    assert desk.relay("resend", "--key", again, "--reason", "ist jetzt diese").exit_code == 0
    world.drain()
    assert {world.in_sage(year)["2"]["Corp"] for year in YEARS} == {"Ganz Andere AG"}
