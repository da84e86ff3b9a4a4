"""Knows what the running relay counts of itself: batches, records, chores."""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Info
from sqlalchemy.engine import Connection

import relay
from relay.cobra.deliveries import Result

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
