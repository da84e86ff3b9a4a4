"""Clock, room and connection, as far as the server at hand can show them."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest

from relay.admin.doctor import Severity
from tests.world.examinations import cleared
from tests.world.patient import Patient

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - what the library returns


@cleared("clock_differs")
def test_clock(patient: Patient) -> None:
    """A clock that is an hour off is told until it is right; a second is nothing."""
    now = datetime.now(UTC)
    assert patient.found(now + timedelta(hours=1))["clock_differs"] is Severity.WARNING
    assert patient.found(now - timedelta(hours=1))["clock_differs"] is Severity.WARNING
    assert "clock_differs" not in patient.found(datetime.now(UTC))


@cleared("disk_nearly_full")
def test_disk(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room is told until there is some."""
    if patient.dialect == "mssql":
        pytest.skip("the disk of a server is seen in recorded rows")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 10**9))
        assert patient.found()["disk_nearly_full"] is Severity.WARNING
        full.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 10**8))
        assert patient.found()["disk_nearly_full"] is Severity.ERROR
        full.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**11, 9 * 10**11))
        assert "disk_nearly_full" not in patient.found()


def test_what_only_the_stand_in_says(patient: Patient) -> None:
    """Babelfish is exempt from the version check, with a warning; SQLite needs none."""
    if patient.dialect == "sqlite":
        assert "server_is_stand_in" not in patient.found()
        return
    if "server_is_stand_in" not in patient.found():
        pytest.skip("this is SQL Server itself")
    assert patient.found()["server_is_stand_in"] is Severity.WARNING
    assert "server_too_old" not in patient.found()
    assert patient.findings()[0].code == "server_is_stand_in"
