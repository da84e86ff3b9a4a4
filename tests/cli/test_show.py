"""`relay show` tells a record's history: what changed, when, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relay.base.errors import Exit
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk


def test_history_of_a_record(desk: Desk, world: World) -> None:
    """Each change is shown in order with its fields, its status and what was sent to each year."""
    key = world.add(SAGENR0="7001", CITY0=None, CHANGEDBY0="rosa")
    world.drain()
    world.change(key, CITY0="Bern", CHANGEDBY0="paul")
    world.drain()
    first, second = desk.json("show", key)
    assert (first["operation"], first["created_by"], first["status"]) == (
        "insert",
        "rosa",
        "applied",
    )
    assert (second["changed"], second["created_by"]) == ("city", "paul")
    assert second["status"] == "applied", second["text"]
    assert [d["year"] for d in second["deliveries"]] == list(YEARS)
    assert second["deliveries"][0]["sent"]["City"] == "Bern"
    told = desk.relay("show", key)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Adresse 7001, ")
    assert "City = Bern" in told.stdout
    assert told.stdout.count("Nummer in Sage 7001") == 2
    ended = f"Mit Eintrag {second['id']} erledigt: {first['id']}"
    assert ended in told.stdout
    assert "durch rosa" in told.stdout


def test_by_a_part_of_the_name(desk: Desk, world: World) -> None:
    """One that is called so is shown; of several each is named, to choose from."""
    bakery = world.add(SAGENR0="7001", COMPANY1="Bäckerei Muster AG")
    world.add(SAGENR0="7002", COMPANY1="Metzgerei Muster AG")
    world.drain()
    assert {told["key"] for told in desk.json("show", "ckerei M")} == {bakery}
    several = desk.relay("show", "Muster")
    assert several.exit_code == Exit.REFUSED
    assert "Bäckerei Muster AG" in several.stderr
    assert "Metzgerei Muster AG" in several.stderr
    assert desk.relay("show", "50% Muster_").exit_code == Exit.REFUSED


def test_by_the_number_of_an_entry(desk: Desk, world: World) -> None:
    """The id of an entry, as log and SQL name it, finds its record's whole history."""
    world.add(SAGENR0="7002")
    key = world.add(SAGENR0="7003", CITY0=None)
    world.change(key, PHONE0="031 1")
    entry = world.entries(key)[-1].id
    found = {told["key"] for told in desk.json("show", str(entry))}
    assert found == {key} or str(entry) in {e.entity_key for e in world.entries()}


def test_says_what_is_wrong_and_where_to_correct_it(desk: Desk, world: World) -> None:
    """A waiting address names itself, the missing field, the place, and that it goes by itself."""
    key = world.add(CITY0=None)
    world.drain()
    told = " ".join(desk.relay("show", key).stdout.split())
    assert "Müller AG: Es fehlen Angaben: city. Bitte in cobra ergänzen" in told
    assert "von selbst nach Sage" in told


def test_nothing_known(desk: Desk, world: World) -> None:
    """A key that no entry has is answered with an exit status of its own."""
    assert world.entries() == []
    result = desk.relay("show", "999999999999999999999")
    assert (result.exit_code, "gibt es keinen Eintrag" in result.stderr) == (4, True)


def test_a_sentence_is_told_once(desk: Desk, world: World) -> None:
    """Entries that are held for the same reason point to the one that tells it."""
    key = world.add(CITY0=None)
    world.drain()
    world.change(key, PHONE0="1")
    world.drain()
    told = desk.relay("show", key).stdout
    assert told.count("Bitte in cobra ergänzen") == 1
    newest = world.entries(key)[-1].id
    assert f"Dasselbe wie bei Eintrag {newest}." in told


def test_what_cobra_does_not_hold_any_more(desk: Desk, world: World) -> None:
    """The number under which an address was sent finds it after its row is gone."""
    key = world.add(SAGENR0="7010")
    world.drain()
    world.remove(key)
    world.drain()
    assert {told["key"] for told in desk.json("show", "7010")} == {key}
    assert desk.relay("show", "7010").stdout.startswith("Adresse 7010")


@pytest.mark.parametrize("spelled", [str.upper, str.lower, "{{{}}}".format])
def test_guid_in_any_spelling(desk: Desk, world: World, spelled: Callable[[str], str]) -> None:
    """A key that is a GUID is found in capitals, small letters and braces."""
    key = "0F8FAD5B-D9CB-469F-A165-70867728950E"
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        row = {"entity": "address", "entity_key": key, "operation": "insert", "status": "held"}
        connection.execute(o.insert().inline().values(row))
    assert {told["key"] for told in desk.json("show", spelled(key))} == {key}
    done = desk.relay("skip", "--key", f"address:{spelled(key)}", "--reason", "Test")
    assert (done.exit_code, key in done.stdout) == (0, True)


@pytest.mark.parametrize("typed", ["70\u200b01", "\uff17\uff10\uff10\uff11", " 7001"])
def test_number_as_people_see_it(desk: Desk, world: World, typed: str) -> None:
    """What is pasted from a letter with a mark that nobody sees is the same number."""
    key = world.add(SAGENR0="7001")
    world.drain()
    assert {told["key"] for told in desk.json("show", typed)} == {key}
    world.remove(key)  # by what was sent, since cobra does not hold it any more
    world.drain()
    assert {told["key"] for told in desk.json("show", typed)} == {key}
