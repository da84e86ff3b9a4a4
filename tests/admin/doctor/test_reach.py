"""What cannot be reached or has not been set up is told, and the rest is examined all the same."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine, make_url

from relay.admin import doctor
from relay.admin.doctor import Finding, Severity, Site, examine, open_site
from relay.admin.doctor.site import Reached
from relay.base.files import alembic_folder
from relay.database import dialect_of, schema, survey_of
from relay.database.connecting import open_connection
from relay.database.scripts import run_script
from relay.settings import Settings
from tests.database.migration.conftest import SECTIONS, write_next
from tests.database.test_driver_errors import URL_OF_COBRA, recorded
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk
from tests.world.examinations import cleared
from tests.world.patient import JUNE, Patient
from tests.world.servers import Server

WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "file_missing": ("sqlite", {"database": "NOWHERE"}),
    "database_not_open": ("mssql", {"database": "NOWHERE"}),
    "login_failed": ("mssql", {"password": "NOWORD"}),
    "server_unreachable": ("mssql", {"port": 1}),
}
"""Code to the dialect that gives it, and the part of a URL that is wrong."""


@cleared("triggers_not_installed")
def test_healthy_patient(patient: Patient) -> None:
    """An installation that is ready for its triggers has no errors, and says what comes next."""
    assert patient.errors() == set()
    assert patient.found()["triggers_not_installed"] is Severity.INFO
    patient.install()
    assert "triggers_not_installed" not in patient.found()
    assert patient.errors() == set()


def wrong(patient: Patient, **changes: Any) -> Settings:
    """Return a configuration in which a part of the first year's URL is not right."""
    good = patient.settings
    years = [year.model_dump() for year in good.sage.year]
    url = make_url(str(years[0]["url"])).set(**changes)
    years[0]["url"] = url.render_as_string(hide_password=False)
    sage = good.sage.model_copy(update={"year": [type(good.sage.year[0])(**y) for y in years]})
    return good.model_copy(update={"sage": sage})


def assert_away(patient: Patient, code: str) -> None:
    """Assert that a year is one finding, and that cobra and the other year are examined."""
    (away,) = (f for f in patient.findings() if f.code == code)
    assert (away.severity, away.database) == (Severity.ERROR, f"Sage {YEARS[0]}")
    assert "triggers_not_installed" in patient.found()


@pytest.mark.parametrize("code", sorted(WRONG))
@cleared(*WRONG)
def test_database_that_is_away(patient: Patient, code: str) -> None:
    """What keeps a year from being opened is told until its url in relay.toml is put right."""
    dialect, changes = WRONG[code]
    if patient.dialect != dialect:
        pytest.skip(f"an error of {dialect}")
    good = patient.settings
    patient.settings = wrong(patient, **changes)
    assert_away(patient, code)
    patient.settings = good
    assert code not in patient.found()


@cleared("database_unusable")
def test_file_that_is_no_database(patient: Patient) -> None:
    """A file that holds something else is told until the database is put back."""
    if patient.dialect != "sqlite":
        pytest.skip("a server's databases have a server")
    file = Path(patient.databases.years[0].database or "")
    kept = file.read_bytes()
    file.write_bytes(b"no database" * 1000)
    assert_away(patient, "database_unusable")
    file.write_bytes(kept)
    assert "database_unusable" not in patient.found()


@cleared("odbc_missing")
def test_machine_without_odbc(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the system's ODBC library each database is a finding, until it is installed."""
    if patient.dialect == "sqlite":
        pytest.skip("SQLite needs no driver")
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "pyodbc", None)
        found = [f.database for f in patient.findings() if f.code == "odbc_missing"]
    assert found == ["cobra", *(f"Sage {year}" for year in YEARS)]
    assert "odbc_missing" not in patient.found()


