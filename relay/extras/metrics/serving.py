"""Knows what the running relay counts of itself, and how a thread of its own shows all figures."""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Info,
    ProcessCollector,
    start_http_server,
)
from sqlalchemy.engine import Connection, Engine

import relay
from relay.cobra.deliveries import Result
from relay.cobra.lock import Lock
from relay.engine.chores import Duty
from relay.engine.service import Parts
from relay.engine.years import Years
from relay.extras.metrics.looking import Looking
from relay.settings import Settings
from relay.settings.parts import Metrics

_CHORE = "chore:"


class RelayCounters:
    """Counters that only grow while the process lives."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Take where the figures are shown."""
        self._batches = Counter(
            "relay_batches",
            "Batches of records that were acknowledged in cobra.",
            registry=registry,
        )
        self._records = Counter(
            "relay_records",
            "Records by what became of them; year is empty where no Sage year was asked.",
            ["entity", "year", "status"],
            registry=registry,
        )
        self._chores = Gauge(
            "relay_chore_last_success_timestamp_seconds",
            "When a chore last went well, since 1970.",
            ["chore"],
            registry=registry,
        )
        Info("relay_build", "The relay's version.", registry=registry).info(
            {"version": relay.__version__, "python": platform.python_version()}
        )
        self._batch: Tally[tuple[str, str, str]] = Tally()

    def record(self, _connection: Connection, results: Sequence[Result]) -> None:
        """Note a batch that is about to be acknowledged; it counts once it is."""
        self._batch = Tally()
        for result in results:
            entity = str(result.record.id.entity)
            for year, outcome in result.outcomes.items():
                self._batch[entity, year, str(outcome.status)] += 1
            if result.whole is not None:
                self._batch[entity, "", str(result.whole.status)] += 1

    def passed(self, name: str) -> None:
        """Hear of a boundary within a step, or of a chore that went well."""
        if name == "acknowledged":
            self._batches.inc()
            for labels, number in self._batch.items():
                self._records.labels(*labels).inc(number)
            self._batch = Tally()
        elif name.startswith(_CHORE):
            self._chores.labels(name.removeprefix(_CHORE)).set_to_current_time()


log = structlog.get_logger()
AGAIN_S = 60
"""How often a port is tried again that another process had."""


class Figures:
    """The figures of one process, shown as long as it lives."""

    def __init__(self, settings: Settings, metrics: Metrics, engine: Engine) -> None:
        """Begin to count; `engine` is for looks into cobra's database."""
        self.registry = CollectorRegistry()
        self.counting = RelayCounters(self.registry)
        self.registry.register(Looking(settings, engine))
        ProcessCollector(registry=self.registry)
        self._metrics = metrics
        self._end: Callable[[], None] | None = None

    def show(self) -> bool:
        """Show the figures unless that is done; a port that is taken never stops the relay.

        Returns False: nothing of this chore is left to do.
        """
        if self._end is not None:
            return False
        where = self._metrics
        try:
            server, thread = start_http_server(where.port, where.address, self.registry)
        except OSError as error:
            at = f"{where.address}:{where.port}"
            log.warning("metrics_not_shown", at=at, text=error.strerror or str(error))
            return False

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self._end = end
        return False

    def joined(self, parts: Parts) -> Parts:
        """Return what takes part in the relay together with these figures."""
        return parts.joined_by(self.counting.record, self.duty, self.counting.passed)

    def duty(self, _lock: Lock, _years: Years) -> Duty:
        """Return the chore that tries again to show them."""
        return Duty("metrics", AGAIN_S, self.show)

    def close(self) -> None:
        """Show them no longer."""
        if self._end is not None:
            self._end()
            self._end = None
