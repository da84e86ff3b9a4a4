"""MERGE, which inserts, updates and deletes in one statement."""

from __future__ import annotations

import pytest

from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql

MERGE = """
MERGE {table} AS t
USING (VALUES (1, 'Davos'), (99, 'Thun')) AS s (id, city) ON t.ID = s.id
WHEN MATCHED THEN UPDATE SET CITY0 = s.city
WHEN NOT MATCHED BY TARGET THEN INSERT (CITY0) VALUES (s.city)
WHEN NOT MATCHED BY SOURCE THEN DELETE;
"""


@only_mssql
def test_each_part_of_a_merge_is_noted_once(cobra: Cobra) -> None:
    """Three triggers fire for one statement, and each notes its own rows only."""
    objection = cobra.objection(MERGE.format(table=cobra.table()))
    if objection is not None and "not currently supported" in objection:
        pytest.skip("this server (Babelfish) has no MERGE")

    assert objection is None
    assert sorted(cobra.changes()) == [
        ("1", "update", "city"),
        ("2", "delete", None),
        ("3", "insert", None),
    ]
