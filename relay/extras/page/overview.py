"""Knows the first page: whether it works, how much is open, how it was, what went wrong last.

How it was becomes lines: points of an inline SVG, drawn by attributes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.admin.monitoring import findings
from relay.admin.naming import abouts_of, may_name
from relay.admin.status import YEAR_STATES, state
from relay.admin.stuck import StuckRecord, stuck_records, with_texts
from relay.base import texts
from relay.base.values import OPEN, Status
from relay.cobra.tables import source_tables
from relay.database import utcnow
from relay.extras.page.measures import Measure, since
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit
from relay.settings import Settings

MAX_LAG_S = 600
"""What is due and older is a trouble, as for `relay status --check`."""
LAST = 8
"""Problems that the first page names."""
DAY, MONTH = timedelta(hours=24), timedelta(days=30)


def overview(visit: Visit, connection: Connection) -> Response:
    """Show it; a browser with scripts asks for it again every few seconds."""
    settings = visit.desk.settings
    situation = state(connection, [year.name for year in settings.sage.year], OPEN)
    now = connection.execute(select(utcnow())).scalar_one()
    measures = since(connection, now - timedelta(days=32))
    drift = visit.desk.drift.found(connection)
    last = newest_problems(connection, settings, LAST)
    return rendered(
        visit,
        "overview",
        situation=situation,
        troubles=[
            *(texts.of_problem(one, visit.language) for one in findings(situation, MAX_LAG_S)),
            *(visit.text(code, **values) for code, values in drift or []),
        ],
        drift=drift,
        open_records=sum(depth.records for depth in situation.depth.values()),
        moved=_moved(measures, now),
        spans=_spans(measures, now),
        last=last,
        is_named=not last or any(o.name for o in last) or may_name(connection, settings),
        now=now,
        paused={pause.scope for pause in situation.pauses},
        year_codes=YEAR_STATES,
    )


def newest_problems(connection: Connection, settings: Settings, most: int) -> list[StuckRecord]:
    """Return the records that were held last, with names and texts, the newest first."""
    o = source_tables(connection.dialect.name).outbox
    held = stuck_records(connection, o.c.status == str(Status.HELD), newest=4 * most)
    some = sorted(held, key=lambda one: -one.entry)[:most]
    names = abouts_of(connection, settings, [one.record for one in some])
    return with_texts(connection, [replace(one, about=names.get(one.record)) for one in some])


def _moved(measures: Sequence[Measure], now: datetime) -> tuple[int, int] | None:
    """Return how many records moved today and this month, by this machine's clock."""
    if not measures:
        return None
    here = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        sum(one.moved for one in measures if one.at >= here),
        sum(one.moved for one in measures if one.at >= here.replace(day=1)),
    )


def _spans(measures: Sequence[Measure], now: datetime) -> list[tuple[str, list[LineChart]]]:
    if not measures:
        return []
    return [
        ("page_last_day", charts(measures, now, DAY)),
        ("page_last_month", charts(measures, now, MONTH)),
    ]


WIDTH, HEIGHT = 600, 100
"""Of the picture's own units; the style sheet says how large it is shown."""
STEPS = 120
"""Parts into which the time is cut: the highest of each part is drawn, or the sum."""


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line over some time."""

    title: str
    """Code of its text."""
    points: str
    """As `polyline` has them; empty if nothing was measured."""
    highest: int
    last: int
    total: int


def charts(measures: Sequence[Measure], now: datetime, span: timedelta) -> list[LineChart]:
    """Return lag, throughput and holds over the time before now."""
    begin = now - span
    within = [one for one in measures if begin < one.at <= now]
    places = [min(STEPS - 1, int((one.at - begin) / span * STEPS)) for one in within]
    lags: list[int | None] = [None] * STEPS
    moved, held = lags.copy(), lags.copy()
    for place, one in zip(places, within, strict=True):
        lags[place] = max(lags[place] or 0, one.lag_seconds)
        moved[place] = (moved[place] or 0) + one.moved
        held[place] = max(held[place] or 0, one.held)
    titles = ("page_chart_lag", "page_chart_moved", "page_chart_held")
    return [_chart(title, line) for title, line in zip(titles, (lags, moved, held), strict=True)]


def _chart(title: str, line: Sequence[int | None]) -> LineChart:
    known = [(at, value) for at, value in enumerate(line) if value is not None]
    highest = max((value for _, value in known), default=0)
    scale = HEIGHT / max(highest, 1)
    points = " ".join(
        f"{at * WIDTH / (STEPS - 1):.0f},{HEIGHT - value * scale:.0f}" for at, value in known
    )
    if len(known) == 1:  # a line to itself is drawn as a dot
        points = f"{points} {points}"
    last = known[-1][1] if known else 0
    return LineChart(title, points, highest, last, sum(value for _, value in known))
