"""Knows which records met an error that nobody knows while no other record went through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import structlog

from relay.base.values import RecordId

log = structlog.get_logger()
ROUNDS = 3
"""So often the year's database is taken to be in trouble; from then on it is the record."""


class Suspects:
    """Counts such rounds for each record and Sage year; forgotten with the process."""

    def __init__(self) -> None:
        """Suspect nobody yet."""
        self._rounds: Counter[tuple[str, RecordId]] = Counter()

    def accuse(self, year: str, records: Iterable[RecordId], what: str) -> set[RecordId]:
        """Name those that met an unknown error; returns the ones whose fault it is by now."""
        named = list(records)
        for record in named:
            self._rounds[year, record] += 1
        names = [f"{record.entity} {record.key}" for record in named]
        log.warning("unknown_error", year=year, records=names, what=what)
        return {record for record in named if self._rounds[year, record] >= ROUNDS}

    def clear(self, year: str, records: Iterable[RecordId]) -> None:
        """Forget those of which something is known now."""
        for record in records:
            self._rounds.pop((year, record), None)
