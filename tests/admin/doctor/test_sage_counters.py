"""A key that nobody's counter gives is told before Sage's own program meets a number of ours."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from relay.admin.doctor import Severity
from relay.sage.counters import is_same
from relay.settings import Profile
from relay.settings.profile import Counter
from tests.world.databases import INVOICES, make_databases, merged
from tests.world.examinations import cleared
from tests.world.odd_sages import OddSage
from tests.world.office import Office
from tests.world.patient import Patient
from tests.world.servers import Server


@pytest.fixture
def patient(server: Server) -> Patient:
    """A Sage with counters, in which its own program has booked, at a desk that knows of none."""
    databases = make_databases(server, OddSage("counters"))
    office = Office(databases)
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    assert office.state(key) == ("applied", None)
    return Patient(replace(databases, odd=None), **INVOICES)


def identity(tables: Iterable[Any]) -> dict[str, Any]:
    """Return a configuration by which the database gives the keys of tables."""
    return {"sage": {"profile": {"keys": {str(name): {"RowId": "identity"} for name in tables}}}}


def counters(patient: Patient) -> dict[tuple[str, str], str]:
    """Return the counters that are proposed."""
    return {
        (str(one.values["table"]), str(one.values["column"]).casefold()): str(one.values["counter"])
        for one in patient.findings()
        if one.code == "sage_counter_unused"
    }


@cleared("sage_counter_unused")
def test_counter_that_is_not_used(patient: Patient) -> None:
    """Each key stands where a counter does: it is told with its line, until the profile says it."""
    found = counters(patient)
    expected = Profile.model_validate(OddSage("counters").profile).keys
    assert found.keys() == {(name, "rowid") for name in expected}
    assert patient.found()["sage_counter_unused"] is Severity.WARNING
    line = "".join(f"[sage.profile.keys.{name}]\nRowId = {c}\n" for (name, _), c in found.items())
    told = Profile.model_validate(tomllib.loads(line)["sage"]["profile"]).keys
    for name, keys in told.items():
        one, other = keys["RowId"], expected[name]["RowId"]
        assert isinstance(one, Counter)
        assert isinstance(other, Counter)
        assert is_same(one, other)
    patient.configure(**merged(INVOICES, identity(told)))
    assert counters(patient) == {}


@cleared("sage_key_numbered")
def test_key_that_sqlite_numbers(patient: Patient) -> None:
    """What SQLite numbers unasked is told, until the profile says that it is meant."""
    if patient.dialect != "sqlite":
        pytest.skip("SQL Server numbers nothing that is not declared so")
    found = patient.findings()
    numbered = [one.values["table"] for one in found if one.code == "sage_key_numbered"]
    assert numbered == ["Adr", "OPd", "Blg", "Bk"] * 2
    patient.configure(**merged(INVOICES, identity(numbered)))
    assert "sage_key_numbered" not in patient.found()
