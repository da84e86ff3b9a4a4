"""Walks all states: what brings an entry there, what its text says, and that this leads out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from relay.base.values import OPEN, Status
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk
from tests.world.window import Rows, Window

OLD, NEW = YEARS


@dataclass
class Scene:
    """All that a walk needs: a clerk, an admin, and a window for plain SQL."""

    world: World
    desk: Desk
    key: str = ""

    def command(self, *args: str) -> None:
        """Call `relay` as an admin."""
        done = self.desk.relay(*args, "--reason", "Rundgang")
        assert done.exit_code == 0, done.output

    def _ask(self, sql: str) -> Rows:
        """Ask in plain SQL, on a connection that knows of no restore before."""
        databases = self.world.databases
        with Window(databases.server, databases.cobra) as window:
            return window.ask(sql)

    def seen(self) -> dict[str, Any]:
        """Return the record's newest entry as the views show it."""
        told = "SELECT entry, status, error_code, error, waiting_on FROM relay.v_open"
        rows = self._ask(f"{told} WHERE entity_key = '{self.key}' ORDER BY entry")
        return rows[-1] if rows else {}

    def finished(self) -> str:
        """Return the newest status that the history view shows for the record."""
        asked = "SELECT status FROM relay.v_history WHERE kind = 'change'"
        rows = self._ask(f"{asked} AND entity_key = '{self.key}' ORDER BY entry")
        return str(rows[-1]["status"])


@pytest.fixture
def scene(databases: Databases, tmp_path: Path) -> Scene:
    """A company and its admin's desk."""
    return Scene(World(databases), Desk(databases, tmp_path))


Step = Callable[[Scene], None]


def _by_itself(_scene: Scene) -> None:
    """Nobody does anything."""


