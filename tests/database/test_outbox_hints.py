"""How statements meet rows of the outbox that somebody else has open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.dialects import mssql

from relay.base.codes import End
from relay.base.files import sql_folder
from relay.base.values import Entity, Entry, Record, RecordId, Status
from relay.cobra.hand import take_in_hand
from relay.database import schema
from tests.bench.drain import draining
from tests.world.company import World
from tests.world.databases import Databases
from tests.world.outbox_hints import DECLARED, HINTS, Watch, without_hint

OF_OUTBOX = re.compile(r"\brelay\.outbox\b(?!_)")
TEXTS = [
    path
    for path in sorted((sql_folder() / "mssql").rglob("*.sql"))
    if path.parent.name not in {"capture", "rights"}
    and OF_OUTBOX.search(path.read_text(encoding="utf-8"))
]
PASSED_DECISION = re.compile(r"decision(?: AS \w+)? WITH \([^)]*READPAST")
SAID = re.compile(r"-- Meets the outbox as relay/cobra/access\.py says: (\w+(?:, \w+)*)\.")


def test_each_kind_has_its_reason() -> None:
    """What waits seeks, except where nobody is there to be waited for."""
    assert all(len(each.reason) > 40 for each in DECLARED.values())
    awaited = {name for name, each in DECLARED.items() if "READPAST" not in each.hint.text}
    assert {n for n in awaited if "FORCESEEK" not in DECLARED[n].hint.text} == {"ALL"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_views_and_procedures_say_theirs(path: Path) -> None:
    """Each names its kinds at the top, and has exactly their hints."""
    text = path.read_text(encoding="utf-8")
    told = SAID.fullmatch(text.splitlines()[1])
    assert told, "the second line says how it meets the outbox"
    kinds = told[1].split(", ")
    assert without_hint(text) == []
    hints = {hint for hint in HINTS if hint in text}
    assert hints == {DECLARED[kind].hint.text for kind in kinds}


def test_a_statement_without_hint_is_found() -> None:
    """The watch sees tables and aliases, and is not taken in by columns, comments, inserts."""
    assert without_hint("SELECT relay.outbox.id FROM relay.outbox")
    assert without_hint("SELECT o.id FROM [relay].[outbox] AS o WHERE o.id = 1")
    assert without_hint("UPDATE relay_outbox SET status = 'x'")
    assert without_hint("SELECT 1 FROM relay.outbox WITH (NOLOCK)")
    assert without_hint("INSERT INTO relay.outbox (id) SELECT id FROM relay.outbox")
    assert not without_hint("INSERT INTO relay.outbox (id) VALUES (1)")
    assert not without_hint("SELECT 1 -- relay.outbox\nFROM relay.outbox_version")
    assert not without_hint(f"DELETE FROM relay.outbox {DECLARED['WRITTEN'].hint.text}")


def compiled(statement: Any) -> str:
    return str(statement.compile(dialect=mssql.dialect()))  # type: ignore[no-untyped-call] # as SQLAlchemy has it


SEEKS = {
    "LISTED_AGAIN": "FORCESEEK (ix_outbox_entity_entity_key_id (entity, entity_key))",
    "STUCK": "FORCESEEK",
    "KEPT": "FORCESEEK",
    "KNOWN": "FORCESEEK",
}


@pytest.mark.parametrize("kind", SEEKS)
def test_what_waits_seeks_by_an_index_that_exists(kind: str) -> None:
    """The hint names an index of the table and its leading columns, or SQL Server refuses it."""
    assert SEEKS[kind] in DECLARED[kind].hint.text
    seek = DECLARED[kind].hint.seek
    assert seek is not None
    made = re.search(
        rf"(INDEX {seek.index} ON relay\.outbox|CONSTRAINT {seek.index} [A-Z ]+) \(([\w, ]+)\)",
        schema.script("source", "mssql"),
    )
    assert made
    assert tuple(made[2].split(", "))[: len(seek.columns)] == seek.columns


def test_a_seek_without_its_condition_is_found() -> None:
    """FORCESEEK by a column of which the statement says nothing is error 8622: there is no plan."""
    table = f"relay.outbox AS o {DECLARED['LISTED_AGAIN'].hint.text}"
    assert without_hint(f"SELECT 1 FROM {table} WHERE o.entity = 'x' AND o.id = 1")
    assert without_hint(f"SELECT 1 FROM {table} WHERE q.entity = 'x' AND q.entity_key = '1'")
    assert not without_hint(f"SELECT 1 FROM {table} WHERE o.entity = 'x' AND o.entity_key IN ('1')")


def test_statements_that_wait_are_sent_with_their_seek(
    databases: Databases, outbox_watch: Watch
) -> None:
    """The second listing, people's decisions, acknowledgement and reopening, as they are sent."""
    world = World(databases)
    for _ in range(3):
        world.add()
    outbox_watch.sent.clear()
    outbox_watch.seen.clear()
    with draining(world.settings) as drain:
        drain.step()
        drain.outbox.reopen("year:X")
        drain.outbox.reopen_all(["X"], ["X"], End.CONFIGURATION)
        drain.outbox.recheck(End.SAGE)
        drain.outbox.without_news([])
        take_in_hand(drain.outbox._lock, [_stuck_invoice()])  # noqa: SLF001 - the step's own
    found = {
        name for name in DECLARED if any(DECLARED[name].hint.text in s for s in outbox_watch.sent)
    }
    assert found >= {"POLLED", "LISTED", "LISTED_AGAIN", "TAKEN", "KEPT", "STUCK", "WRITTEN"}


def test_no_decision_is_passed_over(databases: Databases, outbox_watch: Watch) -> None:
    """A person's decision that somebody's page lock hides would be as if it had not been taken.

    An erased person's name would be written, a skipped invoice booked.
    """
    world = World(databases)
    world.add()
    outbox_watch.sent.clear()
    outbox_watch.seen.clear()
    world.drain()
    asked = [sent for sent in outbox_watch.sent if "decision" in sent]
    assert asked
    assert [sent for sent in asked if PASSED_DECISION.search(sent)] == []


def _stuck_invoice() -> Record:
    entry = Entry(
        id=-1, uid=uuid4(), operation="update", cause="trigger", status=Status.HELD, attempts=0
    )
    return Record(RecordId(Entity.INVOICE, "1"), (entry,))
