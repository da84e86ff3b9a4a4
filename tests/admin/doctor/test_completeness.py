"""Every finding of the doctor has a test that provokes it; the report says what it is worth."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import relay.admin.doctor
from relay.admin.doctor import Severity
from relay.base import texts
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.patient import Patient

RELAY = Path(relay.admin.doctor.__file__).parents[2]
TESTS = Path(__file__).parent
PLACES = [*TESTS.glob("test_*.py"), *TESTS.with_name("rights").glob("test_*.py")]
PASSED_ON = (
    "cobra/capture/conditions", "cobra/identity", "sage/layout",
    "sage/additional", "sage/counters",
    "cobra/capture/tables", "cobra/capture/verification", "engine/handshake", "database/schema",
    "database/reflection",
    "database/sqlserver/driver", "database/sqlserver/errors", "database/sqlite/dialect",
)  # fmt: skip
"""Modules whose refusals the doctor passes on."""
NOT_TOLD = {
    "config_profile_table": "of relay.toml, before anything is examined",
    "config_profile_tag": "of relay.toml, before anything is examined",
    "not_capturable": "its reasons are told, each by its own code",
    "year_is_the_others": "a part of year_copied",
    "year_is_a_copy_of": "a part of year_copied",
    "table_absent": "of a statement, not of a connection: told as check_failed",
    "lock_lost": "the doctor takes no lock",
    "lock_file": "the doctor takes no lock",
    "database_locked": "of a statement, not of a connection: told as check_failed",
    "database_full": "nothing is written",
    "database_read_only": "nothing is written; the option is told as database_is_read_only",
}
"""What these modules say to others."""


def own_codes() -> Iterator[str]:
    """Find the codes that the doctor's own checks give."""
    for path in (RELAY / "admin/doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Finding" | "error" | "warning" | "info"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    yield code


def passed_on() -> Iterator[str]:
    """Find the codes that come from other parts of the relay."""
    yield "config_password"
    known = texts.catalogue().keys() - NOT_TOLD.keys()
    for module in PASSED_ON:
        path = RELAY / f"{module}.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(code)) if code in known:
                    yield code


def cleared_codes() -> Iterator[str]:
    """Find what tests claim to clear; `examinations` sees to it that the claims are true."""
    for path in PLACES:
        module = importlib.import_module(f"tests.admin.{path.parent.name}.{path.stem}")
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "cleared":
                    yield from mark.args


def test_each_finding_is_provoked_and_cleared() -> None:
    """Each code has a test that provokes it, does what its text says, and finds it gone."""
    codes = {*own_codes(), "rival_instead", "rival_trigger", *passed_on()}
    assert codes - texts.catalogue().keys() == set()
    assert set(cleared_codes()) == codes


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
