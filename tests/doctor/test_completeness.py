"""Every finding of the doctor has a test that provokes it; the report says what it is worth."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import relay.doctor
from relay import texts
from relay.doctor import Severity
from tests.cli.desk import Desk
from tests.databases import Databases
from tests.doctor.patient import Patient

CHECKS = Path(relay.doctor.__file__).parent
TESTS = Path(__file__).parent
PLACES = [*TESTS.glob("test_*.py"), *TESTS.with_name("rights").glob("test_*.py")]
PASSED_ON = {
    "table_missing", "column_missing", "table_without_triggers", "column_not_comparable",
    "column_computed", "key_type_unsuitable", "key_too_long", "key_nullable", "key_not_unique",
    "owner_differs", "trigger_right_missing",  # what speaks against capturing a table
    "trigger_missing", "trigger_disabled", "trigger_altered", "trigger_foreign",
    "trigger_unreadable",
    "schema_missing", "schema_older", "schema_newer",
    "cobra_copied", "cobra_restored", "sage_restored", "year_copied", "year_moved",
    "wrong_installation",
}  # fmt: skip
"""Codes that checks of other parts of the relay give, and the doctor passes on."""


def own_codes() -> Iterator[str]:
    """Find the codes that the doctor's own checks give."""
    for path in CHECKS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Finding"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    yield code


@pytest.mark.parametrize("code", sorted({*own_codes(), *PASSED_ON}))
def test_each_finding_is_provoked(code: str) -> None:
    """A test names the code and says twice what is found: with the trouble, and without it."""
    assert code in texts.catalogue()
    named = [
        path.name
        for path in PLACES
        if path.name != Path(__file__).name
        and re.search(rf'"{code}"', path.read_text(encoding="utf-8"))
    ]
    assert named


def test_there_are_codes_to_look_for() -> None:
    """The search finds the checks."""
    assert len(set(own_codes())) > 30


def test_report(databases: Databases, tmp_path: Path) -> None:
    """Findings are told by database, in German, and as JSON; only hints leave the status at 0."""
    desk = Desk(databases, tmp_path)
    data = desk.relay("doctor", "--json")
    told = json.loads(data.stdout)
    counts = {str(s): sum(f["severity"] == s for f in told["findings"]) for s in Severity}
    assert {f"{s}s": n for s, n in counts.items()} == {
        name: n for name, n in told.items() if name != "findings"
    }
    assert data.exit_code == (6 if counts["error"] or counts["warning"] else 0)
    (first,) = (f for f in told["findings"] if f["code"] == "triggers_not_installed")
    assert (first["database"], first["severity"]) == ("cobra", "info")
    shown = desk.relay("doctor")
    assert shown.exit_code == data.exit_code
    assert "  Hinweis Die Trigger sind noch nicht eingerichtet (dbo.ADDRESSES)." in shown.stdout
    assert "[triggers_not_installed]" in shown.stdout


def test_a_hint_is_no_finding(databases: Databases, tmp_path: Path) -> None:
    """With errors the exit status is that of a check with findings."""
    desk = Desk(databases, tmp_path, cobra={"address": {"table": "dbo.NOWHERE"}})
    result = desk.relay("doctor")
    assert result.exit_code == 6
    assert "Fehler Die Tabelle dbo.NOWHERE gibt es nicht" in result.stdout


def test_nothing_is_written(databases: Databases) -> None:
    """An examination leaves no trace: no row, no table, no trigger, no epoch."""
    patient = Patient(databases)
    before = [_all(databases, url) for url in (databases.cobra, *databases.years)]
    patient.findings()
    assert [_all(databases, url) for url in (databases.cobra, *databases.years)] == before


def _all(databases: Databases, url: object) -> list[object]:
    if databases.server.dialect != "sqlite":
        pytest.skip("the whole content of a file can be compared, a server's cannot")
    with databases.server.engine(url).connect() as connection:  # type: ignore[arg-type] # a URL
        raw = connection.connection.dbapi_connection
        return list(raw.iterdump())  # type: ignore[union-attr] # SQLite's
