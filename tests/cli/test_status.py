"""`relay status` says what is open, how old it is, and how the years are; it changes nothing."""

from __future__ import annotations

from datetime import datetime

from relay.cobra.lock import hold
from relay.database.connecting import cobra_engine
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk


def test_all_done(desk: Desk, world: World) -> None:
    """With nothing open there is no lag, and each year is ready."""
    world.add()
    world.drain()
    result = desk.relay("status")
    assert result.exit_code == 0, result.output
    assert "alles ist erledigt" in result.stdout
    assert "läuft nicht" in result.stdout
    state = desk.json("status")
    assert state["depth"] == {"applied": {"entries": 1, "records": 1, "oldest_seconds": None}}
    assert (state["lag_seconds"], state["running"]) == (None, False)
    assert [(y["name"], y["state"], y["depth"]) for y in state["years"]] == [
        (name, "ready", {}) for name in YEARS
    ]


def test_what_is_open(desk: Desk, world: World) -> None:
    """Open entries are counted by status, in all and for each year; the oldest gives the lag."""
    waiting = world.add(CITY0=None)
    world.drain()
    world.add()
    state = desk.json("status")
    assert {name: depth["entries"] for name, depth in state["depth"].items()} == {
        "pending": 1,
        "waiting": 1,
    }
    assert state["lag_seconds"] >= state["depth"]["pending"]["oldest_seconds"] >= 0
    assert (state["oldest"]["entity"], state["oldest"]["key"]) == ("address", waiting)
    assert [year["depth"] for year in state["years"]] == [{"pending": 1, "waiting": 1}] * 2
    assert f"(Schlüssel {waiting})" in desk.relay("status").stdout


def test_a_remembered_state_is_told_as_one(desk: Desk, world: World) -> None:
    """Since when a year is so; without a relay that it is what one saw last."""
    world.add()
    world.drain()
    told = desk.relay("status").stdout
    assert "als zuletzt eines sie sah" in told
    since = desk.json("status")["years"][0]["since"]
    assert f"{datetime.fromisoformat(since).astimezone():%d.%m.%Y %H:%M}" in told
    assert all(line == line.rstrip() for line in told.splitlines())
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        assert "als zuletzt eines sie sah" not in desk.relay("status").stdout


def test_before_the_first_run(desk: Desk) -> None:
    """A year that no relay has ever met is shown as such."""
    assert [year["state"] for year in desk.json("status")["years"]] == ["unknown"] * 2
    assert desk.relay("status").stdout.count("noch nie verbunden") == 2


def test_paused(desk: Desk, world: World) -> None:
    """A pause is shown with who and why, and at its year."""
    desk.pause(world, YEARS[1])
    state = desk.json("status")
    assert [year["paused"] for year in state["years"]] == [False, True]
    assert "Rosa Muster, Jahresabschluss" in desk.relay("status").stdout


def test_beside_a_running_relay(desk: Desk, world: World) -> None:
    """The lock is not needed: while a relay has it, status says that one runs."""
    with hold(cobra_engine(world.settings)) as lock:
        assert lock is not None
        assert desk.json("status")["running"] is True
    assert desk.json("status")["running"] is False


def test_check_tells_a_monitoring_system(desk: Desk, world: World) -> None:
    """`--check` leaves with 6 and names each finding; without one it leaves with 0."""
    world.drain()
    told = desk.relay("status", "--check")
    assert told.exit_code == 6  # no relay runs
    assert "relay run" in told.stderr
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        assert desk.relay("status", "--check").exit_code == 0
        world.add()
        assert desk.relay("status", "--check").exit_code == 0  # due, but not for long
        assert "0 s" in desk.relay("status", "--check", "--max-lag", "0").stderr
    desk.pause(world, YEARS[0])
    assert "relay resume" in desk.relay("status", "--check").stderr
