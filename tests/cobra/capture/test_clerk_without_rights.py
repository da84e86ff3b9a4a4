"""A clerk who may use cobra's table and nothing else."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from relay.cobra import capture
from relay.cobra.capture import NotCapturable
from relay.database import dialect_of
from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql

# Babelfish checks the rights of whoever fires a trigger for what the trigger writes; SQL Server
# does not, since captured table, outbox and sequence have one owner.
ON_BABELFISH = [
    "GRANT INSERT ON relay.outbox TO {who}",
    "GRANT UPDATE ON relay.outbox_id TO {who}",
]


def on_babelfish(cobra: Cobra) -> bool:
    """Ask the server."""
    return bool(cobra.ask("SELECT CAST(SERVERPROPERTY('Babelfish') AS int)") == 1)


@pytest.fixture
def clerk(cobra: Cobra) -> Iterator[URL]:
    """Give the URL of a login that may read and write the address table."""
    who = f"clerk_{uuid.uuid4().hex[:8]}"
    word = f"Aa1-{uuid.uuid4().hex}"
    grants = [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {cobra.table()} TO {{who}}"]
    grants += ON_BABELFISH if on_babelfish(cobra) else []
    cobra.save(f"CREATE LOGIN {who} WITH PASSWORD = '{word}'", f"CREATE USER {who} FOR LOGIN {who}")
    cobra.save(*(grant.format(who=who) for grant in grants))
    yield cobra.url.set(username=who, password=word)
    cobra.close()
    drop = f"DROP LOGIN {who}"
    deadline = time.monotonic() + 30
    while (objection := cobra.objection(drop)) and time.monotonic() < deadline:
        time.sleep(0.05)  # the server may not have noticed yet that the session is closed
    assert objection is None


@only_mssql
def test_clerk_needs_no_right_on_the_relays_tables(cobra: Cobra, clerk: URL) -> None:
    """The save works, is noted under the clerk's own login, and shows the clerk no outbox."""
    session = cobra.connect(clerk)
    with session.begin():
        session.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")
        session.exec_driver_sql(f"INSERT INTO {cobra.table()} (CITY0) VALUES ('Thun')")
        session.exec_driver_sql(f"DELETE FROM {cobra.table()} WHERE ID = 2")

    assert sorted(cobra.changes()) == [
        ("1", "update", "city"),
        ("2", "delete", None),
        ("3", "insert", None),
    ]
    assert {entry.created_by for entry in cobra.noted()} == {clerk.username}
    with pytest.raises(DBAPIError), session.begin():
        session.exec_driver_sql("SELECT COUNT(*) FROM relay.outbox").scalar_one()


@only_mssql
def test_clerk_may_not_install(cobra: Cobra, clerk: URL) -> None:
    """Who lacks the right is told so before anything is tried."""
    cobra.save(f"GRANT SELECT ON relay.source_version TO {clerk.username}")

    with pytest.raises(NotCapturable) as refusal:
        capture.install(dialect_of(clerk).engine(clerk, lock_timeout_ms=200), cobra.settings)

    assert [problem.code for problem in refusal.value.problems] == ["trigger_right_missing"]
    assert cobra.verify() == []