def _without_town(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1", CITY0=None)
    scene.world.drain()


def _unknown_language(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1", LANGUAGE0="klingonisch")
    scene.world.drain()


def _taken_number(scene: Scene) -> None:
    scene.world.add(SAGENR0="1")
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()


def _changed_number(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()
    scene.world.change(scene.key, SAGENR0="2")
    scene.world.drain()


def _unlinked_number(scene: Scene) -> None:
    for year in YEARS:
        scene.world.write_sage(year, "Adr", AdrId="1", Corp="Von Hand")
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()


def _row_missing(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()
    _free_in_sage(scene)
    scene.world.change(scene.key, CITY0="Bern")
    scene.world.drain()


def _paused(scene: Scene) -> None:
    scene.command("pause", NEW)
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()


def _restored_sage(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()
    backup = Backup(scene.world.sage[NEW])
    scene.world.change(scene.key, CITY0="Bern")
    scene.world.drain()
    backup.restore()
    scene.world.change(scene.key, CITY0="Thun")
    scene.world.drain()


def _restored_cobra(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()
    backup = Backup(scene.world.cobra)
    scene.world.change(scene.key, CITY0="Bern")
    scene.world.drain()
    backup.restore()
    scene.command("reconcile", "--yes")
    scene.world.drain()


def _lost_in_cobra(scene: Scene) -> None:
    scene.world.drain()
    scene.world.add(SAGENR0="9")
    scene.world.drain()
    backup = Backup(scene.world.cobra)
    scene.key = scene.world.add(SAGENR0="1")
    scene.world.drain()
    backup.restore()
    scene.command("reconcile", "--yes")
    scene.world.drain()


def _skipped(scene: Scene) -> None:
    _without_town(scene)
    scene.command("skip", "--key", scene.key)


def _not_selected(scene: Scene) -> None:
    scene.key = scene.world.add(SAGENR0="1", ADDRTYPE0="Lieferant")
    scene.world.drain()


def _correct(**columns: Any) -> Step:
    """A clerk corrects the record in cobra."""
    return lambda scene: scene.world.change(scene.key, **columns)


def _command(*args: str) -> Step:
    """An admin calls `relay`, for the record where the command takes one."""
    return lambda scene: scene.command(*(arg.format(key=scene.key) for arg in args))


def _free_in_sage(scene: Scene) -> None:
    for year in YEARS:
        with scene.world.sage[year].begin() as connection:
            connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '1'")


def _restore_in_sage(scene: Scene) -> None:
    for year in YEARS:
        scene.world.write_sage(year, "Adr", AdrId="1", Corp="Käserei Müller AG")
    _recheck(scene)


def _freed_and_rechecked(scene: Scene) -> None:
    _free_in_sage(scene)
    _recheck(scene)


def _recheck(scene: Scene) -> None:
    """Let the relay look again, as it does every few minutes."""
    o = scene.world.outbox.outbox
    with scene.world.cobra.begin() as connection:
        connection.execute(update(o).where(o.c.status == "held").values(status="pending"))


RELEASE = _command("release", "--key", "{key}")
SKIP = _command("skip", "--key", "{key}")
RESEND = _command("resend", "--key", "{key}")

Walk = tuple[str, Step, str, str | None, str, Step, str]
WALKS: list[Walk] = [
    # what, how it comes about, status, code, what the text names, the exit, status afterwards
    ("no town: completed", _without_town, "waiting", "not_ready",
     "CITY0", _correct(CITY0="Bern"), "applied"),
    ("no town: skipped", _without_town, "waiting", "not_ready", "CITY0", SKIP, "skipped"),
    ("unknown language", _unknown_language, "held", "value_not_mapped",
     "LANGUAGE0", _correct(LANGUAGE0="deutsch"), "applied"),
    ("taken number", _taken_number, "held", "number_taken",
     "andere Nummer", _correct(SAGENR0="2"), "applied"),
    ("changed number", _changed_number, "held", "number_changed",
     "wieder 1", _correct(SAGENR0="1"), "applied"),
    ("unlinked: freed", _unlinked_number, "held", "number_unlinked",
     "in Sage freigeben", _freed_and_rechecked, "applied"),
    ("unlinked: released", _unlinked_number, "held", "number_unlinked",
     "freie Nummer", RELEASE, "held"),
    ("unlinked: other number", _unlinked_number, "held", "number_unlinked",
     "freie Nummer", _correct(SAGENR0="2"), "applied"),
    ("row missing", _row_missing, "held", "row_missing",
     "wiederherstellen", _restore_in_sage, "applied"),
    ("paused year", _paused, "waiting", "year_away", NEW, _command("resume", NEW), "applied"),
    ("restored year", _restored_sage, "waiting", "year_away",
     NEW, _command("reconcile", "--yes"), "applied"),
    ("older in cobra: resent", _restored_cobra, "held", "cobra_older",
     "relay resend", RESEND, "applied"),
    ("older in cobra: skipped", _restored_cobra, "held", "cobra_older",
     "relay skip", SKIP, "skipped"),
    ("older in cobra: entered again", _restored_cobra, "held", "cobra_older",
     "nachtragen", _correct(CITY0="Bern"), "applied"),
    ("lost in cobra: skipped", _lost_in_cobra, "held", "cobra_lacks",
     "relay skip", SKIP, "skipped"),
    ("lost in cobra: resent", _lost_in_cobra, "held", "cobra_lacks",
     "relay resend", RESEND, "applied"),
    ("skipped: changed", _skipped, "skipped", None, "", _correct(CITY0="Bern"), "applied"),
    ("skipped: resent", _skipped, "skipped", None, "", RESEND, "waiting"),
    ("not selected", _not_selected, "not_for_sage", None,
     "", _correct(ADDRTYPE0="Kunde"), "applied"),
]  # fmt: skip


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: re.sub(r"\W+", "-", walk[0]))
def test_each_state_has_the_exit_that_its_text_names(scene: Scene, walk: Walk) -> None:
    """The views show the state, its text names the way out, and the way leads out."""
    _, comes_about, status, code, named, way_out, afterwards = walk
    comes_about(scene)
    if status in OPEN:
        seen = scene.seen()
        assert (seen["status"], seen["error_code"]) == (status, code)
        assert named in seen["error"]
    else:
        assert scene.seen() == {}
        assert scene.finished() == status
    way_out(scene)
    scene.world.drain()
    if afterwards in OPEN:
        assert scene.seen()["status"] == afterwards
    else:
        assert scene.seen() == {}
        assert scene.finished() == afterwards
    assert scene.world.entries(scene.key)[-1].status == afterwards


def test_walks_meet_every_status() -> None:
    """No status is left out but the two that the relay leaves by itself within a moment."""
    met = {walk[2] for walk in WALKS} | {walk[6] for walk in WALKS}
    assert set(Status) - met == {Status.PENDING, Status.RETRYING}