@pytest.mark.recorded
@pytest.mark.parametrize(("name", "code"), [
    ("certificate-linux", "certificate"), ("no-encryption", "encryption_missing"),
    ("driver", "driver_missing"), ("right", "right_missing"), ("secondary", "database_secondary"),
])  # fmt: skip
@cleared(
    "certificate", "encryption_missing", "driver_missing", "right_missing", "database_secondary"
)  # fmt: skip
def test_recorded_refusal(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    """What no server at hand says is told for the year that cannot be opened, until it opens."""
    url = make_url(URL_OF_COBRA)
    told = dialect_of(url).unavailable(recorded(name), url, f"Sage {YEARS[0]}")

    def refused(engine: Engine, what: str) -> Connection:
        if what.endswith(YEARS[0]):
            raise told
        return open_connection(engine, what)

    with monkeypatch.context() as away:
        away.setattr("relay.sage.year.open_connection", refused)
        assert_away(patient, code)
    assert code not in patient.found()


@cleared("config_password")
def test_password_that_is_not_there(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing password concerns its own database only."""
    good = patient.databases.settings()
    password: Any = {"env": "RELAY_TEST_NO_SUCH_WORD"}
    patient.configure(cobra={"password": password})

    (missing,) = (f for f in patient.findings() if f.code == "config_password")

    assert missing.database == "cobra"
    monkeypatch.setenv("RELAY_TEST_NO_SUCH_WORD", patient.databases.cobra.password or "")
    assert "config_password" not in patient.found()
    assert good.cobra.url == patient.settings.cobra.url


@cleared("schema_missing")
def test_before_anything_is_set_up(server: Server, tmp_path: Path) -> None:
    """With nothing but the vendors' tables the doctor finds no error, and names the first step."""
    cobra, *years = (server.create(name) for name in ("cobra", *YEARS))
    for url, script in zip((cobra, *years), ("demo/cobra", *["sage50/schema"] * 2), strict=True):
        with server.engine(url).begin() as connection:
            run_script(connection, script)
    patient = Patient(Databases(server, cobra, years))

    findings = patient.findings(JUNE)

    assert [f for f in findings if f.severity is Severity.ERROR] == []
    assert {f.database for f in findings if f.code == "schema_missing"} == {
        "cobra", *(f"Sage {year}" for year in YEARS),
    }  # fmt: skip
    migrated = Desk(patient.databases, tmp_path).relay("migrate")
    assert migrated.exit_code == 0, migrated.output
    assert "schema_missing" not in patient.found()


@cleared("schema_older")
def test_schema_of_an_older_relay(patient: Patient, tmp_path: Path) -> None:
    """Tables that a relay of an earlier version made are told until `relay migrate` has run."""
    url = patient.databases.cobra
    schema.downgrade(dialect_of(url).engine(url, lock_timeout_ms=2000), "source", "0001")
    (older,) = (f for f in patient.findings() if f.code == "schema_older")
    assert (older.severity, older.values["command"]) == (Severity.ERROR, "relay migrate")
    migrated = Desk(patient.databases, tmp_path).relay("migrate")
    assert migrated.exit_code == 0, migrated.output
    assert patient.errors() == set()


@cleared("schema_newer", "schema_older")
def test_schema_of_a_newer_relay(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables that a later version made are refused until that version is used."""
    folder = tmp_path / "later" / "alembic"
    shutil.copytree(alembic_folder(), folder)
    for section in SECTIONS:
        write_next(folder, section)
    with monkeypatch.context() as later:
        later.setattr(schema, "alembic_folder", lambda: folder)
        assert patient.found()["schema_older"] is Severity.ERROR
        migrated = Desk(patient.databases, tmp_path).relay("migrate")
        assert migrated.exit_code == 0, migrated.output
    newer = [f.database for f in patient.findings() if f.code == "schema_newer"]
    assert newer == ["cobra", *(f"Sage {year}" for year in YEARS)]
    monkeypatch.setattr(schema, "alembic_folder", lambda: folder)
    assert patient.errors() == set()


@cleared("check_failed")
def test_check_that_fails(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that the database refuses is told, and the others still run."""
    survey = type(survey_of(patient.databases.server.engine(patient.databases.cobra)))
    with monkeypatch.context() as broken:
        broken.setattr(
            survey, "rivals", lambda _s, c, _t: c.execute(text("SELECT * FROM no_such_view"))
        )
        failed = [f for f in patient.findings() if f.code == "check_failed"]
        of_years = ("sage_tables.examine", "sage_counters.examine")
        assert [(f.values["check"], f.database) for f in failed] == [
            ("captured.rivals", "cobra"),
            *((check, f"Sage {year}") for year in YEARS for check in of_years),
        ]
        assert "triggers_not_installed" in patient.found()
    assert "check_failed" not in patient.found()


def test_connection_that_breaks_between_two_checks(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can still be asked is told; the examination does not end with a traceback."""
    patient.install()
    before = patient.found()

    def breaking(site: Site, place: Reached) -> Iterator[Finding]:
        del site
        place.connection.execute(text("SELECT 1")).all()
        raw = place.connection.connection.dbapi_connection
        assert raw is not None
        raw.close()
        yield from ()

    monkeypatch.setattr(doctor, "IN_A_YEAR", (breaking, *doctor.IN_A_YEAR))
    assert patient.found() == before


def test_connection_that_breaks_at_the_end(patient: Patient) -> None:
    """What is closed afterwards is broken already; what was found is told all the same."""
    patient.install()
    with open_site(patient.settings, JUNE) as site:
        found = list(examine(site))
        place = site.years[0]
        place.connection.execute(text("SELECT 1")).all()
        raw = place.connection.connection.dbapi_connection
        assert raw is not None
        raw.close()
    assert {finding.code for finding in found} == set(patient.found())
