"""The largest batch that can be configured: each statement takes its parameters."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import Delivery, Entry, Outcome, Person, Record, RecordId, Status
from relay.cobra.acknowledge import acknowledge
from relay.cobra.deliveries import Result
from relay.cobra.lock import hold
from relay.cobra.tables import source_tables
from relay.database import dialect_of
from tests.world.databases import Databases
from tests.world.outbox_hints import MOST_PARAMETERS

LARGEST = 1000
"""`[relay] batch_size` at its most."""
GROUPS = 2
"""What the ledger has already after a crash, and what came later."""


def test_acknowledges_the_largest_batch_after_a_crash(databases: Databases) -> None:
    """Each record has two results, each of them several entries, one of which carried it out."""
    dialect = dialect_of(databases.cobra)
    o = source_tables(dialect.name).outbox
    engine = dialect.engine(databases.cobra, lock_timeout_ms=2000)
    with engine.begin() as connection:
        rows = [
            {"entity": "invoice", "entity_key": str(number), "operation": "update"}
            for number in range(LARGEST)
            for _ in range(2 * GROUPS)
        ]
        dialect.insert_rows(connection, o, rows)
    entries: dict[str, list[Any]] = {}
    with databases.server.engine(databases.cobra).connect() as connection:
        for row in connection.execute(select(o.c.id, o.c.uid, o.c.entity_key).order_by(o.c.id)):
            entries.setdefault(row.entity_key, []).append(row)
    results: list[Result] = []
    carriers: dict[int, int] = {}
    for key, mine in entries.items():
        for group in (mine[:2], mine[2:]):
            carriers |= {row.id: group[-1].id for row in group}
            results.append(_applied(key, group))
    with hold(engine) as lock:
        assert lock is not None
        with lock.reading() as connection:
            connection.execute(insert(lock.tables.identity).values(id=1, **_identity()))
        acknowledge(lock, results, lambda problem, _record: problem.code)
    with databases.server.engine(databases.cobra).connect() as connection:
        found = connection.execute(select(o.c.id, o.c.status, o.c.applied_by)).all()
    assert {row.status for row in found} == {"applied"}
    assert {row.id: row.applied_by for row in found} == carriers


def _applied(key: str, rows: list[Any]) -> Result:
    entries = tuple(
        Entry(
            id=row.id, uid=row.uid, operation="update", cause="trigger", status=Status.PENDING,
            attempts=0, deliveries=(Delivery("MUSTER2026", Status.PENDING, 0),),
        )
        for row in rows
    )  # fmt: skip
    record = Record(RecordId("invoice", key), entries)
    return Result(record, {}, Outcome(Status.APPLIED))


def _identity() -> dict[str, Any]:
    return {"installation": uuid4(), "incarnation": 1, "epoch": 0}


def test_many_named_records_are_taken_in_portions(databases: Databases) -> None:
    """A person may name as many entries and keys as a sheet has."""
    dialect = dialect_of(databases.cobra)
    o = source_tables(dialect.name).outbox
    engine = dialect.engine(databases.cobra, lock_timeout_ms=2000)
    with engine.begin() as connection:
        rows = [
            {"entity": "invoice", "entity_key": str(n), "operation": "update", "status": "held"}
            for n in range(LARGEST)
        ]
        dialect.insert_rows(connection, o, rows)
    with databases.server.engine(databases.cobra).connect() as connection:
        ids = tuple(connection.execute(select(o.c.id).order_by(o.c.id)).scalars())
    with engine.begin() as connection:
        named = tuple(f"invoice:{n}" for n in range(MOST_PARAMETERS))
        repair = Repair(connection, Person("sabine", "geprüft"))
        every = [RecordId("invoice", str(n)) for n in range(LARGEST)]
        assert (
            repair.release(EntrySelection(entries=ids, keys=named[: LARGEST // 2])) == every[:500]
        )
        assert repair.skip(EntrySelection(entries=ids)) == every[500:]
        assert len(repair.resend(EntrySelection(keys=named))) == len(named)
