"""What cannot be reached or has not been set up is told, and the rest is examined all the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from relay import schema
from relay.dialect import dialect_of
from relay.dialect.survey import survey_of
from relay.doctor import Severity
from relay.scripts import run_script
from tests.databases import YEARS, Databases
from tests.doctor.patient import JUNE, Patient
from tests.servers import Server


def test_healthy_patient(patient: Patient) -> None:
    """An installation that is ready for its triggers has no errors, and says what comes next."""
    assert patient.errors() == set()
    assert patient.found()["triggers_not_installed"] is Severity.INFO
    patient.install()
    assert "triggers_not_installed" not in patient.found()
    assert patient.errors() == set()


def test_database_that_is_away(patient: Patient) -> None:
    """A year with a wrong name is one finding; cobra and the other year are examined."""
    good = patient.settings
    years = [year.model_dump() for year in good.sage.year]
    years[0]["url"] = str(years[0]["url"]).replace(YEARS[0], "NOWHERE")
    sage = good.sage.model_copy(update={"year": [type(good.sage.year[0])(**y) for y in years]})
    patient.settings = good.model_copy(update={"sage": sage})
    code = "file_missing" if patient.dialect == "sqlite" else "database_not_open"

    (away,) = (f for f in patient.findings() if f.code == code)

    assert (away.severity, away.database) == (Severity.ERROR, f"Sage {YEARS[0]}")
    assert "triggers_not_installed" in patient.found()
    patient.settings = good
    assert code not in patient.found()


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


def test_before_anything_is_set_up(server: Server) -> None:
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
    for url, section in zip((cobra, *years), ("source", "target", "target"), strict=True):
        schema.upgrade(dialect_of(url).engine(url, lock_timeout_ms=2000), section)  # type: ignore[arg-type] # a literal
    assert "schema_missing" not in patient.found()


def test_schema_of_another_version(patient: Patient) -> None:
    """Tables of a newer relay are refused; those of an older one ask for `relay migrate`."""
    version = patient.own("source_version")
    was = schema.head("source")
    patient.in_cobra(f"UPDATE {version} SET version_num = '9999'")
    assert patient.found()["schema_newer"] is Severity.ERROR
    patient.in_cobra(f"UPDATE {version} SET version_num = '{was}'")
    assert "schema_newer" not in patient.found()


def test_older_schema(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that knows a later version than the database has asks for `relay migrate`."""
    with monkeypatch.context() as later:
        later.setattr(schema, "head", lambda _section: "9999")
        assert patient.found()["schema_older"] is Severity.ERROR
    assert "schema_older" not in patient.found()


def test_check_that_fails(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that the database refuses is told, and the others still run."""
    survey = type(survey_of(patient.databases.server.engine(patient.databases.cobra)))
    with monkeypatch.context() as broken:
        broken.setattr(
            survey, "rivals", lambda _s, c, _t: c.execute(text("SELECT * FROM no_such_view"))
        )
        (failed,) = (f for f in patient.findings() if f.code == "check_failed")
        assert (failed.values["check"], failed.database) == ("captured.rivals", "cobra")
        assert "triggers_not_installed" in patient.found()
    assert "check_failed" not in patient.found()
