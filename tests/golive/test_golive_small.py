"""A cobra and a Sage that know the same customers go live, as `python -m tests.golive` at large."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golive.going import GoLive
from tests.golive.town import OF_20_000, Kind
from tests.world.databases import Databases


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_unconfirmed_is_changed(databases: Databases, tmp_path: Path) -> None:
    """400 addresses and 300 debtors: every doubt is listed, the rest flows, Sage keeps its own."""
    going = GoLive(databases, tmp_path, 400)
    summary = going.run(print)
    assert summary.violations == []
    assert len(going.town.in_cobra) == 400
    assert len(going.debtors) == 300
    for spoil in (  # the comparison itself must be able to fail
        "UPDATE Adr SET Code = 'ALT' WHERE Corp LIKE 'Ganz anders 1 %'",
        "UPDATE PKd SET WrnLk = 1 - WrnLk WHERE PkKey = 100000",
        "UPDATE Adr SET PCode = 99 WHERE Corp LIKE 'Match 1 %'",
        "DELETE FROM Adr WHERE Corp LIKE 'Cobra Only 1 %'",
    ):
        summary.violations.clear()
        with going.sage.begin() as connection:
            assert connection.exec_driver_sql(spoil).rowcount == 1
        going.compare()
        assert summary.violations, spoil


def test_size_of_the_town() -> None:
    """The full size is what it is said to be: a twin is two addresses of one debtor."""
    twins, cobra_only = OF_20_000[Kind.TWIN], OF_20_000[Kind.COBRA_ONLY]
    total = sum(OF_20_000.values())
    assert total - OF_20_000[Kind.SAGE_ONLY] + twins == 20_000
    assert total - cobra_only == 15_000
