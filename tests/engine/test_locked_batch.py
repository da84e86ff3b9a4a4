"""A batch of which clerks have every record open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import orjson
import pytest
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from relay.cobra.outbox import Outbox
from relay.cobra.reading.rows import TableReader
from relay.engine import step
from relay.rules.address.facts import fingerprint
from tests.bench.drain import draining
from tests.engine.test_years import _locked
from tests.world.company import World
from tests.world.databases import YEARS, Databases

RECORDS = 8


@pytest.mark.parametrize(("patience_s", "looks"), [(0.0, 1), (3600.0, 2 * RECORDS - 1)])
@pytest.mark.parametrize(
    "where", [(Outbox, "without_news"), (TableReader, "_read"), (step, "skipped_invoices")]
)
def test_search_for_the_locked_records_ends(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    patience_s: float,
    looks: int,
    where: tuple[Any, str],
) -> None:
    """Each look may take a lock timeout: when patience is over, the rest comes later."""
    world = World(databases)
    for _ in range(RECORDS):
        world.add()
    seen: list[int] = []

    def locked(_self: object, records: Sequence[object], *_more: object) -> NoReturn:
        seen.append(len(records))
        raise _locked()

    monkeypatch.setattr("relay.base.halving.SPLITTING_S", patience_s)
    with draining(world.settings) as drain:
        monkeypatch.setattr(*where, locked)
        drain.step()
    assert len(seen) == looks
    entries = world.entries()
    assert {(e.status, e.error_code, e.attempts) for e in entries} == {
        ("retrying", "record_locked", 0)
    }


def test_a_locked_decision_is_looked_up_again(databases: Databases) -> None:
    """What people have confirmed is not forgotten because somebody had it open for a moment."""
    world = World(databases)
    decision = world.outbox.decision
    keys = [world.add(SAGENR0=number) for number in ("70", "71")]
    for key, number in zip(keys, ("70", "71"), strict=True):
        stands = fingerprint({"AdrId": number, "Corp": "Alt"})
        of_year = {"address": stands, "debtor_address": ""}
        told = {"entity": "address", "entity_key": key, "topic": f"address {number}"}
        told |= {"number": number, "decision": "link"}
        with world.cobra.begin() as connection:
            text = orjson.dumps(dict.fromkeys(YEARS, of_year)).decode()
            connection.execute(insert(decision).values(**told, seen=text))
        for year in YEARS:
            world.write_sage(year, "Adr", AdrId=number, Corp="Alt")
    looks: list[str] = []

    def locked_once(*about: Any) -> None:
        if "topic" in about[2] and "seen" in about[2] and not looks:
            looks.append(about[2])
            raise _locked()

    with draining(world.settings) as drain:
        event.listen(Engine, "before_cursor_execute", locked_once)
        try:
            drain.step()
        finally:
            event.remove(Engine, "before_cursor_execute", locked_once)
    assert looks
    assert [world.statuses(key) for key in keys] == [["applied"], ["applied"]]
