"""What people decided goes along when a relay is migrated, up and down."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import BigInteger, Column, Table, Unicode, UnicodeText, insert, null, select

from relay.cobra.tables import source_tables
from relay.database import UtcDateTime, schema
from relay.database.tables import own_table, placed

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AWKWARD = 'a"<1>&ü'


def skip(connection: Connection, key: str, hours: int, reason: str, **more: Any) -> None:
    """Write an entry that was skipped so many hours after noon."""
    o = source_tables(connection.dialect.name).outbox
    told = {"entity": "invoice", "entity_key": key, "operation": "update", "status": "skipped"}
    at = NOON + timedelta(hours=hours)
    row = told | {"reason": reason, "created_at": NOON, "finished_at": at} | more
    connection.execute(insert(o).inline(), row)


def resend(connection: Connection, key: str, hours: int, *, is_purged: bool = False) -> None:
    """Write what a person's `resend` left behind so many hours after noon."""
    t = source_tables(connection.dialect.name)
    at = NOON + timedelta(hours=hours)
    detail = orjson.dumps([f"invoice {key}"]).decode()
    connection.execute(
        insert(t.audit).inline(), {"at": at, "action": "resend", "reason": "x", "detail": detail}
    )
    if not is_purged:
        told = {"entity": "invoice", "entity_key": key, "operation": "snapshot"}
        connection.execute(insert(t.outbox).inline(), told | {"cause": "resend", "created_at": at})


def decisions(engine: Engine) -> dict[tuple[str, str], tuple[str, str]]:
    """Return key and topic to decision and reason."""
    d = source_tables(engine.dialect.name).decision
    with engine.connect() as connection:
        rows = connection.execute(select(d)).all()
    return {(r.entity_key, r.topic): (r.decision, r.reason) for r in rows}


def test_skips_go_along(engine: Engine) -> None:
    """A person's last skip counts, unless a resend came after it, also one that was purged."""
    schema.upgrade(engine, "source")
    schema.downgrade(engine, "source", "0002")
    with engine.begin() as connection:
        skip(connection, "kept", 1, "erst so")
        skip(connection, "kept", 2, "dann so")
        skip(connection, "kept", 9, "weil übersprungen", error_code="invoice_skipped")
        skip(connection, "again", 3, "doch nicht")
        resend(connection, "again", 2)
        for key in ("resent", AWKWARD):
            skip(connection, key, 1, "vorbei")
        resend(connection, "resent", 1)
        resend(connection, AWKWARD, 2, is_purged=True)
        skip(connection, "address", 1, "egal", entity="address")
    schema.upgrade(engine, "source")
    expected = {
        ("kept", "transfer"): ("skip", "dann so"),
        ("again", "transfer"): ("skip", "doch nicht"),
    }
    assert decisions(engine) == expected

    o = source_tables(engine.dialect.name).outbox
    with engine.begin() as connection:  # the relay has purged them since
        connection.execute(o.delete())
    schema.downgrade(engine, "source", "0002")
    with engine.connect() as connection:
        rows = connection.execute(o.select()).all()
    assert {(r.entity_key, r.status, r.error_code, r.reason) for r in rows} == {
        ("kept", "skipped", None, "dann so"), ("again", "skipped", None, "doch nicht"),
    }  # fmt: skip
    schema.upgrade(engine, "source")
    assert decisions(engine) == expected


def test_adoptions_go_along(engine: Engine) -> None:
    """Of several decisions about one pair the newest; another pair has its own."""
    names = ("mark", "entity_key", "number", "decision")
    columns: list[Column[Any]] = [Column(name, Unicode(450)) for name in names]
    columns += [Column("debtor", BigInteger), Column("seen", UnicodeText)]
    columns.append(Column("decided_at", UtcDateTime))
    former = make_dataclass("former", [("a", Table, own_table("adoption", *columns))], frozen=True)
    a: Any = placed(former, engine.dialect.name).a
    schema.upgrade(engine, "source")
    schema.downgrade(engine, "source", "0002")
    rows = (
        ("m1", "1", "7", None, "link", 1), ("m2", "1", "7", 5, "separate", 2),
        ("m3", "1", "8", None, "link", 1), ("m4", "1", "", 5, "link", 2),
        ("m5", "1", "", 6, "separate", 1), ("m6", "2", "7", 5, "link", 1),
    )  # fmt: skip
    with engine.begin() as connection:
        for mark, key, number, debtor, decision, hours in rows:
            told = {"mark": mark, "entity_key": key, "number": number, "decision": decision}
            at = NOON + timedelta(hours=hours)
            more = {"debtor": null() if debtor is None else debtor}
            seen = {"seen": '{"A": {}}', "decided_at": at}
            connection.execute(insert(a).values(**told, **more, **seen))
    schema.upgrade(engine, "source")
    assert {key: decision for key, (decision, _) in decisions(engine).items()} == {
        ("1", "address 7"): "separate", ("1", "address 8"): "link",
        ("1", "debtor 5"): "link", ("1", "debtor 6"): "separate", ("2", "address 7"): "link",
    }  # fmt: skip

    schema.downgrade(engine, "source", "0002")
    with engine.connect() as connection:
        found = connection.execute(select(a)).all()
    assert {(r.mark, r.entity_key, r.number, r.debtor, r.decision, r.seen) for r in found} == {
        (mark, key, number, debtor, decision, '{"A": {}}')
        for mark, key, number, debtor, decision, _ in rows
        if mark != "m1"
    }
