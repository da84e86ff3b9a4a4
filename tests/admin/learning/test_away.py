"""A Sage year that is away or in use is told in plain words, in both languages."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from relay.base.errors import Exit
from relay.database.sqlite import dialect
from tests.admin.learning.test_reference import entered
from tests.world.databases import INVOICES
from tests.world.desk import Desk
from tests.world.office import THIS, Office

COMMANDS = (("before", "--year", THIS), ("after", "20260001"))

WORDS = {
    "de": ("Die Datei der Datenbank gibt es nicht", "gerade in Gebrauch"),
    "en": ("The database file does not exist", "is using the database right now"),
}
"""What is said of a file that is missing, and of one that somebody has locked."""


def answers(desk: Desk) -> list[str]:
    """Return what both commands say, each with the exit status of a database that is away."""
    found = []
    for command in COMMANDS:
        told = desk.relay("learn", *command)
        assert told.exit_code == Exit.UNAVAILABLE, told.output
        assert "Traceback" not in told.output
        assert f"Sage {THIS}" in told.output
        found.append(told.output)
    return found


@pytest.mark.parametrize("language", ["de", "en"])
def test_missing_or_locked(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Each command names the year and the way out, in both languages."""
    if office.dialect.name != "sqlite":
        pytest.skip("what a server says of it, tests/database shows")
    missing, locked = WORDS[language]
    entered(office, desk)
    desk.write(desk.databases.settings(**INVOICES, language=language))
    monkeypatch.setattr(dialect, "_WRITER_PATIENCE_S", 0.1)
    file = Path(str(desk.databases.years[1].database))
    with office.sage[THIS].connect() as connection:
        connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        connection.exec_driver_sql("UPDATE Zab SET Days = Days")
        assert all(locked in told for told in answers(desk))
        connection.rollback()
    away = file.rename(file.with_suffix(".away"))
    assert all(missing in told for told in answers(desk))
    away.rename(file)


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "In die Datenbank darf nicht geschrieben werden"), ("en", "must not be written to")],
)
def test_read_only(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    """A file that no relay has opened, and that takes nothing, is told as that."""
    if office.dialect.name != "sqlite":
        pytest.skip("what a server says of it, tests/database shows")
    office.invoice(office.add(SAGENR0="1001"))
    desk.write(desk.databases.settings(**INVOICES, language=language))
    year, connect = str(desk.databases.years[1].database), sqlite3.connect

    def reading(path: str, **options: Any) -> Any:
        only = {"database": f"file:{path}?mode=ro", "uri": True} if path == year else {}
        return connect(**{"database": path, **options, **only})

    monkeypatch.setattr(sqlite3, "connect", reading)
    learnt, rehearsed = desk.relay("learn", *COMMANDS[0]), desk.relay("rehearse", "--pending")
    assert learnt.exit_code == Exit.UNAVAILABLE
    assert rehearsed.exit_code == Exit.FINDINGS, "a year in which nothing was tried proves nothing"
    for told in (learnt.output, rehearsed.output):
        assert words in told
        assert f"Sage {THIS}" in told
        assert "Traceback" not in told
