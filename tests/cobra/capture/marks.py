"""Which server a test is for."""

from __future__ import annotations

import pytest

only_mssql = pytest.mark.parametrize(
    "server", [pytest.param("mssql", marks=pytest.mark.mssql)], indirect=True
)
"""For what only a T-SQL server has."""
