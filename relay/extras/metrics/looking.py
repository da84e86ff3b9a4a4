"""Knows what is looked up in cobra's database each time somebody asks for the figures.

A look reads what is open by an index, waits for nobody, and has a connection of its own: the relay
at work does not notice it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Lock as Mutex

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.admin.status import asking
from relay.base import texts
from relay.base.errors import RelayError
from relay.base.values import OPEN, Status
from relay.cobra import access
from relay.cobra.capture import verify
from relay.cobra.comparisons import last_finished
from relay.cobra.tables import source_tables
from relay.database import dialect_of, utcnow
from relay.settings import Settings

log = structlog.get_logger()
_DUE = (Status.PENDING, Status.RETRYING)


class Looking(Collector):
    """The state of the outbox, the Sage years and the triggers."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Take how cobra is read beside the loop."""
        self._settings = settings
        self._engine = engine
        self._one_at_a_time = Mutex()
        self._findings = 0
        self._verified: float | None = None

    def collect(self) -> Iterator[Metric]:
        """Return the figures as they are now; without cobra only that it does not answer."""
        with self._one_at_a_time:
            try:
                with asking(self._engine) as connection:
                    found = [
                        *_outbox(connection),
                        *_years(connection, self._settings),
                        *_compared(connection),
                        self._triggers(connection),
                    ]
                is_there = True
            except (RelayError, DBAPIError) as error:
                what = texts.of_error(error, "en") if isinstance(error, RelayError) else error.orig
                log.warning("metrics_without_cobra", text=str(what))
                found, is_there = [], False
        yield GaugeMetricFamily(
            "relay_cobra_up", "1 if cobra's database answers.", value=float(is_there)
        )
        yield from found

    def describe(self) -> Iterator[Metric]:
        """Return nothing, so that the figures are not looked up when the relay starts."""
        return iter(())

    def _triggers(self, connection: Connection) -> Metric:
        """Verify the triggers as often as the relay itself does, not with each look."""
        now = time.monotonic()
        often = self._settings.relay.trigger_check_seconds
        if self._verified is None or now - self._verified >= often:
            self._findings = len(verify(connection, self._settings))
            self._verified = now
        help_text = "Capture triggers that are missing, disabled or differ from the mapping."
        return GaugeMetricFamily("relay_trigger_findings", help_text, value=self._findings)


def _outbox(connection: Connection) -> Iterator[Metric]:
    o = source_tables(connection.dialect.name).outbox
    kind = (o.c.status, o.c.error_code)
    query = select(*kind, func.count(), func.min(o.c.created_at)).where(o.c.status.in_(OPEN))
    rows = connection.execute(access.COUNTED.on(query, o).group_by(*kind)).all()
    now = connection.execute(select(utcnow())).scalar_one()
    entries = GaugeMetricFamily(
        "relay_open_entries", "Entries that are not finished.", labels=["status"]
    )
    held = GaugeMetricFamily(
        "relay_held_entries", "Held entries by the code of their reason.", labels=["code"]
    )
    for status in OPEN:
        entries.add_metric([str(status)], sum(n for what, _, n, _ in rows if what == status))
    for what, code, number, _ in rows:
        if what == Status.HELD:
            held.add_metric([str(code or "")], number)
    ages = [(what, (now - since).total_seconds()) for what, _, _, since in rows]
    due = max((age for what, age in ages if what in _DUE), default=0.0)
    oldest = max((age for _, age in ages), default=0.0)
    yield entries
    yield held
    yield GaugeMetricFamily(
        "relay_lag_seconds", "Age of the oldest entry that is due; 0 if none is.", value=max(due, 0)
    )
    yield GaugeMetricFamily(
        "relay_oldest_open_seconds",
        "Age of the oldest entry that is not finished, also if it waits or is held.",
        value=max(oldest, 0),
    )


def _compared(connection: Connection) -> Iterator[Metric]:
    found = last_finished(connection)
    differences = GaugeMetricFamily(
        "relay_compare_differences",
        "Differences between cobra and Sage that the newest nightly comparison found.",
    )
    finished = GaugeMetricFamily(
        "relay_compare_finished_timestamp_seconds", "When that comparison came to its end."
    )
    if found is not None and found.finished_at is not None:
        differences.add_metric([], found.differences)
        finished.add_metric([], found.finished_at.timestamp())
    yield differences
    yield finished


def _years(connection: Connection, settings: Settings) -> Iterator[Metric]:
    tables = source_tables(connection.dialect.name)
    states: dict[str, str] = dict(
        connection.execute(select(tables.year.c.name, tables.year.c.state)).all()
    )
    ready = GaugeMetricFamily(
        "relay_year_ready",
        "1 if the relay can write to the Sage year.",
        labels=["year", "mandant"],
    )
    for year in settings.sage.year:
        ready.add_metric([year.name, year.mandant], float(states.get(year.name) == "ready"))
    paused = GaugeMetricFamily(
        "relay_paused", "1 for each Sage year that a person paused; * is all.", labels=["scope"]
    )
    for scope in connection.execute(select(tables.pause.c.scope)).scalars():
        paused.add_metric([scope], 1)
    yield ready
    yield paused
    yield GaugeMetricFamily(
        "relay_working",
        "1 if a relay, this one or a reserve, has the lock and transfers.",
        value=float(dialect_of(connection).is_locked(connection)),
    )
