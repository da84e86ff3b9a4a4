"""The views find what they show by indexes, however many finished entries there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world.servers import SqliteServer

ALIASES = ("o", "q", "w")
"""What the views call the outbox."""


@pytest.fixture
def sqlite(tmp_path: Path, _templates: Path) -> SqliteServer:
    """SQLite tells its plan; that of SQL Server depends on its statistics."""
    return SqliteServer(tmp_path, _templates)


def steps_on_outbox(server: SqliteServer, query: str) -> list[str]:
    """Return how the outbox is read."""
    engine = server.engine(server.create("cobra", "cobra"))
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    return [step for *_, step in plan if "relay_outbox" in step or step.split()[1] in ALIASES]


@pytest.mark.parametrize("view", ["v_open", "v_held", "v_waiting", "v_lag"])
def test_finished_entries_are_not_read(sqlite: SqliteServer, view: str) -> None:
    """Open entries are found by their status, others of a record by its key; nothing is scanned."""
    steps = steps_on_outbox(sqlite, f"SELECT * FROM relay_{view}")
    assert steps
    for step in steps:
        assert "(status=?)" in step or "(entity=? AND entity_key=?)" in step


def test_finished_entries_are_counted_by_the_index_alone(sqlite: SqliteServer) -> None:
    """Of the searches by status only the one of finished entries needs no row, and has none."""
    steps = steps_on_outbox(sqlite, "SELECT * FROM relay_v_status")
    assert len(steps) == 3
    assert all("(status=?)" in step for step in steps)
    assert ["COVERING" in step for step in steps] == [False, True, False]


def test_a_records_history_reads_the_record_alone(sqlite: SqliteServer) -> None:
    """Entity and key together are found by the index."""
    query = "SELECT * FROM relay_v_history WHERE entity = 'address' AND entity_key = '1'"
    steps = steps_on_outbox(sqlite, query)
    assert len(steps) == 3
    assert all("(entity=? AND entity_key=?)" in step for step in steps)
