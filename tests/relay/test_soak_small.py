"""Clerks, kills and the comparison of the books, as in `make soak`, only shorter."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.soak.running import Plan, soak


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_lost_double_or_stale(databases: Databases) -> None:
    """Killed while clerks go on writing, the relay still makes Sage equal to cobra, once."""
    summary = soak(databases, Plan(changes=400, kills=3, clerks=5, seed=1), print)
    assert summary.violations == []
    assert summary.deaths.total() == 3
    assert summary.between >= 1
