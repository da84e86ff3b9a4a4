"""What a person decides: list, release, skip, resend, pause and resume, each with a reason."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk


def _audit(world: World) -> list[Any]:
    a = world.outbox.audit
    with world.cobra.connect() as connection:
        return list(connection.execute(a.select().order_by(a.c.id)).all())


def test_list_says_what_is_wrong(desk: Desk, world: World) -> None:
    """`relay list` names each open entry with its record and what to correct where."""
    key = world.add(CITY0=None)
    world.add()
    world.drain()
    told = desk.relay("list").output
    assert f"(Schlüssel {key})" in told
    assert "CITY0" in told
    (entry,) = desk.json("list", "--status", "waiting")
    assert (entry["key"], entry["code"]) == (key, "not_ready")
    assert desk.json("list", "--status", "held") == []


def test_release_tries_again_at_once(desk: Desk, world: World) -> None:
    """A held record whose cause in Sage is gone goes over after `relay release`, once."""
    world.write_sage(YEARS[0], "Adr", AdrId="70", Corp="Alt")
    key = world.add(SAGENR0="70")
    world.drain()
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '70'")
    (entry,) = world.entries(key)
    done = desk.relay("release", str(entry.id), "--reason", "in Sage bereinigt")
    assert done.exit_code == 0, done.output
    assert world.statuses(key) == ["pending"]
    world.drain()
    assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()
    (audited,) = _audit(world)
    assert (audited.action, audited.reason) == ("release", "in Sage bereinigt")
    assert audited.who
    assert f"address {key}" in audited.detail


def test_skip_ends_a_record_until_its_next_change(desk: Desk, world: World) -> None:
    """A skipped entry is finished, with its older ones and the reason; a new change goes over."""
    key = world.add(SAGENR0="71", CITY0=None)
    world.change(key, PHONE0="1")
    other = world.add(SAGENR0="72", CITY0=None)
    world.drain()
    newest = world.entries(key)[-1]
    assert desk.relay("skip", str(newest.id), "--reason", "Testadresse").exit_code == 0
    assert world.statuses(key) == ["skipped", "skipped"]
    assert {entry.reason for entry in world.entries(key)} == {"Testadresse"}
    assert {d.status for d in world.deliveries(key, YEARS[0])} <= {"skipped"}
    assert world.statuses(other) == ["waiting"]
    world.change(key, CITY0="Bern")
    world.drain()
    assert world.statuses(key) == ["skipped", "skipped", "applied"]
    assert world.in_sage(YEARS[1])["71"]["City"] == "Bern"


@pytest.mark.parametrize("how", ["--key", "--all"])
def test_resend_repairs_what_was_changed_in_sage(desk: Desk, world: World, how: str) -> None:
    """A record that somebody changed in Sage is brought back to cobra's state."""
    key = world.add(SAGENR0="73")
    world.drain()
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("UPDATE Adr SET City = 'Falsch'")
    choice = ["--key", key] if how == "--key" else ["--all"]
    assert desk.relay("resend", *choice, "--reason", "Abgleich").exit_code == 0
    world.drain()
    assert world.in_sage(YEARS[0])["73"]["City"] == "Langnau i. E."
    assert [entry.cause for entry in world.entries(key)] == ["trigger", "resend"]
    world.assert_nothing_double()


def test_pause_and_resume_a_year(desk: Desk, world: World) -> None:
    """A paused year gets nothing and is shown as paused; after `resume` it follows by itself."""
    assert desk.relay("pause", YEARS[0], "--reason", "Abschluss").exit_code == 0
    key = world.add(SAGENR0="74")
    world.drain()
    assert world.in_sage(YEARS[0]) == {}
    assert "Abschluss" in desk.relay("status").output
    assert desk.relay("pause", YEARS[0], "--reason", "nochmals").exit_code == 4
    assert desk.relay("resume", YEARS[0], "--reason", "fertig").exit_code == 0
    world.drain()
    assert world.statuses(key) == ["applied"]
    assert [audited.action for audited in _audit(world)] == ["pause", "resume"]


def test_bad_choices_are_told(desk: Desk) -> None:
    """No choice, a choice that meets nothing, an unknown year: each says the way out."""
    assert "--all" in desk.relay("release", "--reason", "x").output
    assert "relay list" in desk.relay("skip", "4711", "--reason", "x").output
    assert YEARS[0] in desk.relay("pause", "MUSTER1999", "--reason", "x").output
    assert desk.relay("resume", "--all", "--reason", "x").exit_code == 4
    assert desk.relay("pause", "--reason", "x").exit_code == 2
    assert desk.relay("skip", "4711", "--reason", " ").exit_code == 2


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_list_as_a_file_has_every_entry(
    desk: Desk, world: World, tmp_path: Path, form: str
) -> None:
    """With the record's name, what is wrong, and since when."""
    world.add(ZIP0=None, COMPANY1="Muster & Söhne", SAGENR0="4711")
    world.drain()
    file = tmp_path / f"offen.{form}"
    result = desk.relay("list", f"--{form}", str(file))
    assert result.exit_code == 0, result.output
    if form == "csv":
        heads, line = (row.split(";") for row in file.read_text(encoding="utf-8-sig").splitlines())
        told: dict[Any, Any] = dict(zip(heads, line, strict=True))
    else:
        sheet = load_workbook(file).active
        assert sheet is not None
        told = dict(zip(*sheet.iter_rows(values_only=True), strict=True))
        assert isinstance(told["seit"], datetime)
    assert "Muster & Söhne" in told["Bezeichnung"]
    assert told["Status"] == "wartet"
    assert "ZIP0" in told["Hinweis"]


def test_list_names_the_entry_that_stands_for_its_record(desk: Desk, world: World) -> None:
    """A record with several open entries has one line; to skip its newest entry skips them all."""
    key = world.add(CITY0=None)
    world.change(key, PHONE0="1")
    world.drain()
    newest = world.entries(key)[-1].id
    told = desk.relay("list").output
    assert told.count(f"(Schlüssel {key}) ") == 1
    assert f"{newest} (+1)" in told
    assert desk.relay("skip", str(newest), "--reason", "Test").exit_code == 0
    assert "Nichts ist offen" in desk.relay("list").output
