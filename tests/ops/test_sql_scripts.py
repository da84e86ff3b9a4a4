"""An admin who knows only SSMS (or SQLite's own program) gets along with `ops/sql`."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk
from tests.world.window import SCRIPTS, Window


def hold(world: World, number: str) -> str:
    """Let an address be held: both years have its number already."""
    return hold_all(world, number)[0]


def hold_all(world: World, *numbers: str) -> list[str]:
    """Let addresses be held by one run of the relay: the next start tries them again."""
    keys = []
    for number in numbers:
        for year in YEARS:
            world.write_sage(year, "Adr", AdrId=number, Corp="Alt")
        keys.append(world.add(SAGENR0=number))
        world.change(keys[-1], PHONE0="1")
    world.drain()
    assert [world.statuses(key) for key in keys] == [["held", "held"]] * len(numbers)
    return keys


def free(world: World, number: str) -> None:
    """Let the bookkeeper free the number in Sage."""
    for engine in world.sage.values():
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM Adr WHERE AdrId = '{number}'")


def audit(world: World) -> list[Any]:
    a = world.outbox.audit
    with world.cobra.connect() as connection:
        return list(connection.execute(a.select().order_by(a.c.id)).all())


def test_both_dialects_have_the_same_scripts() -> None:
    """What an admin of SQL Server can do, one of SQLite can do too."""
    mssql, sqlite = ({p.name for p in (SCRIPTS / d).glob("*")} for d in ("mssql", "sqlite"))
    assert mssql == sqlite


@pytest.mark.parametrize("path", sorted((SCRIPTS / "mssql").glob("*.sql")), ids=lambda p: p.stem)
def test_scripts_for_sql_server_set_both_options(path: Any) -> None:
    """Each switches both SET options on, which sqlcmd leaves off, before anything else."""
    lines = path.read_text(encoding="utf-8").splitlines()
    statements = [line for line in lines if not line.startswith("--")]
    assert statements[:3] == ["SET QUOTED_IDENTIFIER ON;", "SET ANSI_NULLS ON;", "GO"]


def test_finds_understands_and_releases_a_held_record(world: World, window: Window) -> None:
    """The scripts show what is held and why, its history, and let it go over once it is mended."""
    key = hold(world, "70")
    overview, by_status, relays = window.script("status")
    assert (overview[0]["all_well"], overview[0]["held"]) == (0, 2)
    assert {(row["scope"], row["status_de"], row["entries"]) for row in by_status} == {
        ("*", "angehalten", 2),
        *((year, "angehalten", 2) for year in YEARS),
    }
    assert len(relays) == 1
    (found,) = window.script("held")
    newest = found[-1]
    assert (newest["entity"], newest["entity_key"], newest["behind"]) == ("address", key, 1)
    assert newest["error_code"] == "number_unlinked"
    assert "70" in newest["error"]
    assert newest["years"] == "; ".join(f"{y}: angehalten (number_unlinked)" for y in YEARS)

    free(world, "70")
    (released,) = window.script("release", entry=newest["entry"], reason="in Sage bereinigt")
    assert [(row["entity_key"], row["entries"]) for row in released] == [(key, 2)]
    world.drain()
    assert world.statuses(key) == ["applied", "applied"]
    world.assert_nothing_double()
    (story,) = window.script("history", key=key)
    assert [row["kind"] for row in story if row["entry"] in (newest["entry"], None)] == [
        "change", "action", "delivery", "delivery",
    ]  # fmt: skip
    assert {row["status_de"] for row in story if row["kind"] == "delivery"} == {"übernommen"}
    (action,) = (row for row in story if row["kind"] == "action")
    assert (action["action"], action["text"]) == ("release", "in Sage bereinigt")
    assert action["who"]


def test_skips_a_held_record(world: World, window: Window) -> None:
    """It is finished with its older entries, and the reason stays with it."""
    key = hold(world, "71")
    newest = world.entries(key)[-1]
    window.script("skip", entry=newest.id, reason="O'Neills Test")
    assert world.statuses(key) == ["skipped", "skipped"]
    assert {entry.reason for entry in world.entries(key)} == {"O'Neills Test"}
    assert {d.status for d in world.deliveries(key, YEARS[0])} == {"skipped"}
    world.drain()
    assert world.statuses(key) == ["skipped", "skipped"]
    assert window.script("held") == [[]]


def test_retries_all_and_resends(world: World, window: Window) -> None:
    """All that is held goes at once; a record that is finished is brought back to cobra's state."""
    key = hold(world, "72")
    free(world, "72")
    window.script("retry_all", reason="in Sage bereinigt")
    world.drain()
    assert world.statuses(key) == ["applied", "applied"]
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("UPDATE Adr SET City = 'Falsch'")
    window.script("resend", key=key, reason="Abgleich")
    world.drain()
    assert world.in_sage(YEARS[0])["72"]["City"] == "Langnau i. E."
    assert [entry.cause for entry in world.entries(key)] == ["trigger", "trigger", "resend"]
    assert [row.action for row in audit(world)] == ["release", "resend"]
    assert all(f'"address {key}"' in row.detail for row in audit(world))


