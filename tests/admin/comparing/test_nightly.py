"""Once a night everything is compared, a page between two batches, and people see the result."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from relay.admin.comparing import nightly
from relay.admin.comparing.nightly import FIRST_WITHIN, due_night
from relay.base.errors import Exit
from relay.cobra.comparisons import NightComparison, last_begun, last_finished
from tests.admin.comparing.test_drills import without_triggers
from tests.world.company import World
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.night import TONIGHT, compare

AT = time(2, 30)
DAY = timedelta(days=1)


def finished(night: date) -> NightComparison:
    """Return a comparison that came to its end."""
    return NightComparison(night, finished_at=datetime(2026, 11, 29, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("here", "last", "due"),
    [
        (TONIGHT, None, True),
        (TONIGHT - timedelta(minutes=2), None, False),
        (TONIGHT + FIRST_WITHIN, None, False),  # no new relay compares by day
        (TONIGHT, finished(TONIGHT.date() - DAY), True),
        (TONIGHT, finished(TONIGHT.date()), False),
        (TONIGHT + timedelta(hours=20), finished(TONIGHT.date() - DAY), True),  # made up for
        (TONIGHT, NightComparison(TONIGHT.date()), True),  # interrupted
        (TONIGHT - timedelta(hours=2), finished(TONIGHT.date() - DAY), False),
        (TONIGHT, finished(TONIGHT.date() + DAY), False),  # the clock was put back
    ],
)
def test_when_a_comparison_is_due(
    here: datetime, last: NightComparison | None, *, due: bool
) -> None:
    """Once a day after its time; what was missed is made up for, but for the first."""
    assert due_night(AT, here, last) == (here.date() if due else None)


@pytest.fixture
def _in_zurich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(clock, "tzset"):
        pytest.skip("this machine cannot be told its zone")
    monkeypatch.setitem(os.environ, "TZ", "Europe/Zurich")
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.mark.usefixtures("_in_zurich")
@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 29)])
def test_summer_time(night: date) -> None:
    """Where the clock skips 02:30, or shows it twice, it is once that night."""
    begun: list[date] = []
    last: NightComparison | None = finished(night - DAY)
    minute = datetime(night.year, night.month, night.day, tzinfo=UTC) - timedelta(hours=3)
    for _ in range(24 * 60):
        minute += timedelta(minutes=1)
        due = due_night(AT, minute.astimezone(), last)
        if due is not None:
            begun.append(due)
            last = finished(due)
    assert begun == [night]


def newest(world: World) -> NightComparison | None:
    with world.cobra.connect() as connection:
        return last_begun(connection)


def drifted(world: World) -> list[str]:
    """Let four of seven addresses change past the triggers."""
    keys = [world.add() for _ in range(7)]
    world.drain()
    with without_triggers(world):
        for key in keys[:4]:
            world.change(key, CITY0="Thun")
    return keys


def test_once_a_night_and_everybody_sees_it(world: World, desk: Desk) -> None:
    """A row has what was found; status and monitoring tell it; it is not repeated that night."""
    drifted(world)
    assert "compared" not in desk.relay("status").output
    assert compare(world) > 3
    found = newest(world)
    assert found is not None
    assert (found.night, found.records, found.differences) == (TONIGHT.date(), 7, 8)
    assert (dict(found.kinds), found.not_compared, found.years_missed) == ({"field": 8}, 0, ())
    assert found.finished_at is not None
    assert compare(world, TONIGHT + timedelta(hours=1)) == 0
    assert compare(world, TONIGHT + DAY) > 3
    assert "8 Unterschiede" in desk.relay("status").output
    assert desk.json("status")["compared"]["differences"] == 8
    checked = desk.relay("status", "--check")
    assert checked.exit_code == Exit.FINDINGS
    assert "«relay compare» zeigt sie" in checked.stderr


def test_interrupted_comparison_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that takes over goes on where the other one was; nothing is counted twice."""
    monkeypatch.setattr(nightly, "NOTED", 1)
    drifted(world)
    assert compare(world, pages=2) == 2
    begun = newest(world)
    assert begun is not None
    assert (begun.finished_at, begun.records) == (None, 4)
    with world.cobra.connect() as connection:
        assert last_finished(connection) is None
    compare(world, TONIGHT + timedelta(minutes=5))
    ended = newest(world)
    assert ended is not None
    assert (ended.records, ended.differences) == (7, 8)


def test_a_night_without_differences_is_told_too(world: World, desk: Desk) -> None:
    """All is well is a result."""
    world.add()
    world.drain()
    compare(world)
    assert "0 Unterschiede" in desk.relay("status").output
    assert "Vergleich" not in desk.relay("status", "--check").stderr


def test_switched_off(databases: Databases) -> None:
    """With `off` there is no chore, and nothing is ever due."""
    world = World(databases, relay={"compare_at": "off"})
    assert nightly.housework(world.settings) == []
    assert compare(world) == 0
    assert len(nightly.housework(databases.settings())) == 1


def test_reinstalled_triggers_say_since_when(world: World, desk: Desk) -> None:
    """Whoever installs what was missing learns what may have gone unnoticed, and the command."""
    assert "relay compare" not in desk.relay("triggers", "install").output
    world.add()
    world.drain()
    desk.relay("triggers", "drop")
    told = desk.relay("triggers", "install").output
    assert "Zuletzt waren die Trigger am" in told
    assert "relay compare --notice" in told
    assert "Zuletzt" not in desk.relay("triggers", "install").output


@pytest.mark.parametrize("server", [pytest.param("sqlite", id="sqlite")], indirect=True)
def test_figures(world: World) -> None:
    """Prometheus has it too, once there is something to tell."""
    from relay.extras.metrics.looking import Looking  # noqa: PLC0415 - needs another package

    drifted(world)
    figures = Looking(world.settings, world.relay_engine())
    before = {metric.name: metric.samples for metric in figures.collect()}
    assert before["relay_compare_differences"] == []
    compare(world)
    told = {metric.name: metric.samples for metric in figures.collect()}
    assert told["relay_compare_differences"][0].value == 8
    assert told["relay_compare_finished_timestamp_seconds"][0].value > 0
