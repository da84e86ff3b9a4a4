"""The relay dies at every step's boundary, and the next one loses and doubles nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import null, update

from relay.sage.tables import target_tables
from tests.world.company import World
from tests.world.databases import YEARS

BOUNDARIES = [
    "polled",
    "listed",
    "in_hand",
    "read",
    "listed_again",
    *(f"{step}:{year}" for year in YEARS for step in ("written", "committed")),
    "before_ack",
    "acknowledged",
]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_repeats_without_loss_or_double(world: World, boundary: str) -> None:
    """Insert and update survive a death at this boundary: applied once, with the newest state."""
    first = world.add(SAGENR0="1")
    world.drain()
    world.change(first, CITY0="Bern")
    second = world.add(SAGENR0="2")
    assert world.crash_at(boundary)
    world.change(first, CITY0="Thun")
    world.drain()
    assert set(world.statuses()) == {"applied"}
    for year in YEARS:
        assert {n: row["City"] for n, row in world.in_sage(year).items()} == {
            "1": "Thun",
            "2": "Langnau i. E.",
        }
        assert set(world.links(year)) == {first, second}
    world.assert_nothing_double()


@pytest.mark.parametrize("named", [None, 0])
def test_ledger_is_believed_whatever_it_names_as_its_newest(
    world: World, named: int | None
) -> None:
    """A year that was paired anew names no newest entry, or one from before those that it has."""
    world.drain()
    key = world.add(SAGENR0="1")
    assert world.crash_at("before_ack")
    for year in YEARS:
        peer = target_tables(world.dialect.name).peer
        with world.sage[year].begin() as connection:
            connection.execute(
                update(peer).values(newest_id=null() if named is None else named, newest_uid=null())
            )
    world.drain()
    assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()


def test_change_during_the_read_is_not_lost(world: World) -> None:
    """A clerk who saves between our read and our second listing is heard: the read is dropped."""
    key = world.add(SAGENR0="1")
    saved: list[bool] = []

    def save_once(reached: str) -> None:
        if reached == "read" and not saved:
            saved.append(True)
            world.change(key, CITY0="Bern")

    world.drain(save_once)
    assert world.in_sage(YEARS[0])["1"]["City"] == "Bern"
    assert world.statuses(key) == ["applied", "applied"]
    first, second = world.entries(key)
    assert first.applied_by == second.applied_by == second.id, "one read answers both"
    world.assert_nothing_double()


@pytest.mark.parametrize("boundary", ["listed_again", f"committed:{YEARS[0]}", "before_ack"])
def test_change_after_the_read_brings_its_own(world: World, boundary: str) -> None:
    """A clerk who saves while Sage is written is heard: that entry stays and is taken next."""
    key = world.add(SAGENR0="1")
    saved: list[bool] = []

    def save_once(reached: str) -> None:
        if reached == boundary and not saved:
            saved.append(True)
            world.change(key, CITY0="Bern")

    world.drain(save_once)
    assert world.in_sage(YEARS[1])["1"]["City"] == "Bern"
    first, second = world.entries(key)
    assert (first.applied_by, second.applied_by) == (first.id, second.id)
    world.assert_nothing_double()