def test_resend_takes_up_what_was_saved_without_triggers(world: World, window: Window) -> None:
    """A record that is named with its kind needs no entry; it is queued once, and audited."""
    key = world.add(SAGENR0="77")
    with world.cobra.begin() as connection:
        connection.execute(world.outbox.outbox.delete())
    (told,) = window.script("resend", key=f"address:{key}", reason="ohne Trigger gespeichert")
    assert [(row["entity"], row["entity_key"]) for row in told] == [("address", key)]
    window.script("resend", key=f"address:{key}", reason="noch einmal")
    world.drain()
    assert [entry.cause for entry in world.entries(key)] == ["resend", "resend"]
    assert world.in_sage(YEARS[0])["77"]["City"] == "Langnau i. E."
    assert [row.detail for row in audit(world)] == [f'["address {key}"]'] * 2


@pytest.mark.parametrize("scope", [YEARS[0], "*"])
def test_pauses_and_resumes(world: World, window: Window, scope: str) -> None:
    """A paused year (or any) gets nothing, says why what waits for it, and follows afterwards."""
    world.drain()
    (paused,) = window.script("pause", year=scope, reason="Abschluss")
    assert [(row["scope"], row["reason"]) for row in paused] == [(scope, "Abschluss")]
    key = world.add(SAGENR0="73")
    world.drain()
    assert world.in_sage(YEARS[0]) == {}
    (waiting,) = window.script("waiting")
    assert [(row["entity_key"], row["year_text"]) for row in waiting] == [(key, "Abschluss")]
    assert waiting[0]["year_state_de"] == "bereit, angehalten"
    (left,) = window.script("resume", year=scope, reason="fertig")
    assert left == []
    world.drain()
    assert world.statuses(key) == ["applied"]
    assert [(row.action, row.subject) for row in audit(world)] == [
        ("pause", scope), ("resume", scope),
    ]  # fmt: skip


def test_script_that_is_not_filled_in_changes_nothing(world: World, window: Window) -> None:
    """Without entry, reason, year or key, and for one that is not there, nothing happens."""
    key = hold(world, "74")
    entry = world.entries(key)[-1].id
    tries: list[tuple[str, dict[str, object]]] = [
        ("release", {}), ("skip", {}), ("resend", {}), ("pause", {}), ("resume", {}),
        ("retry_all", {}),
        ("release", {"entry": entry}), ("skip", {"entry": entry, "reason": " "}),
        ("skip", {"entry": 10**9, "reason": "x"}), ("resend", {"key": "none", "reason": "x"}),
        ("pause", {"year": "MUSTER1999", "reason": "x"}), ("pause", {"year": YEARS[0]}),
        ("resume", {"year": YEARS[0], "reason": "x"}),
    ]  # fmt: skip
    before = world.entries()
    for name, values in tries:
        with Window(window.server, window.url) as another, contextlib.suppress(*window.refusals):
            another.script(name, **values)
    assert world.entries() == before
    assert audit(world) == []
    assert window.ask("SELECT * FROM relay.paused") == []


@pytest.mark.parametrize("action", ["release", "skip", "resend"])
def test_script_does_what_the_command_does(
    world: World, window: Window, desk: Desk, action: str
) -> None:
    """Entries, deliveries and audit look alike, whether a person used SQL or the command line."""
    by_sql, by_command = hold_all(world, "75", "76")
    entry, other = (world.entries(key)[-1] for key in (by_sql, by_command))
    choice = {"key": by_sql} if action == "resend" else {"entry": entry.id}
    chosen = ["--key", by_command] if action == "resend" else [str(other.id)]
    window.script(action, **choice, reason="Grund")
    done = desk.relay(action, *chosen, "--reason", "Grund")
    assert done.exit_code == 0, done.output

    assert looks(world, by_sql) == looks(world, by_command)
    one, two = audit(world)
    assert (one.action, one.reason) == (two.action, two.reason)
    assert one.detail == two.detail.replace(f'"address {by_command}"', f'"address {by_sql}"')


def looks(world: World, key: str) -> list[dict[str, Any]]:
    """Return a record's entries and deliveries without what differs by nature."""
    rows = world.entries(key) + [row for year in YEARS for row in world.deliveries(key, year)]
    own = {"id", "uid", "entity_key", "outbox_id", "created_at", "created_by", "error"}
    times = {"updated_at", "finished_at"}
    return [
        {
            name: value is not None if name in times else value
            for name, value in row._mapping.items()  # noqa: SLF001 - SQLAlchemy's public name
            if name not in own
        }
        for row in rows
    ]
