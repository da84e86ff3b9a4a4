"""`relay drain` moves what is due, says how far it is, and ends."""

from __future__ import annotations

from relay.cobra.lock import hold
from relay.database.connecting import cobra_engine
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk


def test_moves_what_is_due(desk: Desk, world: World) -> None:
    """All records are in Sage when it ends, and the summary counts entries by status."""
    keys = [world.add() for _ in range(3)]
    waiting = world.add(CITY0=None)
    result = desk.relay("drain")
    assert result.exit_code == 0, result.output
    assert "4 Datensätze bearbeitet" in result.stdout
    assert "Noch offen: 1 Datensatz (wartet 1)." in result.stdout
    assert "Es fehlen Angaben: city" in result.stdout
    assert [world.statuses(key) for key in keys] == [["applied"]] * 3
    assert world.statuses(waiting) == ["waiting"]
    assert len(world.in_sage(YEARS[0])) == 3


def test_nothing_due(desk: Desk, world: World) -> None:
    """With nothing to do it ends at once, well."""
    assert world.entries() == []
    result = desk.relay("drain")
    assert (result.exit_code, result.stdout) == (0, "Fertig: 0 Datensätze bearbeitet.\n")


def test_refuses_beside_another_relay(desk: Desk, world: World) -> None:
    """While another relay works nothing is moved, and the exit status says so."""
    key = world.add()
    with hold(cobra_engine(world.settings)) as lock:
        assert lock is not None
        result = desk.relay("drain")
    assert (result.exit_code, "anderes Relay" in result.stderr) == (4, True)
    assert world.statuses(key) == ["pending"]


def test_says_once_what_this_run_did_and_what_it_leaves(desk: Desk, world: World) -> None:
    """What was done before is not counted again, and each refusal is told once."""
    world.add()
    world.drain()
    world.add()
    away = desk.file.read_text(encoding="utf-8").replace(f"{YEARS[1]}_", "weg_")
    desk.file.write_text(away, encoding="utf-8")
    told = desk.relay("drain").output
    assert "Fertig: 1 Datensatz bearbeitet." in told
    assert "übernommen" not in told
    assert "Noch offen: 1 Datensatz (wartet 1)." in told
    reasons = {
        "sqlite": "Die Datei der Datenbank",
        "mssql": "Die Datenbank lässt sich nicht öffnen",
    }
    refused = reasons[world.cobra.dialect.name]
    assert (told.count(refused), told.count("{")) == (1, 0), told


def test_names_what_waits_for_a_year(desk: Desk, world: World) -> None:
    """Also behind what somebody has to correct, which comes first however old the others are."""
    first, second = world.add(COMPANY1="Berger"), world.add(COMPANY1="Amsler")
    incomplete = world.add(COMPANY1="Zaugg", CITY0=None)
    away = desk.file.read_text(encoding="utf-8").replace(f"{YEARS[1]}_", "weg_")
    desk.file.write_text(away, encoding="utf-8")
    told = desk.relay("drain").stdout
    assert "Noch offen: 3 Datensätze (wartet 3)." in told
    named = [line for line in told.splitlines() if line.startswith("  ")]
    assert [f"(Schlüssel {key})" in line for key, line in zip(
        (incomplete, first, second), named, strict=True,
    )] == [True] * 3, told  # fmt: skip
    assert YEARS[1] in named[1]
