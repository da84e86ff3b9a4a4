"""Databases that were restored, copied or mistaken are told, and the way back clears it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from relay.admin.doctor import Severity
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk
from tests.world.examinations import cleared
from tests.world.patient import Patient


class Paired(Patient):
    """An installation whose relay has run."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        """Run it once."""
        super().__init__(databases)
        self.world = World(databases)
        self.world.add()
        self.world.drain()
        self.desk = Desk(databases, folder)

    def relay(self, *args: str) -> None:
        """Call `relay` as the finding says."""
        result = self.desk.relay(*args, "--yes", "--reason", "test")
        assert result.exit_code == 0, result.output

    def uid(self) -> str:
        """Return a new GUID as the dialect writes it."""
        return uuid4().hex if self.dialect == "sqlite" else str(uuid4())


@pytest.fixture
def paired(databases: Databases, tmp_path: Path) -> Paired:
    """Such an installation."""
    return Paired(databases, tmp_path)


def test_paired_databases(paired: Paired) -> None:
    """Where both sides agree nothing is said."""
    assert paired.errors() == set()


@cleared("cobra_copied")
def test_cobra_elsewhere(paired: Paired) -> None:
    """A cobra that is not where it was paired is told until it is paired as moved."""
    paired.in_cobra(f"UPDATE {paired.own('identity')} SET database_name = 'other'")
    assert paired.errors() == {"cobra_copied"}
    paired.relay("pair", "--cobra", "moved")
    assert paired.errors() == set()


@cleared("year_moved", "year_copied", "wrong_installation")
def test_year_elsewhere(paired: Paired) -> None:
    """A year that moved, or was copied from another one, is told until it is paired."""
    paired.in_cobra(
        f"UPDATE {paired.own('year')} SET database_name = 'other' WHERE name = '{YEARS[0]}'"
    )
    assert paired.errors() == {"year_moved"}
    paired.relay("pair", YEARS[0])
    paired.in_year(1, f"UPDATE {paired.own('peer')} SET year = '{YEARS[0]}'")
    assert paired.errors() == {"year_copied"}
    paired.relay("pair", YEARS[1])
    paired.in_year(1, f"UPDATE {paired.own('peer')} SET installation = '{paired.uid()}'")
    assert paired.errors() == {"wrong_installation"}
    paired.relay("pair", YEARS[1])
    assert paired.errors() == set()


@cleared("sage_restored")
def test_restored_year(paired: Paired) -> None:
    """A year that lost what was acknowledged is told until it is reconciled."""
    paired.in_year(1, f"DELETE FROM {paired.own('applied')}")
    assert paired.found()["sage_restored"] is Severity.ERROR
    paired.relay("reconcile")
    assert "sage_restored" not in paired.found()


@cleared("cobra_restored")
def test_restored_cobra(paired: Paired) -> None:
    """A cobra that does not know what Sage has booked is told until it is reconciled."""
    for number in (0, 1):
        paired.in_year(number, f"UPDATE {paired.own('peer')} SET newest_uid = '{paired.uid()}'")
    assert paired.found()["cobra_restored"] is Severity.ERROR
    paired.relay("reconcile")
    assert "cobra_restored" not in paired.found()
