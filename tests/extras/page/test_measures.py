"""How things were is kept for each minute of a day, then for each hour, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from relay.cobra.lock import hold
from relay.engine.service import Parts, taken_over
from relay.extras.page.measures import (
    FINE,
    KEPT,
    Measure,
    Measuring,
    in_hours,
    keep,
    measured,
    since,
    thin,
)
from relay.extras.page.overview import STEPS, charts
from relay.extras.page.tables import page_tables
from tests.world.office import Office, position

NOON = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)


def minute(ago: timedelta, **more: int) -> Measure:
    of: dict[str, int] = {"lag_seconds": 0, "open_entries": 0, "held": 0, "moved": 0} | more
    return Measure(at=NOON - ago, minutes=1, **of)


def test_measures_are_thinned_and_end(office: Office) -> None:
    """Nothing that moved is lost in an hour, the worst is kept, and doing it again is harmless."""
    begin = NOON - timedelta(days=401)
    with office.relay_engine().begin() as connection:
        keep(connection, Measure(begin, 60, 9, 9, 9, 9))
        for number in range(0, 30 * 60, 10):  # thirty hours, every ten minutes
            keep(connection, minute(timedelta(minutes=number), lag_seconds=number, moved=1))
        thin(connection, NOON)
        rows = since(connection, begin)
        thin(connection, NOON)
        assert since(connection, begin) == rows
    assert all(row.at >= NOON - KEPT for row in rows)
    assert sum(row.moved for row in rows) == 180
    hours = [row for row in rows if row.minutes == 60]
    assert [row.at.hour for row in hours] == [6, 7, 8, 9, 10]
    assert max(row.lag_seconds for row in rows) == 1790
    assert min(row.at for row in rows if row.minutes == 1) <= NOON - FINE


def test_thinned_again_later(office: Office) -> None:
    """The hours that were put together before stay as they are."""
    with office.relay_engine().begin() as connection:
        for number in range(0, 30 * 60, 10):
            keep(connection, minute(timedelta(minutes=number), moved=1))
        thin(connection, NOON)
        before = [row for row in since(connection, NOON - timedelta(days=3)) if row.minutes == 60]
        thin(connection, NOON + timedelta(hours=3))
        after = [row for row in since(connection, NOON - timedelta(days=3)) if row.minutes == 60]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3


def test_hours_keep_the_worst() -> None:
    """Of lag, open and held; and all that moved."""
    rows = [minute(timedelta(minutes=n), lag_seconds=n, held=n % 3, moved=2) for n in (2, 1, 0)]
    (hour,) = in_hours(rows)
    assert hour == Measure(NOON.replace(minute=0), 60, 2, 0, 2, 6)


def test_what_is_measured(office: Office) -> None:
    """What is due and how long, what is held, and what moved since the row before."""
    customer = office.add()
    office.invoice(customer, position("100.00"))
    office.invoice(customer, position("50.00", account="9999"), number="20260002")
    measuring = Measuring()
    parts = measuring.joined(Parts())
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings, parts.milestone, parts.recorders) as (step, _):
            with lock.reading() as connection:
                assert measured(connection, 0).open_entries == 5
            while step.step():
                pass
            measuring.measure(lock)
            measuring.measure(lock)
            with lock.reading() as connection:
                first, second = since(connection, measured(connection, 0).at - timedelta(hours=1))
    assert first.held == second.held == 2
    assert first.open_entries == 2
    assert first.lag_seconds == 0
    assert (first.moved, second.moved) == (2, 0)  # the invoice with its address


def test_batch_that_was_not_acknowledged_counts_once() -> None:
    """What comes again did not move twice."""
    measuring = Measuring()
    measuring.passed("acknowledged")
    assert measuring.joined(Parts()).housework == (measuring.duty,)


def test_charts_show_the_highest_and_the_sum() -> None:
    """Each part of the time has one point; without measures there is no line."""
    rows = [minute(timedelta(minutes=n), lag_seconds=n, moved=1, held=3) for n in range(1, 1440)]
    lag, moved, held = charts(rows, NOON, timedelta(hours=24))
    assert lag.highest == 1439
    assert moved.total == 1439
    assert held.last == 3
    points = lag.points.split()
    assert len(points) == STEPS
    assert points[0] == "0,0"
    assert points[-1].startswith("600,")
    assert charts([], NOON, timedelta(hours=24))[0].points == ""


def test_rows_are_few(office: Office) -> None:
    """A year of measuring is no more than a day of minutes and the hours of the rest."""
    m = page_tables(office.dialect.name).measure
    with office.relay_engine().begin() as connection:
        for number in range(0, 48 * 60, 15):
            keep(connection, minute(timedelta(minutes=number)))
        thin(connection, NOON)
        count = connection.execute(select(func.count()).select_from(m)).scalar_one()
    assert count < 26 * 4 + 24
