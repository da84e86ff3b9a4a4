"""Knows the first page: whether it works, how much is open, how it was, what went wrong last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.admin.monitoring import findings
from relay.admin.naming import may_name
from relay.admin.status import YEAR_STATES, Situation, state
from relay.base import texts
from relay.base.values import OPEN
from relay.database import utcnow
from relay.extras.page.charts import LineChart, charts
from relay.extras.page.measures import Measure, since
from relay.extras.page.open_records import newest_problems
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit

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
        troubles=_troubles(visit, situation, drift),
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


def _troubles(
    visit: Visit, situation: Situation, drift: list[tuple[str, dict[str, object]]] | None
) -> list[str]:
    """Return all that is not in order, in sentences."""
    of_state = [texts.of_problem(one, visit.language) for one in findings(situation, MAX_LAG_S)]
    return of_state + [visit.text(code, **values) for code, values in drift or []]


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
