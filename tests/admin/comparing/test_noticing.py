"""What a comparison found goes over by ordinary notices; what was changed in Sage is held."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from relay.base.errors import Exit
from tests.admin.comparing.test_drills import found, without_triggers
from tests.world.bookkeeper import Bookkeeper
from tests.world.company import World
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.office import THIS

WHY = ("--notice", "--reason", "Trigger fehlten")
CORRECTING = merged(INVOICES, {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}})


def by_hand(world: World, key: str, column: str, value: str, year: str = THIS) -> None:
    """Change a field of an address in Sage, as a colleague does."""
    number = world.links(THIS)[key][0]
    with world.sage[year].begin() as connection:
        told = f"UPDATE Adr SET {column} = '{value}' WHERE AdrId = '{number}'"
        connection.execute(text(told))


def notice(desk: Desk) -> None:
    """Queue what differs."""
    told = desk.relay("compare", *WHY)
    assert told.exit_code == Exit.FINDINGS, told.output


def test_exactly_what_differs(world: World, desk: Desk) -> None:
    """Only the records that differ get a notice, with its cause, and the audit names them."""
    keys = [world.add() for _ in range(6)]
    world.drain()
    with without_triggers(world):
        for key in keys[:3]:
            world.change(key, CITY0="Thun")
        loaded = world.add()
        world.remove(keys[3])
    before = {entry.id for entry in world.entries()}
    notice(desk)
    new = [entry for entry in world.entries() if entry.id not in before]
    assert sorted(entry.entity_key for entry in new) == sorted([*keys[:4], loaded])
    assert {entry.cause for entry in new} == {"compare"}
    a = world.outbox.audit
    with world.cobra.connect() as connection:
        (row,) = connection.execute(a.select().where(a.c.action == "compare")).all()
    assert row.reason == "Trigger fehlten"
    assert sorted(orjson.loads(row.detail)) == sorted(f"address {e.entity_key}" for e in new)
    world.drain()
    assert found(desk) == set()
    here = world.in_sage(THIS)
    cities = [here[world.links(THIS)[key][0]]["City"] for key in (*keys[:3], loaded)]
    assert cities == ["Thun", "Thun", "Thun", "Langnau i. E."]
    assert world.links(YEARS[0]).keys() == world.links(THIS).keys()


def test_changed_in_sage_is_held(world: World, desk: Desk) -> None:
    """What a colleague changed in Sage stays until somebody decides; the rest goes over."""
    theirs, both, ours = (world.add() for _ in range(3))
    world.drain()
    by_hand(world, theirs, "Road", "Bahnhofstrasse 1")
    by_hand(world, both, "City", "Bern")
    with without_triggers(world):
        world.change(both, CITY0="Thun")
        world.change(ours, CITY0="Thun")
    notice(desk)
    world.drain()
    newest = {key: world.entries(key)[-1] for key in (theirs, both, ours)}
    assert {key: (entry.status, entry.error_code) for key, entry in newest.items()} == {
        theirs: ("held", "changed_in_sage"),
        both: ("held", "changed_in_sage"),
        ours: ("applied", None),
    }
    number = world.links(THIS)[theirs][0]
    assert world.in_sage(THIS)[number]["Road"] == "Bahnhofstrasse 1"
    assert "Road: Sage «Bahnhofstrasse 1», cobra «Dorfstrasse 7a»" in newest[theirs].error
    assert found(desk) == set()  # all that differs is held
    foreseen = {(one["key"], one["year"]): one for one in desk.json("check", "--pending")}
    assert foreseen[theirs, THIS]["code"] == "changed_in_sage"


@pytest.mark.parametrize("way_out", ["cobra saved", "resend", "skip", "corrected in Sage"])
def test_ways_out_of_what_was_changed_in_sage(world: World, desk: Desk, way_out: str) -> None:
    """A save in cobra carries the whole state, a person decides, or Sage is put right."""
    key = world.add()
    world.drain()
    by_hand(world, key, "Road", "Bahnhofstrasse 1")
    notice(desk)
    world.drain()
    number = world.links(THIS)[key][0]
    if way_out == "cobra saved":
        world.change(key, PHONE0="1")
    elif way_out == "resend":
        desk.relay("resend", "--key", f"address:{key}", "--reason", "cobra gilt")
    elif way_out == "skip":
        desk.relay("skip", "--key", f"address:{key}", "--reason", "Sage gilt")
    else:
        by_hand(world, key, "Road", "Dorfstrasse 7a")
        desk.relay("release", "--key", f"address:{key}", "--reason", "in Sage korrigiert")
    world.drain()
    assert world.statuses(key)[-1] == ("skipped" if way_out == "skip" else "applied")
    road = "Bahnhofstrasse 1" if way_out == "skip" else "Dorfstrasse 7a"
    assert world.in_sage(THIS)[number]["Road"] == road


def test_overwrite_by_policy(databases: Databases, tmp_path: Path) -> None:
    """With `overwrite` cobra counts, whoever changed it in Sage."""
    told = {"sage": {"on_foreign_change": "overwrite"}}
    world, desk = World(databases, **told), Desk(databases, tmp_path, **told)
    key = world.add()
    world.drain()
    by_hand(world, key, "Road", "Bahnhofstrasse 1")
    notice(desk)
    world.drain()
    assert world.statuses(key)[-1] == "applied"
    assert world.in_sage(THIS)[world.links(THIS)[key][0]]["Road"] == "Dorfstrasse 7a"
    assert found(desk) == set()


def test_books_are_only_told(databases: Databases, tmp_path: Path) -> None:
    """Invoices that went past the triggers are booked; what was changed in the books never is."""
    books, desk = Bookkeeper(databases, **CORRECTING), Desk(databases, tmp_path, **CORRECTING)
    customer = books.add()
    tampered, changed = (books.invoice(customer, number=f"2026000{n}") for n in (1, 2))
    books.drain_all()
    books.sage_execute(THIS, "DELETE FROM OPd WHERE OpId = '20260001'")
    with without_triggers(books):
        books.edit_positions(changed, NET="200.00")
        books.edit(changed, GROSS="216.20")
        new = books.invoice(customer, number="20260003")
    before = {entry.id for entry in books.entries()}
    notice(desk)
    noticed = {entry.entity_key for entry in books.entries() if entry.id not in before}
    assert noticed == {changed, new}
    books.drain_all()
    assert [books.state(key)[0] for key in (tampered, changed, new)] == ["applied"] * 3
    assert found(desk) == {("item_gone", tampered, THIS, "OpId", "sage")}


def test_reason_and_notice_belong_together(desk: Desk) -> None:
    """Nothing is queued without a reason, and a reason without a notice is a mistake."""
    for options in (("--notice",), ("--reason", "x")):
        assert desk.relay("compare", *options).exit_code == Exit.USAGE
